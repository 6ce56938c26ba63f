/** When the messages of one process are due in an open loop: evenly, and interleaved with those of other processes. */
export class Schedule {
  readonly #beginMs: number;
  readonly #intervalMs: number;

  /**
   * @param beginMs when the first process begins
   * @param share `rate` in messages per second of all processes, how many there are, and which of them this is
   */
  constructor(beginMs: number, share: { rate: number; processes: number; process: number }) {
    this.#intervalMs = (share.processes * 1000) / share.rate;
    this.#beginMs = beginMs + (share.process * 1000) / share.rate;
  }

  /** When a message is due, counted from 0. */
  dueAt(index: number): number {
    return this.#beginMs + index * this.#intervalMs;
  }

  /** How many messages are due by a time. */
  dueCount(nowMs: number): number {
    return Math.max(0, Math.floor((nowMs - this.#beginMs) / this.#intervalMs) + 1);
  }
}
