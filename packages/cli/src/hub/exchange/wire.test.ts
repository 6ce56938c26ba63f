import { isDeepStrictEqual } from 'node:util';

import { Publication, type PublicationDraft } from 'ieum/hub';
import { describe, expect, test } from 'vitest';

import { type ExchangeReply, ReplyWriter, readReply } from './exchange-reply.js';
import { type ExchangeRequest, readRequest, writeRequest } from './exchange-request.js';
import { FrameCutter, WireReader } from './wire-reader.js';
import { WireWriter } from './wire-writer.js';

const draft: PublicationDraft = {
  topic: '한국/😀',
  format: 'json',
  payload: Buffer.from('{"a":1}'),
  headers: { __proto__x: '1', ä: '😀' },
  publisher: 'ann',
  id: 'id-1',
  key: '',
};
const bare: PublicationDraft = {
  ...{ topic: 't', format: 'binary', payload: Buffer.alloc(0), headers: {} },
  ...{ publisher: null, id: '', key: null },
};
const large: PublicationDraft = { ...bare, payload: Buffer.alloc(300_000, 7), format: 'text' };
const position = { offset: 2 ** 52 + 1, epoch: 'e-1' };
const kept = { history: { maxMessages: 1_000, maxAgeMs: 5e9 }, idempotencyMs: 1.5 };
const notKept = { history: null, idempotencyMs: 0 };
const changes = [
  { type: 'present', user: 'a\r\nb', info: { x: [null, 'ü'] } },
  { type: 'present', user: '', info: undefined },
  { type: 'absent', user: 'c' },
] as const;

const requests: readonly ExchangeRequest[] = [
  { type: 'hello', node: 'worker-1' },
  { type: 'publish', id: 1, draft, retention: kept },
  { type: 'publish', id: 0xffff_fffe, draft: bare, retention: notKept },
  { type: 'publish', id: 2, draft: large, retention: kept },
  { type: 'follow', id: 3, topic: 'a', retention: kept, since: position },
  { type: 'follow', id: 4, topic: 'a', retention: notKept, since: null },
  { type: 'unfollow', topic: 'a' },
  { type: 'follow-pattern', id: 5, pattern: 'a/**' },
  { type: 'unfollow-pattern', pattern: 'a/**' },
  { type: 'history', id: 6, topic: 'a', retention: kept, request: { since: position, limit: 7 } },
  { type: 'history', id: 7, topic: 'a', retention: kept, request: { since: null, limit: 0 } },
  { type: 'change-members', id: 8, topic: 'a', changes },
  { type: 'follow-members', id: 9, topic: 'a' },
  { type: 'unfollow-members', topic: 'a' },
  { type: 'members', id: 10, topic: 'a' },
];

const publications = [draft, bare, large].map(
  (each, i) => new Publication(each, i === 0 ? position : null, i),
);
const publication = publications[0] as Publication;
const replies: readonly ExchangeReply[] = [
  { type: 'welcome' },
  { type: 'publication', publication },
  { type: 'pattern-publication', publication },
  { type: 'publication', publication: publications[2] as Publication },
  { type: 'member-changes', topic: 'a', node: 'n', changes },
  { type: 'receipt', id: 1, receipt: { position, isDuplicate: true } },
  { type: 'receipt', id: 2, receipt: { position: null, isDuplicate: false } },
  { type: 'followed', id: 3, state: 'gap', position, missed: [] },
  { type: 'followed', id: 4, state: 'behind', position: null, missed: publications },
  { type: 'page', id: 5, page: { position, isContinuous: true, publications } },
  { type: 'page', id: 6, page: { position, isContinuous: false, publications: [] } },
  { type: 'members', id: 7, members: [{ node: 'n', user: 'u', info: 0 }] },
  { type: 'done', id: 8 },
  { type: 'failed', id: 9, code: 'ERR_HUB_UNAVAILABLE', message: 'why' },
];

/** All of them as they go over a socket. */
function written<Message>(
  messages: readonly Message[],
  write: (writer: WireWriter, message: Message) => void,
): Buffer {
  const writer = new WireWriter();
  const pieces: Uint8Array[] = [];
  for (const [i, message] of messages.entries()) {
    write(writer, message);
    if (i % 3 === 2) pieces.push(...writer.take());
  }
  pieces.push(...writer.take());
  expect(writer.byteLength).toBe(0);
  return Buffer.concat(pieces);
}

function read<Message>(
  bytes: Buffer,
  chunkBytes: number,
  readOne: (reader: WireReader) => Message,
): Message[] {
  const cutter = new FrameCutter();
  const messages: Message[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // Copied: what was read must not depend on what becomes of the chunk.
    for (const frame of cutter.receive(Buffer.from(bytes.subarray(at, at + chunkBytes)))) {
      messages.push(readOne(new WireReader(frame)));
    }
  }
  return messages;
}

/** What is missing, too much or different, without a look at each byte of each payload in words. */
function differing<Message extends { readonly type: string }>(
  messages: readonly Message[],
  expected: readonly Message[],
): string[] {
  const count = Math.max(messages.length, expected.length);
  const places = Array.from({ length: count }, (_, i) => i);
  return places
    .filter((i) => !isDeepStrictEqual(messages[i], expected[i]))
    .map((i) => `${i}: ${messages[i]?.type} instead of ${expected[i]?.type}`);
}

describe.each([1, 4, 5, 1_000, 65_536, 10_000_000])('cut every %d bytes', (chunkBytes) => {
  test('requests are the same again', () => {
    const bytes = written(requests, writeRequest);
    expect(differing(read(bytes, chunkBytes, readRequest), requests)).toEqual([]);
  });

  test('replies are the same again', () => {
    const bytes = written(replies, new ReplyWriter().write);
    expect(differing(read(bytes, chunkBytes, readReply), replies)).toEqual([]);
  });
});

test('how much waits to be written is known', () => {
  const writer = new WireWriter();
  let byteLength = 0;
  for (const request of requests) {
    writeRequest(writer, request);
    expect(writer.byteLength).toBeGreaterThan(byteLength);
    byteLength = writer.byteLength;
  }
  expect(writer.take().reduce((sum, piece) => sum + piece.byteLength, 0)).toBe(byteLength);
});

test('a few bytes that are kept do not keep the chunk that they came in', () => {
  const bytes = written([requests[1] as ExchangeRequest, requests[3] as ExchangeRequest], writeRequest);
  const [small, big] = read(bytes, 10_000_000, readRequest).map((request) =>
    request.type === 'publish' ? request.draft.payload : null,
  );
  expect(small?.buffer.byteLength).toBeLessThan(10_000);
  expect(big?.byteLength).toBe(300_000);
});

test.each([
  ['a kind that is none', [0xff]],
  ['a text that ends before its time', [0, 0, 0, 0, 9, 97]],
  ['nothing', []],
])('%s is no message', (_name, bytes) => {
  expect(() => readRequest(new WireReader(Buffer.from(bytes)))).toThrow(RangeError);
  expect(() => readReply(new WireReader(Buffer.from(bytes.map((byte) => byte || 4))))).toThrow(RangeError);
});
