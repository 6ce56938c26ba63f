/** Deliveries of one subscription that the client has not acknowledged, by their number. */
export class Unacked<Item> {
  readonly #items = new Map<number, Item>();
  #last = 0;

  get size(): number {
    return this.#items.size;
  }

  /** The number of the next delivery. */
  add(item: Item): number {
    this.#last++;
    this.#items.set(this.#last, item);
    return this.#last;
  }

  /**
   * Takes a delivery, or with `isCumulative` all up to it, in order; none when it is settled already, null when there was
   * never such a one.
   */
  take(number: number, isCumulative: boolean): Item[] | null {
    if (number < 1 || number > this.#last) return null;
    const taken: Item[] = [];
    for (const [each, item] of this.#items) {
      if (each > number) break;
      if (!isCumulative && each !== number) continue;
      this.#items.delete(each);
      taken.push(item);
    }
    return taken;
  }

  takeAll(): Item[] {
    return this.take(this.#last, true) ?? [];
  }
}
