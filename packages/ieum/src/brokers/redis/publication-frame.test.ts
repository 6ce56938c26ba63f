import { describe, expect, test } from 'vitest';

import type { PublicationDraft } from '../../hub/publication.js';

import { decodeDraft, decodeMessage, encodeDraft, splitCopy } from './publication-frame.js';

const position = { offset: 7, epoch: 'e' };

const plain: PublicationDraft = {
  topic: 'a/b',
  format: 'binary',
  payload: new Uint8Array([0, 255, 10, 13]),
  headers: {},
  publisher: null,
  id: 'id',
  key: null,
};

test.each<[string, Partial<PublicationDraft>]>([
  ['as little as possible', { payload: new Uint8Array(0), id: '' }],
  ['all parts', { publisher: 'ä한', key: 'k', headers: { a: '1', '': 'ü' } }],
  ['empty parts', { publisher: '', key: '' }],
  ['text', { format: 'text' }],
  ['JSON', { format: 'json' }],
])('a draft is the same after its frame: %s', (_name, parts) => {
  const draft = { ...plain, ...parts };
  const { topic, format, headers, publisher, id, key } = draft;
  const decoded = decodeDraft(topic, encodeDraft(draft), position, 5);
  expect(decoded).toMatchObject({ topic, format, headers, publisher, id, key, position, publishedAt: 5 });
  expect([...(decoded?.payload ?? [])]).toEqual([...draft.payload]);
});

test('a payload keeps nothing of the chunk that it came in', () => {
  const chunk = Buffer.alloc(65_536);
  const frame = encodeDraft(plain);
  frame.copy(chunk, 100);
  const decoded = decodeDraft('a', chunk.subarray(100, 100 + frame.length), null, 0);
  expect(decoded?.payload.buffer).not.toBe(chunk.buffer);
});

test.each(['e1', 'e2', ''])('a message has its own epoch, whether %j was expected or not', (expected) => {
  const head = Buffer.alloc(13);
  head.writeUIntBE(7, 0, 6);
  head[12] = 2;
  const message = Buffer.concat([head, Buffer.from('e1'), encodeDraft(plain)]);
  expect(decodeMessage('a', message, expected)?.position).toEqual({ offset: 7, epoch: 'e1' });
});

describe('what is cut or broken is nothing', () => {
  const frame = encodeDraft({ ...plain, payload: new Uint8Array(0), publisher: 'p', headers: { a: 'b' } });
  const message = Buffer.concat([Buffer.alloc(13), frame]);

  test('at every place', () => {
    for (let end = 0; end < frame.length; end++) {
      expect(decodeDraft('a', frame.subarray(0, end), null, 0)).toBeNull();
      expect(decodeMessage('a', message.subarray(0, 13 + end))).toBeNull();
    }
    for (let end = 0; end < 13; end++) expect(decodeMessage('a', message.subarray(0, end))).toBeNull();
    expect(decodeMessage('a', message)).toMatchObject({ id: 'id', position: null });
  });

  test.each([
    ['another version', Buffer.from([0x20, 1, 0, 0, 0, 0])],
    ['another format', Buffer.from([0x13, 1, 0, 0, 0, 0])],
    ['no id', Buffer.from([0x10, 0])],
    ['a length beyond the end', Buffer.from([0x10, 1, 255, 255, 255, 255, 0])],
    ['headers that are no JSON', Buffer.from([0x10, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0x7b])],
    ['headers that are null', Buffer.from([0x10, 9, 0, 0, 0, 0, 0, 0, 0, 4, ...Buffer.from('null')])],
  ])('%s', (_name, bytes) => {
    expect(decodeDraft('a', bytes, null, 0)).toBeNull();
  });
});

test('a copy names its channel', () => {
  const copy = Buffer.concat([Buffer.from([0, 2]), Buffer.from('chrest')]);
  expect(splitCopy(copy)).toEqual({ channel: 'ch', message: Buffer.from('rest') });
  expect([splitCopy(Buffer.from([0])), splitCopy(Buffer.from([0, 9, 1]))]).toEqual([null, null]);
});
