import type { MemberChange } from '../../hub/broker.js';

/** A member as nodes tell it to each other: a name, and what others are told. */
export type WireMember = readonly [user: string, info: unknown];

/** Members of a topic on one node changed: from its version `p` to its version `v`. Versions of a node only grow. */
export interface WireChange {
  readonly n: string;
  readonly p: number;
  readonly v: number;
  /** Names alone left. */
  readonly c: readonly (WireMember | string)[];
}

/** Who is there of these topics? `to` asks one node alone. */
export interface WireQuery {
  readonly q: number;
  readonly t: readonly string[];
  readonly to?: string;
}

/** One node's answer: parts of it, in order, the last one with `end`. */
export interface WireAnswer {
  readonly n: string;
  readonly q: number;
  readonly end: boolean;
  readonly e: readonly { readonly t: string; readonly v: number; readonly m: readonly WireMember[] }[];
}

/** A node lives. Another `i` than before: it was away, and may have changed meanwhile. */
export interface WirePulse {
  readonly n: string;
  readonly i: number;
  /** It goes. */
  readonly bye?: true;
}

export function wireChangeOf(change: MemberChange): WireMember | string {
  return change.type === 'absent' ? change.user : [change.user, change.info ?? null];
}

export function changeOf(wire: WireMember | string): MemberChange {
  if (typeof wire === 'string') return { type: 'absent', user: wire };
  return { type: 'present', user: wire[0], info: wire[1] };
}

/** What is not one of ours, from whoever may publish here, is null. */
export function readChange(text: string): WireChange | null {
  const value = readObject(text);
  if (value === null || typeof value.n !== 'string') return null;
  if (!isCount(value.p) || !isCount(value.v)) return null;
  const { c } = value;
  const isWhole = Array.isArray(c) && c.every((change) => typeof change === 'string' || isMember(change));
  return isWhole ? (value as unknown as WireChange) : null;
}

export function readQuery(text: string): WireQuery | null {
  const value = readObject(text);
  if (value === null || !isCount(value.q) || !isTextList(value.t)) return null;
  return value.to === undefined || typeof value.to === 'string' ? (value as unknown as WireQuery) : null;
}

export function readAnswer(text: string): WireAnswer | null {
  const value = readObject(text);
  if (value === null || typeof value.n !== 'string' || !isCount(value.q)) return null;
  const { e } = value;
  if (typeof value.end !== 'boolean' || !Array.isArray(e)) return null;
  return e.every(isEntry) ? (value as unknown as WireAnswer) : null;
}

export function readPulse(text: string): WirePulse | null {
  const value = readObject(text);
  if (value === null || typeof value.n !== 'string' || !isCount(value.i)) return null;
  return value as unknown as WirePulse;
}

/** What any of them may have, not looked at yet. */
type WireFields = Readonly<
  Partial<Record<'n' | 'p' | 'v' | 'c' | 'q' | 't' | 'to' | 'end' | 'e' | 'i', unknown>>
>;

function readObject(text: string): WireFields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as WireFields) : null;
  } catch {
    return null;
  }
}

function isEntry(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { t, v, m } = value as Record<string, unknown>;
  return typeof t === 'string' && isCount(v) && Array.isArray(m) && m.every(isMember);
}

function isMember(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string';
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
