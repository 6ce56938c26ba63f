/** Remembers at least the last `size` values, and at most twice as many. */
export class RecentSet {
  readonly #size: number;
  #young = new Set<string>();
  #old = new Set<string>();

  constructor(size: number) {
    this.#size = size;
  }

  /** False when it was there. */
  add(value: string): boolean {
    if (this.#young.has(value) || this.#old.has(value)) return false;
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Set();
    }
    this.#young.add(value);
    return true;
  }
}
