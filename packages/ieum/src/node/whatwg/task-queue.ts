/**
 * Runs each entry in a task of its own, in order, so that promises which one of them settles are dealt with before the
 * next one runs.
 */
export class TaskQueue {
  #length = 0;
  #idle: Promise<void> | null = null;
  #resolveIdle: () => void = () => {};

  /** How many entries wait or run. */
  get length(): number {
    return this.#length;
  }

  add(task: () => void): void {
    this.#length++;
    setImmediate(() => this.#run(task));
  }

  /** Resolves when no entry waits or runs any more. */
  whenIdle(): Promise<void> {
    if (this.#length === 0) return Promise.resolve();
    this.#idle ??= new Promise((resolve) => {
      this.#resolveIdle = resolve;
    });
    return this.#idle;
  }

  #run(task: () => void): void {
    try {
      task();
    } finally {
      this.#length--;
      if (this.#length === 0) this.#reportIdle();
    }
  }

  #reportIdle(): void {
    this.#idle = null;
    this.#resolveIdle();
  }
}
