import { Buffer } from 'node:buffer';

import type { Clock } from '../channel/clock.js';
import { GrowingBuffer } from '../core/growing-buffer.js';

import type { Listed } from './roster.js';
import type { Transport, TransportSink } from './transport/transport.js';

/** Why there is no use in waiting: the client has gone, its time is up, or the server shuts down. */
export type PendingAbort = 'gone' | 'timeout' | 'draining';

/** An opening handshake that waits for the application: aborted when its time is up or its client has gone. */
export class PendingHandshake implements TransportSink, Listed {
  place: number | null = null;
  readonly #transport: Transport;
  readonly #abort = new AbortController();
  readonly #cancelTimer: () => void;
  /** What a client sends that does not wait for the answer. */
  readonly #early = new GrowingBuffer();
  #isPaused = false;

  constructor(transport: Transport, clock: Clock, timeoutMs: number) {
    this.#transport = transport;
    this.#cancelTimer = clock.setTimer(() => this.abort('timeout'), timeoutMs);
    transport.start(this);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Gives up waiting. */
  abort(reason: PendingAbort): void {
    this.#abort.abort(reason);
  }

  /** Settles as `work` does, or with why there is no use in waiting for it. */
  async race<Value>(work: Value | Promise<Value>): Promise<Value | PendingAbort> {
    const { signal } = this.#abort;
    const aborted = new Promise<PendingAbort>((resolve) => {
      const abort = () => resolve(signal.reason);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    });
    try {
      return await Promise.race([work, aborted]);
    } finally {
      this.#cancelTimer();
    }
  }

  /** What has arrived behind `rest` in the meantime. The transport is to be started anew, with another sink. */
  takeInput(rest: Uint8Array): Uint8Array {
    if (this.#isPaused) this.#transport.resume();
    return this.#early.length === 0 ? rest : Buffer.concat([rest, this.#early.take()]);
  }

  handleData(chunk: Uint8Array, byteLength: number): void {
    this.#early.append(chunk.subarray(0, byteLength));
    if (this.#early.length < maxEarlyBytes) return;
    this.#isPaused = true;
    this.#transport.pause();
  }

  /** A client that ends its side cannot say the closing handshake any more. */
  handleEnd(): void {
    this.abort('gone');
  }

  handleDrain(): void {}
}

/** What may arrive before the handshake is answered until nothing more is read. */
const maxEarlyBytes = 64 * 1024;
