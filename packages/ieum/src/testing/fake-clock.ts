import type { Clock } from '../channel/clock.js';

/** A clock that stands still until a test moves it. Timers fire in the order they are due, each at its own time. */
export class FakeClock implements Clock {
  #now: number;
  #timers: Timer[] = [];

  /** @param startMs what `now()` says at first. Default 0. */
  constructor(startMs = 0) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    const timer: Timer = { dueAt: this.#now + Math.max(delayMs, 0), callback };
    const later = this.#timers.findIndex((other) => other.dueAt > timer.dueAt);
    this.#timers.splice(later === -1 ? this.#timers.length : later, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Timers that were set and neither fired nor were cancelled. */
  get pendingTimers(): number {
    return this.#timers.length;
  }

  /** Lets `ms` milliseconds pass, and fires what falls due, timers set on the way included. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let timer = this.#takeDue(until); timer !== null; timer = this.#takeDue(until)) {
      this.#now = Math.max(this.#now, timer.dueAt);
      timer.callback();
    }
    this.#now = until;
  }

  /** Lets `ms` milliseconds pass without firing anything, as when the process does not run. */
  stall(ms: number): void {
    this.#now += ms;
  }

  #takeDue(until: number): Timer | null {
    const first = this.#timers[0];
    if (first === undefined || first.dueAt > until) return null;
    this.#timers.shift();
    return first;
  }
}

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}
