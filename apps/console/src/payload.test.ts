import { describe, expect, test } from 'vitest';

import { isSamePayload, prettyJson, previewPayload, utf8Bytes } from './payload.js';

test.each(['', 'plain', 'größe', '이음', 'a😀b', '\ud83d', '\ude00x', '\ud83d\ud83d\ude00'])(
  'counts the UTF-8 bytes of %j as an encoder writes them',
  (text) => expect(utf8Bytes(text)).toBe(new TextEncoder().encode(text).length),
);

describe('previewPayload', () => {
  test('is one line', () => {
    expect(previewPayload('a\r\nb\nc\td\u0000')).toBe('a⏎b⏎c␉d␀');
  });

  test('is short and says so', () => {
    expect(previewPayload('x'.repeat(5_000))).toMatch(/^x{240}…$/);
    expect(previewPayload(new Uint8Array(5_000))).toMatch(/^(00 ){64}…$/);
  });
});

test.each([
  ['{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'],
  [' [1]', '[\n  1\n]'],
  ['7', undefined],
  ['"text"', undefined],
  ['{broken', undefined],
])('pretty JSON of %j', (text, expected) => {
  expect(prettyJson(text)).toBe(expected);
});

test('payloads of different type are never the same', () => {
  expect(isSamePayload('', new Uint8Array(0))).toBe(false);
  expect(isSamePayload(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
  expect(isSamePayload(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
});
