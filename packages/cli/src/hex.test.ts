import { expect, test } from 'vitest';

import { formatHex, hexDump, parseHex } from './hex.js';

test.each([
  ['00ff7e', [0, 255, 126]],
  ['00 FF 7e', [0, 255, 126]],
  ['0x00:ff:7e', [0, 255, 126]],
  ['', []],
])('%j are bytes', (text, bytes) => {
  expect([...(parseHex(text) ?? [-1])]).toEqual(bytes);
});

test.each(['0', 'zz', '00 f', '-1', '00,ff'])('%j is not hexadecimal', (text) => {
  expect(parseHex(text)).toBeNull();
});

test('bytes are written in hexadecimal, also those of a view', () => {
  expect(formatHex(new Uint8Array([1, 2, 3, 255]).subarray(1))).toBe('0203ff');
});

test('a dump has offset, bytes and ASCII, and nothing that a terminal acts on', () => {
  const bytes = Uint8Array.from([...Buffer.from('hello \u001b[2J world'), 0x9b]);
  expect(hexDump(bytes)).toEqual([
    '00000000  68 65 6c 6c 6f 20 1b 5b  32 4a 20 77 6f 72 6c 64  |hello .[2J world|',
    '00000010  9b                                                |.|',
  ]);
});
