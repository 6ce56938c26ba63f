import type { WebSocketUri } from '../../core/handshake/websocket-uri.js';
import type { Message } from '../../core/message.js';

import { checkCloseArguments, clampToUnsignedShort } from './close-arguments.js';
import { CloseEvent } from './close-event.js';
import { ConnectionAttempt } from './connection-attempt.js';
import { type EventHandler, EventHandlers } from './event-handlers.js';
import { type FailureCause, FailureEvent } from './failure-event.js';
import { byteLengthOfData, toMessageData } from './message-data.js';
import { shapeAsInterface } from './web-interface.js';
import { readWebSocketArgument, type WebSocketOptions } from './websocket-options.js';
import { type SessionEnd, WebSocketSession } from './websocket-session.js';
import { originOf, parseAddress } from './websocket-url.js';

export interface WebSocketEventMap {
  readonly open: Event;
  /** `data` is a string, or a Blob or an ArrayBuffer as `binaryType` says. */
  readonly message: MessageEvent;
  readonly error: FailureEvent;
  readonly close: CloseEvent;
}

type ListenerOptions = Parameters<EventTarget['addEventListener']>[2];

/** Types the inherited methods; declares no new ones. */
export interface WebSocket {
  addEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (this: WebSocket, event: WebSocketEventMap[Type]) => void,
    options?: ListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: Parameters<EventTarget['addEventListener']>[1],
    options?: ListenerOptions,
  ): void;
  removeEventListener<Type extends keyof WebSocketEventMap>(
    type: Type,
    listener: (this: WebSocket, event: WebSocketEventMap[Type]) => void,
    options?: ListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: Parameters<EventTarget['addEventListener']>[1],
    options?: ListenerOptions,
  ): void;
}

