import type { BrokerSink } from '../broker.js';
import type { FanOut } from '../hub-observer.js';
import type { Position } from '../position.js';
import type { Publication } from '../publication.js';
import { FanOutWatch } from '../publishing/fan-out-watch.js';
import type { CompletePolicy } from '../topic-policy.js';
import { FollowedPattern } from './followed-pattern.js';
import { FollowedTopic, type TopicOwner } from './followed-topic.js';
import { PatternTree } from './pattern-tree.js';

/** The topics and patterns that somebody at this hub subscribes to: what the broker says goes to theirs. */
export class TopicTable
  implements
    Pick<BrokerSink, 'handlePublication' | 'handlePatternPublication' | 'handleGap' | 'handlePatternGap'>
{
  readonly #owner: TopicOwner;
  readonly #topics = new Map<string, FollowedTopic>();
  readonly #patterns = new Map<string, FollowedPattern>();
  readonly #tree = new PatternTree<FollowedPattern>();
  readonly #patternWatch = new FanOutWatch();

  constructor(owner: TopicOwner) {
    this.#owner = owner;
  }

  /** How many topics and patterns are followed. */
  get size(): number {
    return this.#topics.size + this.#patterns.size;
  }

  /** Follows a topic for somebody, who releases it. Rejects with `ERR_HUB_UNAVAILABLE`. */
  async holdTopic(name: string, policy: CompletePolicy<never>): Promise<FollowedTopic> {
    const topic = this.#topics.get(name) ?? this.#followTopic(name, policy);
    try {
      await topic.hold();
      return topic;
    } catch (error) {
      this.#dropTopic(topic);
      throw error;
    }
  }

  /** The same for a pattern. */
  async holdPattern(name: string, policy: CompletePolicy<never>): Promise<FollowedPattern> {
    const pattern = this.#patterns.get(name) ?? this.#followPattern(name, policy);
    try {
      await pattern.hold();
      return pattern;
    } catch (error) {
      this.#dropPattern(pattern);
      throw error;
    }
  }

  /** Where it can be seen what becomes of a topic's publications here. */
  watchesOf(topic: string): readonly FanOutWatch[] {
    const followed = this.#topics.get(topic);
    // What is only about to be followed has no subscribers, and need not come.
    const watches = followed?.isFollowed === true ? [followed.watch] : [];
    if (this.#tree.size > 0 && this.#tree.matching(topic).some(({ isFollowed }) => isFollowed)) {
      watches.push(this.#patternWatch);
    }
    return watches;
  }

  handlePublication(publication: Publication): void {
    this.#topics.get(publication.topic)?.handlePublication(publication);
  }

  handlePatternPublication(publication: Publication): void {
    const sum = { delivered: 0, queued: 0, dropped: 0 };
    for (const pattern of this.#tree.matching(publication.topic)) {
      addTo(sum, pattern.handlePublication(publication));
    }
    this.#owner.observer.handleFanOut?.(publication.topic, publication.payload.byteLength, sum);
    this.#patternWatch.handle(publication.id, sum);
  }

  handleGap(topic: string, position: Position | null): void {
    this.#topics.get(topic)?.handleGap(position);
  }

  handlePatternGap(): void {
    for (const pattern of this.#patterns.values()) pattern.handleGap();
    this.#patternWatch.abandon();
  }

  close(): void {
    for (const topic of [...this.#topics.values()]) this.#dropTopic(topic);
    for (const pattern of [...this.#patterns.values()]) this.#dropPattern(pattern);
    this.#patternWatch.abandon();
  }

  #followTopic(name: string, policy: CompletePolicy<never>): FollowedTopic {
    const topic = new FollowedTopic(name, policy, this.#owner, (unneeded) => this.#dropTopic(unneeded));
    this.#topics.set(name, topic);
    return topic;
  }

  #followPattern(name: string, policy: CompletePolicy<never>): FollowedPattern {
    const pattern = new FollowedPattern(name, policy, this.#owner, (unneeded) => this.#dropPattern(unneeded));
    this.#patterns.set(name, pattern);
    this.#tree.add(name, pattern);
    return pattern;
  }

  #dropTopic(topic: FollowedTopic): void {
    if (this.#topics.get(topic.name) !== topic) return;
    this.#topics.delete(topic.name);
    topic.close();
  }

  #dropPattern(pattern: FollowedPattern): void {
    if (this.#patterns.get(pattern.name) !== pattern) return;
    this.#patterns.delete(pattern.name);
    this.#tree.delete(pattern.name, pattern);
    pattern.close();
  }
}

function addTo(sum: { -readonly [Count in keyof FanOut]: number }, fanOut: FanOut): void {
  sum.delivered += fanOut.delivered;
  sum.queued += fanOut.queued;
  sum.dropped += fanOut.dropped;
}
