import type { Clock } from '../channel/clock.js';
import { SendQueue, type SendQueueOptions, type SendResult } from '../channel/send-queue.js';
import type { Connection } from '../core/connection.js';
import { referenceThreshold } from '../core/frame-writer.js';
import {
  byteLengthOf,
  isMessage,
  type Outgoing,
  PreparedMessage,
  prepareMessage,
  viewBytes,
} from '../core/outgoing.js';

import type { Traffic } from './server-observer.js';
import type { Transport } from './transport/transport.js';

export interface WriterParts {
  readonly transport: Transport;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly queueOptions: SendQueueOptions;
  /** Shared with other connections. */
  readonly traffic: Traffic;
}

export interface WriterOwner {
  /** A message was encoded off the event loop and is in the connection's output: it has to be flushed. */
  handleEncoded(): void;
}

/**
 * Carries a connection's output to its transport. While that has room, messages are encoded at once and everything
 * encoded since the last flush leaves in one write. While it has none, messages wait in the send queue, not encoded.
 */
export class TransportWriter {
  readonly #transport: Transport;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #queueOptions: SendQueueOptions;
  readonly #owner: WriterOwner;
  readonly #traffic: Traffic;
  /** Null until the transport has no room for the first time. */
  #queue: SendQueue<Outgoing> | null = null;
  #congested = false;
  /** The message that is encoded off the event loop; what is sent after it waits. */
  #encoding: PreparedMessage | null = null;
  /** Who waits for room; null while nobody does. */
  #waiters: (() => void)[] | null = null;

  constructor(parts: WriterParts, owner: WriterOwner) {
    this.#transport = parts.transport;
    this.#connection = parts.connection;
    this.#clock = parts.clock;
    this.#queueOptions = parts.queueOptions;
    this.#owner = owner;
    this.#traffic = parts.traffic;
  }

  /** Payload and frame bytes that the operating system has not taken yet. */
  get bufferedBytes(): number {
    return (this.#queue?.byteLength ?? 0) + (this.#encoding?.bytes.length ?? 0) + this.#pendingBytes;
  }

  /** Whether the transport has no room: its peer does not read. */
  get isCongested(): boolean {
    return this.#congested;
  }

  /** Whether nothing can be written at once: no room, or a message is being encoded. */
  get #isBusy(): boolean {
    return this.#congested || this.#encoding !== null;
  }

  /** Resolves when all that was sent is with the operating system, or nothing more will be sent. */
  whenRoom(): Promise<void> {
    if (!this.#isBusy || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters ??= [];
      this.#waiters.push(resolve);
    });
  }

  get droppedMessages(): number {
    return this.#queue?.droppedMessages ?? 0;
  }

  /** Sends or queues a message; `overflow` when the queue is full and its policy is to close. The caller flushes. */
  send(data: Outgoing): SendResult | 'overflow' | Promise<SendResult> {
    if (this.#isBusy) return this.#enqueue(data);
    this.#sendNow(data);
    return 'written';
  }

  /** Encodes all that is queued, because nothing may be queued behind what comes next. */
  encodeQueue(): void {
    const queue = this.#queue;
    const encoding = this.#encoding;
    this.#encoding = null;
    if (encoding !== null) this.#sendPlain(encoding);
    for (let data = queue?.take(); data !== undefined; data = queue?.take()) {
      if (this.#connection.encodesLater(data)) this.#sendPlain(data);
      else this.#connection.send(data);
    }
  }

  /** There is no time to encode it off the event loop. */
  #sendPlain(data: Outgoing): void {
    this.#connection.send(prepareMessage(data, { compress: false }));
  }

  /** Nothing more will be sent: forgets what is queued and tells who waits for it. */
  discard(): void {
    this.#queue?.clear();
    this.#encoding = null;
    if (this.#isOver) this.#tellWaiters();
  }

  /** Writes the output to the transport, unless that has no room, and does what the connection wants of its transport. */
  flush(): void {
    const transport = this.#transport;
    if (this.#connection.transport === 'abort') {
      transport.destroy();
      return;
    }
    if (this.#congested || transport.isDestroyed) return;
    const { outputByteLength } = this.#connection;
    if (outputByteLength > 0) {
      this.#traffic.bytesSent += outputByteLength;
      this.#write(this.#connection.takeOutput());
    }
    if (!this.#isBusy) this.#tellWaiters();
    if (this.#connection.transport === 'end' && !this.#congested) transport.end();
  }

  /** The transport has room again. */
  handleDrain(): void {
    this.#congested = false;
    this.#connection.resumeOutput(this.#clock.now());
    this.#sendQueued();
  }

  /** Sends what waits as long as there is room. */
  #sendQueued(): void {
    while (!this.#isBusy) {
      const data = this.#queue?.take();
      if (data === undefined) break;
      this.#sendNow(data);
    }
    this.flush();
  }

  #sendNow(data: Outgoing): void {
    if (this.#connection.encodesLater(data)) {
      void this.#encodeLater(prepareMessage(wholeCopy(data)));
      return;
    }
    this.#connection.send(data);
    this.#flushMuch();
  }

  /** Learns soon whether the transport has room. */
  #flushMuch(): void {
    if (this.#connection.outputByteLength >= flushThreshold) this.flush();
  }

  async #encodeLater(message: PreparedMessage): Promise<void> {
    this.#encoding = message;
    const encoded = await this.#connection.encodeLater(message);
    // It may have been sent at once meanwhile, because the connection closes, or dropped.
    if (this.#encoding !== message) return;
    this.#encoding = null;
    this.#connection.sendEncoded(message, encoded);
    this.#flushMuch();
    this.#sendQueued();
    this.#owner.handleEncoded();
  }

  #enqueue(data: Outgoing): SendResult | 'overflow' | Promise<SendResult> {
    this.#queue ??= new SendQueue(this.#queueOptions);
    return this.#queue.offer(ownCopy(data), byteLengthOf(data), this.#pendingBytes);
  }

  #write(output: readonly Uint8Array[]): void {
    if (this.#transport.write(output)) return;
    this.#congested = true;
    this.#connection.pauseOutput(this.#clock.now());
  }

  #tellWaiters(): void {
    const waiters = this.#waiters;
    if (waiters === null) return;
    this.#waiters = null;
    for (const resolve of waiters) resolve();
  }

  /** Whether nothing but what is encoded already can leave any more. */
  get #isOver(): boolean {
    return this.#connection.state === 'ending' || this.#connection.state === 'closed';
  }

  get #pendingBytes(): number {
    return this.#connection.outputByteLength + this.#transport.waitingBytes;
  }
}

/** What may wait: the caller can use a small buffer again at once, as if it had been encoded. */
export function ownCopy(data: Outgoing): Outgoing {
  if (typeof data === 'string' || isMessage(data) || data instanceof PreparedMessage) return data;
  const bytes = viewBytes(data);
  return bytes.length < referenceThreshold ? Buffer.from(bytes) : bytes;
}

/** What is encoded on another thread: it must be the same when its window is remembered. */
function wholeCopy(data: Outgoing): Outgoing {
  if (typeof data === 'string' || isMessage(data) || data instanceof PreparedMessage) return data;
  return Buffer.from(viewBytes(data));
}

/** Output is written in the middle of a tick once it has this many bytes. */
const flushThreshold = 64 * 1024;
