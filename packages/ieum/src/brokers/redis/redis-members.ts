import type { BrokerSink, MemberChange, NodeMember } from '../../hub/broker.js';

import { FollowedMembers, listOf } from './followed-members.js';
import { tagOf } from './key-space.js';
import { type Lease, MemberStore, type MembersByNode } from './member-store.js';
import { OwnMembers } from './own-members.js';
import type { RedisAccess } from './redis-access.js';
import type { RedisLink } from './redis-link.js';

/** Who is there: this node's members, those of others on topics that are followed, and which nodes live at all. */
export class RedisMembers {
  readonly #access: RedisAccess;
  readonly #store: MemberStore;
  readonly #own: OwnMembers;
  readonly #sink: BrokerSink;
  readonly #followed = new Map<string, FollowedMembers>();
  readonly #started = new Set<FollowedMembers>();
  readonly #beating: NodeJS.Timeout;
  readonly #touching: NodeJS.Timeout;
  #isBeating = false;

  constructor(access: RedisAccess, nodeLeaseMs: number, sink: BrokerSink) {
    this.#access = access;
    this.#sink = sink;
    this.#store = new MemberStore(access, nodeLeaseMs);
    this.#own = new OwnMembers(access.instance, this.#store);
    this.#beating = setInterval(() => void this.#beat(), nodeLeaseMs / 5);
    this.#beating.unref();
    this.#touching = setInterval(() => void this.#own.touch().catch(() => {}), touchMs);
    this.#touching.unref();
  }

  change(topic: string, changes: readonly MemberChange[]): Promise<void> {
    return this.#own.change(topic, changes);
  }

  async members(topic: string): Promise<readonly NodeMember[]> {
    return listOf((await this.#readLiving(topic)).members);
  }

  async follow(topic: string): Promise<readonly NodeMember[]> {
    this.unfollow(topic);
    const channel = this.#access.keys.topic(topic).memberChannel;
    const followed = new FollowedMembers(topic, channel, (name) => this.#readLiving(name), this.#sink);
    this.#followed.set(topic, followed);
    try {
      const members = await this.#access.at(tagOf(topic), (link) => this.#start(followed, link));
      if (this.#followed.get(topic) === followed) this.#started.add(followed);
      return members;
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
    this.#own.handleDoubt();
    // When it fails the next beat tries again.
    this.#own.settle().catch(() => {});
  }

  handleLinkDown(link: RedisLink): void {
    for (const followed of this.#started) {
      if (followed.link === link) followed.suspend();
    }
  }

  handleTopologyChange(): void {
    this.#resumeMoved();
  }

  /** Takes this node's members away. */
  async close(): Promise<void> {
    clearInterval(this.#beating);
    clearInterval(this.#touching);
    for (const topic of [...this.#followed.keys()]) this.unfollow(topic);
    // Others notice by themselves when it fails.
    await this.#own.leave().catch(() => {});
  }

  async #start(followed: FollowedMembers, link: RedisLink): Promise<readonly NodeMember[]> {
    if (this.#followed.get(followed.topic) !== followed) throw new Error('they are not followed any more');
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

  /** A node is in the list of those who live before it says anything: the list is read after what nodes said. */
  async #readLiving(topic: string): Promise<{ readonly number: number; readonly members: MembersByNode }> {
    const { number, members } = await this.#store.read(topic);
    const others = [...members.keys()].filter((node) => node !== this.#own.name);
    if (others.length > 0) {
      const dead = this.#deadOf(others, await this.#store.renewLease(null, false));
      for (const node of dead) members.delete(node);
      if (dead.size > 0) this.#store.forgetNodes(topic, [...dead]).catch(() => {});
    }
    return { number, members };
  }

  /** Renews this node's lease, and takes away what nodes said whose lease ran out. */
  async #beat(): Promise<void> {
    const hasNothing = this.#own.isEmpty && this.#own.name === null && this.#started.size === 0;
    if (this.#isBeating || hasNothing) return;
    this.#isBeating = true;
    try {
      const known = new Set([...this.#started].flatMap((followed) => [...followed.nodes]));
      const name = this.#own.name;
      const lease = await this.#store.renewLease(name, false);
      if (name !== null && name === this.#own.name && !lease.isHeld) this.#own.handleDoubt();
      this.#forget(this.#deadOf(known, lease));
      await this.#own.settle();
    } catch {
      // Redis cannot be reached, so nobody is known to be dead.
    } finally {
      this.#isBeating = false;
    }
  }

  #forget(dead: ReadonlySet<string>): void {
    if (dead.size === 0) return;
    for (const followed of this.#started) {
      if (followed.forget(dead)) this.#store.forgetNodes(followed.topic, [...dead]).catch(() => {});
    }
  }

  #deadOf(nodes: Iterable<string>, { alive, isComplete }: Lease): Set<string> {
    if (!isComplete) return new Set();
    return new Set([...nodes].filter((node) => !alive.has(node) && node !== this.#own.name));
  }
}

const touchMs = 21_600_000;
