import { UsageError } from 'ieum';
import {
  type Broker,
  type BrokerSink,
  type HistoryPage,
  type HistoryRequest,
  HubError,
  type MemberChange,
  type NodeMember,
  type Position,
  type PublicationDraft,
  type Receipt,
  type Retention,
} from 'ieum/hub';

import { ExchangeConnection } from './exchange-connection.js';
import type { ExchangeAnswer, ExchangeNews } from './exchange-reply.js';
import type { ExchangeQuestion } from './exchange-request.js';
import { MemberFollowing } from './member-following.js';
import { TopicFollowing } from './topic-following.js';

export interface ExchangeBrokerOptions {
  /** The Unix socket or named pipe of the exchange. */
  readonly path: string;
  /** What this node is called: no two nodes have the same name. */
  readonly node: string;
}

/**
 * The broker of a worker whose topics are in the memory of another process of this machine. When that process is lost, so
 * is all that was kept: another one has another epoch, and topics that are followed have gaps.
 */
export class ExchangeBroker implements Broker {
  readonly #options: ExchangeBrokerOptions;
  #parts: Parts | null = null;
  #isReady = false;
  #isClosed = false;
  #settleOpening: (failure?: HubError) => void = () => {};

  constructor(options: ExchangeBrokerOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Rejects with UsageError `ERR_WS_INVALID_STATE` when it was called before, with `ERR_HUB_CLOSED` when it is closed before. */
  open(sink: BrokerSink): Promise<void> {
    if (this.#parts !== null || this.#isClosed) {
      const problem = 'a broker is opened once: make another one';
      return Promise.reject(new UsageError('ERR_WS_INVALID_STATE', problem));
    }
    const { path, node } = this.#options;
    const connection = new ExchangeConnection(path, node, {
      handleUp: () => void this.#handleUp(),
      handleDown: (error) => this.#handleDown(error),
      handleNews: (news) => this.#handleNews(news),
    });
    const topics = new TopicFollowing(connection, sink);
    const members = new MemberFollowing(connection, sink);
    this.#parts = { sink, connection, topics, members, patterns: new Map() };
    connection.open();
    return new Promise((resolve, reject) => {
      this.#settleOpening = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
  }

  publish(draft: PublicationDraft, retention: Retention): Promise<Receipt> {
    return this.#ask({ type: 'publish', draft, retention }, 'receipt').then(({ receipt }) => receipt);
  }

  async follow(topic: string, retention: Retention): Promise<Position | null> {
    return this.#ready().topics.follow(topic, retention);
  }

  unfollow(topic: string): void {
    this.#parts?.topics.unfollow(topic);
  }

  async followPattern(pattern: string): Promise<void> {
    const { patterns } = this.#ready();
    const followed = patterns.get(pattern) ?? { isHeard: false };
    patterns.set(pattern, followed);
    try {
      await this.#ask({ type: 'follow-pattern', pattern }, 'done', () => {
        followed.isHeard = true;
      });
    } catch (error) {
      if (!followed.isHeard && patterns.get(pattern) === followed) patterns.delete(pattern);
      throw error;
    }
  }

  unfollowPattern(pattern: string): void {
    if (this.#parts?.patterns.delete(pattern))
      this.#parts.connection.tell({ type: 'unfollow-pattern', pattern });
  }

  async history(topic: string, retention: Retention, request: HistoryRequest): Promise<HistoryPage> {
    return (await this.#ask({ type: 'history', topic, retention, request }, 'page')).page;
  }

  /** While the exchange cannot be reached it rejects with `ERR_HUB_UNAVAILABLE`, and others learn of the change when it can. */
  async changeMembers(topic: string, changes: readonly MemberChange[]): Promise<void> {
    await this.#open().members.change(topic, changes);
  }

  async followMembers(topic: string): Promise<readonly NodeMember[]> {
    return this.#ready().members.follow(topic);
  }

  unfollowMembers(topic: string): void {
    this.#parts?.members.unfollow(topic);
  }

  async members(topic: string): Promise<readonly NodeMember[]> {
    return this.#ready().members.members(topic);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isReady = false;
    this.#parts?.members.close();
    await this.#parts?.connection.close();
    this.#settleOpening(closed());
  }

  #open(): Parts {
    if (this.#isClosed || this.#parts === null) throw closed();
    return this.#parts;
  }

  #ready(): Parts {
    const parts = this.#open();
    if (this.#isReady) return parts;
    throw new HubError('ERR_HUB_UNAVAILABLE', 'the exchange of the workers cannot be reached');
  }

  /** @param handle called as the answer comes, before anything that came after it */
  async #ask<Type extends ExchangeAnswer['type']>(
    question: ExchangeQuestion,
    type: Type,
    handle?: () => void,
  ): Promise<AnswerOf<Type>> {
    const { connection } = this.#ready();
    return new Promise((resolve, reject) => {
      connection.ask(question, (outcome) => {
        if (outcome instanceof HubError) {
          reject(outcome);
          return;
        }
        handle?.();
        if (isOfType(outcome, type)) resolve(outcome);
      });
    });
  }

  /** A connection is new: the exchange is told all that it has to know, and says what was missed. */
  async #handleUp(): Promise<void> {
    if (this.#parts === null) return;
    const { sink, connection, topics, members, patterns } = this.#parts;
    members.resume();
    if (patterns.size > 0) sink.handlePatternGap();
    for (const [pattern, followed] of patterns) {
      connection.ask({ type: 'follow-pattern', pattern }, () => {
        followed.isHeard = true;
      });
    }
    const isComplete = await topics.resume();
    if (!isComplete || this.#isClosed || !connection.isUp) return;
    this.#isReady = true;
    sink.handleReadiness(true);
    this.#settleOpening();
  }

  #handleDown(error: HubError): void {
    if (this.#parts === null) return;
    const { sink, topics, members, patterns } = this.#parts;
    topics.handleDown();
    members.handleDown();
    for (const followed of patterns.values()) followed.isHeard = false;
    if (!this.#isReady) return;
    this.#isReady = false;
    sink.handleReadiness(false, error);
  }

  #handleNews(news: ExchangeNews): void {
    if (this.#parts === null) return;
    const { sink, topics, members, patterns } = this.#parts;
    switch (news.type) {
      case 'welcome':
        return;
      case 'publication':
        topics.handlePublication(news.publication);
        return;
      case 'pattern-publication':
        for (const { isHeard } of patterns.values()) {
          if (!isHeard) continue;
          sink.handlePatternPublication(news.publication);
          return;
        }
        return;
      case 'member-changes':
        members.handleChanges(news.topic, news.node, news.changes);
    }
  }
}

interface Parts {
  readonly sink: BrokerSink;
  readonly connection: ExchangeConnection;
  readonly topics: TopicFollowing;
  readonly members: MemberFollowing;
  readonly patterns: Map<string, { isHeard: boolean }>;
}

type AnswerOf<Type extends ExchangeAnswer['type']> = Extract<ExchangeAnswer, { readonly type: Type }>;

function isOfType<Type extends ExchangeAnswer['type']>(
  answer: ExchangeAnswer,
  type: Type,
): answer is AnswerOf<Type> {
  return answer.type === type;
}

function closed(): HubError {
  return new HubError('ERR_HUB_CLOSED', 'the broker is not open');
}
