import type { Writable } from 'node:stream';

/** Writes lines as fast as the reader takes them. When nobody reads any more, lines go nowhere. */
export class Output {
  readonly #stream: Writable;
  #isBroken = false;

  /** @param handleBroken called once when the reader is gone */
  constructor(stream: Writable, handleBroken: () => void = () => {}) {
    this.#stream = stream;
    stream.on('error', () => {
      if (this.#isBroken) return;
      this.#isBroken = true;
      handleBroken();
    });
  }

  /** Gives a promise when the reader is behind: it settles when there is room, or nobody reads any more. */
  write(line: string): void | Promise<void> {
    if (this.#isBroken || this.#stream.write(`${line}\n`)) return;
    return new Promise((resolve) => {
      const settle = (): void => {
        for (const event of events) this.#stream.off(event, settle);
        resolve();
      };
      for (const event of events) this.#stream.on(event, settle);
    });
  }
}

const events = ['drain', 'error', 'close'] as const;
