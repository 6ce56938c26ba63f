import type { Buffer } from 'node:buffer';

import type { MemberChange } from '../../hub/broker.js';

import { tagOf } from './key-space.js';
import type { RedisAccess } from './redis-access.js';
import {
  changeMembersScript,
  forgetNodesScript,
  leaseScript,
  type RedisScript,
  readMembersScript,
} from './redis-script.js';

/** Members of a topic, by node and user, with their info. */
export type MembersByNode = Map<string, Map<string, unknown>>;

/** A change as those who listen get it. */
export interface MemberMessage {
  /** Counts the changes of a topic. */
  readonly number: number;
  readonly node: string;
  /** Whether the node has nobody there but those who are named. */
  readonly isAll: boolean;
  readonly changes: readonly MemberChange[];
}

/** Which nodes live. */
export interface Lease {
  /** Whether the node that asked has one. */
  readonly isHeld: boolean;
  readonly alive: ReadonlySet<string>;
  /** Who is not named is dead: the list has been kept for long enough that all who live are in it. */
  readonly isComplete: boolean;
}

/** Writes and reads who is there. */
export class MemberStore {
  readonly #access: RedisAccess;
  readonly #nodeLeaseMs: number;

  constructor(access: RedisAccess, nodeLeaseMs: number) {
    this.#access = access;
    this.#nodeLeaseMs = nodeLeaseMs;
  }

  /** @param isAll whether others that the node said were there are not */
  async change(topic: string, node: string, changes: readonly MemberChange[], isAll: boolean): Promise<void> {
    const { members, memberChannel } = this.#access.keys.topic(topic);
    const message = JSON.stringify([node, isAll, changes.map(toRow)]);
    const flat = changes.flatMap((change) => [
      change.user,
      change.type === 'present' ? infoText(change.info) : '',
    ]);
    await this.#access.run({
      tag: tagOf(topic),
      script: changeMembersScript,
      keys: [members],
      args: (link) => [
        ...[link.publishCommand, memberChannel, node, keptMs, keptEmptyMs, message, isAll ? '1' : '0'],
        ...flat,
      ],
    });
  }

  async read(topic: string): Promise<{ readonly number: number; readonly members: MembersByNode }> {
    const reply = await this.#runOn(topic, readMembersScript, []);
    const members: MembersByNode = new Map();
    let number = 0;
    for (let i = 0; i + 1 < reply.length; i += 2) {
      const field = String(reply[i]);
      const value = String(reply[i + 1]);
      const end = field.indexOf('\n');
      if (field === '#') number = Number(value);
      else if (end !== -1) nodeOf(members, field.slice(0, end)).set(field.slice(end + 1), parse(value));
    }
    return { number, members };
  }

  /** Keeps a topic's members, who are forgotten when nobody says anything of them for a day. */
  async touch(topic: string): Promise<void> {
    const { members } = this.#access.keys.topic(topic);
    await this.#access.linkOf(topic)?.send(['PEXPIRE', members, keptMs]);
  }

  async forgetNodes(topic: string, nodes: readonly string[]): Promise<void> {
    await this.#runOn(topic, forgetNodesScript, nodes);
  }

  /** Renews the lease of a node, or takes one; null only looks who lives. */
  async renewLease(node: string | null, isNew: boolean): Promise<Lease> {
    const { nodes } = this.#access.keys;
    const [isHeld, keptForMs, alive] = await this.#access.run({
      tag: nodes,
      script: leaseScript,
      keys: [nodes],
      args: () => [node ?? '', String(Math.ceil(this.#nodeLeaseMs * heldShare)), isNew ? '1' : '0'],
    });
    return {
      isHeld: isHeld === 1,
      alive: new Set(Array.isArray(alive) ? alive.map(String) : []),
      isComplete: Number(keptForMs) >= this.#nodeLeaseMs,
    };
  }

  async endLease(node: string): Promise<void> {
    const { nodes } = this.#access.keys;
    await this.#access.topology.linkOf(nodes)?.send(['ZREM', nodes, node]);
  }

  #runOn(topic: string, script: RedisScript, args: readonly string[]) {
    const { members } = this.#access.keys.topic(topic);
    return this.#access.run({ tag: tagOf(topic), script, keys: [members], args: () => args });
  }
}

/** Null when it is no change. */
export function readMemberMessage(message: Buffer): MemberMessage | null {
  const parsed = message.length < 6 ? null : parse(message.toString('utf8', 6));
  if (!Array.isArray(parsed) || typeof parsed[0] !== 'string' || !Array.isArray(parsed[2])) return null;
  const changes = parsed[2].flatMap((row: unknown): MemberChange[] => {
    if (!Array.isArray(row) || typeof row[0] !== 'string') return [];
    const user = row[0];
    return [row.length > 1 ? { type: 'present', user, info: row[1] } : { type: 'absent', user }];
  });
  return { number: message.readUIntBE(0, 6), node: parsed[0], isAll: parsed[1] === true, changes };
}

export function nodeOf(members: MembersByNode, node: string): Map<string, unknown> {
  const known = members.get(node);
  if (known !== undefined) return known;
  const users = new Map<string, unknown>();
  members.set(node, users);
  return users;
}

function toRow(change: MemberChange): readonly unknown[] {
  return change.type === 'present' ? [change.user, change.info ?? null] : [change.user];
}

function infoText(info: unknown): string {
  return JSON.stringify(info ?? null);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A lease is held for this share of what others are promised, so that they notice its end in time. */
const heldShare = 0.6;
const keptMs = String(86_400_000);
const keptEmptyMs = String(60_000);
