/** Memory that connections may keep, counted over all of a process. */
export class MemoryBudget {
  #used = 0;

  get used(): number {
    return this.#used;
  }

  /** Takes so many bytes, unless more than `limit` would be taken then. */
  tryTake(byteLength: number, limit: number): boolean {
    if (this.#used + byteLength > limit) return false;
    this.#used += byteLength;
    return true;
  }

  giveBack(byteLength: number): void {
    this.#used -= byteLength;
  }
}
