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

import { FeedTable } from './feed-table.js';
import { asHubError, NatsLink, unavailable } from './link.js';
import { type NatsBrokerOptions, type NatsSettings, readOptions } from './nats-options.js';
import { PatternFeeds } from './pattern-feeds.js';
import { Roster } from './roster.js';
import { StreamTable } from './stream-table.js';
import { readHistory } from './topic-history.js';
import type { TopicStream } from './topic-stream.js';

/**
 * A broker on NATS JetStream.
 *
 * @throws HubError `ERR_HUB_INVALID_OPTION`
 */
export function createNatsBroker(options: NatsBrokerOptions): NatsBroker {
  return new NatsBroker(options);
}

/**
 * Keeps topics in JetStream streams, one for each kind of retention, and tells nodes about members over core NATS. Streams and
 * subjects begin with the prefix; nobody else should write to them.
 *
 * How old a publication is, nodes tell by their own clocks and the server's: keep them within a second of each other.
 */
export class NatsBroker implements Broker {
  readonly #settings: NatsSettings;
  readonly #link: NatsLink;
  #state: 'new' | 'opening' | 'ready' | 'unreachable' | 'closed' = 'new';
  #parts: BrokerParts | null = null;
  /** Counts losses of the connection, so that work for an older one ends. */
  #losses = 0;

  constructor(options: NatsBrokerOptions) {
    this.#settings = readOptions(options);
    this.#link = new NatsLink(this.#settings, {
      handleLost: (error) => this.#handleLost(error),
      handleRestored: () => this.#handleRestored(),
      handleTopology: () => this.#handleTopology(),
    });
  }

  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Rejects with `ERR_HUB_INVALID_OPTION` when the server refuses us or has no JetStream. */
  async open(sink: BrokerSink): Promise<void> {
    if (this.#state !== 'new') throw new HubError('ERR_HUB_INVALID_OPTION', 'a broker is opened once');
    this.#state = 'opening';
    const streams = new StreamTable(this.#settings, this.#link, {
      handleEpoch: (stream) => this.#handleEpoch(stream),
      handleDoubt: (stream) => this.#parts?.feeds.mend(stream),
      handleLeader: (stream) => this.#parts?.feeds.mendTwice(stream),
    });
    const feeds = new FeedTable(this.#link, streams, sink);
    const patterns = new PatternFeeds(this.#settings.prefix, this.#link, streams, sink);
    const roster = new Roster(this.#settings, this.#link, sink);
    this.#parts = { sink, streams, feeds, patterns, roster };
    try {
      await this.#link.open();
      await streams.open();
      await roster.open();
      await this.#link.flush();
    } catch (error) {
      await this.close();
      throw asHubError(error);
    }
    feeds.open();
    this.#setReady();
  }

  async publish(draft: PublicationDraft, retention: Retention): Promise<Receipt> {
    return this.#do(({ streams }) => streams.of(retention).publish(draft, Date.now()));
  }

  async follow(topic: string, retention: Retention): Promise<Position | null> {
    return this.#do(({ feeds }) => feeds.follow(topic, retention));
  }

  unfollow(topic: string): void {
    this.#parts?.feeds.unfollow(topic);
  }

  async followPattern(pattern: string): Promise<void> {
    return this.#do(({ patterns }) => patterns.follow(pattern));
  }

  unfollowPattern(pattern: string): void {
    this.#parts?.patterns.unfollow(pattern);
  }

  async history(topic: string, retention: Retention, request: HistoryRequest): Promise<HistoryPage> {
    return this.#do(({ streams, feeds }) => {
      const stream = streams.of(retention);
      const known = feeds.known(topic, stream);
      return readHistory(stream, topic, { ...request, now: Date.now(), known });
    });
  }

  /** What is changed while NATS cannot be reached is remembered, and told when it can: the call rejects all the same. */
  async changeMembers(topic: string, changes: readonly MemberChange[]): Promise<void> {
    if (this.#parts === null || this.#state === 'closed') throw unavailable();
    await this.#parts.roster.change(topic, changes).catch((error) => {
      throw asHubError(error);
    });
  }

  async followMembers(topic: string): Promise<readonly NodeMember[]> {
    return this.#do(({ roster }) => roster.follow(topic));
  }

  unfollowMembers(topic: string): void {
    this.#parts?.roster.unfollow(topic);
  }

  async members(topic: string): Promise<readonly NodeMember[]> {
    return this.#do(({ roster }) => roster.members(topic));
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    const parts = this.#parts;
    parts?.feeds.close();
    parts?.patterns.close();
    parts?.streams.close();
    parts?.roster.close();
    parts?.roster.handleLost(unavailable());
    if (this.#link.isConnected) await withinMs(this.#link.flush(), byeMs);
    await this.#link.close();
  }

  async #do<Value>(operation: (parts: BrokerParts) => Promise<Value>): Promise<Value> {
    if (this.#parts === null || this.#state !== 'ready') throw unavailable();
    try {
      return await operation(this.#parts);
    } catch (error) {
      throw asHubError(error);
    }
  }

  #setReady(): void {
    if (this.#state === 'closed') throw new HubError('ERR_HUB_CLOSED', 'the broker was closed');
    this.#state = 'ready';
    this.#parts?.sink.handleReadiness(true);
  }

  #handleLost(error: unknown): void {
    this.#losses++;
    this.#parts?.roster.handleLost(error);
    if (this.#state !== 'ready') return;
    this.#state = 'unreachable';
    this.#parts?.sink.handleReadiness(false, error);
  }

  /** Ready again when the streams are known to be what they were, or others. */
  async #handleRestored(): Promise<void> {
    const losses = this.#losses;
    const isCurrent = () => losses === this.#losses && this.#state === 'unreachable';
    while (isCurrent()) {
      const isDone = await this.#restore().then(
        () => true,
        () => false,
      );
      if (!isCurrent()) return;
      if (isDone) return this.#resume();
      await new Promise((resolve) => setTimeout(resolve, restoreMs).unref());
    }
  }

  async #restore(): Promise<void> {
    await this.#parts?.streams.refresh();
    await this.#link.flush();
  }

  #resume(): void {
    const { feeds, patterns, roster } = this.#parts as BrokerParts;
    this.#setReady();
    roster.restore();
    patterns.handleGap();
    if (this.#link.isCluster) feeds.mendTwice(null);
    else feeds.mend(null);
  }

  /** What servers handed to each other may be lost, though our connection is whole. */
  #handleTopology(): void {
    if (this.#state !== 'ready') return;
    this.#parts?.feeds.mendTwice(null);
    this.#parts?.patterns.handleGap();
    this.#parts?.roster.restore();
  }

  #handleEpoch(stream: TopicStream): void {
    this.#parts?.feeds.mend(stream);
    this.#parts?.patterns.handleGap();
  }
}

interface BrokerParts {
  readonly sink: BrokerSink;
  readonly streams: StreamTable;
  readonly feeds: FeedTable;
  readonly patterns: PatternFeeds;
  readonly roster: Roster;
}

/** Waits for something, but not for long, and not for how it ends. */
async function withinMs(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work.catch(() => {}), limit]);
  clearTimeout(timer);
}

const byeMs = 500;
const restoreMs = 250;
