import type { Buffer } from 'node:buffer';

import type { BrokerSink, MemberChange, NodeMember } from '../../hub/broker.js';

import { type MemberMessage, type MembersByNode, nodeOf, readMemberMessage } from './member-store.js';
import type { ChannelListener } from './redis-connection.js';
import type { RedisLink } from './redis-link.js';

/** Reads who is there now, of nodes that live. */
export type ReadMembers = (
  topic: string,
) => Promise<{ readonly number: number; readonly members: MembersByNode }>;

/** The members of a topic as they are known here. Changes are numbered: after a loss all are read again. */
export class FollowedMembers {
  readonly topic: string;
  readonly #channel: string;
  readonly #read: ReadMembers;
  readonly #sink: BrokerSink;
  #members: MembersByNode = new Map();
  #number = 0;
  #link: RedisLink | null = null;
  #listener: ChannelListener | null = null;
  /** What came while all are being read; null while they are not. */
  #waiting: MemberMessage[] | null = [];

  constructor(topic: string, channel: string, read: ReadMembers, sink: BrokerSink) {
    this.topic = topic;
    this.#channel = channel;
    this.#read = read;
    this.#sink = sink;
  }

  get link(): RedisLink | null {
    return this.#link;
  }

  get nodes(): Iterable<string> {
    return this.#members.keys();
  }

  async start(link: RedisLink): Promise<readonly NodeMember[]> {
    const listener = this.#listenTo(link);
    await link.subscribe(this.#channel, listener);
    const { number, members } = await this.#read(this.topic);
    this.#number = number;
    this.#members = members;
    const list = listOf(members);
    if (this.#listener === listener) this.#applyWaiting(listener);
    return list;
  }

  resume(link: RedisLink): void {
    const listener = this.#listenTo(link);
    void this.#readAgain(listener, () => link.subscribe(this.#channel, listener));
  }

  suspend(): void {
    this.#link = null;
    this.#listener = null;
    this.#waiting = [];
  }

  stop(): void {
    if (this.#listener !== null) this.#link?.unsubscribe(this.#channel, this.#listener);
    this.suspend();
  }

  /** Takes away what dead nodes said; tells whether they had said anything. */
  forget(dead: ReadonlySet<string>): boolean {
    let hasForgotten = false;
    for (const node of dead) {
      const users = this.#members.get(node);
      this.#members.delete(node);
      if (users !== undefined && users.size > 0) hasForgotten = true;
    }
    if (hasForgotten) this.#sink.handleMembers(this.topic, listOf(this.#members));
    return hasForgotten;
  }

  #listenTo(link: RedisLink): ChannelListener {
    this.stop();
    const listener = (bytes: Buffer) => {
      const message = this.#listener === listener ? readMemberMessage(bytes) : null;
      if (message === null) return;
      if (this.#waiting !== null) this.#waiting.push(message);
      else this.#apply(message, listener);
    };
    this.#link = link;
    this.#listener = listener;
    return listener;
  }

  async #readAgain(listener: ChannelListener, begin?: () => Promise<void>): Promise<void> {
    this.#waiting ??= [];
    try {
      await begin?.();
      const { number, members } = await this.#read(this.topic);
      if (this.#listener !== listener) return;
      this.#number = number;
      this.#members = members;
      this.#sink.handleMembers(this.topic, listOf(members));
      this.#applyWaiting(listener);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      if (this.#listener === listener && this.#link?.isReady) this.resume(this.#link);
    }
  }

  #applyWaiting(listener: ChannelListener): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const message of waiting) {
      // A loss has all read again, these too.
      if (this.#waiting === null) this.#apply(message, listener);
    }
  }

  #apply(message: MemberMessage, listener: ChannelListener): void {
    if (message.number <= this.#number && message.number > 1) return;
    if (message.number !== this.#number + 1) {
      void this.#readAgain(listener);
      return;
    }
    this.#number = message.number;
    const users = nodeOf(this.#members, message.node);
    const changes = message.isAll
      ? [...absencesOf(users, message.changes), ...message.changes]
      : message.changes;
    for (const change of changes) {
      if (change.type === 'present') users.set(change.user, change.info);
      else users.delete(change.user);
    }
    if (users.size === 0) this.#members.delete(message.node);
    if (changes.length > 0) this.#sink.handleMemberChanges(this.topic, message.node, changes);
  }
}

function absencesOf(users: ReadonlyMap<string, unknown>, named: readonly MemberChange[]): MemberChange[] {
  const there = new Set(named.map(({ user }) => user));
  return [...users.keys()].filter((user) => !there.has(user)).map((user) => ({ type: 'absent', user }));
}

export function listOf(members: MembersByNode): readonly NodeMember[] {
  return [...members].flatMap(([node, users]) => [...users].map(([user, info]) => ({ node, user, info })));
}

const retryMs = 100;
