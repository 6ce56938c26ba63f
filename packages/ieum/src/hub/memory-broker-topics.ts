import { MemoryTopic } from './memory-broker-topic.js';
import { MemoryHistory } from './memory-history.js';

/**
 * The topics that a memory exchange knows. A topic that is forgotten and comes back stands where the one stood that had got
 * farthest of all that were forgotten: a position from before is either its last one or known to be too old.
 */
export class MemoryTopics {
  readonly #maxTopics: number;
  readonly #topics = new Map<string, MemoryTopic>();
  #forgottenOffset = 0;

  /** @param maxTopics beyond so many the oldest ones that nobody follows are forgotten, with their history */
  constructor(maxTopics: number) {
    this.#maxTopics = maxTopics;
  }

  get size(): number {
    return this.#topics.size;
  }

  /** Where a topic stands that is not known. */
  get forgottenOffset(): number {
    return this.#forgottenOffset;
  }

  get(name: string): MemoryTopic | undefined {
    return this.#topics.get(name);
  }

  take(name: string, now: number): MemoryTopic {
    const known = this.#topics.get(name);
    if (known !== undefined) return known;
    if (this.#topics.size >= this.#maxTopics) this.#makeRoom();
    const topic = new MemoryTopic(name, this.#forgottenOffset, now);
    this.#topics.set(name, topic);
    return topic;
  }

  /** Forgets a topic without history when nobody follows it any more. */
  release(topic: MemoryTopic): void {
    if (topic.followers.size === 0 && !topic.isKept) this.#forget(topic);
  }

  /** Forgets publications that are too old, and topics of which nothing is left. */
  sweep(now: number): void {
    for (const topic of this.#topics.values()) {
      topic.expire(now);
      const isIdle = topic.history.length === 0 && now - topic.touchedAt >= idleMs;
      if (isIdle && topic.followers.size === 0) this.#forget(topic);
    }
  }

  /** Forgets all that was published, and how far it had got. @returns the topics that are followed, which begin anew */
  lose(): readonly MemoryTopic[] {
    this.#forgottenOffset = 0;
    for (const topic of this.#topics.values()) {
      if (topic.followers.size === 0) this.#topics.delete(topic.name);
      else topic.history = new MemoryHistory(0);
    }
    return [...this.#topics.values()];
  }

  #makeRoom(): void {
    let rest = judgedAtOnce;
    for (const topic of this.#topics.values()) {
      if (topic.followers.size === 0) {
        this.#forget(topic);
        return;
      }
      if (rest-- === 0) return;
      this.#topics.delete(topic.name);
      this.#topics.set(topic.name, topic);
    }
  }

  #forget(topic: MemoryTopic): void {
    this.#topics.delete(topic.name);
    if (topic.isKept) this.#forgottenOffset = Math.max(this.#forgottenOffset, topic.history.topOffset);
  }
}

/** How long it is known where a topic stands of which nothing is kept any more: who comes back then has missed nothing. */
const idleMs = 3_600_000;
const judgedAtOnce = 100;
