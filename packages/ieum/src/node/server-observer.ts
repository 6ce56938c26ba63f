import type { CloseRecord } from '../core/close-record.js';
import type { Refusal } from '../core/handshake/refusal.js';

import type { Peer } from './peer.js';
import type { UpgradeRequest } from './upgrade-request.js';

/**
 * Is told what comes and goes, for logs, metrics and tracing. Everything is optional; what it throws is reported, and
 * changes nothing. How much goes to and fro is in `WebSocketServer.traffic`.
 */
export interface ServerObserver<User = unknown> {
  /** A client was let in. */
  handleOpened?(peer: Peer<User>, opening: ObservedOpening): void;
  /** A connection is gone. */
  handleClosed?(peer: Peer<User>, record: CloseRecord): void;
  /** A client was turned away. Not told of requests that ask for no WebSocket, and of those that `node:http` refuses. */
  handleRefused?(refusal: Refusal, opening: ObservedOpening): void;
}

/** An opening handshake that was answered. */
export interface ObservedOpening {
  /** Null when it was too malformed to be one. */
  readonly request: UpgradeRequest | null;
  /** The path of the route, as the options have it; null when none fits or was looked for. */
  readonly route: string | null;
  readonly httpVersion: '1.1' | '2';
  /** How long it took to decide, in milliseconds. */
  readonly durationMs: number;
}

/** What went to and fro on one route since the server was made. Read it when you want to know; it changes all the time. */
export interface Traffic {
  messagesReceived: number;
  /** Bytes as they arrived, less those of TLS and HTTP: frames, control frames included. */
  bytesReceived: number;
  /** Messages that were taken to be sent. */
  messagesSent: number;
  /** Bytes of frames that were given to the transport. */
  bytesSent: number;
}
