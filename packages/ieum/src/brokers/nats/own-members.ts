import type { MemberChange } from '../../hub/broker.js';

import {
  type WireAnswer,
  type WireChange,
  type WireMember,
  type WireQuery,
  wireChangeOf,
} from './member-wire.js';

/** Who is connected through this node: what only this node knows, and tells others whenever they ask. */
export class OwnMembers {
  readonly #node: string;
  readonly #topics = new Map<string, OwnTopic>();
  #version = 0;

  constructor(node: string) {
    this.#node = node;
  }

  /** Applies changes, in their order, and gives what others are told of them. */
  change(topic: string, changes: readonly MemberChange[]): WireChange {
    const known = this.#topics.get(topic) ?? { version: 0, members: new Map<string, unknown>() };
    for (const change of changes) {
      if (change.type === 'absent') known.members.delete(change.user);
      else known.members.set(change.user, change.info ?? null);
    }
    const previous = known.version;
    known.version = ++this.#version;
    this.#topics.set(topic, known);
    if (known.members.size === 0) this.#topics.delete(topic);
    return { n: this.#node, p: previous, v: known.version, c: changes.map(wireChangeOf) };
  }

  /** Who is there of the topics that somebody asks for, in parts that fit into a message. */
  answer(query: WireQuery): WireAnswer[] {
    const parts: WireAnswer['e'][] = [];
    let part: { t: string; v: number; m: readonly WireMember[] }[] = [];
    let bytes = 0;
    for (const t of query.t) {
      const { version = this.#version, members = noMembers } = this.#topics.get(t) ?? {};
      let m: WireMember[] = [];
      for (const member of members) {
        const memberBytes = 3 * JSON.stringify(member).length;
        if (bytes + memberBytes > partBytes) {
          parts.push([...part, { t, v: version, m }]);
          [part, m, bytes] = [[], [], 0];
        }
        m.push(member);
        bytes += memberBytes;
      }
      part.push({ t, v: version, m });
    }
    parts.push(part);
    return parts.map((e, i) => ({ n: this.#node, q: query.q, end: i === parts.length - 1, e }));
  }
}

interface OwnTopic {
  version: number;
  readonly members: Map<string, unknown>;
}

const noMembers: ReadonlyMap<string, unknown> = new Map();
/** A character may be three bytes. Servers take a mebibyte, unless they were told otherwise. */
const partBytes = 512 * 1_024;
