/** What either end of a connection is told when it closes. */
export interface ForeignClose {
  readonly code: number;
  readonly reason: string;
}

/** A connection as another implementation has it. */
export interface ForeignConnection {
  readonly subprotocol: string;
  send(data: string | Uint8Array): void;
  /** Sends one text message in several frames. Left out by implementations that cannot. */
  sendFragments?(parts: readonly string[]): void;
  /** Sends a Ping and resolves with its Pong. Left out by implementations that cannot. */
  ping?(): Promise<void>;
  close(code: number, reason: string): void;
  nextMessage(): Promise<string | Uint8Array>;
  nextClose(): Promise<ForeignClose>;
}

/** A client that is not ours. */
export interface ForeignClient {
  connect(url: string, subprotocols?: readonly string[]): Promise<ForeignConnection>;
  stop(): Promise<void>;
}

/**
 * A server that is not ours. It speaks the subprotocols `second` and `first`, and echoes every message but these:
 * at `!fragments` it sends `one two three` in three frames or more, at `!ping` it sends a Ping and, when it has the
 * Pong, `pong`; at `!close` it closes with 4002 and `bye`.
 */
export interface ForeignServer {
  readonly url: string;
  /** What the server was told when a connection closed. */
  nextClose(): Promise<ForeignClose>;
  stop(): Promise<void>;
}
