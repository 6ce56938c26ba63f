import { Buffer } from 'node:buffer';

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

export interface BacklogOwner {
  /** Sends a message whose turn has come. */
  sendNow(data: Outgoing): void;
  /** Writes what was encoded, if there is much of it. */
  writeMuch(): void;
  /** Writes what was encoded. */
  write(): void;
}

/**
 * What a connection has to send and cannot write yet: messages for which its transport has no room, not encoded, and those
 * behind one that is being encoded off the event loop. Most connections never have one.
 */
export class SendBacklog {
  readonly #connection: Connection;
  readonly #owner: BacklogOwner;
  readonly #queue: SendQueue<Outgoing>;
  /** Whether the transport has no room: its peer does not read. */
  isCongested = false;
  /** The message that is encoded off the event loop; what is sent after it waits. */
  #encoding: PreparedMessage | null = null;
  /** Who waits for room; null while nobody does. */
  #waiters: (() => void)[] | null = null;

  constructor(connection: Connection, queueOptions: SendQueueOptions, owner: BacklogOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.#queue = new SendQueue(queueOptions);
  }

  /** Whether what is sent now has to wait: there is no room, or a message is being encoded. */
  get isBusy(): boolean {
    return this.isCongested || this.#encoding !== null;
  }

  /** Payload bytes of the messages that wait. */
  get byteLength(): number {
    return this.#queue.byteLength + (this.#encoding?.bytes.length ?? 0);
  }

  get droppedMessages(): number {
    return this.#queue.droppedMessages;
  }

  /** Resolves when all that was sent is with the operating system, or nothing more will be sent. */
  whenRoom(): Promise<void> {
    if (!this.isBusy || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters ??= [];
      this.#waiters.push(resolve);
    });
  }

  /** Queues a message, or applies the queue's policy. @param pendingBytes bytes that were encoded and not written */
  offer(data: Outgoing, pendingBytes: number): SendResult | 'overflow' | Promise<SendResult> {
    return this.#queue.offer(ownCopy(data), byteLengthOf(data), pendingBytes);
  }

  /** Encodes a message off the event loop, then sends it and what waits behind it. */
  async encodeLater(data: Outgoing): Promise<void> {
    const message = prepareMessage(wholeCopy(data));
    this.#encoding = message;
    const encoded = await this.#connection.encodeLater(message);
    // It may have been sent at once meanwhile, because the connection closes, or dropped.
    if (this.#encoding !== message) return;
    this.#encoding = null;
    this.#connection.sendEncoded(message, encoded);
    this.#owner.writeMuch();
    this.sendQueued();
  }

  /** Sends what waits as long as there is room. */
  sendQueued(): void {
    while (!this.isBusy) {
      const data = this.#queue.take();
      if (data === undefined) break;
      this.#owner.sendNow(data);
    }
    this.#owner.write();
  }

  /** Encodes all that is queued, because nothing may be queued behind what comes next. */
  encodeQueue(): void {
    const encoding = this.#encoding;
    this.#encoding = null;
    if (encoding !== null) this.#sendPlain(encoding);
    for (let data = this.#queue.take(); data !== undefined; data = this.#queue.take()) {
      if (this.#connection.encodesLater(data)) this.#sendPlain(data);
      else this.#connection.send(data);
    }
  }

  /** Nothing more will be sent: forgets what is queued and tells who waits for it. */
  discard(): void {
    this.#queue.clear();
    this.#encoding = null;
    if (this.#isOver) this.#tellWaiters();
  }

  /** All that was encoded has been written, if there was room. */
  handleWritten(): void {
    if (!this.isBusy) this.#tellWaiters();
  }

  /** There is no time to encode it off the event loop. */
  #sendPlain(data: Outgoing): void {
    this.#connection.send(prepareMessage(data, { compress: false }));
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
