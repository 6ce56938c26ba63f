/**
 * What happens to a message when the queue is full.
 *
 * - `wait`: it is queued all the same, and `send()` gives a promise that settles when there was room for it.
 * - `drop-newest`: it is dropped.
 * - `drop-oldest`: queued messages are dropped, oldest first, until it fits.
 * - `close`: the connection is closed with 1013 (try again later).
 */
export type SendPolicy = 'wait' | 'drop-newest' | 'drop-oldest' | 'close';

/**
 * What became of a message.
 *
 * - `written`: handed to the transport.
 * - `queued`: it waits for a slow reader and will be written in its turn.
 * - `dropped`: the policy dropped it.
 * - `closed`: the connection is not open; nothing was sent.
 */
export type SendResult = 'written' | 'queued' | 'dropped' | 'closed';

export interface SendQueueOptions {
  /** Bytes that may wait before the policy applies, each message counted as 128 bytes more. Default 1 MiB. */
  readonly maxQueuedBytes: number;
  /**
   * With `wait`: bytes that may wait beyond that for senders who do not await. Default 16 MiB; then the connection is
   * closed as with `close`.
   */
  readonly maxWaitingBytes: number;
  readonly policy: SendPolicy;
}

export const sendQueueDefaults: SendQueueOptions = {
  maxQueuedBytes: 1024 * 1024,
  maxWaitingBytes: 16 * 1024 * 1024,
  policy: 'wait',
};

/** Messages that wait for a slow reader, in order, bounded in bytes. */
export class SendQueue<Item> {
  readonly #options: SendQueueOptions;
  /** Those before `#first` are taken and forgotten. */
  #entries: (Entry<Item> | undefined)[] = [];
  #first = 0;
  #byteLength = 0;
  #dropped = 0;

  constructor(options: SendQueueOptions) {
    this.#options = options;
  }

  /** Payload bytes that wait. */
  get byteLength(): number {
    return this.#byteLength;
  }

  get isEmpty(): boolean {
    return this.#first === this.#entries.length;
  }

  /** Messages that the policy dropped so far. */
  get droppedMessages(): number {
    return this.#dropped;
  }

  /**
   * Queues `item` or applies the policy; `overflow` asks the caller to close the connection with 1013.
   *
   * @param pendingBytes bytes that wait further down, between this queue and the network
   */
  offer(item: Item, byteLength: number, pendingBytes: number): SendResult | 'overflow' | Promise<SendResult> {
    const { maxQueuedBytes, maxWaitingBytes, policy } = this.#options;
    const arriving = byteLength + messageCharge + pendingBytes;
    if (policy === 'drop-oldest') this.#dropUntil(maxQueuedBytes - arriving);
    const waiting = this.#charge + arriving;
    if (waiting <= maxQueuedBytes || (policy === 'drop-oldest' && this.isEmpty)) {
      this.#push({ item, byteLength, settle: null });
      return 'queued';
    }
    if (policy === 'drop-newest') {
      this.#dropped++;
      return 'dropped';
    }
    if (policy !== 'wait' || waiting > maxQueuedBytes + maxWaitingBytes) return 'overflow';
    return new Promise((settle) => this.#push({ item, byteLength, settle }));
  }

  /** The message that waited longest, or undefined. Whoever awaits it learns that it was written. */
  take(): Item | undefined {
    const entry = this.#entries[this.#first];
    if (entry === undefined) return undefined;
    this.#entries[this.#first] = undefined;
    this.#first++;
    if (this.#first === this.#entries.length || this.#first >= compactAt) {
      this.#entries = this.#entries.slice(this.#first);
      this.#first = 0;
    }
    this.#byteLength -= entry.byteLength;
    entry.settle?.('written');
    return entry.item;
  }

  /** Forgets all that waits, because the connection is gone; returns how many messages that were. */
  clear(): number {
    const entries = this.#entries.slice(this.#first);
    this.#entries = [];
    this.#first = 0;
    this.#byteLength = 0;
    for (const entry of entries) entry?.settle?.('closed');
    return entries.length;
  }

  /** What the waiting messages are counted as: keeping a message costs something, however short it is. */
  get #charge(): number {
    return this.#byteLength + (this.#entries.length - this.#first) * messageCharge;
  }

  #push(entry: Entry<Item>): void {
    this.#entries.push(entry);
    this.#byteLength += entry.byteLength;
  }

  #dropUntil(room: number): void {
    while (!this.isEmpty && this.#charge > Math.max(room, 0)) {
      this.take();
      this.#dropped++;
    }
  }
}

interface Entry<Item> {
  readonly item: Item;
  readonly byteLength: number;
  readonly settle: ((result: SendResult) => void) | null;
}

/** Taken entries are cut off the array in batches of this size. */
const compactAt = 1024;
/** What keeping a message costs beside its payload, roughly, in bytes. */
const messageCharge = 128;
