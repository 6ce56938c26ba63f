import type { MemberChange, NodeMember } from '../broker.js';

/** The members of all nodes, by topic and node. */
export class MemoryMembers {
  readonly #topics = new Map<string, Map<string, Map<string, unknown>>>();

  /** @returns the changes that changed something */
  change(topic: string, node: string, changes: readonly MemberChange[]): readonly MemberChange[] {
    const nodes = this.#topics.get(topic) ?? new Map<string, Map<string, unknown>>();
    const users = nodes.get(node) ?? new Map<string, unknown>();
    const effective = changes.filter((change) => applyChange(users, change));
    if (users.size > 0) nodes.set(node, users);
    else nodes.delete(node);
    if (nodes.size > 0) this.#topics.set(topic, nodes);
    else this.#topics.delete(topic);
    return effective;
  }

  of(topic: string): readonly NodeMember[] {
    const members: NodeMember[] = [];
    for (const [node, users] of this.#topics.get(topic) ?? []) {
      for (const [user, info] of users) members.push({ node, user, info });
    }
    return members;
  }

  /** What makes a topic's members on a node what they should be. */
  changesTo(topic: string, node: string, users: ReadonlyMap<string, unknown>): readonly MemberChange[] {
    const known = this.#topics.get(topic)?.get(node) ?? new Map<string, unknown>();
    const gone = [...known.keys()].filter((user) => !users.has(user));
    const present = [...users].filter(([user, info]) => !known.has(user) || known.get(user) !== info);
    return [
      ...gone.map((user): MemberChange => ({ type: 'absent', user })),
      ...present.map(([user, info]): MemberChange => ({ type: 'present', user, info })),
    ];
  }

  /** The topics that a node has members of. */
  topicsOf(node: string): readonly string[] {
    return [...this.#topics].filter(([, nodes]) => nodes.has(node)).map(([topic]) => topic);
  }

  clear(): void {
    this.#topics.clear();
  }
}

/** @returns whether it changed something; somebody who is present again has new `info` */
export function applyChange(users: Map<string, unknown>, change: MemberChange): boolean {
  if (change.type === 'absent') return users.delete(change.user);
  users.set(change.user, change.info);
  return true;
}
