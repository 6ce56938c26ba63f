import type { Channel } from '../../channel/channel.js';
import type { SendResult } from '../../channel/send-queue.js';
import { type Close, checkClose } from '../../core/close.js';
import { CloseCode } from '../../core/close-code.js';
import type { CloseCause, CloseRecord } from '../../core/close-record.js';
import { UsageError } from '../../core/errors.js';
import type { Message } from '../../core/message.js';
import type { Outgoing } from '../../core/outgoing.js';

import { Inbox } from './inbox.js';
import type { SockJsSettings } from './sockjs-options.js';
import type { SockJsRequest } from './sockjs-request.js';

/** A session as a service sees it, whatever it travels over. After its end every method is a no-op whose result says so. */
export interface SockJsChannel extends Channel {
  readonly request: SockJsRequest;
}

/** What a service does with its sessions. A handler that throws or rejects closes the session with 1011. */
export interface SockJsService {
  /** A session is open. No message is delivered before the promise it may return is settled. */
  open?(channel: SockJsChannel): unknown;
  /**
   * A message arrived. The next one is delivered when the promise it may return is settled; a client that sends more than
   * 1 MiB ahead waits. Without this handler messages wait for `for await (… of channel)`.
   */
  message?(channel: SockJsChannel, message: Message): unknown;
  /** The session is gone, and every message before that was handled. Called once for every `open`. */
  closed?(channel: SockJsChannel, record: CloseRecord): void;
}

/** What carries a session's messages to the client. */
export interface Carrier {
  readonly bufferedBytes: number;
  /** @throws UsageError `ERR_WS_INVALID_DATA` */
  send(data: Outgoing): SendResult | Promise<SendResult>;
  /** Says goodbye behind all that was sent. Does nothing when the session is closed. */
  close(close: Close, cause?: CloseCause): void;
}

/** One session, between a service and what carries it. */
export class ServiceChannel implements SockJsChannel {
  readonly request: SockJsRequest;
  readonly closed: Promise<CloseRecord>;
  readonly #carrier: Carrier;
  readonly #settings: SockJsSettings;
  readonly #inbox: Inbox;
  #resolveClosed: (record: CloseRecord) => void = ignore;
  #record: CloseRecord | null = null;
  #hasFailed = false;
  /** The `open` handler is at work. */
  #isOpening = false;
  /** The service asked for a pause. */
  #isPaused = false;

  constructor(carrier: Carrier, request: SockJsRequest, settings: SockJsSettings) {
    this.#carrier = carrier;
    this.request = request;
    this.#settings = settings;
    const { service, quoter } = settings;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#inbox = new Inbox({
      consume: service.message === undefined ? null : (message) => this.#deliver(message),
      messageOf: (text) => quoter.messageOf(text),
      handleFinished: () => this.#runClosed(),
    });
  }

  get bufferedBytes(): number {
    return this.#carrier.bufferedBytes;
  }

  send(data: Outgoing): SendResult | Promise<SendResult> {
    return this.#carrier.send(data);
  }

  close(code: number = CloseCode.NormalClosure, reason = ''): Promise<CloseRecord> {
    this.#carrier.close(checkClose(code, reason));
    return this.closed;
  }

  pause(): void {
    this.#isPaused = true;
    this.#setPace();
  }

  resume(): void {
    this.#isPaused = false;
    this.#setPace();
  }

  /** @throws UsageError `ERR_WS_INVALID_STATE` when the service has a `message` handler */
  [Symbol.asyncIterator](): AsyncIterableIterator<Message> {
    if (this.#settings.service.message === undefined) return this.#inbox;
    throw new UsageError('ERR_WS_INVALID_STATE', 'messages go to the message handler');
  }

  /** Whether whoever sends more is to wait. */
  get isFull(): boolean {
    return this.#inbox.isFull;
  }

  /** Calls the `open` handler. What carries the session calls it once, when the client was told. */
  start(): void {
    const { service } = this.#settings;
    const opening = this.#run(() => service.open?.(this));
    if (opening === undefined || service.message === undefined) return;
    this.#isOpening = true;
    this.#setPace();
    void opening.then(() => {
      this.#isOpening = false;
      this.#setPace();
    });
  }

  /** Takes what the client sent; a promise while there is no room for more. It never rejects. */
  receive(messages: readonly (string | Message)[]): void | Promise<void> {
    return this.#inbox.receive(messages);
  }

  /** The session is over. Messages may still wait for the service, or come from the carrier. */
  handleGone(record: CloseRecord): void {
    this.#record ??= record;
    this.#resolveClosed(this.#record);
  }

  /** No message will come any more. */
  handleEnd(): void {
    this.#isPaused = false;
    this.#setPace();
    this.#inbox.end(this.#hasFailed);
  }

  #setPace(): void {
    if (this.#isOpening || this.#isPaused) this.#inbox.pause();
    else this.#inbox.resume();
  }

  #deliver(message: Message): void | Promise<void> {
    if (!this.#hasFailed) return this.#run(() => this.#settings.service.message?.(this, message));
  }

  #runClosed(): void {
    this.#run(() => this.#settings.service.closed?.(this, this.#record as CloseRecord));
  }

  /** Calls a handler: gives a promise that never rejects when the handler gives one. */
  #run(handler: () => unknown): void | Promise<void> {
    try {
      const result = handler();
      if (!isThenable(result)) return undefined;
      return Promise.resolve(result).then(ignore, (error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#settings.reportError(error);
    this.#carrier.close({ code: CloseCode.InternalError, reason: '' }, { type: 'handler', error });
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function ignore(): void {}
