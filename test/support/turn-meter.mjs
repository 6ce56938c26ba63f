import { openSync, readSync } from 'node:fs';

/**
 * Measures how long the event loop was kept from everybody else, in processor time of its own thread: what other processes
 * and zlib's threads do does not count, however busy the machine is.
 */
export class TurnMeter {
  #cpuMs = threadClock();
  #startedAt = this.#cpuMs();
  #lookedAt = this.#startedAt;
  #longestMs = 0;

  constructor() {
    setInterval(() => this.#look(), intervalMs).unref();
  }

  /** The longest time between two looks, a few milliseconds apart if nothing keeps the loop, and all of it; since the last call. */
  take() {
    this.#look();
    const figures = { longestTurnMs: this.#longestMs, cpuMs: this.#lookedAt - this.#startedAt };
    this.#startedAt = this.#lookedAt;
    this.#longestMs = 0;
    return figures;
  }

  #look() {
    const now = this.#cpuMs();
    this.#longestMs = Math.max(this.#longestMs, now - this.#lookedAt);
    this.#lookedAt = now;
  }
}

/** Linux tells the time of a thread, other systems that of the process. @returns {() => number} */
function threadClock() {
  try {
    const file = openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
    const text = Buffer.alloc(100);
    return () =>
      Number.parseInt(text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)), 10) / 1e6;
  } catch {
    return () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e3;
    };
  }
}

const intervalMs = 5;
