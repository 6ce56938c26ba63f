import type { BrokerSink, Retention } from '../../hub/broker.js';
import type { Position } from '../../hub/position.js';

import { FollowedTopic } from './followed-topic.js';
import { tagOf } from './key-space.js';
import type { RedisAccess } from './redis-access.js';
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
      const position = await this.#access.at(tagOf(topic), (link) => this.#start(followed, link));
      if (this.#followed.get(topic) === followed) this.#started.add(followed);
      return position;
    } catch (error) {
      followed.stop();
      if (this.#followed.get(topic) === followed) this.#followed.delete(topic);
      throw error;
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

  async #start(followed: FollowedTopic, link: RedisLink): Promise<Position | null> {
    if (this.#followed.get(followed.topic) !== followed) throw new Error('it is not followed any more');
    return followed.start(link);
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

const touchMs = 21_600_000;
