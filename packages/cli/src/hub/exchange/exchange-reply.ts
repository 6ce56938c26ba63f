import type {
  HistoryPage,
  HubErrorCode,
  MemberChange,
  NodeMember,
  Position,
  Publication,
  Receipt,
} from 'ieum/hub';

import type { WireReader } from './wire-reader.js';
import {
  readChange,
  readMember,
  readPosition,
  readPublication,
  writeChanges,
  writeMembers,
  writePosition,
  writePublication,
  writePublications,
} from './wire-value.js';
import { WireWriter } from './wire-writer.js';

/** What the exchange answers to a question. */
export type ExchangeAnswer =
  | { readonly type: 'receipt'; readonly receipt: Receipt }
  | ({ readonly type: 'followed' } & Followed)
  | { readonly type: 'page'; readonly page: HistoryPage }
  | { readonly type: 'members'; readonly members: readonly NodeMember[] }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: HubErrorCode; readonly message: string };

/** How a topic is followed from now on. */
export interface Followed {
  /**
   * - `following`: what was missed, if it was asked for, is here, and what comes follows.
   * - `behind`: there is more, the topic is not followed yet, and what is here is the first of it.
   * - `gap`: it is followed from `position` on, and what was missed cannot be had.
   */
  readonly state: 'following' | 'behind' | 'gap';
  readonly position: Position | null;
  readonly missed: readonly Publication[];
}

/** What it tells without being asked. */
export type ExchangeNews =
  /** The answer to `hello`. */
  | { readonly type: 'welcome' }
  | { readonly type: 'publication'; readonly publication: Publication }
  | { readonly type: 'pattern-publication'; readonly publication: Publication }
  | {
      readonly type: 'member-changes';
      readonly topic: string;
      readonly node: string;
      readonly changes: readonly MemberChange[];
    };

export type ExchangeReply = (ExchangeAnswer & { readonly id: number }) | ExchangeNews;

/** Writes what the exchange says to many: a publication is encoded once for all who follow one another in getting it. */
export class ReplyWriter {
  readonly #scratch = new WireWriter();
  #last: Publication | null = null;
  #lastFrame: Uint8Array = new Uint8Array(0);

  readonly write = (writer: WireWriter, reply: ExchangeReply): void => {
    writer.begin(kinds.indexOf(reply.type));
    if ('id' in reply) {
      writer.count(reply.id);
      writeAnswer(writer, reply);
    } else this.#writeNews(writer, reply);
    writer.end();
  };

  #writeNews(writer: WireWriter, news: ExchangeNews): void {
    switch (news.type) {
      case 'welcome':
        return;
      case 'publication':
      case 'pattern-publication':
        writer.raw(this.#encoded(news.publication));
        return;
      case 'member-changes':
        writer.text(news.topic);
        writer.text(news.node);
        writeChanges(writer, news.changes);
    }
  }

  #encoded(publication: Publication): Uint8Array {
    if (this.#last === publication) return this.#lastFrame;
    this.#scratch.begin(0);
    writePublication(this.#scratch, publication);
    this.#scratch.end();
    const [frame] = this.#scratch.take();
    this.#last = publication;
    this.#lastFrame = (frame as Uint8Array).subarray(frameHeadBytes);
    return this.#lastFrame;
  }
}

/** @throws RangeError for what is no reply */
export function readReply(reader: WireReader): ExchangeReply {
  const type = kinds[reader.byte()];
  switch (type) {
    case undefined:
      throw new RangeError('no reply is of this kind');
    case 'welcome':
      return { type };
    case 'publication':
    case 'pattern-publication':
      return { type, publication: readPublication(reader) };
    case 'member-changes': {
      const topic = reader.text();
      return { type, topic, node: reader.text(), changes: reader.list(readChange) };
    }
    default:
      return { id: reader.count(), ...readAnswer(reader, type) };
  }
}

function writeAnswer(writer: WireWriter, answer: ExchangeAnswer): void {
  switch (answer.type) {
    case 'receipt':
      writePosition(writer, answer.receipt.position);
      writer.byte(answer.receipt.isDuplicate ? 1 : 0);
      return;
    case 'followed':
      writer.byte(states.indexOf(answer.state));
      writePosition(writer, answer.position);
      writePublications(writer, answer.missed);
      return;
    case 'page':
      writePosition(writer, answer.page.position);
      writer.byte(answer.page.isContinuous ? 1 : 0);
      writePublications(writer, answer.page.publications);
      return;
    case 'members':
      writeMembers(writer, answer.members);
      return;
    case 'failed':
      writer.text(answer.code);
      writer.text(answer.message);
      return;
    case 'done':
      return;
  }
}

function readAnswer(reader: WireReader, type: ExchangeAnswer['type']): ExchangeAnswer {
  switch (type) {
    case 'receipt': {
      const position = readPosition(reader);
      return { type, receipt: { position, isDuplicate: reader.byte() === 1 } };
    }
    case 'followed': {
      const state = states[reader.byte()] ?? 'gap';
      const position = readPosition(reader);
      return { type, state, position, missed: reader.list(readPublication) };
    }
    case 'page': {
      const position = readPosition(reader) as Position;
      const isContinuous = reader.byte() === 1;
      return { type, page: { position, isContinuous, publications: reader.list(readPublication) } };
    }
    case 'members':
      return { type, members: reader.list(readMember) };
    case 'failed':
      return { type, code: reader.text() as HubErrorCode, message: reader.text() };
    case 'done':
      return { type };
  }
}

const states: readonly Followed['state'][] = ['following', 'behind', 'gap'];
const kinds: readonly ExchangeReply['type'][] = [
  'welcome',
  'publication',
  'pattern-publication',
  'member-changes',
  'receipt',
  'followed',
  'page',
  'members',
  'done',
  'failed',
];
/** Length and kind. */
const frameHeadBytes = 5;
