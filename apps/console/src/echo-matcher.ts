import { isSamePayload, type Payload } from './payload.js';

/**
 * Finds which sent message a received one echoes: the oldest unanswered one with the same type and content. It keeps
 * at most `maxWaiting` messages and forgets those older than `maxAgeMs`.
 */
export class EchoMatcher {
  #waiting: Waiting[] = [];
  readonly #maxWaiting: number;
  readonly #maxAgeMs: number;

  constructor(maxWaiting = 256, maxAgeMs = 30_000) {
    this.#maxWaiting = maxWaiting;
    this.#maxAgeMs = maxAgeMs;
  }

  handleSent(payload: Payload, nowMs: number): void {
    this.#waiting.push({ payload, sentAtMs: nowMs });
    if (this.#waiting.length > this.#maxWaiting) this.#waiting.shift();
  }

  /** The round trip in milliseconds, or undefined when nothing sent matches. */
  handleReceived(payload: Payload, nowMs: number): number | undefined {
    this.#forgetOld(nowMs);
    const index = this.#waiting.findIndex((sent) => isSamePayload(sent.payload, payload));
    const match = this.#waiting[index];
    if (match === undefined) return undefined;
    this.#waiting.splice(index, 1);
    return nowMs - match.sentAtMs;
  }

  #forgetOld(nowMs: number): void {
    while (nowMs - (this.#waiting[0]?.sentAtMs ?? nowMs) > this.#maxAgeMs) this.#waiting.shift();
  }
}

interface Waiting {
  readonly payload: Payload;
  readonly sentAtMs: number;
}
