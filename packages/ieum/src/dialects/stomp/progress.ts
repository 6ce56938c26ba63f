/** Operations of one client that are under way: how many there may be, and when all that came before are done. */
export class Progress {
  readonly #max: number;
  #count = 0;
  /** That were not called yet. */
  #callbacks = 0;
  #settled: Promise<unknown> = Promise.resolve();
  /** Lets whoever waits for room go on: there is one, as frames are handled one at a time. */
  #release: () => void = ignore;
  #isClosed = false;

  constructor(max: number) {
    this.#max = max;
  }

  /** Begins an operation that never rejects. A promise, when there is no room for another: it resolves when there is. */
  run(operation: () => Promise<unknown>): void | Promise<void> {
    this.#count++;
    const before = this.#settled;
    this.#settled = operation().then(() => {
      this.#handleDone();
      return before;
    });
    if (this.#count < this.#max || this.#isClosed) return undefined;
    return new Promise((resolve) => {
      this.#release = resolve;
    });
  }

  /** Calls back when all that was begun so far is done: at once if it is. */
  whenSettled(callback: () => void): void {
    if (this.#count === 0 && this.#callbacks === 0) {
      callback();
      return;
    }
    this.#callbacks++;
    this.#settled = this.#settled.then(() => {
      this.#callbacks--;
      callback();
    });
  }

  /** Runs what must see all before it done, and nothing behind it begun; it never rejects. */
  async runAlone(operation: () => Promise<unknown>): Promise<void> {
    await this.#settled;
    await operation();
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
    this.#release = ignore;
    release();
  }
}

function ignore(): void {}
