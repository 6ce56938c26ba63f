import type { Duplex } from 'node:stream';

import type { Transport, TransportSink } from './transport.js';

/** A transport over any duplex stream, by its documented API. */
export class StreamTransport implements Transport {
  readonly #stream: Duplex;
  #sink: TransportSink | null = null;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  get isDestroyed(): boolean {
    return this.#stream.destroyed || this.#stream.errored !== null;
  }

  get error(): Error | null {
    const errored: NodeJS.ErrnoException | null = this.#stream.errored;
    // A write that was given up with the stream breaks nothing; Node tells of it from 22 on.
    return errored?.code === 'ECANCELED' ? null : errored;
  }

  get writesAtOnce(): boolean {
    return false;
  }

  get waitingBytes(): number {
    return this.#stream.writableLength;
  }

  get isEnded(): boolean {
    return this.#stream.writableEnded;
  }

  start(sink: TransportSink): void {
    const isFirst = this.#sink === null;
    this.#sink = sink;
    if (isFirst) this.#listen(this.#stream);
    if (this.#stream.destroyed || this.#stream.readableEnded) sink.handleEnd();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  write(pieces: readonly Uint8Array[]): boolean {
    const stream = this.#stream;
    if (stream.destroyed || stream.writableEnded) return true;
    if (pieces.length === 1) stream.write(pieces[0]);
    else {
      stream.cork();
      for (const bytes of pieces) stream.write(bytes);
      stream.uncork();
    }
    if (!stream.writableNeedDrain || stream.writableLength === 0) return true;
    stream.once('drain', () => this.#sink?.handleDrain());
    return false;
  }

  end(): void {
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.end();
  }

  close(): void {
    const stream = this.#stream;
    if (stream.writableFinished) stream.destroy();
    else stream.end(() => stream.destroy());
  }

  destroy(): void {
    this.#stream.destroy();
  }

  #listen(stream: Duplex): void {
    // The error is read from the stream when it closes, which follows: with TLS not by itself.
    stream.on('error', (error) => stream.destroy(error));
    stream.on('close', () => this.#sink?.handleEnd());
    stream.on('end', () => this.#sink?.handleEnd());
    stream.on('data', (chunk: Buffer) => this.#sink?.handleData(chunk, chunk.length));
  }
}
