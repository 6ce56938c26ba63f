import type { HistoryRequest, MemberChange, Position, PublicationDraft, Retention } from 'ieum/hub';

import type { WireReader } from './wire-reader.js';
import {
  readChange,
  readDraft,
  readPosition,
  readRetention,
  writeChanges,
  writeDraft,
  writePosition,
  writeRetention,
} from './wire-value.js';
import type { WireWriter } from './wire-writer.js';

/** What a worker asks the exchange for, to be answered under an id. */
export type ExchangeQuestion =
  | { readonly type: 'publish'; readonly draft: PublicationDraft; readonly retention: Retention }
  /** With `since`, what was missed is wanted first. */
  | {
      readonly type: 'follow';
      readonly topic: string;
      readonly retention: Retention;
      readonly since: Position | null;
    }
  | { readonly type: 'follow-pattern'; readonly pattern: string }
  | {
      readonly type: 'history';
      readonly topic: string;
      readonly retention: Retention;
      readonly request: HistoryRequest;
    }
  | { readonly type: 'change-members'; readonly topic: string; readonly changes: readonly MemberChange[] }
  | { readonly type: 'follow-members'; readonly topic: string }
  | { readonly type: 'members'; readonly topic: string };

/** What a worker tells the exchange. */
export type ExchangeNotice =
  /** Who it is; before anything else. */
  | { readonly type: 'hello'; readonly node: string }
  | { readonly type: 'unfollow'; readonly topic: string }
  | { readonly type: 'unfollow-pattern'; readonly pattern: string }
  | { readonly type: 'unfollow-members'; readonly topic: string };

export type ExchangeRequest = (ExchangeQuestion & { readonly id: number }) | ExchangeNotice;

export function writeRequest(writer: WireWriter, request: ExchangeRequest): void {
  writer.begin(kinds.indexOf(request.type));
  if ('id' in request) writer.count(request.id);
  writeBody(writer, request);
  writer.end();
}

/** @throws RangeError for what is no request */
export function readRequest(reader: WireReader): ExchangeRequest {
  const type = kinds[reader.byte()];
  if (type === undefined) throw new RangeError('no request is of this kind');
  switch (type) {
    case 'hello':
      return { type, node: reader.text() };
    case 'unfollow':
    case 'unfollow-members':
      return { type, topic: reader.text() };
    case 'unfollow-pattern':
      return { type, pattern: reader.text() };
    default:
      return readQuestion(reader, type);
  }
}

function writeBody(writer: WireWriter, request: ExchangeRequest): void {
  switch (request.type) {
    case 'hello':
      writer.text(request.node);
      return;
    case 'publish':
      writeRetention(writer, request.retention);
      writeDraft(writer, request.draft);
      return;
    case 'follow-pattern':
    case 'unfollow-pattern':
      writer.text(request.pattern);
      return;
    default:
      writer.text(request.topic);
  }
  if (request.type === 'follow') {
    writeRetention(writer, request.retention);
    writePosition(writer, request.since);
  } else if (request.type === 'history') {
    writeRetention(writer, request.retention);
    writePosition(writer, request.request.since);
    writer.number(request.request.limit);
  } else if (request.type === 'change-members') writeChanges(writer, request.changes);
}

function readQuestion(reader: WireReader, type: ExchangeQuestion['type']): ExchangeRequest {
  const id = reader.count();
  switch (type) {
    case 'publish': {
      const retention = readRetention(reader);
      return { type, id, retention, draft: readDraft(reader) };
    }
    case 'follow-pattern':
      return { type, id, pattern: reader.text() };
    case 'follow': {
      const topic = reader.text();
      const retention = readRetention(reader);
      return { type, id, topic, retention, since: readPosition(reader) };
    }
    case 'history': {
      const topic = reader.text();
      const retention = readRetention(reader);
      const since = readPosition(reader);
      return { type, id, topic, retention, request: { since, limit: reader.number() } };
    }
    case 'change-members': {
      const topic = reader.text();
      return { type, id, topic, changes: reader.list(readChange) };
    }
    case 'follow-members':
    case 'members':
      return { type, id, topic: reader.text() };
  }
}

const kinds: readonly ExchangeRequest['type'][] = [
  'hello',
  'publish',
  'follow',
  'unfollow',
  'follow-pattern',
  'unfollow-pattern',
  'history',
  'change-members',
  'follow-members',
  'unfollow-members',
  'members',
];
