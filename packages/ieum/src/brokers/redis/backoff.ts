/** How long to wait before attempts: longer and longer, anywhere up to a bound that doubles, so that nodes come apart. */
export class Backoff {
  readonly #maxMs: number;
  #attempts = 0;

  constructor(maxMs: number) {
    this.#maxMs = maxMs;
  }

  /** Milliseconds until the next attempt. */
  next(): number {
    const bound = Math.min(this.#maxMs, firstMs * 2 ** Math.min(this.#attempts++, 20));
    return bound * (0.2 + 0.8 * Math.random());
  }

  reset(): void {
    this.#attempts = 0;
  }
}

const firstMs = 50;