/**
 * The `WebSocket` of browsers (WebSockets Standard), for Node. Where the platform allows more, it allows more: the
 * second argument may be options, and the `error` event tells why. Ports that browsers block are not blocked.
 *
 * Events cannot wait for a slow listener: for backpressure use `WebSocketStream` or `connect`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface only types what is inherited.
export class WebSocket extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSING: 2;
  declare static readonly CLOSED: 3;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSING: 2;
  declare readonly CLOSED: 3;
  readonly #uri: WebSocketUri;
  readonly #session: WebSocketSession;
  readonly #handlers: EventHandlers = new EventHandlers(this);
  #readyState: 0 | 1 | 2 | 3 = 0;
  #extensions = '';
  #protocol = '';
  #binaryType: 'blob' | 'arraybuffer' = 'blob';
  /** Bytes of messages that were sent when it was too late. */
  #lateBytes = 0;

  /**
   * Begins to connect.
   *
   * @param url absolute, `ws:`, `wss:`, `http:` or `https:`, without a fragment
   * @param protocols a subprotocol, several, or options
   * @throws DOMException `SyntaxError` for a bad URL, or for subprotocols that are no tokens or not distinct
   * @throws UsageError `ERR_WS_INVALID_OPTION` for limits that cannot work; other bad options end in an `error` event
   */
  constructor(url: string | URL, protocols: string | readonly string[] | WebSocketOptions = []) {
    // biome-ignore lint/complexity/noArguments: a rest parameter would change the constructor's `length`.
    requireArguments(arguments.length, 'new WebSocket');
    super();
    this.#uri = parseAddress(url);
    const attempt = new ConnectionAttempt(this.#uri, readWebSocketArgument(protocols));
    const owner = {
      handleOpen: (protocol: string, extensions: string) => this.#handleOpen(protocol, extensions),
      handleMessage: (message: Message) => this.#handleMessage(message),
      handleFailure: (cause: FailureCause) => this.#handleFailure(cause),
      handleClosed: (end: SessionEnd) => this.#handleClosed(end),
    };
    this.#session = new WebSocketSession(owner, attempt);
  }

  get url(): string {
    return this.#uri.href;
  }

  /** `CONNECTING`, `OPEN`, `CLOSING` or `CLOSED`. */
  get readyState(): 0 | 1 | 2 | 3 {
    return this.#currentState();
  }

  /** Payload bytes that were sent and that the operating system has not taken. What could not be sent stays in it. */
  get bufferedAmount(): number {
    return this.#session.bufferedAmount + this.#lateBytes;
  }

  /** The extensions in use; empty for none, and before the connection is open. */
  get extensions(): string {
    return this.#extensions;
  }

  /** The subprotocol in use; empty for none, and before the connection is open. */
  get protocol(): string {
    return this.#protocol;
  }

  /** What the data of binary messages is. Default `blob`; any other value than these two is ignored. */
  get binaryType(): 'blob' | 'arraybuffer' {
    return this.#binaryType;
  }

  set binaryType(value: 'blob' | 'arraybuffer') {
    const text = `${value}`;
    const isKnown = text === 'blob' || text === 'arraybuffer';
    this.#binaryType = isKnown ? text : this.#binaryType;
  }

  get onopen(): EventHandler<WebSocket, Event> {
    return this.#handlers.get('open') as EventHandler<WebSocket, Event>;
  }

  set onopen(handler: EventHandler<WebSocket, Event>) {
    this.#handlers.set('open', handler);
  }

  get onmessage(): EventHandler<WebSocket, MessageEvent> {
    return this.#handlers.get('message') as EventHandler<WebSocket, MessageEvent>;
  }

  set onmessage(handler: EventHandler<WebSocket, MessageEvent>) {
    this.#handlers.set('message', handler);
  }

  get onerror(): EventHandler<WebSocket, FailureEvent> {
    return this.#handlers.get('error') as EventHandler<WebSocket, FailureEvent>;
  }

  set onerror(handler: EventHandler<WebSocket, FailureEvent>) {
    this.#handlers.set('error', handler);
  }

  get onclose(): EventHandler<WebSocket, CloseEvent> {
    return this.#handlers.get('close') as EventHandler<WebSocket, CloseEvent>;
  }

  set onclose(handler: EventHandler<WebSocket, CloseEvent>) {
    this.#handlers.set('close', handler);
  }

  /**
   * Sends a message: buffers and views as bytes, which may change afterwards; a Blob as bytes, read before anything sent
   * later leaves; everything else as text. On a closing or closed connection it only adds to `bufferedAmount`.
   *
   * @throws DOMException `InvalidStateError` while connecting
   * @throws TypeError for views of shared memory and for resizable buffers
   */
  send(data: string | ArrayBuffer | ArrayBufferView | Blob): void {
    // biome-ignore lint/complexity/noArguments: a rest parameter would change the method's `length`.
    requireArguments(arguments.length, 'send');
    const readyState = this.#currentState();
    const converted = toMessageData(data);
    if (readyState === 0) throw new DOMException('the connection is not open yet', 'InvalidStateError');
    if (readyState === 1) this.#session.send(converted);
    else this.#lateBytes += byteLengthOfData(converted);
  }

  /**
   * Begins the closing handshake, behind everything sent before; while connecting, gives the attempt up.
   *
   * @param code 1000 or 3000–4999. Default: none, or 1000 with a reason
   * @param reason at most 123 bytes of UTF-8
   * @throws DOMException `InvalidAccessError` for another code, `SyntaxError` for a longer reason
   */
  close(code: number | undefined = undefined, reason: string | undefined = undefined): void {
    const readyState = this.#currentState();
    const close = checkCloseArguments(
      code === undefined ? undefined : clampToUnsignedShort(code),
      reason === undefined ? '' : `${reason}`,
    );
    if (readyState >= 2) return;
    this.#readyState = 2;
    if (readyState === 0) this.#session.abandon();
    else this.#session.close(close);
  }

  /** A server's goodbye counts when everything before it was told. */
  #currentState(): 0 | 1 | 2 | 3 {
    return this.#readyState === 1 && this.#session.isClosing ? 2 : this.#readyState;
  }

  #handleOpen(protocol: string, extensions: string): void {
    if (this.#readyState !== 0) return;
    this.#readyState = 1;
    this.#protocol = protocol;
    this.#extensions = extensions;
    this.dispatchEvent(new Event('open'));
  }

  #handleMessage(message: Message): void {
    if (this.#readyState !== 1) return;
    const data = message.type === 'text' ? message.data : this.#binaryData(message.bytes);
    this.dispatchEvent(new MessageEvent('message', { data, origin: originOf(this.#uri) }));
  }

  #binaryData(bytes: Uint8Array): Blob | ArrayBuffer {
    return this.#binaryType === 'blob' ? new Blob([bytes]) : new Uint8Array(bytes).buffer;
  }

  #handleFailure(cause: FailureCause): void {
    this.#readyState = 3;
    this.dispatchEvent(new FailureEvent(cause));
  }

  #handleClosed({ failure, code, reason }: SessionEnd): void {
    this.#readyState = 3;
    this.dispatchEvent(new CloseEvent('close', { wasClean: failure === null, code, reason }));
  }
}

function requireArguments(count: number, name: string): void {
  if (count === 0) throw new TypeError(`${name} needs an argument`);
}

shapeAsInterface(WebSocket, { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 });
