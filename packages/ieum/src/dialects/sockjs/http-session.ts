import { Buffer } from 'node:buffer';

import { SendQueue, type SendResult } from '../../channel/send-queue.js';
import { encodeClose, encodeMessages, heartbeatFrame, openFrame } from '../../codecs/sockjs/index.js';
import type { Close } from '../../core/close.js';
import { CloseCode } from '../../core/close-code.js';
import type { CloseCause, CloseRecord } from '../../core/close-record.js';
import type { Outgoing } from '../../core/outgoing.js';

import type { Receiver } from './receiver.js';
import { type Carrier, ServiceChannel } from './service-channel.js';
import type { SockJsSettings } from './sockjs-options.js';
import type { SockJsRequest } from './sockjs-request.js';

/** A session over HTTP: many requests, of which one at a time waits for what there is to send. */
export class HttpSession implements Carrier {
  readonly channel: ServiceChannel;
  readonly #settings: SockJsSettings;
  readonly #handleForgotten: () => void;
  /** Messages, quoted. */
  readonly #queue: SendQueue<string>;
  #state: SessionState = { type: 'new' };
  #receiver: Receiver | null = null;
  /** The receiver reads more slowly than we send. */
  #isCongested = false;
  #cancelTimer: () => void = ignore;
  /** Requests that bring messages and are not answered. */
  #sends = 0;

  /** @param handleForgotten the session is over, and its client has had the time to hear of it */
  constructor(request: SockJsRequest, settings: SockJsSettings, handleForgotten: () => void) {
    this.#settings = settings;
    this.#handleForgotten = handleForgotten;
    this.#queue = new SendQueue(settings.sendQueue);
    this.channel = new ServiceChannel(this, request, settings);
  }

  get bufferedBytes(): number {
    return this.#queue.byteLength + (this.#receiver?.bufferedBytes ?? 0);
  }

