import type { CloseRecord } from '../core/close-record.js';
import type { Message } from '../core/message.js';

import type { Peer } from './peer.js';

/** What an application does with a connection. A handler that throws or rejects closes the connection with 1011. */
export interface PeerHandlers<User = unknown> {
  /** The opening handshake is done. No message is delivered before the promise it may return is settled. */
  open?(peer: Peer<User>): unknown;
  /**
   * A message arrived. The next one is delivered when the promise it may return is settled; the peer is not read while
   * more wait than the receive budget allows. Without this handler messages wait for `for await (… of peer)`.
   */
  message?(peer: Peer<User>, message: Message): unknown;
  /** A Ping arrived; it is being answered. */
  ping?(peer: Peer<User>, payload: Uint8Array): void;
  pong?(peer: Peer<User>, payload: Uint8Array): void;
  /** The connection is gone, and every message before that was handled. Called once for every `open`. */
  closed?(peer: Peer<User>, record: CloseRecord): void;
}

/** Who made a peer, and is told what concerns it. */
export interface PeerOwner<User> {
  /** A handler let an exception out. */
  reportError(error: unknown, peer: Peer<User>): void;
  /** The connection is gone. */
  handleGone(peer: Peer<User>, record: CloseRecord): void;
  /** The connection is gone, and every message before that was handled. */
  handleFinished(peer: Peer<User>): void;
}
