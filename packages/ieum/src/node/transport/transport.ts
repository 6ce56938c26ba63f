/**
 * How the bytes of sockets are read and written.
 *
 * - `direct`: on TCP and Unix sockets below the streams of `node:net`, in a way that Node does not document. A Node on
 *   which that is not to be had, and every other kind of stream, TLS among them, is used as with `public`.
 * - `public`: by documented API only.
 */
export type SocketAccess = 'direct' | 'public';

/** Takes what happens to a transport. None of these may throw. */
export interface TransportSink {
  /** The first `byteLength` bytes of `chunk` have arrived. They are lent: the memory is used again when this returns. */
  handleData(chunk: Uint8Array, byteLength: number): void;
  /** Nothing more will arrive: the peer ended its side, or the transport is gone. May be told more than once. */
  handleEnd(): void;
  /** There is room again, after `write` had said that there was none. */
  handleDrain(): void;
}

/** A byte stream to a peer and back. Whatever is asked of one that is gone does nothing. */
export interface Transport {
  /** Whether it is closed, or about to be: nothing can be read or written. */
  readonly isDestroyed: boolean;
  /** Why it broke; null when it did not. */
  readonly error: Error | null;
  /** Bytes that were written and that the operating system has not taken yet. */
  readonly waitingBytes: number;
  /** Whether nothing more can be written, because `end` or `close` was called. */
  readonly isEnded: boolean;
  /** Whether nobody looks any more at pieces that `write` took with true, so that their memory can be used again. */
  readonly writesAtOnce: boolean;
  /** Begins to read, not before this returns as far as new bytes are concerned. Called again, another sink takes over. */
  start(sink: TransportSink): void;
  pause(): void;
  resume(): void;
  /**
   * Writes in one go; false when the operating system does not take all of it, and the sink is told when it has.
   * The pieces must not change before that.
   */
  write(pieces: readonly Uint8Array[]): boolean;
  /** Ends our side (TCP FIN) behind what was written. */
  end(): void;
  /** Destroys the transport once what was written is with the operating system. */
  close(): void;
  /** Gives it up now. The sink is told in a later turn of the event loop. */
  destroy(): void;
}
