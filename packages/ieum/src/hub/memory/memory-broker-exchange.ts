import type { Clock } from '../../channel/clock.js';

import type {
  Broker,
  HistoryPage,
  HistoryRequest,
  MemberChange,
  NodeMember,
  Receipt,
  Retention,
} from '../broker.js';
import { HubError } from '../hub-error.js';
import { isSamePosition, type Position } from '../position.js';
import { Publication, type PublicationDraft } from '../publication.js';
import { matchesPattern } from '../topic-name.js';
import { applyChange, MemoryMembers } from './memory-broker-members.js';
import { MemoryReceipts } from './memory-broker-receipts.js';
import type { MemoryNode } from './memory-broker-topic.js';
import { MemoryTopics } from './memory-broker-topics.js';

export interface MemoryExchangeOptions {
  /** Milliseconds since 1970: `Date.now`. */
  readonly now: () => number;
  /** Makes names of histories, no two of them alike, also after a restart: `crypto.randomUUID`. */
  readonly createEpoch: () => string;
  /** With it, what is too old is let go of also while nothing is published, by one timer in all. */
  readonly clock?: Clock;
  /** Beyond so many topics old ones that nobody follows are forgotten, with what was kept of them. Default 100,000. */
  readonly maxTopics?: number;
  /**
   * Beyond so many bytes of all that is kept, topic after topic loses the older half of its history; who comes back to one is
   * told of the gap. Default 256 MiB.
   */
  readonly maxHistoryBytes?: number;
  /** Beyond so many keys, and so many ids, old ones are forgotten before their time. Default 100,000. */
  readonly maxKeys?: number;
  /** Whether a draft that is published again is recognised by its `id`, too. Default true. */
  readonly recognisesIds?: boolean;
  /** How long members of a node that was disconnected count as there; needs a clock. Default 0. */
  readonly leaseMs?: number;
}

/**
 * What memory brokers of one process share: each is a node, and hubs on them meet as on a server. It can fail in all the ways
 * in which a server does, so that hubs can be tested against that.
 */
export class MemoryExchange {
  readonly #options: MemoryExchangeOptions;
  readonly #nodes = new Map<Broker, MemoryNode>();
  readonly #topics: MemoryTopics;
  readonly #keys: MemoryReceipts;
  readonly #ids: MemoryReceipts | null;
  readonly #members: MemoryMembers = new MemoryMembers();
  /** What happens while sinks are told of something else: they are told in turn, so that all see one order. */
  #waiting: (() => void)[] = [];
  #isTelling = false;
  #epoch: string;
  #sweepAt: number;
  #cancelSweep: (() => void) | null = null;

