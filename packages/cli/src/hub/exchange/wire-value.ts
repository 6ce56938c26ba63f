import {
  type MemberChange,
  type NodeMember,
  type PayloadFormat,
  type Position,
  Publication,
  type PublicationDraft,
  type Retention,
} from 'ieum/hub';

import type { WireReader } from './wire-reader.js';
import type { WireWriter } from './wire-writer.js';

export function writePosition(writer: WireWriter, position: Position | null): void {
  writer.text(position?.epoch ?? null);
  if (position !== null) writer.number(position.offset);
}

export function readPosition(reader: WireReader): Position | null {
  const epoch = reader.optionalText();
  return epoch === null ? null : { offset: reader.number(), epoch };
}

export function writeRetention(writer: WireWriter, { history, idempotencyMs }: Retention): void {
  writer.number(idempotencyMs);
  writer.byte(history === null ? 0 : 1);
  if (history === null) return;
  writer.number(history.maxMessages);
  writer.number(history.maxAgeMs);
}

export function readRetention(reader: WireReader): Retention {
  const idempotencyMs = reader.number();
  if (reader.byte() === 0) return { history: null, idempotencyMs };
  return { history: { maxMessages: reader.number(), maxAgeMs: reader.number() }, idempotencyMs };
}

export function writeDraft(writer: WireWriter, draft: PublicationDraft): void {
  writer.text(draft.topic);
  writer.byte(formats.indexOf(draft.format));
  writer.bytes(draft.payload);
  writer.text(hasNames(draft.headers) ? JSON.stringify(draft.headers) : null);
  writer.text(draft.publisher);
  writer.text(draft.id);
  writer.text(draft.key);
}

export function readDraft(reader: WireReader): PublicationDraft {
  const topic = reader.text();
  const format = formats[reader.byte()] ?? 'binary';
  const payload = reader.bytes();
  const headers = reader.optionalText();
  return {
    ...{ topic, format, payload },
    headers: headers === null ? noHeaders : (JSON.parse(headers) as Record<string, string>),
    publisher: reader.optionalText(),
    id: reader.text(),
    key: reader.optionalText(),
  };
}

export function writePublication(writer: WireWriter, publication: Publication): void {
  writePosition(writer, publication.position);
  writer.number(publication.publishedAt);
  writeDraft(writer, publication);
}

export function readPublication(reader: WireReader): Publication {
  const position = readPosition(reader);
  const publishedAt = reader.number();
  return new Publication(readDraft(reader), position, publishedAt);
}

export function writePublications(writer: WireWriter, publications: readonly Publication[]): void {
  writer.count(publications.length);
  for (const publication of publications) writePublication(writer, publication);
}

export function writeChanges(writer: WireWriter, changes: readonly MemberChange[]): void {
  writer.count(changes.length);
  for (const change of changes) {
    writer.byte(change.type === 'present' ? 1 : 0);
    writer.text(change.user);
    if (change.type === 'present') writeInfo(writer, change.info);
  }
}

export function readChange(reader: WireReader): MemberChange {
  const isPresent = reader.byte() === 1;
  const user = reader.text();
  return isPresent ? { type: 'present', user, info: readInfo(reader) } : { type: 'absent', user };
}

export function writeMembers(writer: WireWriter, members: readonly NodeMember[]): void {
  writer.count(members.length);
  for (const { node, user, info } of members) {
    writer.text(node);
    writer.text(user);
    writeInfo(writer, info);
  }
}

export function readMember(reader: WireReader): NodeMember {
  return { node: reader.text(), user: reader.text(), info: readInfo(reader) };
}

/** Anything that JSON can hold, or undefined. */
function writeInfo(writer: WireWriter, info: unknown): void {
  writer.text(info === undefined ? null : JSON.stringify(info));
}

function readInfo(reader: WireReader): unknown {
  const text = reader.optionalText();
  return text === null ? undefined : JSON.parse(text);
}

function hasNames(headers: Readonly<Record<string, string>>): boolean {
  for (const _ in headers) return true;
  return false;
}

const formats: readonly PayloadFormat[] = ['json', 'text', 'binary'];
const noHeaders: Readonly<Record<string, string>> = Object.freeze({});
