import { headers } from '@nats-io/transport-node';
import { expect, test } from 'vitest';

import type { PublicationDraft } from '../../hub/publication.js';
import { headersOf, messageIdOf, publicationOf } from './message.js';

const draft: PublicationDraft = {
  topic: 'a/b',
  format: 'json',
  payload: new Uint8Array([1, 2]),
  headers: { 'x y': 'ä\r\n😀', __proto__x: '' },
  publisher: '한국\u2028',
  id: 'id-1',
  key: 'k\r\n',
};

test('what is published is what is read, and its header has only printable characters of ASCII', () => {
  const written = headersOf(draft, 1_700_000_000_000);
  expect(written.get('Ieum')).toMatch(/^[\x20-\x7e]+$/);
  const position = { offset: 7, epoch: 'e' };
  const message = { sequence: 7, previous: 0, headers: written, payload: draft.payload, storedAt: 5 };
  const publication = publicationOf(draft.topic, message, position);
  expect(publication).toMatchObject({ ...draft, position, publishedAt: 1_700_000_000_000 });
});

test.each([
  ['nothing', undefined],
  ['no JSON', '{'],
  ['no object', '7'],
  ['null', 'null'],
  ['other types', '{"i":1,"f":2,"t":"x","k":{},"p":[],"h":7}'],
  ['headers that are no text', '{"h":{"a":1,"b":null}}'],
])('a header with %s makes a publication without anything', (_name, text) => {
  const head = headers();
  if (text !== undefined) head.set('Ieum', text);
  const message = { sequence: 3, previous: 0, headers: head, payload: new Uint8Array(), storedAt: 5 };
  expect(publicationOf('t', message, { offset: 3, epoch: 'e' })).toMatchObject({
    ...{ format: 'binary', headers: {}, publisher: null, key: null, id: 'nats-e-3', publishedAt: 5 },
  });
});

test('a draft is known by its key on its topic, or by its id', () => {
  const ids = [
    draft,
    { ...draft, id: 'other' },
    { ...draft, topic: 'a' },
    { ...draft, key: 'K\r\n' },
    { ...draft, key: null },
    { ...draft, key: null, topic: 'a' },
    { ...draft, key: null, id: 'other' },
  ].map(messageIdOf);
  expect(ids[0]).toBe(ids[1]);
  expect(ids[4]).toBe(ids[5]);
  expect(new Set(ids).size).toBe(5);
  for (const id of ids) expect(id).toMatch(/^[\x21-\x7e]+$/);
});
