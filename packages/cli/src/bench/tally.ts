import { Histogram } from './histogram.js';

/** What one process counts. */
export class Tally {
  messages = 0;
  reads = 0;
  /** Replies that were not compressed where they might be. */
  plainReplies = 0;
  /** Of messages that were due in the window, whenever they were answered. */
  readonly latencies: Histogram = new Histogram();
  #windowStartMs = Number.POSITIVE_INFINITY;

  /** Counts from now on. */
  beginWindow(nowMs: number): void {
    this.messages = 0;
    this.reads = 0;
    this.#windowStartMs = nowMs;
  }

  /** Counts how long a message took, if it was due in the window. */
  recordLatency(dueAtMs: number, nowMs: number): void {
    if (dueAtMs >= this.#windowStartMs) this.latencies.record(nowMs - dueAtMs);
  }
}
