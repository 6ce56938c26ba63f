/** Keeps a log readable when strangers can cause entries: of many in a second most are only counted. */
export class LogLimit {
  #windowStart = Number.NEGATIVE_INFINITY;
  #inWindow = 0;
  #unlogged = 0;

  /**
   * Whether an entry has room now.
   *
   * @param handleMore is told how many had none in the time before
   */
  admits(handleMore: (count: number) => void): boolean {
    const now = performance.now();
    if (now - this.#windowStart >= windowMs) {
      const count = this.#unlogged;
      this.#windowStart = now;
      this.#inWindow = 0;
      this.#unlogged = 0;
      if (count > 0) handleMore(count);
    }
    if (this.#inWindow >= maxPerWindow) {
      this.#unlogged++;
      return false;
    }
    this.#inWindow++;
    return true;
  }
}

const windowMs = 1_000;
const maxPerWindow = 20;
