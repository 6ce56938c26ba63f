/** Counts which publishes have reached all connections of a process. Each connection gets them in order. */
export class DeliveryCount {
  /** How many publishes all connections have. */
  reached = 0;
  /** How many the connection has that has most. */
  most = 0;
  readonly #delivered: Float64Array;
  /** How many connections have a publish that not all have; a ring. */
  readonly #have: Float64Array;

  /** @param maxOnWay how many publishes can be on the way at a time */
  constructor(connections: number, maxOnWay: number) {
    this.#delivered = new Float64Array(connections);
    this.#have = new Float64Array(maxOnWay);
  }

  /** A connection got its next `count` publishes. Returns false when that is more than can be on the way. */
  deliver(connection: number, count: number): boolean {
    const { length: connections } = this.#delivered;
    const { length: size } = this.#have;
    const first = this.#delivered[connection] as number;
    const end = first + count;
    if (end > this.reached + size) return false;
    this.#delivered[connection] = end;
    if (end > this.most) this.most = end;
    for (let i = first; i < end; i++) {
      const have = (this.#have[i % size] as number) + 1;
      const isEverywhere = have === connections;
      this.#have[i % size] = isEverywhere ? 0 : have;
      if (isEverywhere) this.reached = i + 1;
    }
    return true;
  }

  /** How many of the connections have the oldest publish that not all have; null when all have the same. */
  describeMissing(): string | null {
    if (this.most === this.reached) return null;
    return `${this.#have[this.reached % this.#have.length]} of ${this.#delivered.length} connections`;
  }
}
