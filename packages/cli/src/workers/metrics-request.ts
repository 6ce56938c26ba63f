import type { MetricsSnapshot } from '../metrics/metrics.js';

/** A worker's question for the metrics of all. One at a time: who asks meanwhile gets the same answer. */
export class MetricsRequest {
  readonly #send: () => void;
  #pending: Promise<readonly MetricsSnapshot[]> | null = null;
  #resolve: (snapshots: readonly MetricsSnapshot[]) => void = () => {};

  constructor(send: () => void) {
    this.#send = send;
  }

  /** Rejects when there is no answer in time. */
  ask(): Promise<readonly MetricsSnapshot[]> {
    this.#pending ??= this.#begin().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  receive(snapshots: readonly MetricsSnapshot[]): void {
    this.#resolve(snapshots);
  }

  #begin(): Promise<readonly MetricsSnapshot[]> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the workers were not counted in time')), answerMs);
      this.#resolve = (snapshots) => {
        clearTimeout(timer);
        resolve(snapshots);
      };
      this.#send();
    });
  }
}

/** How long an answer may take, in milliseconds: longer than a round. */
const answerMs = 3_000;
