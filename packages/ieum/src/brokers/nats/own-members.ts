import { Buffer } from 'node:buffer';

import type { MemberChange } from '../../hub/broker.js';
import { HubError } from '../../hub/hub-error.js';

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

  /**
   * Applies changes, in their order, and gives what others are told of them, in parts of so many bytes, and not many more.
   *
   * @throws HubError `ERR_HUB_MESSAGE_TOO_LARGE`, when one alone does not; then none is applied
   */
  change(topic: string, changes: readonly MemberChange[], partBytes: number): WireChange[] {
    const parts: MemberChange[][] = [[]];
    let bytes = 0;
    for (const change of changes) {
      const changeBytes = bytesOf(wireChangeOf(change));
      if (changeBytes > partBytes) throw tooLarge();
      if (bytes + changeBytes > partBytes) {
        parts.push([]);
        bytes = 0;
      }
      parts.at(-1)?.push(change);
      bytes += changeBytes;
    }
    return parts.map((part) => this.#change(topic, part));
  }

  /** Who is there of the topics that somebody asks for, in such parts. */
  answer(query: WireQuery, partBytes: number): WireAnswer[] {
    const parts: WireAnswer['e'][] = [];
    let part: { t: string; v: number; m: readonly WireMember[] }[] = [];
    let bytes = 0;
    for (const t of query.t) {
      const { version = this.#version, members = noMembers } = this.#topics.get(t) ?? {};
      let m: WireMember[] = [];
      for (const member of members) {
        const memberBytes = bytesOf(member);
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

  #change(topic: string, changes: readonly MemberChange[]): WireChange {
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
}

function bytesOf(wire: WireMember | string): number {
  return Buffer.byteLength(JSON.stringify(wire));
}

function tooLarge(): HubError {
  return new HubError(
    'ERR_HUB_MESSAGE_TOO_LARGE',
    'what others are told of a member is larger than NATS takes',
  );
}

interface OwnTopic {
  version: number;
  readonly members: Map<string, unknown>;
}

const noMembers: ReadonlyMap<string, unknown> = new Map();
