import { isAfter, type Position } from '../../hub/position.js';
import type { Publication } from '../../hub/publication.js';

/**
 * Keeps a publication from reaching a connection twice because several of its subscriptions match.
 *
 * A topic that is subscribed to by its name belongs to that subscription from its position on, for only that one recovers
 * what is missed. Where positions cannot tell, and between patterns, whichever is first delivers; who was it is known for the
 * last 4,096 publications.
 */
export class OverlapFilter {
  readonly #topics = new Map<string, TopicShare>();
  #patterns = 0;
  /** Ids of what patterns delivered, and topics without history. */
  readonly #recent = new RecentIds();

  openTopic(topic: string, position: Position | null): void {
    this.#topics.set(topic, new TopicShare(position));
  }

  openPattern(): void {
    this.#patterns++;
  }

  closePattern(): void {
    this.#patterns--;
    if (this.#patterns === 0) this.#recent.clear();
  }

  /** Returns whether something was left to the topic's subscription that it has not delivered: it is missing. */
  closeTopic(topic: string): boolean {
    const share = this.#topics.get(topic);
    this.#topics.delete(topic);
    return this.#patterns > 0 && share?.hasDebt === true;
  }

  /** What the topic's subscription delivers comes after `position`. */
  handleGap(topic: string, position: Position | null): void {
    this.#topics.get(topic)?.handleGap(position);
  }

  /** Whether a publication is to be sent that the topic's subscription delivers. */
  admitsByTopic(publication: Publication): boolean {
    const share = this.#topics.get(publication.topic);
    share?.handleDelivered(publication.position);
    if (this.#patterns === 0) return true;
    if (share?.ahead.delete(publication.id)) return false;
    if (publication.position === null) this.#recent.add(publication.id);
    return true;
  }

  /** Whether a publication is to be sent that a pattern's subscription delivers. */
  admitsByPattern({ topic, id, position }: Publication): boolean {
    const share = this.#topics.get(topic);
    if (share?.owns(position)) return false;
    if (this.#recent.has(id)) return false;
    this.#recent.add(id);
    share?.ahead.add(id);
    return true;
  }
}

/** What belongs to the subscription of one topic. */
class TopicShare {
  /** Ids of what patterns delivered before it. */
  readonly ahead: RecentIds = new RecentIds();
  #start: Position | null;
  /** The last one that was left to it. */
  #left: Position | null = null;
  #delivered: Position | null = null;

  constructor(start: Position | null) {
    this.#start = start;
  }

  /** Whether it delivers what stands there, and the pattern that asks leaves it to it. */
  owns(position: Position | null): boolean {
    if (position === null || this.#start === null || !isAfter(position, this.#start)) return false;
    this.#left = position;
    return true;
  }

  handleDelivered(position: Position | null): void {
    this.#delivered = position;
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

/** The last ids, oldest first. */
class RecentIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= maxRecent) return;
    const [oldest] = this.#ids;
    this.#ids.delete(oldest as string);
  }

  delete(id: string): boolean {
    return this.#ids.delete(id);
  }

  clear(): void {
    this.#ids.clear();
  }
}

const maxRecent = 4_096;
