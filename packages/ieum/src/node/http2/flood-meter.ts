import type { Clock } from '../../channel/clock.js';

/** Tells a flood from a burst: so many events are good at once, and so many more in each second. */
export class FloodMeter {
  readonly #clock: Clock;
  readonly #limits: { readonly burst: number; readonly perSecond: number };
  #left: number;
  #countedAt: number;

  constructor(clock: Clock, limits: { readonly burst: number; readonly perSecond: number }) {
    this.#clock = clock;
    this.#limits = limits;
    this.#left = limits.burst;
    this.#countedAt = clock.now();
  }

  /** Counts one event; false when it is one too many. */
  take(): boolean {
    const { burst, perSecond } = this.#limits;
    const now = this.#clock.now();
    this.#left = Math.min(burst, this.#left + ((now - this.#countedAt) * perSecond) / 1_000);
    this.#countedAt = now;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
