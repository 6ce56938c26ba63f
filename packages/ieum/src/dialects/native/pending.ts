/** Bounds what is under way for one client without holding up what is not. */
export class Pending {
  readonly #max: number;
  #count = 0;
  /** Lets whoever waits for room go on: there is one, as messages are received one at a time. */
  #release: (() => void) | null = null;
  #isClosed = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** Begins an operation that never rejects. A promise, when there is no room for another: it resolves when there is. */
  run(operation: () => Promise<unknown>): void | Promise<void> {
    this.#count++;
    void operation().then(() => this.#handleDone());
    if (this.#count < this.#max || this.#isClosed) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** Nobody waits any more. */
  close(): void {
    this.#isClosed = true;
    this.#letGo();
  }

  #handleDone(): void {
    this.#count--;
    if (this.#count < this.#max) this.#letGo();
  }

  #letGo(): void {
    const release = this.#release;
    this.#release = null;
    release?.();
  }
}
