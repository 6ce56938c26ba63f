import type { Clock } from '../channel/clock.js';
import type { SendQueueOptions, SendResult } from '../channel/send-queue.js';
import { type Close, checkClose } from '../core/close.js';
import { CloseCode } from '../core/close-code.js';
import type { CloseCause } from '../core/close-record.js';
import type { Connection } from '../core/connection.js';
import type { ConnectionEvent } from '../core/connection-event.js';
import type { ConnectionState } from '../core/connection-state.js';
import type { Message } from '../core/message.js';
import { byteLengthOf, type Outgoing } from '../core/outgoing.js';

import { ConnectionEnding } from './connection-ending.js';
import type { DeadlineSlot, Timed } from './deadline-wheel.js';
import type { DriverFace } from './driver-face.js';
import type { DriverParts } from './driver-parts.js';
import { Inbox, type InboxOwner, type ReceiveBudget } from './inbox.js';
import type { Flushable, Scheduler } from './scheduler.js';
import { type BacklogOwner, SendBacklog } from './send-backlog.js';
import type { Traffic } from './server-observer.js';
import type { Transport, TransportSink } from './transport/transport.js';

/**
 * The one place where a transport meets a connection. What one chunk of input makes the application send leaves in one
 * write; what it sends at other times leaves in one write at the end of the tick. Messages reach the application one
 * at a time, and the transport is paused while more wait than the receive budget allows.
 */
export class ConnectionDriver implements Timed, InboxOwner, Flushable, TransportSink, BacklogOwner {
  // What every message touches comes first: with many connections, it has left the caches each time.
  readonly #connection: Connection;
  readonly #transport: Transport;
  readonly #face: DriverFace;
  readonly #scheduler: Scheduler;
  /** Null until a message has to wait, or a handler takes its time, for the first time. */
  #inbox: Inbox | null = null;
  /** Null until something has to wait for the first time. */
  #backlog: SendBacklog | null = null;
  readonly #traffic: Traffic;
  /** Events are being pulled: what they make the application send is flushed when that is done. */
  #pumping = false;
  #pausedByCaller = false;
  #reading = true;
  /** Nothing more will arrive. */
  #inputEnded = false;
  #flushScheduled = false;
  /** Waits for a message that is decoded off the event loop. */
  #awaitsDecoding = false;
  readonly #receiveBudget: ReceiveBudget;
  readonly #sendQueueOptions: SendQueueOptions;
  slot: DeadlineSlot | null = null;
  slotIndex = 0;
  /** Null until the connection is closed. */
  #ending: ConnectionEnding | null = null;

  constructor(parts: DriverParts, face: DriverFace) {
    const { transport, connection, scheduler, traffic } = parts;
    this.#transport = transport;
    this.#connection = connection;
    this.#scheduler = scheduler;
    this.#face = face;
    this.#traffic = traffic;
    this.#receiveBudget = parts.receiveBudget;
    this.#sendQueueOptions = parts.sendQueueOptions;
  }

  /** Begins to read. @param head bytes that were read from the transport behind the opening handshake */
  start(head: Uint8Array): void {
    this.#scheduler.deadlines.watch(this);
    if (head.length > 0) this.handleData(head, head.length);
    this.#transport.start(this);
  }

  /** A transport that is gone tells so in a later turn of the event loop; nothing can be sent from the moment it is. */
  get state(): ConnectionState {
    const { state } = this.#connection;
    return state === 'open' && this.#transport.isDestroyed ? 'ending' : state;
  }

  get clock(): Clock {
    return this.#scheduler.clock;
  }

  /** Payload and frame bytes that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return (this.#backlog?.byteLength ?? 0) + this.#pendingBytes;
  }

  get droppedMessages(): number {
    return this.#backlog?.droppedMessages ?? 0;
  }

  /** Whether the transport takes no more for now, so that what is sent waits in the send queue. */
  get isCongested(): boolean {
    return this.#backlog?.isCongested === true;
  }

  /** Resolves when all that was sent is with the operating system, or nothing more will be sent. */
  whenRoom(): Promise<void> {
    return this.#backlog === null ? Promise.resolve() : this.#backlog.whenRoom();
  }

  /** @throws UsageError `ERR_WS_INVALID_DATA` */
  send(data: Outgoing): SendResult | Promise<SendResult> {
    if (this.state !== 'open') {
      byteLengthOf(data);
      return 'closed';
    }
    const backlog = this.#backlog;
    if (backlog?.isBusy) return this.#enqueue(data, backlog);
    this.sendNow(data);
    this.#traffic.messagesSent++;
    this.#flushLater();
    return 'written';
  }

