import type { BrokerSink, Retention } from '../../hub/broker.js';
import type { Position } from '../../hub/position.js';

import { FollowedTopic } from './followed-topic.js';
import type { RedisAccess } from './redis-access.js';
import { isMisdirected, unavailable } from './redis-failure.js';
import type { RedisLink } from './redis-link.js';
import type { TopicLog } from './topic-log.js';

/** The topics that this node follows, each on the server that has it. */
export class TopicFollowers {
  readonly #access: RedisAccess;
  readonly #log: TopicLog;
  readonly #sink: BrokerSink;
  readonly #followed = new Map<string, FollowedTopic>();
  /** Those that have begun: only they go on when a server comes back. */
  readonly #started = new Set<FollowedTopic>();
  readonly #touching: NodeJS.Timeout;

  constructor(access: RedisAccess, log: TopicLog, sink: BrokerSink) {
    this.#access = access;
    this.#log = log;
    this.#sink = sink;
    this.#touching = setInterval(() => void this.#touch(), touchMs);
    this.#touching.unref();
  }

  async follow(topic: string, retention: Retention): Promise<Position | null> {
    this.unfollow(topic);
    const channel = this.#access.keys.topic(topic).channel;
    const followed = new FollowedTopic(topic, channel, retention, this.#log, this.#sink);
    this.#followed.set(topic, followed);
    try {
      return await this.#start(followed);
    } catch (error) {
      followed.stop();
      if (this.#followed.get(topic) === followed) this.#followed.delete(topic);
      throw unavailable(error);
    }
  }

  unfollow(topic: string): void {
    const followed = this.#followed.get(topic);
    if (followed === undefined) return;
    this.#followed.delete(topic);
    this.#started.delete(followed);
    followed.stop();
  }

  handleLinkReady(): void {
    this.#resumeMoved();
  }

  handleLinkDown(link: RedisLink): void {
    for (const followed of this.#started) {
      if (followed.link === link) followed.suspend();
    }
  }

  handleTopologyChange(): void {
    this.#resumeMoved();
  }

  close(): void {
    clearInterval(this.#touching);
    for (const topic of [...this.#followed.keys()]) this.unfollow(topic);
  }

  async #start(followed: FollowedTopic): Promise<Position | null> {
    for (let attempt = 0; ; attempt++) {
      const link = this.#access.linkOf(followed.topic);
      if (link === null) throw new Error('the server is not connected');
      try {
        const position = await followed.start(link);
        if (this.#followed.get(followed.topic) === followed) this.#begin(followed);
        return position;
      } catch (error) {
        const isGone = this.#followed.get(followed.topic) !== followed;
        if (!isMisdirected(error) || isGone || attempt >= maxAttempts) throw error;
        await this.#access.topology.refresh(error);
      }
    }
  }

  /** The server may have changed while the topic was not listed yet. */
  #begin(followed: FollowedTopic): void {
    this.#started.add(followed);
    const link = this.#access.linkOf(followed.topic);
    if (link !== null && link !== followed.link) followed.resume(link);
  }

  #resumeMoved(): void {
    for (const followed of this.#started) {
      const link = this.#access.linkOf(followed.topic);
      if (link === followed.link) continue;
      if (link === null) followed.suspend();
      else followed.resume(link);
    }
  }

  /** Keeps what tells where a topic stands, as long as somebody follows it. */
  async #touch(): Promise<void> {
    for (const followed of [...this.#started]) await followed.touch();
  }
}

const maxAttempts = 3;
const touchMs = 21_600_000;
