import type { MetricsSnapshot } from '../metrics/metrics.js';

import type { WorkerOrder } from './worker-message.js';

/** Who is asked for metrics, and asks. */
export interface CountingMember {
  tell(order: WorkerOrder): void;
}

/**
 * Gathers the metrics of all workers, in the primary process. One round at a time: who asks while one is under way gets its
 * answer. A worker that does not answer in time counts with what it said last, so that no sum falls.
 */
export class MetricsRounds {
  readonly #members: () => Iterable<CountingMember>;
  readonly #last = new Map<CountingMember, MetricsSnapshot>();
  readonly #missing = new Set<CountingMember>();
  readonly #askers = new Set<CountingMember>();
  #timer: NodeJS.Timeout | undefined;

  /** @param members those that have connections now */
  constructor(members: () => Iterable<CountingMember>) {
    this.#members = members;
  }

  /** Answers a worker that wants to know, soon. */
  ask(asker: CountingMember): void {
    this.#askers.add(asker);
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#end(), roundMs);
    for (const member of this.#members()) {
      this.#missing.add(member);
      member.tell({ type: 'count-metrics' });
    }
    this.#endIfComplete();
  }

  receive(member: CountingMember, snapshot: MetricsSnapshot): void {
    this.#last.set(member, snapshot);
    this.#missing.delete(member);
    this.#endIfComplete();
  }

  /** A worker is gone. */
  forget(member: CountingMember): void {
    this.#last.delete(member);
    this.#missing.delete(member);
    this.#askers.delete(member);
    this.#endIfComplete();
  }

  #endIfComplete(): void {
    if (this.#timer !== undefined && this.#missing.size === 0) this.#end();
  }

  #end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#missing.clear();
    const snapshots = [...this.#last.values()];
    for (const asker of this.#askers) asker.tell({ type: 'metrics', snapshots });
    this.#askers.clear();
  }
}

/** How long a round may take, in milliseconds. */
const roundMs = 1_000;