  sendNow(data: Outgoing): void {
    if (this.#connection.encodesLater(data)) void this.#openBacklog().encodeLater(data);
    else {
      this.#connection.send(data);
      this.writeMuch();
    }
  }

  /** Learns soon whether the transport has room. */
  writeMuch(): void {
    if (this.#connection.outputByteLength >= writeThreshold) this.write();
  }

  /** Writes the output to the transport, unless that has no room, and does what the connection wants of its transport. */
  write(): void {
    const transport = this.#transport;
    const connection = this.#connection;
    if (connection.transport === 'abort') transport.destroy();
    if (transport.isDestroyed) return;
    if (!this.isCongested) {
      if (connection.outputByteLength > 0) this.#writeOutput(connection.outputByteLength);
      this.#backlog?.handleWritten();
      if (connection.transport === 'end' && !this.isCongested) transport.end();
    }
    // It has so much time to be read from now on.
    if (this.isCongested && !transport.isDestroyed) this.#scheduler.deadlines.watch(this);
  }

  /** False when the connection is not open. @throws UsageError `ERR_WS_CONTROL_PAYLOAD_TOO_LONG` */
  sendPing(payload: Uint8Array): boolean {
    return this.#mayControl() && this.#flushControl(this.#connection.sendPing(payload));
  }

  /** False when the connection is not open. @throws UsageError `ERR_WS_CONTROL_PAYLOAD_TOO_LONG` */
  sendPong(payload: Uint8Array): boolean {
    return this.#mayControl() && this.#flushControl(this.#connection.sendPong(payload));
  }

  /**
   * Begins the closing handshake, behind all that was sent before. Messages that still arrive are delivered as far as
   * the receive budget goes, and dropped beyond.
   */
  close(close: Close, cause?: CloseCause): void {
    if (this.#connection.state !== 'open') return;
    if (cause?.type === 'slow-reader') this.#backlog?.discard();
    else this.#backlog?.encodeQueue();
    this.#connection.sendClose(close, this.#now(), cause);
    this.#scheduler.deadlines.watch(this);
    this.#flushLater();
  }

  /** Gives the connection up without a closing handshake. */
  abort(cause?: CloseCause): void {
    this.#connection.abort(cause);
    this.#pump();
  }

  /** Reads no more until `resume`; messages that were decoded before are still delivered. */
  pause(): void {
    this.#pausedByCaller = true;
    this.#updateReading();
  }

  resume(): void {
    this.#pausedByCaller = false;
    this.#pump();
  }

  /** The message that waited longest, or undefined. Only for faces that do not consume messages. */
  takeMessage(): Message | undefined {
    const wasFull = this.#isFull();
    const message = this.#inbox?.take();
    if (wasFull) this.#pump();
    return message;
  }

  handleRoom(): void {
    this.#pump();
  }

  flush(): void {
    this.#flushScheduled = false;
    if (this.#connection.state === 'open') this.write();
    else this.#pump();
  }

  deadline(): number {
    return this.#ending === null ? this.#connection.deadline() : this.#ending.destroyAt;
  }

  handleDeadline(now: number): void {
    if (this.#ending !== null && now >= this.#ending.destroyAt) this.#transport.destroy();
    this.#connection.handleDeadline(now);
    this.#pump();
  }

  excuseStall(stalledMs: number): void {
    this.#connection.excuseStall(stalledMs);
  }

  handleData(chunk: Uint8Array, byteLength: number): void {
    this.#traffic.bytesReceived += byteLength;
    this.#connection.receive(chunk, this.#now(), byteLength);
    this.#pump();
    this.#connection.keepInput();
  }

  handleEnd(): void {
    this.#inputEnded = true;
    const { error } = this.#transport;
    if (error === null) this.#connection.receiveEnd();
    else this.#connection.receiveError(error);
    this.#pump();
    if (this.#transport.isDestroyed) this.#scheduler.deadlines.unwatch(this);
  }

  handleDrain(): void {
    this.#connection.resumeOutput(this.#now());
    if (this.#backlog === null) this.write();
    else {
      this.#backlog.isCongested = false;
      this.#backlog.sendQueued();
    }
  }

  /** Pulls events as long as the application keeps up, then writes what came of them. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#wantsEvents()) {
      const event = this.#connection.nextEvent();
      if (event === null) break;
      this.#dispatch(event);
    }
    this.#pumping = false;
    this.#awaitDecoding();
    this.#updateReading();
    this.write();
    if (this.#connection.state !== 'open') this.#advanceClosing();
  }

  /**
   * Once the input has ended, what is left of it is bounded; and once we are closing, the peer's Close frame has to be
   * found: then events are pulled whatever the budget.
   */
  #wantsEvents(): boolean {
    if (this.#connection.decoding !== null) return false;
    if (!this.#isFull() && !this.#pausedByCaller) return true;
    return this.#inputEnded || this.#connection.state !== 'open';
  }

  #awaitDecoding(): void {
    const { decoding } = this.#connection;
    if (decoding === null || this.#awaitsDecoding) return;
    this.#awaitsDecoding = true;
    void decoding.then(() => {
      this.#awaitsDecoding = false;
      this.#pump();
    });
  }

  #dispatch(event: ConnectionEvent): void {
    if (event.type === 'text' || event.type === 'binary') this.#deliver(event);
    else if (event.type === 'ping') this.#face.handlePing(event.payload);
    else if (event.type === 'pong') this.#face.handlePong(event.payload);
    else if (event.type === 'closed') {
      this.#ending = new ConnectionEnding(event.record);
      this.#face.handleClosed(event.record);
    }
  }

  #deliver(message: Message): void {
    this.#traffic.messagesReceived++;
    if (this.#inbox === null && this.#face.consumesMessages) {
      const done = this.#face.handleMessage(message);
      if (done !== undefined) this.#openInbox().await(done);
    } else if (this.#connection.state !== 'closing' || !this.#isFull()) {
      this.#openInbox().receive(message);
    }
  }

  #openInbox(): Inbox {
    this.#inbox ??= new Inbox(this.#receiveBudget, this.#face, this);
    return this.#inbox;
  }

  /** Whether so much waits for the application that nothing more should be read. */
  #isFull(): boolean {
    return this.#inbox?.isFull === true;
  }

  #updateReading(): void {
    const shouldRead = this.#wantsEvents();
    if (shouldRead === this.#reading) return;
    this.#reading = shouldRead;
    if (shouldRead) {
      this.#connection.resumeInput(this.#now());
      this.#scheduler.deadlines.watch(this);
      this.#transport.resume();
    } else {
      this.#connection.pauseInput();
      this.#transport.pause();
    }
  }

  #enqueue(data: Outgoing, backlog: SendBacklog): SendResult | Promise<SendResult> {
    const result = backlog.offer(data, this.#pendingBytes);
    if (result === 'overflow') {
      this.close(checkClose(CloseCode.TryAgainLater, 'slow reader'), { type: 'slow-reader' });
      return 'closed';
    }
    if (result !== 'dropped') this.#traffic.messagesSent++;
    return result;
  }

  #writeOutput(byteLength: number): void {
    this.#traffic.bytesSent += byteLength;
    const pieces = this.#connection.takeOutput();
    if (this.#transport.write(pieces)) {
      if (this.#transport.writesAtOnce) this.#connection.reclaimOutput(pieces);
      return;
    }
    this.#openBacklog().isCongested = true;
    this.#connection.pauseOutput(this.#now());
  }

  #openBacklog(): SendBacklog {
    this.#backlog ??= new SendBacklog(this.#connection, this.#sendQueueOptions, this);
    return this.#backlog;
  }

  #advanceClosing(): void {
    const ending = this.#ending;
    this.#backlog?.discard();
    if (ending?.destroyAt === Number.POSITIVE_INFINITY && !this.#transport.isDestroyed) {
      ending.begin(this.#now());
      this.#transport.close();
    }
    if (!this.#transport.isDestroyed) this.#scheduler.deadlines.watch(this);
    if (ending === null || ending.isFinished) return;
    // Whoever pulls messages takes what is left at leisure.
    ending.isFinished = !this.#face.consumesMessages || this.#inbox === null || this.#inbox.isIdle;
    if (ending.isFinished) this.#face.handleFinished(ending.record);
  }

  /** Flushes at the end of the tick, with all that is sent until then. */
  #flushLater(): void {
    if (this.#pumping || this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#scheduler.flushSoon(this);
  }

  /** Control frames go past the send queue; a peer that does not read cannot make them pile up. */
  #mayControl(): boolean {
    return !this.isCongested || this.#connection.outputByteLength < maxWaitingControlBytes;
  }

  #flushControl(isSent: boolean): boolean {
    this.#flushLater();
    return isSent && !this.#transport.isDestroyed;
  }

  get #pendingBytes(): number {
    return this.#connection.outputByteLength + this.#transport.waitingBytes;
  }

  /** In whole milliseconds: a small integer lies in the object that keeps it, a fraction elsewhere in memory. */
  #now(): number {
    return Math.trunc(this.#scheduler.clock.now());
  }
}

/** Control frames of the application's that may wait for a peer that does not read, in bytes. */
const maxWaitingControlBytes = 64 * 1024;
/** Output is written in the middle of a tick once it has this many bytes. */
const writeThreshold = 64 * 1024;
