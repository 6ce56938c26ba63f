import type { Member, MemberChange, NodeMember } from './broker.js';
import type { PresenceOwner } from './local-members.js';
import type { PresenceChange } from './subscriber.js';

export type PresenceWatcher = (change: PresenceChange) => void;

/** Who is there on a topic, at all nodes, for those here who want to know. Changes are gathered, and told at once. */
export class MemberView {
  readonly #owner: PresenceOwner;
  readonly #watchers = new Set<PresenceWatcher>();
  /** By node, then by user. */
  #nodes = new Map<string, Map<string, unknown>>();
  /** How often each user is there, and what was last said of them. */
  #users = new Map<string, { info: unknown; nodes: number }>();
  #joined = new Map<string, Member>();
  #left = new Map<string, Member>();
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
    this.#tell();
    this.#watchers.add(watcher);
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
    for (const [user, { info }] of before) if (!this.#users.has(user)) this.#handleLeft(user, info);
    for (const [user, { info }] of this.#users) if (!before.has(user)) this.#handleJoined(user, info);
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
      if (known === undefined && now !== undefined) this.#handleJoined(user, now.info);
      else if (known !== undefined && now === undefined) this.#handleLeft(user, known.info);
    }
  }

  /** Tells nobody any more. */
  close(): void {
    this.#watchers.clear();
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

  #handleJoined(user: string, info: unknown): void {
    if (!this.#left.delete(user)) this.#joined.set(user, { user, info });
    this.#tellSoon();
  }

  #handleLeft(user: string, info: unknown): void {
    if (!this.#joined.delete(user)) this.#left.set(user, { user, info });
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#cancelTelling ??= this.#owner.clock.setTimer(() => this.#tell(), this.#owner.batchMs);
  }

  #tell(): void {
    this.#cancelTelling?.();
    this.#cancelTelling = null;
    if (this.#joined.size === 0 && this.#left.size === 0) return;
    const change: PresenceChange = { joined: [...this.#joined.values()], left: [...this.#left.values()] };
    this.#joined = new Map();
    this.#left = new Map();
    for (const watcher of this.#watchers) watcher(change);
  }
}
