import { UsageError } from '../../core/errors.js';

import type {
  Broker,
  BrokerSink,
  HistoryPage,
  HistoryRequest,
  MemberChange,
  NodeMember,
  Receipt,
  Retention,
} from '../broker.js';
import { HubError } from '../hub-error.js';
import type { Position } from '../position.js';
import type { PublicationDraft } from '../publication.js';
import { MemoryExchange, type MemoryExchangeOptions, unavailable } from './memory-broker-exchange.js';
import type { MemoryNode } from './memory-broker-topic.js';

/** Options of a broker that stands by itself, or the exchange that it shares with others. */
export type MemoryBrokerOptions = MemoryExchangeOptions | SharedMemoryOptions;

export interface SharedMemoryOptions {
  readonly exchange: MemoryExchange;
  /** What the node is called. Default `memory`, then `memory-2` and so on. */
  readonly node?: string;
}

/**
 * The broker of a hub by itself: everything is in memory, and gone with the process. What is published is given to the sink
 * before `publish` returns, except from within the sink: then right after what is being given.
 *
 * A broker by itself takes a draft at once or not at all, so nobody needs to publish one again: it recognises drafts by
 * their key, and by their `id` only with `recognisesIds`. The payload of a draft is kept as it is, and copied only
 * when it is a small part of larger memory.
 */
export class MemoryBroker implements Broker {
  readonly #exchange: MemoryExchange;
  readonly #name: string | null;
  #node: MemoryNode | null = null;
  #isClosed = false;

  /** @throws HubError `ERR_HUB_INVALID_OPTION` */
  constructor(options: MemoryBrokerOptions) {
    const isShared = 'exchange' in options;
    this.#exchange = isShared ? options.exchange : new MemoryExchange({ recognisesIds: false, ...options });
    this.#name = (isShared ? options.node : undefined) ?? null;
  }

  get isReady(): boolean {
    return this.#node?.isConnected ?? false;
  }

  /** Rejects with UsageError `ERR_WS_INVALID_STATE` when it was called before. */
  async open(sink: BrokerSink): Promise<void> {
    if (this.#node !== null || this.#isClosed) {
      throw new UsageError('ERR_WS_INVALID_STATE', 'a broker is opened once: make another one');
    }
    this.#node = {
      name: this.#freeName(),
      sink,
      isConnected: true,
      losesAnswer: false,
      followed: new Set(),
      patterns: new Set(),
      memberTopics: new Set(),
      members: new Map(),
      cancelLease: null,
    };
    this.#exchange.join(this, this.#node);
    sink.handleReadiness(true);
  }

  publish(draft: PublicationDraft, retention: Retention): Promise<Receipt> {
    return this.#answer((node) => this.#exchange.publish(node, draft, retention));
  }

  follow(topic: string, retention: Retention): Promise<Position | null> {
    return this.#answer((node) => this.#exchange.follow(node, topic, retention));
  }

  unfollow(topic: string): void {
    if (this.#node !== null) this.#exchange.unfollow(this.#node, topic);
  }

  followPattern(pattern: string): Promise<void> {
    return this.#answer(({ patterns }) => {
      patterns.add(pattern);
    });
  }

  unfollowPattern(pattern: string): void {
    this.#node?.patterns.delete(pattern);
  }

  history(topic: string, retention: Retention, request: HistoryRequest): Promise<HistoryPage> {
    return this.#answer(() => this.#exchange.history(topic, retention, request));
  }

  /** While it is disconnected it rejects with `ERR_HUB_UNAVAILABLE`, and others learn of the change when it is back. */
  changeMembers(topic: string, changes: readonly MemberChange[]): Promise<void> {
    if (this.#node?.isConnected === false) this.#exchange.changeMembers(this.#node, topic, changes);
    return this.#answer((node) => this.#exchange.changeMembers(node, topic, changes));
  }

  followMembers(topic: string): Promise<readonly NodeMember[]> {
    return this.#answer((node) => {
      node.memberTopics.add(topic);
      return this.#exchange.members(topic);
    });
  }

  unfollowMembers(topic: string): void {
    this.#node?.memberTopics.delete(topic);
  }

  members(topic: string): Promise<readonly NodeMember[]> {
    return this.#answer(() => this.#exchange.members(topic));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#exchange.leave(this);
    this.#node = null;
  }

  /** Does something at once, and gives the outcome as a promise. */
  #answer<Answer>(work: (node: MemoryNode) => Answer): Promise<Answer> {
    try {
      if (this.#isClosed) throw new HubError('ERR_HUB_CLOSED', 'the memory broker is closed');
      if (this.#node?.isConnected !== true) throw unavailable();
      return Promise.resolve(work(this.#node));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #freeName(): string {
    if (this.#name !== null) return this.#name;
    for (let number = 1; ; number++) {
      const name = number === 1 ? 'memory' : `memory-${number}`;
      if (!this.#exchange.isNameTaken(name)) return name;
    }
  }
}
