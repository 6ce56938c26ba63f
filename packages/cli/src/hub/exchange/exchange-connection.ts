import { connect } from 'node:net';

import { HubError } from 'ieum/hub';

import { ExchangeLink } from './exchange-link.js';
import { type ExchangeAnswer, type ExchangeNews, type ExchangeReply, readReply } from './exchange-reply.js';
import {
  type ExchangeNotice,
  type ExchangeQuestion,
  type ExchangeRequest,
  writeRequest,
} from './exchange-request.js';

export interface ConnectionOwner {
  /** The exchange knows this worker now, and nothing else of it. */
  handleUp(): void;
  /** The exchange cannot be reached; it is tried again and again. Called once for each `handleUp`. */
  handleDown(error: HubError): void;
  handleNews(news: ExchangeNews): void;
}

/** What became of a question; called as the answer comes, before anything that came after it. */
export type AnswerHandler = (outcome: ExchangeAnswer | HubError) => void;

/** A worker's connection to the exchange, which is made again whenever it breaks. */
export class ExchangeConnection {
  readonly #path: string;
  readonly #node: string;
  readonly #owner: ConnectionOwner;
  readonly #questions = new Map<number, AnswerHandler>();
  #link: ExchangeLink<ExchangeRequest, ExchangeReply> | null = null;
  #isUp = false;
  #isClosed = false;
  #lastId = 0;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #gone: () => void = () => {};

  constructor(path: string, node: string, owner: ConnectionOwner) {
    this.#path = path;
    this.#node = node;
    this.#owner = owner;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  open(): void {
    const socket = connect(this.#path);
    const link = new ExchangeLink<ExchangeRequest, ExchangeReply>(
      socket,
      { write: writeRequest, read: readReply },
      {
        receive: (reply) => this.#receive(reply),
        handleRoom: () => {},
        handleClosed: () => this.#handleClosed(),
      },
    );
    this.#link = link;
    link.send({ type: 'hello', node: this.#node });
  }

  /** Asks, and hands what becomes of it to `handle`: once, at once when the exchange cannot be reached. */
  ask(question: ExchangeQuestion, handle: AnswerHandler): void {
    if (!this.#isUp || this.#link === null) {
      handle(this.#refusal());
      return;
    }
    // More than the exchange takes: whoever asks has to try again, when it has caught up or was replaced.
    if (this.#link.isOverfull) {
      handle(new HubError('ERR_HUB_UNAVAILABLE', 'too much waits for the exchange'));
      return;
    }
    this.#lastId = (this.#lastId + 1) % maxId;
    this.#questions.set(this.#lastId, handle);
    this.#link.send({ ...question, id: this.#lastId });
  }

  /** Says something. One that cannot be reached knows nothing that it could be told to forget. */
  tell(notice: ExchangeNotice): void {
    if (this.#isUp) this.#link?.send(notice);
  }

  /** Writes what was said, and closes; resolves when the exchange has heard it, or soon. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#retry);
    const link = this.#link;
    if (link === null || !this.#isUp) link?.destroy();
    else {
      const gone = new Promise<void>((resolve) => {
        this.#gone = resolve;
      });
      const late = setTimeout(() => link.destroy(), closingMs);
      this.#failQuestions();
      link.end();
      await gone;
      clearTimeout(late);
    }
    this.#isUp = false;
  }

  #receive(reply: ExchangeReply): void {
    if (this.#isClosed) return;
    if ('id' in reply) {
      const handle = this.#questions.get(reply.id);
      this.#questions.delete(reply.id);
      handle?.(reply.type === 'failed' ? new HubError(reply.code, reply.message) : reply);
      return;
    }
    if (reply.type !== 'welcome') {
      this.#owner.handleNews(reply);
      return;
    }
    this.#isUp = true;
    this.#failures = 0;
    this.#owner.handleUp();
  }

  #handleClosed(): void {
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#link = null;
    this.#failQuestions();
    if (this.#isClosed) {
      this.#gone();
      return;
    }
    if (wasUp) this.#owner.handleDown(this.#refusal());
    const delayMs = Math.min(firstRetryMs * 2 ** this.#failures++, maxRetryMs);
    this.#retry = setTimeout(() => this.open(), delayMs);
  }

  #failQuestions(): void {
    const handlers = [...this.#questions.values()];
    this.#questions.clear();
    for (const handle of handlers) handle(this.#refusal());
  }

  #refusal(): HubError {
    return this.#isClosed
      ? new HubError('ERR_HUB_CLOSED', 'the broker is closed')
      : new HubError('ERR_HUB_UNAVAILABLE', 'the exchange of the workers cannot be reached');
  }
}

const maxId = 0xffff_ffff;
const firstRetryMs = 20;
const maxRetryMs = 250;
const closingMs = 500;
