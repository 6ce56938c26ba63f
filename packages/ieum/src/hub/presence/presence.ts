import type { BrokerSink, Member, NodeMember } from '../broker.js';
import { Lingering } from '../topics/lingering.js';
import { LocalMembers, type PresenceOwner } from './local-members.js';
import { MemberView, type PresenceWatcher } from './member-view.js';

/** Who is there, topic by topic: says who is connected here, and tells those here about everybody. */
export class Presence implements Pick<BrokerSink, 'handleMemberChanges' | 'handleMembers'> {
  readonly #owner: PresenceOwner;
  readonly #lingerMs: number;
  readonly #local = new Map<string, LocalMembers>();
  readonly #watched = new Map<string, Watched>();

  constructor(owner: PresenceOwner, lingerMs: number) {
    this.#owner = owner;
    this.#lingerMs = lingerMs;
  }

  /** Somebody's connection came to a topic. What is returned takes it away: gracefully, or with time to come back. */
  enter(topic: string, member: Member): (isGraceful: boolean) => void {
    const known = this.#local.get(topic);
    if (known !== undefined) return known.enter(member);
    const local = new LocalMembers(topic, this.#owner, () => {
      if (this.#local.get(topic) === local) this.#local.delete(topic);
    });
    this.#local.set(topic, local);
    return local.enter(member);
  }

  /** Follows who is there, for somebody who then watches. Rejects with `ERR_HUB_UNAVAILABLE`. */
  async follow(topic: string): Promise<FollowedMembers> {
    const watched = this.#watched.get(topic) ?? this.#follow(topic);
    watched.lingering.hold();
    try {
      await Promise.all([watched.ready, this.#local.get(topic)?.settled()]);
    } catch (error) {
      watched.lingering.release();
      if (this.#watched.get(topic) === watched) this.#unfollow(topic, watched);
      throw error;
    }
    return {
      watch: (watcher) => {
        const unwatch = watched.view.watch(watcher);
        return { members: watched.view.members, unwatch };
      },
      release: () => watched.lingering.release(),
    };
  }

  /** Who is there now. Rejects with `ERR_HUB_UNAVAILABLE`. */
  async members(topic: string): Promise<readonly Member[]> {
    await this.#local.get(topic)?.settled();
    const members = await this.#owner.broker.members(topic);
    return [...new Map(members.map(({ user, info }) => [user, { user, info }])).values()];
  }

  handleMemberChanges(...[topic, node, changes]: Parameters<BrokerSink['handleMemberChanges']>): void {
    this.#watched.get(topic)?.view.apply(node, changes);
  }

  handleMembers(topic: string, members: readonly NodeMember[]): void {
    this.#watched.get(topic)?.view.setAll(members);
  }

  /** The broker can be reached again: tells it what it may not know. */
  send(): void {
    for (const local of this.#local.values()) local.send();
  }

  close(): void {
    for (const local of this.#local.values()) local.close();
    for (const [topic, watched] of [...this.#watched]) this.#unfollow(topic, watched);
  }

  #follow(topic: string): Watched {
    const view = new MemberView(this.#owner);
    const lingering = new Lingering(this.#owner.clock, this.#lingerMs, () => this.#unfollow(topic, watched));
    const ready = this.#owner.broker.followMembers(topic).then((members) => view.setAll(members));
    const watched: Watched = { view, ready, lingering };
    this.#watched.set(topic, watched);
    return watched;
  }

  #unfollow(topic: string, watched: Watched): void {
    watched.lingering.cancel();
    watched.view.close();
    // One that could not begin may linger on: the topic is somebody else's by then.
    if (this.#watched.get(topic) !== watched) return;
    this.#watched.delete(topic);
    this.#owner.broker.unfollowMembers(topic);
  }
}

/** The members of a topic, known and kept up to date until they are released. */
export interface FollowedMembers {
  /** Who is there at this moment, and from it on what changes. */
  watch(watcher: PresenceWatcher): { readonly members: readonly Member[]; readonly unwatch: () => void };
  release(): void;
}

interface Watched {
  readonly view: MemberView;
  readonly ready: Promise<void>;
  readonly lingering: Lingering;
}
