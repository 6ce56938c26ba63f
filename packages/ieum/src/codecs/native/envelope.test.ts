import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';

import { openEnvelope, sealEnvelope } from './envelope.js';

const json = (text: string) => ({ format: 'json' as const, payload: Buffer.from(text) });

test('JSON goes into a message as its sender wrote it', () => {
  expect(sealEnvelope({ type: 'message' }, json('[ 1.0, 12345678901234567890 ]'))).toBe(
    '{"type":"message","data":[ 1.0, 12345678901234567890 ]}',
  );
});

test('a binary payload stands behind the length of the fields, and the fields', () => {
  const sealed = sealEnvelope({ type: 'é' }, { format: 'binary', payload: Buffer.from([0, 255]) });
  expect(Buffer.from(sealed as Uint8Array).toString('latin1')).toBe(
    Buffer.concat([Buffer.from([0, 13]), Buffer.from('{"type":"é"}'), Buffer.from([0, 255])]).toString(
      'latin1',
    ),
  );
  const opened = openEnvelope(sealed);
  expect(opened.type === 'envelope' && [opened.fields, Buffer.from(opened.payload ?? [])]).toEqual([
    { type: 'é' },
    Buffer.from([0, 255]),
  ]);
});

test('fields beside a binary payload have at most 65,535 bytes', () => {
  const binary = { format: 'binary' as const, payload: Buffer.alloc(1) };
  const padding = 'x'.repeat(65_535 - '{"a":""}'.length);
  expect((sealEnvelope({ a: padding }, binary) as Uint8Array).byteLength).toBe(2 + 65_535 + 1);
  expect(() => sealEnvelope({ a: `${padding}x` }, binary)).toThrow(RangeError);
});

test.each([
  ['nothing', ''],
  ['no JSON', '{'],
  ['a list', '[]'],
  ['null', 'null'],
  ['a string', '"connect"'],
  ['no bytes', Buffer.alloc(0)],
  ['one byte', Buffer.from([0])],
  ['fewer bytes than announced', Buffer.from([0xff, 0xff, 0x7b, 0x7d])],
  ['fields that are not UTF-8', Buffer.from([0, 9, ...Buffer.from('{"a":"'), 0xff, 0x22, 0x7d])],
  ['fields behind a byte order mark', Buffer.from([0, 5, 0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
  ['no fields', Buffer.from([0, 0, 0x7b, 0x7d])],
])('%s is no envelope', (_name, data) => {
  expect(openEnvelope(data)).toMatchObject({ type: 'violation', id: null });
});
