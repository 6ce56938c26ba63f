/**
 * Keeps publications in the order in which they were asked for, though what is asked about each before, whether it is allowed
 * and what it should be, may take longer for one than for the next.
 */
export class PublishOrder {
  /** Settles when all that were asked for before have been handed over; null when none is on its way. */
  #handedOver: Promise<void> | null = null;

  /**
   * Prepares one while others may be prepared, and hands it over when all before it are.
   *
   * @param handOver begins to publish before it returns
   */
  async publish<Draft, Result>(
    preparing: Promise<Draft>,
    handOver: (draft: Draft) => Promise<Result>,
  ): Promise<Result> {
    const before = this.#handedOver;
    let settle = () => {};
    const turn = new Promise<void>((resolve) => {
      settle = resolve;
    });
    this.#handedOver = turn;
    let result: Promise<Result>;
    try {
      const draft = await preparing;
      if (before !== null) await before;
      result = handOver(draft);
    } finally {
      if (before !== null) void before.then(settle);
      else settle();
      if (this.#handedOver === turn) this.#handedOver = null;
    }
    return result;
  }
}
