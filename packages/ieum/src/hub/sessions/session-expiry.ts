import type { Clock } from '../../channel/clock.js';

import type { Identity } from '../identity.js';

/** What the end of a session's right to be here needs. */
export interface ExpiryOwner {
  readonly clock: Clock;
  readonly limits: { readonly expiryWarningMs: number };
  now(): number;
}

/** Warns a session before its right to be here ends, and says when it has ended. */
export class SessionExpiry {
  readonly #owner: ExpiryOwner;
  readonly #warn: (inMs: number) => void;
  readonly #expire: () => void;
  #cancel: (() => void) | null = null;

  constructor(owner: ExpiryOwner, warn: (inMs: number) => void, expire: () => void) {
    this.#owner = owner;
    this.#warn = warn;
    this.#expire = expire;
  }

  /** Watches over an identity, instead of the one before. */
  start({ expiresAtMs }: Identity): void {
    this.stop();
    if (expiresAtMs === undefined) return;
    const leftMs = expiresAtMs - this.#owner.now();
    const warningMs = Math.min(this.#owner.limits.expiryWarningMs, Math.max(leftMs, 0) / 2);
    this.#cancel = this.#after(leftMs - warningMs, () => {
      this.#cancel = this.#after(warningMs, this.#expire);
      this.#warn(Math.round(warningMs));
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Timers of most systems hold some weeks; rights may hold for years. */
  #after(delayMs: number, callback: () => void): () => void {
    if (delayMs <= longestTimerMs) return this.#owner.clock.setTimer(callback, Math.max(0, delayMs));
    return this.#owner.clock.setTimer(() => {
      this.#cancel = this.#after(delayMs - longestTimerMs, callback);
    }, longestTimerMs);
  }
}

const longestTimerMs = 24 * 60 * 60 * 1_000;
