import { isSamePayload, type Payload } from './payload.js';

/**
 * Finds which sent message a received one echoes: the oldest unanswered one with the same type and content. It keeps
 * at most `maxWaiting` messages of `maxWaitingLength` characters and bytes in all, each for `maxAgeMs`.
 */
export class EchoMatcher {
  #waiting: Waiting[] = [];
  #waitingLength = 0;
  readonly #limits: EchoLimits;

  constructor(limits: Partial<EchoLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
  }

  handleSent(payload: Payload, nowMs: number): void {
    const { maxWaiting, maxWaitingLength } = this.#limits;
    this.#waiting.push({ payload, sentAtMs: nowMs });
    this.#waitingLength += payload.length;
    while (this.#waiting.length > maxWaiting || this.#waitingLength > maxWaitingLength) this.#forget(0);
  }

  /** The round trip in milliseconds, or undefined when nothing sent matches. */
  handleReceived(payload: Payload, nowMs: number): number | undefined {
    this.#forgetOld(nowMs);
    const index = this.#waiting.findIndex((sent) => isSamePayload(sent.payload, payload));
    const match = this.#waiting[index];
    if (match === undefined) return undefined;
    this.#forget(index);
    return nowMs - match.sentAtMs;
  }

  #forgetOld(nowMs: number): void {
    while (nowMs - (this.#waiting[0]?.sentAtMs ?? nowMs) > this.#limits.maxAgeMs) this.#forget(0);
  }

  #forget(index: number): void {
    const [forgotten] = this.#waiting.splice(index, 1);
    this.#waitingLength -= forgotten?.payload.length ?? 0;
  }
}

export interface EchoLimits {
  readonly maxWaiting: number;
  readonly maxWaitingLength: number;
  readonly maxAgeMs: number;
}

interface Waiting {
  readonly payload: Payload;
  readonly sentAtMs: number;
}

const DEFAULT_LIMITS: EchoLimits = {
  maxWaiting: 256,
  maxWaitingLength: 64 * 1024 * 1024,
  maxAgeMs: 30_000,
};
