import type { Clock } from '../channel/clock.js';
import { systemClock } from '../platform/system-clock.js';
import { DeadlineWheel } from './deadline-wheel.js';

/** Something that gathers output and writes it when told. */
export interface Flushable {
  flush(): void;
}

/** What connections of one server share: a clock, one timer for all deadlines, one flush at the end of a tick. */
export class Scheduler {
  readonly clock: Clock;
  readonly deadlines: DeadlineWheel;
  #waiting: Flushable[] = [];

  constructor(clock: Clock = systemClock) {
    this.clock = clock;
    this.deadlines = new DeadlineWheel(clock);
  }

  /** Flushes `entry` once the code that runs now is done. */
  flushSoon(entry: Flushable): void {
    if (this.#waiting.length === 0) process.nextTick(this.#flushAll);
    this.#waiting.push(entry);
  }

  readonly #flushAll = (): void => {
    const entries = this.#waiting;
    this.#waiting = [];
    for (const entry of entries) entry.flush();
  };
}
