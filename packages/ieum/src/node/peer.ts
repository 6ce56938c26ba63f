import type { Channel } from '../channel/channel.js';
import type { SendResult } from '../channel/send-queue.js';
import { type Close, checkClose } from '../core/close.js';
import { CloseCode } from '../core/close-code.js';
import type { CloseCause, CloseRecord } from '../core/close-record.js';
import type { ConnectionState } from '../core/connection-state.js';
import { UsageError } from '../core/errors.js';
import type { Message } from '../core/message.js';
import {
  type Outgoing,
  type Payload,
  payloadBytes,
  prepareMessage,
  type SendOptions,
} from '../core/outgoing.js';

import { ConnectionDriver } from './connection-driver.js';
import type { DriverParts } from './driver-parts.js';
import type { PeerHandlers, PeerOwner } from './peer-handlers.js';
import { PeerSession } from './peer-session.js';
import type { PingResult } from './ping-tracker.js';
import { ownCopy } from './send-backlog.js';
import type { UpgradeRequest } from './upgrade-request.js';
import { MessageStreams } from './whatwg/message-streams.js';

/** What the opening handshake settled. */
export interface PeerIdentity<User> {
  readonly request: UpgradeRequest;
  readonly user: User;
  readonly subprotocol: string;
  readonly extensions: string;
}

/** A peer's messages as streams. Text messages are strings, binary ones bytes. */
export interface PeerStreams {
  readonly readable: ReadableStream<string | Uint8Array>;
  readonly writable: WritableStream<Payload>;
}

/**
 * The other end of a WebSocket connection, on a server and on a client alike.
 * After the connection has closed every method is a no-op whose result says so.
 */
export class Peer<User = unknown> implements Channel {
  /** The request of the opening handshake: on a client, the one it sent. */
  readonly request: UpgradeRequest;
  /** What `authenticate` accepted the client with; undefined on a client. */
  readonly user: User;
  /** The subprotocol in use; empty for none. */
  readonly subprotocol: string;
  /** The extensions in use, as the server's answer lists them; empty for none. */
  readonly extensions: string;
  readonly #driver: ConnectionDriver;
  readonly #session: PeerSession<User>;
  #streams: MessageStreams | null = null;

  /** Made by a server or by `connect`. */
  constructor(
    parts: DriverParts,
    identity: PeerIdentity<User>,
    handlers: PeerHandlers<User>,
    owner: PeerOwner<User>,
  ) {
    this.request = identity.request;
    this.user = identity.user;
    this.subprotocol = identity.subprotocol;
    this.extensions = identity.extensions;
    this.#session = new PeerSession(this, handlers, owner);
    this.#driver = new ConnectionDriver(parts, this.#session);
  }

  /**
   * Calls the `open` handler and begins to read. Whoever made the peer calls it once.
   *
   * @internal
   * @param head bytes that came behind the opening handshake
   */
  start(head: Uint8Array): void {
    this.#session.start(this.#driver, head);
  }

  get state(): ConnectionState {
    return this.#driver.state;
  }

  /** Bytes that were sent and that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return this.#driver.bufferedBytes;
  }

  /** Messages that the send queue's policy dropped so far. */
  get droppedMessages(): number {
    return this.#driver.droppedMessages;
  }

  /** Aborted when the connection is gone, with its `CloseRecord` as the reason. For work done on behalf of the peer. */
  get signal(): AbortSignal {
    return this.#session.signal;
  }

  /** Resolves when the connection is gone. Never rejects. */
  get closed(): Promise<CloseRecord> {
    return this.#session.closed;
  }

  /**
   * Sends a message: a string as text, bytes as binary, a received message as what it was.
   *
   * The result tells what became of it. It is a promise only when the send queue is full and its policy is `wait`, so
   * `await peer.send(…)` keeps pace with any reader and costs nothing with a fast one.
   * Payloads of 8 KiB and more are not copied: do not change them before they are written (`bufferedBytes` is 0).
   *
   * @param options whether it may be compressed
   * @throws UsageError `ERR_WS_INVALID_DATA` when it is nothing that can be sent, `ERR_WS_INVALID_OPTION`
   */
  send(data: Outgoing, options?: SendOptions): SendResult | Promise<SendResult> {
    return this.#driver.send(options === undefined ? data : prepareMessage(ownCopy(data), options));
  }

  /**
   * Sends a Ping and waits for its Pong.
   *
   * @param payload at most 125 bytes; by default one that no other Ping has
   * @throws UsageError `ERR_WS_CONTROL_PAYLOAD_TOO_LONG`, `ERR_WS_INVALID_DATA`
   */
  ping(payload?: Payload): Promise<PingResult> {
    return this.#session.ping(this.#driver, payload === undefined ? undefined : payloadBytes(payload));
  }

  /**
   * Sends a Pong that nobody asked for; Pings are answered without it. False when the connection is not open, and when
   * many wait for a peer that does not read.
   *
   * @throws UsageError `ERR_WS_CONTROL_PAYLOAD_TOO_LONG`, `ERR_WS_INVALID_DATA`
   */
  pong(payload: Payload = ''): boolean {
    return this.#driver.sendPong(payloadBytes(payload));
  }

  /**
   * Begins the closing handshake, behind everything sent before, and resolves when the connection is gone.
   *
   * @param code 1000–1003, 1007–1014 or 3000–4999. Default 1000
   * @param reason at most 123 bytes of UTF-8
   * @throws UsageError `ERR_WS_INVALID_CLOSE_CODE`, `ERR_WS_INVALID_CLOSE_REASON`
   */
  close(code: number = CloseCode.NormalClosure, reason = ''): Promise<CloseRecord> {
    this.#driver.close(checkClose(code, reason));
    return this.closed;
  }

  /** Closes with a cause that the close record names. @internal */
  closeBecause(close: Close, cause: CloseCause): void {
    this.#driver.close(close, cause);
  }

  /** Drops the connection without a closing handshake. */
  terminate(): void {
    this.#driver.abort();
  }

  /** Reads no more until `resume`; messages that were decoded before are still delivered. */
  pause(): void {
    this.#driver.pause();
  }

  resume(): void {
    this.#driver.resume();
  }

  /**
   * Messages, pulled: the peer is read only as fast as the loop turns. The loop ends when the connection is gone.
   *
   * @throws UsageError `ERR_WS_INVALID_STATE` when there is a `message` handler
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    if (this.#session.consumesMessages) {
      throw new UsageError(
        'ERR_WS_INVALID_STATE',
        'messages go to the message handler: leave it out to iterate',
      );
    }
    return this.#session.iterate(this.#driver);
  }

  /**
   * The messages as a pair of streams, the same at every call, with backpressure both ways: the peer is read only as
   * fast as `readable` is, and a write to `writable` is done when the operating system has taken it.
   *
   * The closing handshake closes `readable` and errors `writable` with `InvalidStateError`; any other end errors both
   * with a `WebSocketError`. Closing or aborting `writable`, and cancelling `readable`, begin the closing handshake: with
   * the code and reason of a `WebSocketError`, if that is the reason given.
   *
   * @throws UsageError `ERR_WS_INVALID_STATE` when there is a `message` handler
   */
  stream(): PeerStreams {
    const driver = this.#driver;
    this.#streams ??= new MessageStreams({
      get state() {
        return driver.state;
      },
      messages: this[Symbol.asyncIterator](),
      closed: this.closed,
      send: (data) => driver.send(data),
      whenRoom: () => driver.whenRoom(),
      close: (close) => driver.close(close),
    });
    return this.#streams;
  }
}
