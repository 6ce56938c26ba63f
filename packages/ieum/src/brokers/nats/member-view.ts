import type { MemberChange, NodeMember } from '../../hub/broker.js';

import { changeOf, type WireChange, type WireMember } from './member-wire.js';

/** Who is there on one topic, as far as other nodes and this one have told. */
export class MemberView {
  readonly #nodes = new Map<string, NodeView>();

  /** Takes what a node answered, all of it; false when that is nothing new. */
  replace(node: string, version: number, members: readonly WireMember[]): boolean {
    const known = this.#nodes.get(node);
    if (known !== undefined && known.version > version) return false;
    const isSame = isSameCrowd(known?.members ?? nobody, members);
    this.#nodes.set(node, { version, members: new Map(members) });
    return !isSame;
  }

  /**
   * What changed on a node: the changes to tell, empty when they are known; null when something before them is missing, so
   * that the node has to be asked.
   */
  apply(change: WireChange): readonly MemberChange[] | null {
    const known = this.#nodes.get(change.n) ?? { version: 0, members: new Map<string, unknown>() };
    if (change.v <= known.version) return [];
    if (change.p > known.version) return null;
    const changes = change.c.map(changeOf);
    for (const one of changes) {
      if (one.type === 'absent') known.members.delete(one.user);
      else known.members.set(one.user, one.info);
    }
    this.#nodes.set(change.n, { version: change.v, members: known.members });
    return changes;
  }

  /** False when nobody of that node was there. */
  forget(node: string): boolean {
    const members = this.#nodes.get(node)?.members;
    this.#nodes.delete(node);
    return members !== undefined && members.size > 0;
  }

  list(): NodeMember[] {
    return [...this.#nodes].flatMap(([node, { members }]) =>
      [...members].map(([user, info]) => ({ node, user, info })),
    );
  }
}

interface NodeView {
  readonly version: number;
  readonly members: Map<string, unknown>;
}

function isSameCrowd(known: ReadonlyMap<string, unknown>, members: readonly WireMember[]): boolean {
  if (known.size !== members.length) return false;
  return members.every(
    ([user, info]) => known.has(user) && JSON.stringify(known.get(user)) === JSON.stringify(info),
  );
}

const nobody: ReadonlyMap<string, unknown> = new Map();
