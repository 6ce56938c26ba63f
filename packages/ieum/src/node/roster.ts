/** What can stand on a roster. */
export interface Listed {
  /** Where it stands; null while it is on no roster. Only the roster writes it. */
  place: number | null;
}

/**
 * A set whose entries know their places, for what comes and goes all the time. The tables that a `Set` or a `Map` of V8
 * outgrows refer each to the next: once one of them is old, a collection of the young keeps all that ever was in the later ones.
 */
export class Roster<Entry extends Listed> implements Iterable<Entry> {
  readonly #entries: Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(entry: Entry): void {
    entry.place = this.#entries.push(entry) - 1;
  }

  /** Takes an entry off; the last one takes its place. One that is on no roster stays so. */
  remove(entry: Entry): void {
    const { place } = entry;
    if (place === null) return;
    entry.place = null;
    const last = this.#entries.pop() as Entry;
    if (last === entry) return;
    this.#entries[place] = last;
    last.place = place;
  }

  /** Those who stand on it now, less those who leave before their turn. */
  *[Symbol.iterator](): IterableIterator<Entry> {
    for (const entry of [...this.#entries]) if (entry.place !== null) yield entry;
  }
}