  constructor(options: MemoryExchangeOptions) {
    checkOptions(options);
    this.#options = options;
    this.#topics = new MemoryTopics(
      options.maxTopics ?? 100_000,
      options.maxHistoryBytes ?? 256 * 1024 * 1024,
    );
    const maxKeys = options.maxKeys ?? 100_000;
    this.#keys = new MemoryReceipts(maxKeys);
    this.#ids = (options.recognisesIds ?? true) ? new MemoryReceipts(maxKeys) : null;
    this.#epoch = options.createEpoch();
    this.#sweepAt = options.now() + sweepEveryMs;
  }

  /** The epoch of all positions that are given now. */
  get epoch(): string {
    return this.#epoch;
  }

  /** Topics that are known now. */
  get topicCount(): number {
    return this.#topics.size;
  }

  /** Cuts a broker off, as when its network fails. It knows at once; others take its members away after `leaseMs`. */
  disconnect(broker: Broker): void {
    const node = this.#nodes.get(broker);
    if (node?.isConnected !== true) return;
    node.isConnected = false;
    node.losesAnswer = false;
    for (const name of node.followed) {
      const follower = this.#topics.get(name)?.followers.get(node);
      if (follower !== undefined) follower.isBehind = true;
    }
    const { clock, leaseMs = 0 } = this.#options;
    if (clock === undefined || leaseMs === 0) this.#takeMembersAway(node);
    else node.cancelLease = clock.setTimer(() => this.#takeMembersAway(node), leaseMs);
    node.sink.handleReadiness(false, unavailable());
  }

  /** Heals that: the broker gets what it missed, or is told of gaps, before anything new, and tells its members again. */
  reconnect(broker: Broker): void {
    const node = this.#nodes.get(broker);
    if (node === undefined || node.isConnected) return;
    node.isConnected = true;
    node.cancelLease?.();
    node.cancelLease = null;
    for (const name of [...node.followed]) {
      const topic = this.#topics.get(name);
      const follower = topic?.followers.get(node);
      if (topic === undefined || follower === undefined) continue;
      topic.expire(this.#options.now());
      topic.mend(node, follower, this.#epoch);
    }
    if (node.isConnected && node.patterns.size > 0) node.sink.handlePatternGap();
    this.#tellMembersAgain(node);
    if (node.isConnected) node.sink.handleReadiness(true);
  }

  /** Takes the broker's next publication, but disconnects the broker before it learns so: its promise is rejected. */
  loseNextAnswer(broker: Broker): void {
    const node = this.#nodes.get(broker);
    if (node?.isConnected === true) node.losesAnswer = true;
  }

  /**
   * Loses all that was published and everything about it, as a server that comes back without its data: another epoch begins,
   * and each broker, now or when it is connected again, is told of a gap in each topic that it follows. Brokers tell their
   * members again.
   */
  lose(): void {
    this.#epoch = this.#options.createEpoch();
    this.#keys.clear();
    this.#ids?.clear();
    this.#members.clear();
    const connected = [...this.#nodes.values()].filter(({ isConnected }) => isConnected);
    const topics = this.#topics.lose();
    for (const { followers } of topics) for (const follower of followers.values()) follower.isBehind = true;
    for (const topic of topics) {
      for (const [node, follower] of [...topic.followers]) topic.mend(node, follower, this.#epoch);
    }
    for (const node of connected) if (node.patterns.size > 0) node.sink.handlePatternGap();
    for (const node of connected) {
      for (const [topic, users] of node.members) {
        this.#members.change(topic, node.name, this.#members.changesTo(topic, node.name, users));
      }
    }
    for (const node of connected) this.#showMembers(node);
  }

  /** @internal */
  join(broker: Broker, node: MemoryNode): void {
    this.#nodes.set(broker, node);
    this.#armSweep();
  }

  /** @internal */
  leave(broker: Broker): void {
    const node = this.#nodes.get(broker);
    if (node === undefined) return;
    this.#nodes.delete(broker);
    node.isConnected = false;
    node.cancelLease?.();
    node.cancelLease = null;
    for (const name of [...node.followed]) this.unfollow(node, name);
    this.#takeMembersAway(node);
    if (this.#nodes.size > 0) return;
    this.#cancelSweep?.();
    this.#cancelSweep = null;
  }

  /** @internal */
  isNameTaken(name: string): boolean {
    for (const node of this.#nodes.values()) if (node.name === name) return true;
    return false;
  }

  /** @internal */
  publish(node: MemoryNode, draft: PublicationDraft, retention: Retention): Receipt {
    const isAnswerLost = node.losesAnswer;
    if (isAnswerLost) for (const [broker, other] of this.#nodes) if (other === node) this.disconnect(broker);
    const receipt = this.#publish(draft, retention);
    if (isAnswerLost) throw unavailable();
    return receipt;
  }

  /** @internal */
  follow(node: MemoryNode, name: string, retention: Retention): Position | null {
    const now = this.#options.now();
    const topic = this.#topics.take(name, now);
    topic.touch(retention, now);
    const known = topic.followers.get(node);
    const follower = known ?? { offset: topic.history.topOffset, epoch: this.#epoch, isBehind: false };
    topic.followers.set(node, follower);
    node.followed.add(name);
    return retention.history === null ? null : { offset: follower.offset, epoch: follower.epoch };
  }

  /** @internal */
  unfollow(node: MemoryNode, name: string): void {
    node.followed.delete(name);
    const topic = this.#topics.get(name);
    if (topic?.followers.delete(node) !== true) return;
    topic.touchedAt = this.#options.now();
    this.#topics.release(topic);
  }

  /** @internal */
  history(name: string, retention: Retention, { since, limit }: HistoryRequest): HistoryPage {
    const topic = this.#topics.get(name);
    const position = { offset: topic?.history.topOffset ?? this.#topics.forgottenOffset, epoch: this.#epoch };
    topic?.touch(retention, this.#options.now());
    if (since === null) {
      return { publications: topic?.history.latest(limit) ?? [], position, isContinuous: true };
    }
    const floor = topic?.history.floorOffset ?? position.offset;
    const isKnown = since.epoch === this.#epoch && since.offset <= position.offset;
    const publications = topic?.history.after(isKnown ? since.offset : 0, limit) ?? [];
    const hasAll = publications.length > 0 || isSamePosition(since, position);
    return { publications, position, isContinuous: isKnown && hasAll && since.offset >= floor };
  }

  /** @internal */
  changeMembers(node: MemoryNode, topic: string, changes: readonly MemberChange[]): void {
    const users = node.members.get(topic) ?? new Map<string, unknown>();
    for (const change of changes) applyChange(users, change);
    if (users.size > 0) node.members.set(topic, users);
    else node.members.delete(topic);
    if (node.isConnected) this.#tellMembers(topic, node.name, changes);
  }

  /** @internal */
  members(topic: string): readonly NodeMember[] {
    return this.#members.of(topic);
  }

  #publish(draft: PublicationDraft, retention: Retention): Receipt {
    const now = this.#options.now();
    if (now >= this.#sweepAt) this.#sweep(now);
    const key = draft.key === null ? null : `${draft.topic}\n${draft.key}`;
    const known = (key === null ? undefined : this.#keys.find(key, now)) ?? this.#ids?.find(draft.id, now);
    if (known !== undefined) return { position: known.position, isDuplicate: true };
    const topic =
      retention.history === null ? this.#topics.get(draft.topic) : this.#topics.take(draft.topic, now);
    topic?.touch(retention, now);
    const offset = (topic?.history.topOffset ?? 0) + 1;
    const position = retention.history === null ? null : { offset, epoch: this.#epoch };
    const publication = new Publication(position === null ? draft : ownDraft(draft), position, now);
    if (retention.history === null) topic?.history.skip();
    else topic?.history.push(publication, retention.history.maxMessages);
    this.#topics.thinOut();
    const receipt = { position, expiresAt: now + retention.idempotencyMs };
    if (key !== null) this.#keys.remember(key, receipt, now);
    this.#ids?.remember(draft.id, receipt, now);
    this.#inTurn(() => {
      if (publication.position !== null && publication.position.epoch !== this.#epoch) return;
      topic?.give(publication, offset);
      this.#giveToPatterns(publication);
    });
    return { position, isDuplicate: false };
  }

  #inTurn(tell: () => void): void {
    if (this.#isTelling) {
      this.#waiting.push(tell);
      return;
    }
    this.#isTelling = true;
    try {
      tell();
      while (this.#waiting.length > 0) for (const next of this.#waiting.splice(0)) next();
    } finally {
      this.#isTelling = false;
    }
  }

  #giveToPatterns(publication: Publication): void {
    for (const node of this.#nodes.values()) {
      if (node.patterns.size > 0 && node.isConnected && isMatched(node.patterns, publication.topic)) {
        node.sink.handlePatternPublication(publication);
      }
    }
  }

  #tellMembers(topic: string, name: string, changes: readonly MemberChange[]): void {
    const effective = this.#members.change(topic, name, changes);
    if (effective.length === 0) return;
    this.#inTurn(() => {
      for (const node of this.#nodes.values()) {
        if (node.isConnected && node.memberTopics.has(topic)) {
          node.sink.handleMemberChanges(topic, name, effective);
        }
      }
    });
  }

  #tellMembersAgain(node: MemoryNode): void {
    for (const topic of new Set([...node.members.keys(), ...this.#members.topicsOf(node.name)])) {
      const users = node.members.get(topic) ?? new Map<string, unknown>();
      this.#tellMembers(topic, node.name, this.#members.changesTo(topic, node.name, users));
    }
    this.#showMembers(node);
  }

  #showMembers(node: MemoryNode): void {
    for (const topic of [...node.memberTopics]) {
      if (node.isConnected) node.sink.handleMembers(topic, this.#members.of(topic));
    }
  }

  #takeMembersAway(node: MemoryNode): void {
    for (const topic of this.#members.topicsOf(node.name)) {
      this.#tellMembers(topic, node.name, this.#members.changesTo(topic, node.name, new Map()));
    }
  }

  #armSweep(): void {
    if (this.#cancelSweep !== null || this.#options.clock === undefined) return;
    this.#cancelSweep = this.#options.clock.setTimer(() => {
      this.#cancelSweep = null;
      this.#sweep(this.#options.now());
      this.#armSweep();
    }, sweepEveryMs);
  }

  #sweep(now: number): void {
    this.#sweepAt = now + sweepEveryMs;
    this.#topics.sweep(now);
    this.#keys.expire(now);
    this.#ids?.expire(now);
  }
}

/** @internal */
export function unavailable(): HubError {
  return new HubError('ERR_HUB_UNAVAILABLE', 'the memory broker is disconnected from its exchange');
}

function isMatched(patterns: ReadonlySet<string>, topic: string): boolean {
  for (const pattern of patterns) if (matchesPattern(pattern, topic)) return true;
  return false;
}

function checkOptions(options: MemoryExchangeOptions): void {
  for (const name of ['now', 'createEpoch'] as const) {
    if (typeof options[name] !== 'function') {
      throw new HubError('ERR_HUB_INVALID_OPTION', `${name} must be a function: write { ${name}: … }`);
    }
  }
  for (const name of ['maxTopics', 'maxHistoryBytes', 'maxKeys', 'leaseMs'] as const) {
    const value = options[name] ?? 1;
    if (Number.isSafeInteger(value) && value >= (name === 'leaseMs' ? 0 : 1)) continue;
    throw new HubError('ERR_HUB_INVALID_OPTION', `${name} must be a positive whole number, not ${value}`);
  }
}

/** A draft to keep: its payload may be a small part of memory that would be kept with it. */
function ownDraft(draft: PublicationDraft): PublicationDraft {
  const { payload } = draft;
  const isMostOfIt = payload.byteLength * 2 + smallPayloadBytes >= payload.buffer.byteLength;
  return isMostOfIt ? draft : { ...draft, payload: new Uint8Array(payload) };
}

const sweepEveryMs = 10_000;
/** What a payload may hold beside itself. */
const smallPayloadBytes = 256;
