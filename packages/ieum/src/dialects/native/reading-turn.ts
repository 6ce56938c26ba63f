import type { Clock } from '../../channel/clock.js';

/**
 * Ends the turn of a client whose messages come one upon another for too long: others are served before it is read on. What
 * one says costs more to do than to send, and an operating system has megabytes of it ready at once.
 */
export class ReadingTurn {
  readonly #clock: Clock;
  #messages = 0;
  #lookedAt = 0;
  #busyMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a message. A promise, when the next one is not to be read before: it resolves when others had their turn. */
  handleMessage(): Promise<void> | undefined {
    if (++this.#messages < messagesAtOnce) return undefined;
    this.#messages = 0;
    const now = this.#clock.now();
    const tookMs = now - this.#lookedAt;
    this.#lookedAt = now;
    this.#busyMs = tookMs < quietMs ? this.#busyMs + tookMs : 0;
    if (this.#busyMs < turnMs) return undefined;
    this.#busyMs = 0;
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, 0);
    });
  }
}

/** How often the time is looked at. */
const messagesAtOnce = 32;
/** Messages that took longer, so many of them, did not come one upon another. */
const quietMs = 50;
const turnMs = 10;
