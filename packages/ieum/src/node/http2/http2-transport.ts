import { constants, type Http2Stream } from 'node:http2';

import { StreamTransport } from '../transport/stream-transport.js';
import type { Transport, TransportSink } from '../transport/transport.js';

/**
 * A transport over one stream of an HTTP/2 connection (RFC 8441 §5): END_STREAM stands for TCP's FIN, RST_STREAM for its
 * reset, and the stream's flow-control window for the room that the operating system has.
 */
export class Http2Transport implements Transport, TransportSink {
  readonly #stream: Http2Stream;
  readonly #base: StreamTransport;
  #sink: TransportSink | null = null;
  #isGivenUp = false;

  constructor(stream: Http2Stream) {
    this.#stream = stream;
    this.#base = new StreamTransport(stream);
  }

  get isDestroyed(): boolean {
    return this.#isGivenUp || this.#base.isDestroyed;
  }

  get error(): Error | null {
    if (this.#isGivenUp) return null;
    return this.#base.error ?? resetError(this.#stream);
  }

  get writesAtOnce(): boolean {
    return this.#base.writesAtOnce;
  }

  get waitingBytes(): number {
    return this.#base.waitingBytes;
  }

  get isEnded(): boolean {
    return this.#base.isEnded;
  }

  start(sink: TransportSink): void {
    this.#sink = sink;
    this.#base.start(this);
  }

  pause(): void {
    this.#base.pause();
  }

  resume(): void {
    this.#base.resume();
  }

  write(pieces: readonly Uint8Array[]): boolean {
    return this.#isGivenUp || this.#base.write(pieces);
  }

  end(): void {
    if (!this.#isGivenUp) this.#base.end();
  }

  /** A peer that has not ended its side is told that nothing is wrong (RFC 9113 §8.1); otherwise END_STREAM says all. */
  close(): void {
    const stream = this.#stream;
    const release = (): void => {
      if (!stream.destroyed && !stream.closed && !stream.readableEnded)
        stream.close(constants.NGHTTP2_NO_ERROR);
    };
    if (stream.writableFinished) release();
    else stream.end(release);
  }

  destroy(): void {
    const stream = this.#stream;
    if (this.#isGivenUp || stream.destroyed) return;
    this.#isGivenUp = true;
    const isOver = stream.writableFinished && stream.readableEnded;
    if (!stream.closed && !isOver) stream.close(constants.NGHTTP2_CANCEL);
    // Not at once: destroyed in the turn in which it was read from, a stream would not send its RST_STREAM any more.
    setImmediate(() => stream.destroy());
  }

  handleData(chunk: Uint8Array, byteLength: number): void {
    if (!this.#isGivenUp) this.#sink?.handleData(chunk, byteLength);
  }

  handleEnd(): void {
    this.#sink?.handleEnd();
    // Reset without an error, and all that came before is read: what we still have to say would wait for ever.
    if (this.#stream.closed && !this.#stream.writableFinished) this.#stream.destroy();
  }

  handleDrain(): void {
    if (!this.#isGivenUp) this.#sink?.handleDrain();
  }
}

/** What the peer's RST_STREAM means; `node:http2` takes CANCEL for no error. */
function resetError({ rstCode }: Http2Stream): Error | null {
  if (rstCode !== constants.NGHTTP2_CANCEL) return null;
  return Object.assign(new Error('the stream was cancelled'), { code: 'ECONNRESET', rstCode });
}
