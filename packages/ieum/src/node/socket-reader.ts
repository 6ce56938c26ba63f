import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * How bytes are read from sockets.
 *
 * - `direct`: on sockets of `node:net` and `node:tls` below the stream's own buffering, which saves it for each chunk.
 *   It rests on something that Node does and does not document: incoming bytes are given to the socket's `push`, and
 *   reading stops when that returns false. A Node that does otherwise is read as with `public`.
 * - `public`: by documented API only.
 */
export type SocketAccess = 'direct' | 'public';

/** Takes the bytes of a socket. */
export interface SocketSink {
  /** Owns the chunk from now on. Does not throw. */
  handleData(chunk: Uint8Array): void;
}

/** Reads a socket, as long as it may. */
export interface SocketReader {
  /** Begins to read, from a later tick on. Errors and the end are for the caller to listen to. */
  start(sink: SocketSink): void;
  /** Gives the sink one more chunk at most. */
  pause(): void;
  resume(): void;
}

export function createSocketReader(socket: Duplex, access: SocketAccess): SocketReader {
  if (access === 'direct' && socket instanceof Socket) return new DirectReader(socket);
  return new PublicReader(socket);
}

class PublicReader implements SocketReader {
  readonly #socket: Duplex;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  start(sink: SocketSink): void {
    this.#socket.on('data', (chunk: Buffer) => sink.handleData(chunk));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }
}

class DirectReader implements SocketReader {
  readonly #socket: Socket;
  #sink: SocketSink | null = null;
  #isReading = true;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  start(sink: SocketSink): void {
    this.#sink = sink;
    const receive = (chunk: Buffer | null) => this.#receive(chunk);
    this.#socket.push = receive;
    // For what the stream has buffered before, and for all that a Node gives it in another way.
    this.#socket.on('data', receive);
  }

  pause(): void {
    this.#isReading = false;
    this.#socket.pause();
  }

  resume(): void {
    this.#isReading = true;
    this.#socket.resume();
    // The stream does not know that reading stopped, so it would not begin again by itself.
    this.#socket._read(0);
  }

  /** Whether to read on. The end of the input, null, is for the stream to tell. */
  #receive(chunk: Buffer | null): boolean {
    if (chunk === null) return Socket.prototype.push.call(this.#socket, null);
    this.#sink?.handleData(chunk);
    return this.#isReading;
  }
}
