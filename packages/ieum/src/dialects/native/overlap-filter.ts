import { isAfter, type Position } from '../../hub/position.js';
import type { Publication } from '../../hub/publication.js';
import { matchesPattern } from '../../hub/topic-name.js';

/**
 * Keeps a publication from reaching a connection twice because several of its subscriptions match.
 *
 * A topic that is subscribed to by its name belongs to that subscription from its position on, for only that one recovers
 * what is missed. Where positions cannot tell, and between patterns, whichever is first delivers; who was it is known for the
 * last 4,096 publications, and only where several may match.
 */
export class OverlapFilter {
  readonly #topics = new Map<string, TopicShare>();
  readonly #patterns = new Set<string>();
  /** Ids of what was delivered and may come again by a pattern. */
  readonly #recent = new RecentIds();

  /** What is returned decides what of the topic's subscription is to be sent. */
  openTopic(topic: string, position: Position | null): TopicShare {
    const share = new TopicShare(position, this.#recent);
    for (const pattern of this.#patterns) if (matchesPattern(pattern, topic)) share.patterns++;
    this.#topics.set(topic, share);
    return share;
  }

  openPattern(pattern: string): void {
    this.#patterns.add(pattern);
    this.#count(pattern, 1);
  }

  closePattern(pattern: string): void {
    this.#patterns.delete(pattern);
    this.#count(pattern, -1);
    if (this.#patterns.size === 0) this.#recent.clear();
  }

  /** Returns whether something was left to the topic's subscription that it has not delivered: it is missing. */
  closeTopic(topic: string): boolean {
    const share = this.#topics.get(topic);
    this.#topics.delete(topic);
    return share !== undefined && share.patterns > 0 && share.hasDebt;
  }

  /** What the topic's subscription delivers comes after `position`. */
  handleGap(topic: string, position: Position | null): void {
    this.#topics.get(topic)?.handleGap(position);
  }

  /** Whether a publication is to be sent that a pattern's subscription delivers. */
  admitsByPattern({ topic, id, position }: Publication): boolean {
    const share = this.#topics.get(topic);
    if (this.#recent.has(id) || share?.owns(position)) return false;
    if (share !== undefined || this.#patterns.size > 1) this.#recent.add(id);
    share?.ahead.add(id);
    return true;
  }

  #count(pattern: string, change: number): void {
    for (const [topic, share] of this.#topics) if (matchesPattern(pattern, topic)) share.patterns += change;
  }
}

/** What belongs to the subscription of one topic. */
export class TopicShare {
  /** Ids of what patterns delivered before it. */
  readonly ahead: RecentIds = new RecentIds();
  /** How many patterns match it. */
  patterns = 0;
  #start: Position | null;
  /** The last one that was left to it. */
  #left: Position | null = null;
  #delivered: Position | null = null;
  /** Ids of what was delivered, shared by all of a connection. */
  readonly #recent: RecentIds;

  constructor(start: Position | null, recent: RecentIds) {
    this.#start = start;
    this.#recent = recent;
  }

  /** Whether a publication is to be sent that the topic's subscription delivers. */
  admits({ id, position }: Publication): boolean {
    this.#delivered = position;
    if (this.patterns === 0) return true;
    if (this.ahead.delete(id)) return false;
    this.#recent.add(id);
    return true;
  }

  /** Whether it delivers what stands there, and the pattern that asks leaves it to it. */
  owns(position: Position | null): boolean {
    if (position === null || this.#start === null || !isAfter(position, this.#start)) return false;
    this.#left = position;
    return true;
  }

  handleGap(position: Position | null): void {
    this.#delivered = position;
    if (position?.epoch !== this.#start?.epoch) this.#start = position;
  }

  get hasDebt(): boolean {
    if (this.#left === null) return false;
    return this.#delivered === null || isAfter(this.#left, this.#delivered);
  }
}

/** The last ids, oldest first. Few connections ever have any. */
class RecentIds {
  #ids: Set<string> | null = null;

  has(id: string): boolean {
    return this.#ids?.has(id) === true;
  }

  add(id: string): void {
    this.#ids ??= new Set();
    this.#ids.add(id);
    if (this.#ids.size <= maxRecent) return;
    const [oldest] = this.#ids;
    this.#ids.delete(oldest as string);
  }

  delete(id: string): boolean {
    return this.#ids?.delete(id) === true;
  }

  clear(): void {
    this.#ids = null;
  }
}

const maxRecent = 4_096;
