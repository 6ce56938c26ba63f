import type {
  Broker,
  BrokerSink,
  HistoryPage,
  HistoryRequest,
  MemberChange,
  NodeMember,
  Receipt,
  Retention,
} from '../../hub/broker.js';
import { HubError } from '../../hub/hub-error.js';
import type { Position } from '../../hub/position.js';
import type { PublicationDraft } from '../../hub/publication.js';

import { ClusterTopology } from './cluster-topology.js';
import { KeySpace } from './key-space.js';
import { PatternFollowers } from './pattern-followers.js';
import { RedisAccess } from './redis-access.js';
import { optionFailure } from './redis-failure.js';
import type { RedisLink } from './redis-link.js';
import { RedisMembers } from './redis-members.js';
import { checkOptions, type RedisBrokerOptions, type RedisSettings } from './redis-options.js';
import type { RedisTopology, TopologyListener } from './redis-topology.js';
import { SingleTopology } from './single-topology.js';
import { TopicFollowers } from './topic-followers.js';
import { TopicLog } from './topic-log.js';

/**
 * Makes a broker on Redis 6.2 or later: one server, a master that Sentinels watch, or a Cluster. Needs the `redis` package.
 *
 * What a topic keeps is a stream; publications reach nodes over channels, and whatever these lose is read from the stream. After
 * a restart or a failover of the server a topic has a new epoch, because the end of what was published may be lost with it.
 * A master that is cut off from its replicas may take publications that are lost when another one replaces it, unless it is
 * told not to (`min-replicas-to-write`).
 *
 * @throws HubError `ERR_HUB_INVALID_OPTION`
 */
export function createRedisBroker(options: RedisBrokerOptions | string): RedisBroker {
  return new RedisBroker(options);
}

export class RedisBroker implements Broker {
  readonly #settings: RedisSettings;
  #parts: Parts | null = null;
  #isClosed = false;
  #isReady = false;
  #hasTold = false;
  /** Settles `open`; null when it is settled. */
  #opening: Opening | null = null;

  /** @throws HubError `ERR_HUB_INVALID_OPTION` */
  constructor(options: RedisBrokerOptions | string) {
    this.#settings = checkOptions(options);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /**
   * Connects, and waits for servers that are not there yet. Rejects with `ERR_HUB_INVALID_OPTION` when they refuse the
   * name or the password, or are not what the options say; with `ERR_HUB_CLOSED` when it is closed before.
   */
  open(sink: BrokerSink): Promise<void> {
    if (this.#isClosed || this.#parts !== null) {
      return Promise.reject(new HubError('ERR_HUB_CLOSED', 'a broker is opened once'));
    }
    return new Promise((resolve, reject) => {
      this.#opening = { resolve, reject };
      this.#parts = this.#makeParts(sink);
      this.#parts.access.topology.open();
    });
  }

  async publish(draft: PublicationDraft, retention: Retention): Promise<Receipt> {
    return this.#open().log.publish(draft, retention);
  }

  async follow(topic: string, retention: Retention): Promise<Position | null> {
    return this.#open().topics.follow(topic, retention);
  }

  unfollow(topic: string): void {
    this.#parts?.topics.unfollow(topic);
  }

  async followPattern(pattern: string): Promise<void> {
    await this.#open().patterns.follow(pattern);
  }

  unfollowPattern(pattern: string): void {
    this.#parts?.patterns.unfollow(pattern);
  }

  async history(topic: string, retention: Retention, request: HistoryRequest): Promise<HistoryPage> {
    return this.#open().log.history(topic, retention, request);
  }

  /** When it rejects the change is not lost: it is made as soon as Redis can be reached. */
  async changeMembers(topic: string, changes: readonly MemberChange[]): Promise<void> {
    await this.#open().members.change(topic, changes);
  }

  async followMembers(topic: string): Promise<readonly NodeMember[]> {
    return this.#open().members.follow(topic);
  }

  unfollowMembers(topic: string): void {
    this.#parts?.members.unfollow(topic);
  }

  async members(topic: string): Promise<readonly NodeMember[]> {
    return this.#open().members.members(topic);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const parts = this.#parts;
    if (parts !== null) {
      parts.topics.close();
      parts.patterns.close();
      await parts.members.close();
      parts.access.close();
    }
    this.#isReady = false;
    this.#settle(new HubError('ERR_HUB_CLOSED', 'the broker was closed'));
  }

  #open(): Parts {
    if (this.#parts === null || this.#isClosed)
      throw new HubError('ERR_HUB_CLOSED', 'the broker is not open');
    return this.#parts;
  }

  #makeParts(sink: BrokerSink): Parts {
    const topology = this.#makeTopology({
      handleLinkReady: (link) => this.#parts && handleReady(this.#parts, link),
      handleLinkDown: (link) => this.#parts && handleDown(this.#parts, link),
      handleTopologyChange: () => {
        this.#parts?.topics.handleTopologyChange();
        this.#parts?.members.handleTopologyChange();
      },
      handleProgress: (error) => this.#handleProgress(sink, error),
    });
    const access = new RedisAccess(new KeySpace(this.#settings.prefix), topology);
    const log = new TopicLog(access);
    return {
      access,
      log,
      topics: new TopicFollowers(access, log, sink),
      patterns: new PatternFollowers(access, sink),
      members: new RedisMembers(access, this.#settings.nodeLeaseMs, sink),
    };
  }

  #makeTopology(listener: TopologyListener): RedisTopology {
    const { servers } = this.#settings;
    return servers.type === 'cluster'
      ? new ClusterTopology(this.#settings, servers.seeds, listener)
      : new SingleTopology(this.#settings, listener);
  }

  #handleProgress(sink: BrokerSink, error: unknown): void {
    if (this.#isClosed || this.#parts === null) return;
    const { isReady } = this.#parts.access.topology;
    const failure = optionFailure(error);
    if (failure !== undefined && this.#opening !== null) {
      this.#settle(failure);
      void this.close();
      return;
    }
    const hasChanged = isReady !== this.#isReady || (!this.#hasTold && error !== undefined);
    this.#isReady = isReady;
    if (hasChanged) {
      this.#hasTold = true;
      sink.handleReadiness(isReady, ...(isReady ? [] : [error]));
    }
    if (isReady) this.#settle();
  }

  #settle(failure?: unknown): void {
    const opening = this.#opening;
    this.#opening = null;
    if (failure === undefined) opening?.resolve();
    else opening?.reject(failure);
  }
}

interface Parts {
  readonly access: RedisAccess;
  readonly log: TopicLog;
  readonly topics: TopicFollowers;
  readonly patterns: PatternFollowers;
  readonly members: RedisMembers;
}

interface Opening {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function handleReady({ topics, patterns, members }: Parts, link: RedisLink): void {
  topics.handleLinkReady();
  patterns.handleLinkReady(link);
  members.handleLinkReady();
}

function handleDown({ topics, patterns, members }: Parts, link: RedisLink): void {
  topics.handleLinkDown(link);
  patterns.handleLinkDown(link);
  members.handleLinkDown(link);
}
