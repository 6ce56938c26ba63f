import { MemoryTopic } from './memory-broker-topic.js';
import { MemoryHistory } from './memory-history.js';

/**
 * The topics that a memory exchange knows. A topic that is forgotten and comes back stands where the one stood that had got
 * farthest of all that were forgotten: a position from before is either its last one or known to be too old.
 */
export class MemoryTopics {
  readonly #maxTopics: number;
  readonly #maxBytes: number;
  readonly #topics = new Map<string, MemoryTopic>();
  /** Goes round and round: a new iterator would pass all that was deleted each time. */
  #round = this.#topics.values();
  readonly #ledger = { bytes: 0 };
  #forgottenOffset = 0;

  /**
   * @param maxTopics beyond so many old ones that nobody follows are forgotten, with their history
   * @param maxBytes beyond so many of all histories, each in turn loses the older half of what it keeps
   */
  constructor(maxTopics: number, maxBytes: number) {
    this.#maxTopics = maxTopics;
    this.#maxBytes = maxBytes;
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
    const topic = new MemoryTopic(name, new MemoryHistory(this.#forgottenOffset, this.#ledger), now);
    this.#topics.set(name, topic);
    return topic;
  }

  /** Keeps all histories within their bound. */
  thinOut(): void {
    for (let rest = this.#topics.size; rest >= 0 && this.#ledger.bytes > this.#maxBytes; rest--) {
      const history = this.#next()?.history;
      history?.drop(Math.ceil(history.length / 2));
    }
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
    this.#ledger.bytes = 0;
    for (const topic of this.#topics.values()) {
      if (topic.followers.size === 0) this.#topics.delete(topic.name);
      else topic.history = new MemoryHistory(0, this.#ledger);
    }
    return [...this.#topics.values()];
  }

  #makeRoom(): void {
    for (let rest = judgedAtOnce; rest > 0; rest--) {
      const topic = this.#next();
      if (topic?.followers.size !== 0) continue;
      this.#forget(topic);
      return;
    }
  }

  /** Each topic in its turn; undefined after the last one. */
  #next(): MemoryTopic | undefined {
    const { value, done } = this.#round.next();
    if (done === true) this.#round = this.#topics.values();
    return value;
  }

  #forget(topic: MemoryTopic): void {
    this.#topics.delete(topic.name);
    topic.history.clear();
    if (topic.isKept) this.#forgottenOffset = Math.max(this.#forgottenOffset, topic.history.topOffset);
  }
}

/** How long it is known where a topic stands of which nothing is kept any more: who comes back then has missed nothing. */
const idleMs = 3_600_000;
const judgedAtOnce = 100;
