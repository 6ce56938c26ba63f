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
  /** Owns the chunk from now on; says whether to read on. Does not throw. */
  handleData(chunk: Uint8Array): boolean;
  /** Nothing more will come. May be told more than once. */
  handleEnd(): void;
}

/** A way to read sockets. It keeps nothing itself: one object serves them all. */
export interface SocketReader {
  /** Begins to read, from a later tick on. Errors and the socket's close are for the caller to listen to. */
  start(socket: Duplex, sink: SocketSink): void;
  /** Gives the sink one more chunk at most. */
  pause(socket: Duplex): void;
  resume(socket: Duplex): void;
}

export function readerFor(socket: Duplex, access: SocketAccess): SocketReader {
  return access === 'direct' && socket instanceof Socket ? directReader : publicReader;
}

const publicReader: SocketReader = {
  start(socket, sink) {
    socket.on('data', (chunk: Buffer) => sink.handleData(chunk));
    socket.on('end', () => sink.handleEnd());
  },
  pause: (socket) => socket.pause(),
  resume: (socket) => socket.resume(),
};

const directReader: SocketReader = {
  start(socket, sink) {
    const receive = (chunk: Buffer | null): boolean => {
      if (chunk !== null) return sink.handleData(chunk);
      const isPushed = Socket.prototype.push.call(socket, null);
      if (socket.readableLength === 0) sink.handleEnd();
      return isPushed;
    };
    // What the stream has buffered before, and its end behind that, it tells as streams do.
    if (socket.readableLength > 0) socket.on('end', () => sink.handleEnd());
    socket.on('data', receive);
    socket.push = receive;
  },
  pause: (socket) => socket.pause(),
  resume(socket) {
    socket.resume();
    // The stream does not know that reading stopped, so it would not begin again by itself.
    socket._read(0);
  },
};
