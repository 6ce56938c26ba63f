import type { Message } from '../core/message.js';

/** How much may wait for the application before its peer is no longer read. */
export interface ReceiveBudget {
  /** Messages that may wait. Default 16. */
  readonly maxMessages: number;
  /** Their payload bytes, each fragment counted as 128 bytes more. Default 1 MiB. */
  readonly maxBytes: number;
}

export const receiveBudgetDefaults: ReceiveBudget = { maxMessages: 16, maxBytes: 1024 * 1024 };

export interface InboxOwner {
  /** A message was done with after `receive` had returned: there is room. */
  handleRoom(): void;
}

export interface MessageConsumer {
  /** Whether messages go to `handleMessage`, or wait until they are taken. */
  readonly consumesMessages: boolean;
  /** Takes one message; no other comes while the promise it may return is pending. Does not throw or reject. */
  handleMessage(message: Message): void | Promise<void>;
  /** A message came that waits until it is taken. */
  handleReadable(): void;
}

/** Hands messages to the application in order, one at a time, and keeps those that wait. */
export class Inbox {
  readonly #budget: ReceiveBudget;
  readonly #consumer: MessageConsumer;
  readonly #owner: InboxOwner;
  /** Null while nothing waits. */
  #waiting: Message[] | null = null;
  #waitingBytes = 0;
  #consuming = false;

  constructor(budget: ReceiveBudget, consumer: MessageConsumer, owner: InboxOwner) {
    this.#budget = budget;
    this.#consumer = consumer;
    this.#owner = owner;
  }

  /** Whether the budget is used up: nothing more should be read. */
  get isFull(): boolean {
    const waiting = this.#waiting?.length ?? 0;
    return waiting >= this.#budget.maxMessages || this.#waitingBytes >= this.#budget.maxBytes;
  }

  /** Whether every message so far was handled or taken. */
  get isIdle(): boolean {
    return this.#waiting === null && !this.#consuming;
  }

  /** The consumer is at work on a message, and no other may come meanwhile. */
  await(done: Promise<void>): void {
    this.#consuming = true;
    void done.then(() => this.#handleConsumed());
  }

  receive(message: Message): void {
    const consumer = this.#consumer;
    if (consumer.consumesMessages && !this.#consuming) this.#consume(message);
    else this.#keep(message);
    if (!consumer.consumesMessages) consumer.handleReadable();
  }

  /** The message that waited longest, or undefined. */
  take(): Message | undefined {
    const message = this.#waiting?.shift();
    if (message === undefined) return undefined;
    this.#waitingBytes -= charge(message);
    if (this.#waiting?.length === 0) this.#waiting = null;
    return message;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = null;
    this.#waitingBytes = 0;
  }

  #keep(message: Message): void {
    this.#waiting ??= [];
    this.#waiting.push(message);
    this.#waitingBytes += charge(message);
  }

  #consume(message: Message): void {
    const done = this.#consumer.handleMessage(message);
    if (done !== undefined) this.await(done);
  }

  #handleConsumed(): void {
    this.#consuming = false;
    while (!this.#consuming) {
      const message = this.take();
      if (message === undefined) break;
      this.#consume(message);
    }
    this.#owner.handleRoom();
  }
}

function charge(message: Message): number {
  return message.bytes.length + message.fragments * fragmentCharge;
}

/** What keeping track of a fragment costs, roughly, in bytes. */
const fragmentCharge = 128;
