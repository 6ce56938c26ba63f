import type { Buffer } from 'node:buffer';

import type { BrokerSink } from '../../hub/broker.js';

import { decodeMessage, splitCopy } from './publication-frame.js';
import type { RedisAccess } from './redis-access.js';
import type { ChannelListener } from './redis-connection.js';
import { unavailable } from './redis-failure.js';
import type { RedisLink } from './redis-link.js';

/**
 * The patterns that this node follows. While somebody listens to it, each server copies all it publishes to one channel of
 * its own; while nobody does, publishing costs a look whether somebody does.
 */
export class PatternFollowers {
  readonly #access: RedisAccess;
  readonly #sink: BrokerSink;
  readonly #patterns = new Set<string>();
  readonly #listening = new Map<RedisLink, Listening>();

  constructor(access: RedisAccess, sink: BrokerSink) {
    this.#access = access;
    this.#sink = sink;
  }

  async follow(pattern: string): Promise<void> {
    const isKnown = this.#patterns.has(pattern);
    this.#patterns.add(pattern);
    try {
      if (!this.#access.topology.isReady) throw new Error('not all servers are connected');
      await Promise.all(this.#access.topology.links.map((link) => this.#listen(link, false)));
    } catch (error) {
      if (!isKnown) this.unfollow(pattern);
      throw unavailable(error);
    }
  }

  unfollow(pattern: string): void {
    this.#patterns.delete(pattern);
    if (this.#patterns.size > 0) return;
    for (const [link, { listener }] of this.#listening) {
      link.unsubscribe(this.#access.keys.everything(link.id), listener, false);
    }
    this.#listening.clear();
  }

  handleLinkReady(link: RedisLink): void {
    if (this.#patterns.size === 0) return;
    // When it fails the link goes down, and is ready another time.
    this.#listen(link, true).catch((error: unknown) => link.drop(error));
  }

  handleLinkDown(link: RedisLink): void {
    this.#listening.delete(link);
  }

  close(): void {
    for (const pattern of [...this.#patterns]) this.unfollow(pattern);
  }

  /** @param isAgain whether publications may be lost that came before */
  #listen(link: RedisLink, isAgain: boolean): Promise<void> {
    const known = this.#listening.get(link);
    if (known !== undefined) return known.ready;
    let isGapUntold = isAgain;
    const tellGap = () => {
      if (!isGapUntold) return;
      isGapUntold = false;
      this.#sink.handlePatternGap();
    };
    const listener = (copy: Buffer) => {
      if (this.#listening.get(link)?.listener !== listener) return;
      tellGap();
      this.#receive(copy);
    };
    const ready = link.subscribe(this.#access.keys.everything(link.id), listener, false).then(() => {
      if (this.#listening.get(link)?.listener === listener) tellGap();
    });
    this.#listening.set(link, { listener, ready });
    ready.catch(() => {
      if (this.#listening.get(link)?.listener === listener) this.#listening.delete(link);
    });
    return ready;
  }

  #receive(copy: Buffer): void {
    const parts = splitCopy(copy);
    const topic = parts === null ? undefined : this.#access.keys.topicOf(parts.channel);
    if (parts === null || topic === undefined) return;
    const publication = decodeMessage(topic, parts.message);
    if (publication !== null) this.#sink.handlePatternPublication(publication);
  }
}

interface Listening {
  readonly listener: ChannelListener;
  /** Resolves when nothing is missed any more. */
  readonly ready: Promise<void>;
}
