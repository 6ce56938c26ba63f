import type { WebSocketUri } from '../../core/handshake/websocket-uri.js';
import type { Payload } from '../../core/outgoing.js';

import { ConnectionAttempt, type Established } from './connection-attempt.js';
import { MessageStreams } from './message-streams.js';
import { StreamSession } from './stream-session.js';
import { shapeAsInterface } from './web-interface.js';
import { ObservedEnd, readCloseInfo, type WebSocketCloseInfo, WebSocketError } from './websocket-error.js';
import { readStreamArgument, type WebSocketOptions } from './websocket-options.js';
import { parseAddress } from './websocket-url.js';

export interface WebSocketStreamOptions extends Omit<WebSocketOptions, 'protocols'> {
  /** Subprotocols to offer, the preferred one first. Default none. */
  readonly protocols?: readonly string[];
}

/** What a `WebSocketStream` is once it is open. */
export interface WebSocketOpenInfo {
  /** Text messages as strings, binary ones as `Uint8Array`. */
  readonly readable: ReadableStream<string | Uint8Array>;
  /** Takes strings and bytes; everything else is sent as text. A write is done when the operating system has it. */
  readonly writable: WritableStream<Payload>;
  /** The extensions in use; empty for none. */
  readonly extensions: string;
  /** The subprotocol in use; empty for none. */
  readonly protocol: string;
}

/** A `WebSocket` with streams, and thus with backpressure both ways, as Chromium has it. */
export class WebSocketStream {
  readonly #uri: WebSocketUri;
  readonly #attempt: ConnectionAttempt;
  readonly #opened: Promise<WebSocketOpenInfo>;
  readonly #closed: Promise<Required<WebSocketCloseInfo>>;
  #pair: MessageStreams | null = null;

  /**
   * Begins to connect.
   *
   * @param url absolute, `ws:`, `wss:`, `http:` or `https:`, without a fragment
   * @param options `signal` ends the attempt, and has no effect on an open connection
   * @throws DOMException `SyntaxError` for a bad URL, or for subprotocols that are no tokens or not distinct
   * @throws TypeError, UsageError for options that cannot work
   */
  constructor(url: string | URL, options: WebSocketStreamOptions = {}) {
    // biome-ignore lint/complexity/noArguments: a rest parameter would change the constructor's `length`.
    if (arguments.length === 0) throw new TypeError('new WebSocketStream needs an argument');
    this.#uri = parseAddress(url);
    this.#attempt = new ConnectionAttempt(this.#uri, readStreamArgument(options));
    const session = new StreamSession();
    const streams = this.#attempt.run(session).then(
      (established) => this.#start(session, established),
      (cause: unknown) => Promise.reject(this.#openingError(cause)),
    );
    this.#opened = streams.then(({ info }) => info);
    this.#closed = streams.then(({ pair }) => closedInfo(pair));
    for (const promise of [this.#opened, this.#closed]) promise.catch(() => {});
  }

  get url(): string {
    return this.#uri.href;
  }

  /** Resolves when the connection is open. Rejects with `WebSocketError`, or with the signal's reason. */
  get opened(): Promise<WebSocketOpenInfo> {
    return this.#opened;
  }

  /** Resolves after a closing handshake with what the peer said. Rejects with `WebSocketError` otherwise. */
  get closed(): Promise<Required<WebSocketCloseInfo>> {
    return this.#closed;
  }

  /**
   * Begins the closing handshake, behind everything written before; while connecting, gives the attempt up.
   *
   * @throws DOMException `InvalidAccessError` for a code other than 1000 and 3000–4999, `SyntaxError` for a reason of
   *   more than 123 bytes
   */
  close(info: WebSocketCloseInfo = {}): void {
    const close = readCloseInfo(info);
    if (this.#pair !== null) this.#pair.close(close);
    else this.#attempt.abort(new WebSocketError('closed before the connection was established'));
  }

  /** Whoever gave the attempt up finds the reason that was given. */
  #openingError(cause: unknown): unknown {
    if (this.#attempt.isAborted) return cause;
    const message = cause instanceof Error ? cause.message : 'the connection could not be established';
    return new WebSocketError(message, new ObservedEnd(undefined, '', cause));
  }

  #start(session: StreamSession, { driver, protocol, extensions, head }: Established): OpenedStreams {
    const pair = new MessageStreams(session.attach(driver));
    this.#pair = pair;
    driver.start(head);
    return { pair, info: { readable: pair.readable, writable: pair.writable, extensions, protocol } };
  }
}

shapeAsInterface(WebSocketStream);

interface OpenedStreams {
  readonly pair: MessageStreams;
  readonly info: WebSocketOpenInfo;
}

async function closedInfo(streams: MessageStreams): Promise<Required<WebSocketCloseInfo>> {
  const { record, error } = await streams.ended;
  if (error !== null) throw error;
  return { closeCode: record.code, reason: record.reason };
}
