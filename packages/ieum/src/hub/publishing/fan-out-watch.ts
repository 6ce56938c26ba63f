import type { FanOut } from '../hub-observer.js';

/** Somebody who waits for what became of their own publication among the subscribers here. */
interface Watch {
  fanOut: FanOut | null;
  settle: ((fanOut: FanOut) => void) | null;
}

/** What became of publications of this hub, by their id, for those who published them. */
export class FanOutWatch {
  readonly #watches = new Map<string, Watch>();

  /** Begins to watch for a publication. */
  begin(id: string): void {
    this.#watches.set(id, { fanOut: null, settle: null });
  }

  /** It came, and this became of it. */
  handle(id: string, fanOut: FanOut): void {
    const watch = this.#watches.get(id);
    if (watch === undefined) return;
    watch.fanOut = fanOut;
    watch.settle?.(fanOut);
  }

  /** Whether a publication that is watched for has come. */
  hasSeen(id: string): boolean {
    return (this.#watches.get(id)?.fanOut ?? nobody) !== nobody;
  }

  /** What became of it: at once if it came already. Call `end` afterwards. */
  result(id: string): FanOut | Promise<FanOut> {
    const watch = this.#watches.get(id);
    if (watch === undefined) return nobody;
    if (watch.fanOut !== null) return watch.fanOut;
    return new Promise((settle) => {
      watch.settle = settle;
    });
  }

  end(id: string): void {
    this.#watches.delete(id);
  }

  /** None of those that are still watched for may come any more. */
  abandon(): void {
    for (const id of [...this.#watches.keys()]) this.handle(id, nobody);
  }
}

/** The fan-out of what has no subscribers here. */
export const nobody: FanOut = { delivered: 0, queued: 0, dropped: 0 };
