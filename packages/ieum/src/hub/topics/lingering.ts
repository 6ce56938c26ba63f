import type { Clock } from '../../channel/clock.js';

/** Counts who needs something, and says when nobody has for a while: those who come back at once find it as it was. */
export class Lingering {
  readonly #clock: Clock;
  readonly #lingerMs: number;
  readonly #handleUnneeded: () => void;
  #holds = 0;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, lingerMs: number, handleUnneeded: () => void) {
    this.#clock = clock;
    this.#lingerMs = lingerMs;
    this.#handleUnneeded = handleUnneeded;
  }

  hold(): void {
    this.#holds++;
    this.cancel();
  }

  release(): void {
    this.#holds--;
    if (this.#holds === 0) this.#cancel = this.#clock.setTimer(this.#handleUnneeded, this.#lingerMs);
  }

  /** Says nothing any more. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
