import type { ServerResponse } from 'node:http';

import type { ResponseBody } from '../../channel/http-exchange.js';

/** The body of a response of `node:http`, or of `node:http2`. */
export class NodeResponseBody implements ResponseBody {
  readonly #response: ServerResponse;
  /** Those who wait for a slow reader. */
  #waiting: ((outcome: 'written' | 'closed') => void)[] = [];

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('drain', () => this.#settle('written'));
    response.once('close', () => this.#settle('closed'));
  }

  get bufferedBytes(): number {
    return this.#response.writableLength;
  }

  write(piece: string | Uint8Array): 'written' | 'closed' | Promise<'written' | 'closed'> {
    if (this.#isOver) return 'closed';
    if (this.#response.write(piece)) return 'written';
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  end(): void {
    if (!this.#isOver) this.#response.end();
  }

  abort(): void {
    this.#response.destroy();
  }

  get #isOver(): boolean {
    return this.#response.destroyed || this.#response.writableEnded;
  }

  #settle(outcome: 'written' | 'closed'): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(outcome);
  }
}
