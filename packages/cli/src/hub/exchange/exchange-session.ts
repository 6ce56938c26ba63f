import {
  type BrokerSink,
  HubError,
  MemoryBroker,
  type MemoryExchange,
  type Position,
  type Retention,
} from 'ieum/hub';

import type { ExchangeAnswer, ExchangeReply } from './exchange-reply.js';
import type { ExchangeNotice, ExchangeQuestion, ExchangeRequest } from './exchange-request.js';

/** A worker's way to what all of them share: a memory broker that is told, and tells, by frames. */
export class ExchangeSession {
  readonly node: string;
  readonly #broker: MemoryBroker;
  readonly #send: (reply: ExchangeReply) => void;
  #isClosed = false;

  constructor(exchange: MemoryExchange, node: string, send: (reply: ExchangeReply) => void) {
    this.node = node;
    this.#broker = new MemoryBroker({ exchange, node });
    this.#send = send;
  }

  async open(): Promise<void> {
    await this.#broker.open(this.#createSink());
    this.#send({ type: 'welcome' });
  }

  /** Does what it is asked for. @returns the answer; undefined where none is expected */
  async perform(request: ExchangeRequest): Promise<ExchangeReply | undefined> {
    if (this.#isClosed) return undefined;
    if (!('id' in request)) {
      this.#heed(request);
      return undefined;
    }
    const { id } = request;
    try {
      return { id, ...(await this.#answer(request)) };
    } catch (error) {
      const code = error instanceof HubError ? error.code : 'ERR_HUB_UNAVAILABLE';
      return { id, type: 'failed', code, message: String(error) };
    }
  }

  /** Takes the worker and its members away. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#broker.close();
  }

  #heed(notice: ExchangeNotice): void {
    switch (notice.type) {
      case 'hello':
        return;
      case 'unfollow':
        this.#broker.unfollow(notice.topic);
        return;
      case 'unfollow-pattern':
        this.#broker.unfollowPattern(notice.pattern);
        return;
      case 'unfollow-members':
        this.#broker.unfollowMembers(notice.topic);
    }
  }

  async #answer(question: ExchangeQuestion): Promise<ExchangeAnswer> {
    const broker = this.#broker;
    switch (question.type) {
      case 'publish':
        return { type: 'receipt', receipt: await broker.publish(question.draft, question.retention) };
      case 'follow':
        return await this.#follow(question.topic, question.retention, question.since);
      case 'follow-pattern':
        await broker.followPattern(question.pattern);
        return { type: 'done' };
      case 'history': {
        const { topic, retention, request } = question;
        return { type: 'page', page: await broker.history(topic, retention, request) };
      }
      case 'change-members':
        await broker.changeMembers(question.topic, question.changes);
        return { type: 'done' };
      case 'follow-members':
        return { type: 'members', members: await broker.followMembers(question.topic) };
      case 'members':
        return { type: 'members', members: await broker.members(question.topic) };
    }
  }

  /** Nothing else happens while it is at work: what it reads ends where what is followed begins. */
  async #follow(topic: string, retention: Retention, since: Position | null): Promise<ExchangeAnswer> {
    if (since === null) {
      const position = await this.#broker.follow(topic, retention);
      return { type: 'followed', state: 'following', position, missed: [] };
    }
    const page = await this.#broker.history(topic, retention, { since, limit: pageSize });
    const missed = page.isContinuous ? page.publications : [];
    if (missed.length === pageSize) {
      return { type: 'followed', state: 'behind', position: page.position, missed };
    }
    const position = await this.#broker.follow(topic, retention);
    return { type: 'followed', state: page.isContinuous ? 'following' : 'gap', position, missed };
  }

  #createSink(): BrokerSink {
    const send = this.#send;
    return {
      handlePublication: (publication) => send({ type: 'publication', publication }),
      handlePatternPublication: (publication) => send({ type: 'pattern-publication', publication }),
      handleMemberChanges: (topic, node, changes) => send({ type: 'member-changes', topic, node, changes }),
      // The exchange itself is never disconnected from: a worker whose link breaks has another session.
      handleGap: () => {},
      handlePatternGap: () => {},
      handleMembers: () => {},
      handleReadiness: () => {},
    };
  }
}

/** Publications that are read at a time by a worker that has missed some. */
const pageSize = 64;
