import type { Member, MemberChange, NodeMember } from '../broker.js';
import type { PresenceChange } from '../subscriber.js';
import type { PresenceOwner } from './local-members.js';

export type PresenceWatcher = (change: PresenceChange) => void;

/** Who is there on a topic, at all nodes, for those here who want to know. Changes are gathered, and told at once. */
export class MemberView {
  readonly #owner: PresenceOwner;
  /** And from which of the gathered changes on each is to be told: who is new knows those before. */
  readonly #watchers = new Map<PresenceWatcher, number>();
  /** By node, then by user. */
  #nodes = new Map<string, Map<string, unknown>>();
  /** How often each user is there, and what was last said of them. */
  #users = new Map<string, { info: unknown; nodes: number }>();
  /** Who came and left since it was last told, in order. */
  #gathered: Move[] = [];
  #cancelTelling: (() => void) | null = null;
  /** Changes that came before all members were known. */
  #early: { readonly node: string; readonly changes: readonly MemberChange[] }[] | null = [];

  constructor(owner: PresenceOwner) {
    this.#owner = owner;
  }

  get members(): readonly Member[] {
    return [...this.#users].map(([user, { info }]) => ({ user, info }));
  }

  /** Tells somebody of changes from now on. What is returned ends it. */
  watch(watcher: PresenceWatcher): () => void {
    this.#watchers.set(watcher, this.#gathered.length);
    return () => this.#watchers.delete(watcher);
  }

  /** Takes who is there, all of it. */
  setAll(members: readonly NodeMember[]): void {
    const before = this.#users;
    this.#nodes = new Map();
    this.#users = new Map();
    for (const { node, user, info } of members) this.#put(node, user, info);
    const early = this.#early ?? [];
    this.#early = null;
    for (const { node, changes } of early) this.#applyAll(node, changes);
    for (const [user, { info }] of before) if (!this.#users.has(user)) this.#gather('left', { user, info });
    for (const [user, { info }] of this.#users) if (!before.has(user)) this.#gather('joined', { user, info });
  }

  /** Takes changes at one node. */
  apply(node: string, changes: readonly MemberChange[]): void {
    if (this.#early !== null) {
      this.#early.push({ node, changes });
      return;
    }
    for (const change of changes) {
      const { user } = change;
      const known = this.#users.get(user);
      this.#applyAll(node, [change]);
      const now = this.#users.get(user);
      if (known === undefined && now !== undefined) this.#gather('joined', { user, info: now.info });
      else if (known !== undefined && now === undefined) this.#gather('left', { user, info: known.info });
    }
  }

  /** Tells nobody any more. */
  close(): void {
    this.#watchers.clear();
    this.#gathered = [];
    this.#cancelTelling?.();
    this.#cancelTelling = null;
  }

  #applyAll(node: string, changes: readonly MemberChange[]): void {
    for (const change of changes) {
      if (change.type === 'present') this.#put(node, change.user, change.info);
      else this.#take(node, change.user);
    }
  }

  #put(node: string, user: string, info: unknown): void {
    const members = this.#nodes.get(node) ?? new Map<string, unknown>();
    this.#nodes.set(node, members);
    const known = this.#users.get(user);
    const nodes = (known?.nodes ?? 0) + (members.has(user) ? 0 : 1);
    members.set(user, info);
    this.#users.set(user, { info, nodes });
  }

  #take(node: string, user: string): void {
    const members = this.#nodes.get(node);
    const known = this.#users.get(user);
    if (!members?.delete(user) || known === undefined) return;
    if (members.size === 0) this.#nodes.delete(node);
    if (known.nodes > 1) this.#users.set(user, { info: known.info, nodes: known.nodes - 1 });
    else this.#users.delete(user);
  }

  #gather(type: Move['type'], member: Member): void {
    if (this.#watchers.size === 0) return;
    this.#gathered.push({ type, member });
    this.#cancelTelling ??= this.#owner.clock.setTimer(() => this.#tell(), this.#owner.batchMs);
  }

  #tell(): void {
    this.#cancelTelling = null;
    const gathered = this.#gathered;
    this.#gathered = [];
    const changes = new Map<number, PresenceChange | null>();
    for (const [watcher, from] of [...this.#watchers]) {
      if (!this.#watchers.has(watcher)) continue;
      this.#watchers.set(watcher, 0);
      if (!changes.has(from)) changes.set(from, changeOf(gathered.slice(from)));
      const change = changes.get(from) ?? null;
      if (change !== null) watcher(change);
    }
  }
}

interface Move {
  readonly type: 'joined' | 'left';
  readonly member: Member;
}

/** What moves come to: who came and left again did not come. Null when they come to nothing. */
function changeOf(moves: readonly Move[]): PresenceChange | null {
  const joined = new Map<string, Member>();
  const left = new Map<string, Member>();
  for (const { type, member } of moves) {
    const [here, gone] = type === 'joined' ? [joined, left] : [left, joined];
    if (!gone.delete(member.user)) here.set(member.user, member);
  }
  if (joined.size === 0 && left.size === 0) return null;
  return { joined: [...joined.values()], left: [...left.values()] };
}
