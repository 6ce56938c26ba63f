/** Memory that connections may keep, counted over all of a process. */
export class MemoryBudget {
  #used = 0;

  /** Whether so many bytes can be taken without more than `limit` being taken then. */
  has(byteLength: number, limit: number): boolean {
    return this.#used + byteLength <= limit;
  }

  take(byteLength: number): void {
    this.#used += byteLength;
  }

  giveBack(byteLength: number): void {
    this.#used -= byteLength;
  }
}
