import type { BrokerSink, Retention } from '../broker.js';
import type { Publication } from '../publication.js';
import type { MemoryHistory } from './memory-history.js';

/** One topic of a memory exchange: what is kept of it, and who follows it. */
export class MemoryTopic {
  readonly name: string;
  history: MemoryHistory;
  readonly followers: Map<MemoryNode, MemoryFollower> = new Map();
  /** When anything was last done with it. */
  touchedAt: number;
  /** How long publications are kept; null on a topic without history. */
  #maxAgeMs: number | null = null;

  constructor(name: string, history: MemoryHistory, now: number) {
    this.name = name;
    this.history = history;
    this.touchedAt = now;
  }

  get isKept(): boolean {
    return this.#maxAgeMs !== null;
  }

  /** Notes that it is used, and forgets what has become too old. */
  touch(retention: Retention, now: number): void {
    this.touchedAt = now;
    if (retention.history !== null) this.#maxAgeMs = retention.history.maxAgeMs;
    this.expire(now);
  }

  expire(now: number): void {
    if (this.#maxAgeMs !== null) this.history.expire(now - this.#maxAgeMs);
  }

  /** Gives a publication to those who follow it and have not got it yet. */
  give(publication: Publication, offset: number): void {
    const { history } = this;
    for (const [node, follower] of this.followers) {
      if (this.history !== history) return;
      if (!node.isConnected || follower.isBehind || follower.offset >= offset) continue;
      follower.offset = offset;
      node.sink.handlePublication(publication);
    }
  }

  /** Gives a follower what it missed, or tells it of a gap. */
  mend(node: MemoryNode, follower: MemoryFollower, epoch: string): void {
    while (node.isConnected && this.followers.get(node) === follower) {
      if (!this.isKept || follower.epoch !== epoch || follower.offset < this.history.floorOffset) {
        follower.offset = this.history.topOffset;
        follower.epoch = epoch;
        follower.isBehind = false;
        node.sink.handleGap(this.name, this.isKept ? { offset: follower.offset, epoch } : null);
        return;
      }
      const missed = this.history.at(follower.offset + 1);
      if (missed === undefined) {
        follower.isBehind = false;
        return;
      }
      follower.offset++;
      node.sink.handlePublication(missed);
    }
  }
}

/** A broker as its exchange sees it. */
export interface MemoryNode {
  readonly name: string;
  readonly sink: BrokerSink;
  isConnected: boolean;
  /** Whether the answer to its next publish is lost. */
  losesAnswer: boolean;
  readonly followed: Set<string>;
  readonly patterns: Set<string>;
  readonly memberTopics: Set<string>;
  /** Its own members by topic, whether others know of them or not. */
  readonly members: Map<string, Map<string, unknown>>;
  /** Ends the wait after which its members are taken away. */
  cancelLease: (() => void) | null;
}

/** How far a node has got with a topic. */
export interface MemoryFollower {
  offset: number;
  epoch: string;
  /** It was disconnected, and has to get what it missed before anything new. */
  isBehind: boolean;
}