  /** Takes a request for frames: it gets what there is, or waits for it. Only one at a time may. */
  attach(receiver: Receiver): void {
    if (this.#receiver !== null) {
      finish(receiver, anotherConnection);
      return;
    }
    this.#stopTimer();
    this.#receiver = receiver;
    receiver.watch(() => this.#handleInterrupted(receiver));
    if (this.#state.type === 'new') {
      this.#state = { type: 'open' };
      this.#write(openFrame);
      this.channel.start();
    }
    this.#flush();
    if (this.#receiver === receiver) this.#scheduleHeartbeat();
  }

  /** Whether a request that brings messages has to be turned away: too many of them wait. */
  get isFull(): boolean {
    return this.#sends >= maxSends;
  }

  /** Runs while a request that brings messages is under way. */
  async countSend(operation: () => Promise<void>): Promise<void> {
    this.#sends++;
    try {
      await operation();
    } finally {
      this.#sends--;
    }
  }

  /** Takes what the client sent, unless the session is closed; a promise while there is no room for more. */
  receive(messages: readonly string[]): void | Promise<void> {
    if (this.#state.type === 'open') return this.channel.receive(messages);
  }

  send(data: Outgoing): SendResult | Promise<SendResult> {
    const quoted = this.#settings.quoter.quote(data);
    if (this.#state.type !== 'open') return 'closed';
    if (this.#receiver !== null && !this.#isCongested && this.#queue.isEmpty) {
      this.#write(encodeMessages([quoted]));
      return 'written';
    }
    const pendingBytes = this.#receiver?.bufferedBytes ?? 0;
    const result = this.#queue.offer(quoted, Buffer.byteLength(quoted), pendingBytes);
    if (result !== 'overflow') return result;
    this.#queue.clear();
    this.close({ code: CloseCode.TryAgainLater, reason: 'too slow' }, { type: 'slow-reader' });
    return 'closed';
  }

  close(close: Close, cause: CloseCause = { type: 'closing-handshake' }): void {
    if (this.#state.type !== 'open') return;
    this.#state = { type: 'closing', close, cause };
    this.#flush();
  }

  /** Gives the receiver what waits: messages first, then the end. */
  #flush(): void {
    while (this.#receiver !== null && !this.#isCongested && !this.#queue.isEmpty) {
      this.#write(encodeMessages(this.#takeBatch()));
    }
    if (this.#state.type === 'new' || this.#state.type === 'open') return;
    if (this.#receiver === null || this.#isCongested) return;
    const receiver = this.#receiver;
    const { close } = this.#state;
    this.#detach();
    finish(receiver, encodeClose(close.code, close.reason));
    if (this.#state.type === 'closing') this.#conclude(deliveredRecord(close, this.#state.cause));
  }

  /** As many messages as a response may have, at least one. */
  #takeBatch(): string[] {
    const batch: string[] = [];
    let length = 0;
    while (length < this.#settings.maxResponseBytes) {
      const quoted = this.#queue.take();
      if (quoted === undefined) break;
      batch.push(quoted);
      length += quoted.length;
    }
    return batch;
  }

  #write(frame: string): void {
    const receiver = this.#receiver as Receiver;
    const result = receiver.write(frame);
    if (result === 'closed') return;
    if (receiver.isDone) this.#detach();
    else if (result !== 'written') {
      this.#isCongested = true;
      void result.then(() => this.#handleRoom(receiver));
    }
  }

  #handleRoom(receiver: Receiver): void {
    if (this.#receiver !== receiver) return;
    this.#isCongested = false;
    this.#flush();
  }

  /** The response is whole. The client is to come again in time. */
  #detach(): void {
    this.#receiver = null;
    this.#isCongested = false;
    this.#setTimer(() => this.#handleAbsence(), this.#settings.disconnectDelayMs);
  }

  #scheduleHeartbeat(): void {
    this.#setTimer(() => {
      if (!this.#isCongested) this.#write(heartbeatFrame);
      if (this.#receiver !== null) this.#scheduleHeartbeat();
    }, this.#settings.heartbeatIntervalMs);
  }

  /** What was written last may be lost, and nobody knows what: there is no way to go on. */
  #handleInterrupted(receiver: Receiver): void {
    if (this.#receiver !== receiver) return;
    this.#detach();
    if (this.#state.type === 'closed') return;
    this.#state = { type: 'closed', close: interrupted };
    this.#conclude(lostRecord({ type: 'end-of-stream' }));
  }

  #handleAbsence(): void {
    if (this.#state.type !== 'closed') {
      this.#state = { type: 'closed', close: interrupted };
      this.#conclude(lostRecord({ type: 'timeout', deadline: 'keepalive' }));
    }
    this.#handleForgotten();
  }

  #conclude(record: CloseRecord): void {
    if (this.#state.type === 'closing') this.#state = { type: 'closed', close: this.#state.close };
    this.#queue.clear();
    this.channel.handleGone(record);
    this.channel.handleEnd();
  }

  #setTimer(callback: () => void, delayMs: number): void {
    this.#stopTimer();
    this.#cancelTimer = this.#settings.clock.setTimer(callback, delayMs);
  }

  #stopTimer(): void {
    this.#cancelTimer();
    this.#cancelTimer = ignore;
  }
}

/** `closing` until the client was told; `closed` until it is forgotten, and whoever asks again is told again. */
type SessionState =
  | { readonly type: 'new' }
  | { readonly type: 'open' }
  | { readonly type: 'closing'; readonly close: Close; readonly cause: CloseCause }
  | { readonly type: 'closed'; readonly close: Close };

function finish(receiver: Receiver, frame: string): void {
  receiver.write(frame);
  receiver.end();
}

function deliveredRecord(close: Close, cause: CloseCause): CloseRecord {
  return { ...close, received: null, sent: close, first: 'sent', wasClean: true, cause };
}

function lostRecord(cause: CloseCause): CloseRecord {
  const code = CloseCode.AbnormalClosure;
  return { code, reason: '', received: null, sent: null, first: null, wasClean: false, cause };
}

function ignore(): void {}

const anotherConnection = encodeClose(2010, 'Another connection still open');
const interrupted: Close = { code: 1002, reason: 'Connection interrupted' };
/** Requests of one session that bring messages at once. The official client has one. */
const maxSends = 16;
