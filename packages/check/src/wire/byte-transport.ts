import type { Buffer } from 'node:buffer';
import type { Duplex } from 'node:stream';

/** How the peer's bytes came to an end: in order, by a reset, or by the tester itself. */
export type TransportEnd = 'ended' | 'reset' | 'destroyed';

/** Told of what comes. */
export interface TransportListener {
  handleData(chunk: Buffer): void;
  /** The peer will send nothing more. Called once. */
  handleEnd(how: TransportEnd): void;
}

/** Bytes to and from the peer. What is sent after the end is lost in silence. */
export interface ByteTransport {
  /** What follows `on` is told to the listener. */
  start(listener: TransportListener): void;
  /** Whether the bytes go to a peer that may still read them. */
  write(bytes: Uint8Array): boolean;
  /** Resolves when the peer's side has taken all bytes, or nothing can be written any more. */
  drained(): Promise<void>;
  /** Ends the sending side only. */
  end(): void;
  /** Breaks off: a TCP reset, or RST_STREAM. */
  reset(): void;
  destroy(): void;
}

/** What streams do not do alike. */
export interface StreamManners {
  /** Breaks off. */
  readonly reset: () => void;
  /** Lets go at once. Default: the stream is destroyed. */
  readonly destroy?: () => void;
  /** Whether the peer broke off, when no error tells. */
  readonly wasReset?: () => boolean;
}

/** A transport over a TCP, TLS or Unix socket, or a stream of HTTP/2. */
export class StreamTransport implements ByteTransport {
  readonly #stream: Duplex;
  readonly #manners: StreamManners;
  #hasEnded = false;

  constructor(stream: Duplex, manners: StreamManners) {
    this.#stream = stream;
    this.#manners = manners;
    stream.on('error', () => {});
  }

  start(listener: TransportListener): void {
    const end = (how: TransportEnd): void => {
      if (this.#hasEnded) return;
      this.#hasEnded = true;
      listener.handleEnd(how);
    };
    this.#stream.on('end', () => end(this.#wasReset() ? 'reset' : 'ended'));
    this.#stream.on('error', () => end('reset'));
    this.#stream.on('aborted', () => end('reset'));
    this.#stream.on('close', () => end(this.#wasReset() ? 'reset' : 'destroyed'));
    this.#stream.on('data', (chunk: Buffer) => listener.handleData(chunk));
    if (this.#stream.destroyed) end('reset');
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#stream.writable) return false;
    this.#stream.write(bytes);
    return true;
  }

  drained(): Promise<void> {
    const stream = this.#stream;
    if (stream.writableLength === 0 || !stream.writable) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        for (const event of settling) stream.off(event, settle);
        resolve();
      };
      for (const event of settling) stream.on(event, settle);
      stream.write('', settle);
    });
  }

  end(): void {
    this.#stream.end();
  }

  reset(): void {
    this.#manners.reset();
  }

  destroy(): void {
    if (this.#manners.destroy === undefined) this.#stream.destroy();
    else this.#manners.destroy();
  }

  #wasReset(): boolean {
    return this.#manners.wasReset?.() ?? false;
  }
}

const settling = ['error', 'close'] as const;
