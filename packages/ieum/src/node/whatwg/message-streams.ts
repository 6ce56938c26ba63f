import type { SendResult } from '../../channel/send-queue.js';
import type { Close } from '../../core/close.js';
import { CloseCode } from '../../core/close-code.js';
import type { CloseRecord } from '../../core/close-record.js';
import type { ConnectionState } from '../../core/connection-state.js';
import type { Message } from '../../core/message.js';
import type { Payload } from '../../core/outgoing.js';

import { toPayloadData } from './message-data.js';
import { ObservedEnd, WebSocketError } from './websocket-error.js';

/** What streams of messages need of a connection. */
export interface StreamedConnection {
  readonly state: ConnectionState;
  /** Its messages; ends with the connection. */
  readonly messages: AsyncIterator<Message>;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<CloseRecord>;
  send(data: Payload): SendResult | Promise<SendResult>;
  /** Resolves when all that was sent is with the operating system, or nothing more will be sent. */
  whenRoom(): Promise<void>;
  /** Begins the closing handshake; nothing when it has begun. */
  close(close: Close): void;
}

/** How a connection's streams ended: `error` is null after a closing handshake with nothing left half written. */
export interface StreamEnd {
  readonly record: CloseRecord;
  readonly error: WebSocketError | null;
}

/**
 * The messages of one connection as a pair of streams, with backpressure both ways: a message is read when the readable
 * side has room, and a write is done when the operating system has taken it.
 *
 * The closing handshake ends both: the readable side closes, the writable one is errored with `InvalidStateError`.
 * Without it both are errored with a `WebSocketError`. To close the writable side, to abort it, or to cancel the
 * readable one begins the closing handshake; a `WebSocketError` as the reason says with which code.
 */
export class MessageStreams {
  readonly readable: ReadableStream<string | Uint8Array>;
  readonly writable: WritableStream<Payload>;
  /** Resolves when the connection is gone. */
  readonly ended: Promise<StreamEnd>;
  readonly #connection: StreamedConnection;
  #isReadable = true;
  /** A chunk is on its way and not with the operating system yet. */
  #isWriting = false;
  #isClosingWriter = false;
  /** It was we who asked for the end: what is written afterwards is not missed by the peer. */
  #hasAskedToClose = false;

  constructor(connection: StreamedConnection) {
    this.#connection = connection;
    this.readable = new ReadableStream<string | Uint8Array>({
      pull: (controller) => this.#pull(controller),
      cancel: (reason) => this.#cancel(reason),
    });
    let failWritable = (_error: DOMException): void => {};
    this.writable = new WritableStream<Payload>({
      start: (controller) => {
        failWritable = (error) => controller.error(error);
        const { signal } = controller as WritableStreamDefaultController & { readonly signal: AbortSignal };
        signal.addEventListener('abort', () => this.#closeBecause(signal.reason));
      },
      write: (chunk) => this.#write(chunk),
      close: () => this.#closeWriter(),
      abort: (reason) => this.#closeBecause(reason),
    });
    this.ended = connection.closed.then((record) => this.#end(record, failWritable));
  }

  /** Begins the closing handshake, behind all that was written. */
  close(close: Close): void {
    this.#hasAskedToClose = true;
    this.#connection.close(close);
  }

  async #pull(controller: ReadableStreamDefaultController<string | Uint8Array>): Promise<void> {
    const { done, value } = await this.#connection.messages.next();
    if (!this.#isReadable) return;
    if (!done) {
      controller.enqueue(value.type === 'text' ? value.data : new Uint8Array(value.data));
      return;
    }
    const { error } = await this.ended;
    if (!this.#isReadable) return;
    if (error === null) controller.close();
    else controller.error(error);
  }

  /** Messages that still arrive are dropped, so that the peer's Close frame behind them is found. */
  async #cancel(reason: unknown): Promise<void> {
    this.#isReadable = false;
    this.#closeBecause(reason);
    for (let isOver = false; !isOver; ) isOver = (await this.#connection.messages.next()).done === true;
  }

  /** Fails as late as the connection does, so that whoever awaits both learns of both at once. */
  async #write(chunk: unknown): Promise<void> {
    const sent = this.#connection.send(toPayloadData(chunk));
    if (sent !== 'closed') {
      this.#isWriting = true;
      const result = await sent;
      if (result !== 'closed') await this.#connection.whenRoom();
      const { state } = this.#connection;
      this.#isWriting = result === 'closed' || state === 'ending' || state === 'closed';
      if (!this.#isWriting) return;
    } else this.#isWriting = !this.#hasAskedToClose;
    await this.ended;
    throw noLongerWritable();
  }

  async #closeWriter(): Promise<void> {
    this.#isClosingWriter = true;
    this.close(emptyClose);
    const { error } = await this.ended;
    if (error !== null) throw error;
  }

  #closeBecause(reason: unknown): void {
    const isTelling = reason instanceof WebSocketError && reason.closeCode !== null;
    this.close(isTelling ? { code: reason.closeCode as number, reason: reason.reason } : emptyClose);
  }

  /** A write that is not done yet fails by itself. */
  #end(record: CloseRecord, failWritable: (error: DOMException) => void): StreamEnd {
    const isClean = record.wasClean && !this.#isWriting;
    const error = isClean ? null : failure(record);
    if (!this.#isWriting && !this.#isClosingWriter) failWritable(error ?? noLongerWritable());
    return { record, error };
  }
}

function failure(record: CloseRecord): WebSocketError {
  const { code, reason, cause } = record;
  return new WebSocketError(
    describe(record),
    new ObservedEnd(code, reason, 'error' in cause ? cause.error : cause),
  );
}

function describe({ cause }: CloseRecord): string {
  if (cause.type === 'violation') return `the peer broke the protocol: ${cause.violation.code}`;
  return cause.type === 'closing-handshake'
    ? 'the connection was closed before all was written'
    : `the connection ended without a closing handshake: ${cause.type}`;
}

function noLongerWritable(): DOMException {
  return new DOMException('the connection is closed', 'InvalidStateError');
}

const emptyClose: Close = { code: CloseCode.NoStatusReceived, reason: '' };
