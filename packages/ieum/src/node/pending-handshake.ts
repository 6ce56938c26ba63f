import type { Duplex } from 'node:stream';

import type { Clock } from '../channel/clock.js';

/** An opening handshake that waits for the application: aborted when its time is up or its client has gone. */
export class PendingHandshake {
  readonly #socket: Duplex;
  readonly #abort = new AbortController();
  readonly #cancelTimer: () => void;
  readonly #handleClose = (): void => this.#abort.abort('gone');

  constructor(socket: Duplex, clock: Clock, timeoutMs: number) {
    this.#socket = socket;
    this.#cancelTimer = clock.setTimer(() => this.#abort.abort('timeout'), timeoutMs);
    // A client that ends its side cannot say the closing handshake any more.
    socket.once('end', this.#handleClose).once('close', this.#handleClose);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Settles as `work` does, or with why there is no use in waiting for it. */
  async race<Value>(work: Value | Promise<Value>): Promise<Value | 'gone' | 'timeout'> {
    const { signal } = this.#abort;
    const aborted = new Promise<'gone' | 'timeout'>((resolve) => {
      signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      this.#cancelTimer();
      this.#socket.off('end', this.#handleClose).off('close', this.#handleClose);
    }
  }
}
