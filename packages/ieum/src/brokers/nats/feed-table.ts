import type { Subscription } from '@nats-io/transport-node';

import type { BrokerSink, Retention } from '../../hub/broker.js';
import type { Position } from '../../hub/position.js';

import { Gate } from './gate.js';
import type { NatsLink } from './link.js';
import { readLiveMessage } from './live-message.js';
import type { StreamTable } from './stream-table.js';
import { subjectOf } from './subject.js';
import { TopicFeed } from './topic-feed.js';
import type { TopicStream } from './topic-stream.js';

/** The topics that this node follows: one subscription and one feed for each. */
export class FeedTable {
  readonly #link: NatsLink;
  readonly #streams: StreamTable;
  readonly #sink: BrokerSink;
  readonly #gate = new Gate(64);
  readonly #entries = new Map<string, FeedEntry>();
  #rounds: NodeJS.Timeout | null = null;
  #round: TopicFeed[] = [];

  constructor(link: NatsLink, streams: StreamTable, sink: BrokerSink) {
    this.#link = link;
    this.#streams = streams;
    this.#sink = sink;
  }

  /** Where servers hand messages to each other, each topic is looked after once in a while. */
  open(): void {
    this.#rounds = setInterval(() => this.#lookAfter(), roundMs / roundParts);
    this.#rounds.unref();
  }

  async follow(topic: string, retention: Retention): Promise<Position | null> {
    this.unfollow(topic);
    const stream = this.#streams.of(retention);
    const context = { stream, link: this.#link, sink: this.#sink, gate: this.#gate };
    const feed = new TopicFeed(topic, context);
    const subscription = await this.#link.run(async ({ connection }) =>
      connection.subscribe(subjectOf(stream.plan.liveRoot, topic), {
        callback: (error, message) => {
          const live = error === null ? readLiveMessage(message) : null;
          if (live !== null) feed.receive(live);
        },
      }),
    );
    const entry = { feed, subscription };
    this.#end(topic);
    this.#entries.set(topic, entry);
    try {
      const position = await feed.open();
      if (this.#link.isCluster) this.#mendSoon(feed);
      return position;
    } catch (error) {
      if (this.#entries.get(topic) === entry) this.#end(topic);
      throw error;
    }
  }

  unfollow(topic: string): void {
    this.#end(topic);
  }

  /** The last offset of a followed topic, where it is sure. */
  known(topic: string, stream: TopicStream): number | null {
    const feed = this.#entries.get(topic)?.feed;
    return feed?.stream === stream ? feed.known : null;
  }

  /** Lets all feeds, or those of one stream, look whether they miss something. */
  mend(stream: TopicStream | null): void {
    for (const { feed } of this.#entries.values()) {
      if (stream === null || feed.stream === stream) feed.mend();
    }
  }

  /** What is lost when a stream gets another leader may come to light a little later. */
  mendTwice(stream: TopicStream | null): void {
    this.mend(stream);
    setTimeout(() => this.mend(stream), 2_000).unref();
  }

  close(): void {
    if (this.#rounds !== null) clearInterval(this.#rounds);
    for (const topic of [...this.#entries.keys()]) this.#end(topic);
  }

  #end(topic: string): void {
    const entry = this.#entries.get(topic);
    if (entry === undefined) return;
    this.#entries.delete(topic);
    entry.feed.close();
    entry.subscription.unsubscribe();
  }

  /** Another server may learn of our interest only after the position was read. */
  #mendSoon(feed: TopicFeed): void {
    setTimeout(() => feed.mend(), 500).unref();
  }

  #lookAfter(): void {
    if (!this.#link.isConnected || !this.#link.isCluster) return;
    if (this.#round.length === 0) this.#round = [...this.#entries.values()].map(({ feed }) => feed);
    const part = Math.ceil(this.#entries.size / roundParts);
    for (const feed of this.#round.splice(0, part)) feed.mend();
  }
}

interface FeedEntry {
  readonly feed: TopicFeed;
  readonly subscription: Subscription;
}

/** Each topic once in half a minute, a thirtieth of them at a time. */
const roundMs = 30_000;
const roundParts = 30;
