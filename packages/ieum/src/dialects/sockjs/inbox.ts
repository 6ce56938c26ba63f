import type { Message } from '../../core/message.js';

/** What an inbox does with messages: hands them to a handler one at a time, or keeps them for whoever iterates. */
export interface InboxOptions {
  /** Takes one message; no other comes while the promise it may return is pending. Does not throw or reject. Null to iterate. */
  readonly consume: ((message: Message) => void | Promise<void>) | null;
  /** Makes a message of a text, when its turn comes. */
  readonly messageOf: (text: string) => Message;
  /** Every message before `end` was handed over; only with `consume`, otherwise at once. */
  readonly handleFinished: () => void;
}

/** Messages that came in and wait for the service, in order. */
export class Inbox implements AsyncIterableIterator<Message> {
  readonly #options: InboxOptions;
  #waiting: (string | Message)[] = [];
  /** Those before it are taken. */
  #first = 0;
  #charge = 0;
  #isBusy = false;
  #isPaused = false;
  #hasEnded = false;
  #isFinished = false;
  #readers: ((result: IteratorResult<Message>) => void)[] = [];
  #awaitingRoom: (() => void)[] = [];

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Takes messages; a promise when the sender is to wait until there is room. It never rejects. */
  receive(messages: readonly (string | Message)[]): void | Promise<void> {
    if (this.#hasEnded) return undefined;
    for (const message of messages) {
      this.#waiting.push(message);
      this.#charge += chargeOf(message);
    }
    this.#pump();
    if (this.isFull) return new Promise((resolve) => this.#awaitingRoom.push(resolve));
  }

  get isFull(): boolean {
    return this.#charge >= maxWaitingCharge;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#pump();
  }

  /** No message will come any more; those that wait are still handed over, unless they are `dropped`. */
  end(dropped: boolean): void {
    this.#hasEnded = true;
    if (dropped) this.#clear();
    this.#pump();
  }

  next(): Promise<IteratorResult<Message>> {
    return new Promise((resolve) => {
      this.#readers.push(resolve);
      this.#pump();
    });
  }

  return(): Promise<IteratorResult<Message>> {
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #pump(): void {
    while (!this.#isBusy && !this.#isPaused && this.#first < this.#waiting.length) {
      const { consume } = this.#options;
      if (consume !== null) this.#handOver(consume);
      else if (this.#readers.length > 0) this.#readers.shift()?.({ done: false, value: this.#take() });
      else break;
    }
    if (!this.isFull || this.#hasEnded) for (const resolve of this.#awaitingRoom.splice(0)) resolve();
    if (this.#hasEnded) this.#finish();
  }

  #handOver(consume: (message: Message) => void | Promise<void>): void {
    this.#isBusy = true;
    const busy = consume(this.#take());
    if (busy === undefined) this.#isBusy = false;
    else void busy.then(() => this.#handleConsumed());
  }

  #handleConsumed(): void {
    this.#isBusy = false;
    this.#pump();
  }

  #finish(): void {
    const isEmpty = this.#first === this.#waiting.length && !this.#isBusy && !this.#isPaused;
    if (isEmpty) for (const resolve of this.#readers.splice(0)) resolve(done);
    if (this.#isFinished || (!isEmpty && this.#options.consume !== null)) return;
    this.#isFinished = true;
    this.#options.handleFinished();
  }

  #take(): Message {
    const message = this.#waiting[this.#first] as string | Message;
    this.#waiting[this.#first] = '';
    this.#first++;
    this.#charge -= chargeOf(message);
    if (this.#first === this.#waiting.length || this.#first >= compactAt) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
    return typeof message === 'string' ? this.#options.messageOf(message) : message;
  }

  #clear(): void {
    this.#waiting = [];
    this.#first = 0;
    this.#charge = 0;
  }
}

function chargeOf(message: string | Message): number {
  return (typeof message === 'string' ? message.length * 2 : message.bytes.length) + messageCharge;
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
/** Beyond this whoever sends waits. */
const maxWaitingCharge = 1024 * 1024;
/** What keeping a message costs beside its payload, roughly, in bytes. */
const messageCharge = 128;
/** Taken messages are cut off in batches of this size. */
const compactAt = 1024;
