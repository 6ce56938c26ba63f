import type { Buffer } from 'node:buffer';

import type { HistoryPage, HistoryRequest, HistoryRetention, Receipt, Retention } from '../../hub/broker.js';
import type { Position } from '../../hub/position.js';
import type { Publication, PublicationDraft } from '../../hub/publication.js';

import { tagOf } from './key-space.js';
import { decodeDraft, encodeDraft } from './publication-frame.js';
import { PublishBatches } from './publish-batches.js';
import type { RedisAccess } from './redis-access.js';
import type { RedisReply } from './redis-connection.js';
import { readScript } from './redis-script.js';

/** Part of a topic's history: `last` is where the topic stood, `epoch` included. */
export interface LogPage {
  readonly last: Position;
  /** Up to there the epoch before was the same; null when there was none. */
  readonly fork: Position | null;
  /** How many there were, those that cannot be read included. */
  readonly count: number;
  readonly publications: readonly Publication[];
}

/** Writes and reads what is published on topics. */
export class TopicLog {
  readonly #access: RedisAccess;
  readonly #batches: PublishBatches;

  constructor(access: RedisAccess) {
    this.#access = access;
    this.#batches = new PublishBatches(access);
  }

  async publish(draft: PublicationDraft, { history, idempotencyMs }: Retention): Promise<Receipt> {
    const names = this.#access.keys.topic(draft.topic);
    const [isDuplicate, epoch, offset] = await this.#batches.publish({
      tag: tagOf(draft.topic),
      keys: [names.meta, names.stream, names.ids, names.olderIds],
      args: [
        names.channel,
        draft.id,
        draft.key ?? '',
        whole(idempotencyMs),
        whole(history?.maxMessages ?? 0),
        whole(history?.maxAgeMs ?? 0),
        whole(metaMs(history)),
      ],
      frame: encodeDraft(draft),
    });
    return {
      position: history === null ? null : positionOf(epoch, offset),
      isDuplicate: isDuplicate === 1,
    };
  }

  async history(topic: string, retention: Retention, request: HistoryRequest): Promise<HistoryPage> {
    const { since, limit } = request;
    const maxAgeMs = retention.history?.maxAgeMs ?? 0;
    const { last, publications } = await this.read(topic, retention.history, { since, limit, maxAgeMs });
    return {
      publications,
      position: last,
      isContinuous: since === null || isContinuous(since, last, publications),
    };
  }

  /** Reads up to `limit` publications after `since`, or the last ones; older ones than `maxAgeMs` only when it is 0. */
  async read(
    topic: string,
    retention: HistoryRetention | null,
    request: HistoryRequest & { readonly maxAgeMs: number },
  ): Promise<LogPage> {
    const names = this.#access.keys.topic(topic);
    const { since, limit, maxAgeMs } = request;
    const isReadable = since === null || Number.isSafeInteger(since.offset);
    const [epoch, offset, entries, epochBefore, fork] = await this.#access.run({
      tag: tagOf(topic),
      script: readScript,
      keys: [names.meta, names.stream],
      args: () => [
        this.#access.freshEpoch(),
        whole(metaMs(retention)),
        whole(maxAgeMs),
        isReadable ? whole(Math.min(limit, maxEntries)) : '0',
        since?.epoch ?? '',
        whole(Math.max(0, since?.offset ?? 0)),
      ],
    });
    const last = positionOf(epoch, offset);
    const rows = Array.isArray(entries) ? (entries as readonly RedisReply[]) : [];
    const publications = rows.map((row) => readEntry(topic, row, last.epoch));
    const hasBefore = String(epochBefore ?? '') !== '';
    return {
      last,
      fork: hasBefore ? positionOf(epochBefore, fork) : null,
      count: rows.length,
      publications: publications.filter((one) => one !== null),
    };
  }
}

/** Offsets of an epoch are without holes. */
function isContinuous(since: Position, last: Position, publications: readonly Publication[]): boolean {
  if (since.epoch !== last.epoch) return false;
  let offset = since.offset;
  for (const { position } of publications) {
    if (position?.offset !== offset + 1) return false;
    offset++;
  }
  return publications.length > 0 || offset === last.offset;
}

function readEntry(topic: string, row: RedisReply, epoch: string): Publication | null {
  const [id, fields] = Array.isArray(row) ? (row as readonly RedisReply[]) : [];
  const body = Array.isArray(fields) ? (fields[1] as RedisReply | undefined) : undefined;
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return null;
  const [offset, publishedAt] = String(id).split('-').map(Number);
  if (offset === undefined || publishedAt === undefined) return null;
  return decodeDraft(topic, body as Buffer, { offset, epoch }, publishedAt);
}

function positionOf(epoch: RedisReply | undefined, offset: RedisReply | undefined): Position {
  return { offset: Number(offset), epoch: String(epoch) };
}

/** A position is known for a day longer than anything after it could be kept. */
function metaMs(history: HistoryRetention | null): number {
  return Math.min(dayMs + 2 * (history?.maxAgeMs ?? 0), longestMs);
}

function whole(value: number): string {
  return String(Math.min(Math.ceil(value), longestMs));
}

const dayMs = 86_400_000;
/** Larger numbers are not written in full, and mean for ever. */
const longestMs = 10 ** 15;
const maxEntries = 10_000;
