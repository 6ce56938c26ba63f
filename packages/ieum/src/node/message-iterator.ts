import type { Message } from '../core/message.js';

/** Where an iterator fetches its messages. */
export interface MessageSource {
  takeMessage(): Message | undefined;
}

/**
 * Messages of one connection, pulled: the peer is read only as fast as the loop turns.
 * Ends when the connection is gone and every message was taken. Leaving the loop early keeps the connection open.
 */
export class MessageIterator implements AsyncIterableIterator<Message> {
  readonly #source: MessageSource;
  #waiting: ((result: IteratorResult<Message>) => void)[] = [];
  #ended = false;

  constructor(source: MessageSource, ended: boolean) {
    this.#source = source;
    this.#ended = ended;
  }

  next(): Promise<IteratorResult<Message>> {
    const message = this.#waiting.length === 0 ? this.#source.takeMessage() : undefined;
    if (message !== undefined) return Promise.resolve({ done: false, value: message });
    if (this.#ended) return Promise.resolve(done);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<Message>> {
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** A message can be taken. */
  handleReadable(): void {
    const resolve = this.#waiting[0];
    if (resolve === undefined) return;
    const message = this.#source.takeMessage();
    if (message === undefined) return;
    this.#waiting.shift();
    resolve({ done: false, value: message });
  }

  /** No message will come any more. */
  handleEnd(): void {
    this.#ended = true;
    for (const resolve of this.#waiting.splice(0)) resolve(done);
  }
}

const done: IteratorReturnResult<undefined> = { done: true, value: undefined };
