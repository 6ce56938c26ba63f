import { describe, expect, test } from 'vitest';

import { formatHex, hexDump, parseHex } from './hex.js';

describe('parseHex', () => {
  test.each([
    ['', []],
    ['00ff', [0x00, 0xff]],
    ['48 65 6C\n6c\t6f', [0x48, 0x65, 0x6c, 0x6c, 0x6f]],
    ['0x48, 0X65', [0x48, 0x65]],
    ['0xdeadbeef', [0xde, 0xad, 0xbe, 0xef]],
    ['de:ad-be,ef', [0xde, 0xad, 0xbe, 0xef]],
  ])('reads %j', (text, bytes) => {
    expect(parseHex(text)).toEqual({ type: 'bytes', bytes: Uint8Array.from(bytes) });
  });

  test.each([
    ['0', 0],
    ['48 6', 3],
    ['48 6 5', 3],
    ['4g', 1],
    ['48 0xzz', 5],
    ['hello', 0],
  ])('refuses %j at the character that is wrong', (text, index) => {
    expect(parseHex(text)).toMatchObject({ type: 'invalid', index });
  });

  test('reads back what formatHex writes', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, value) => value);
    expect(parseHex(formatHex(bytes))).toEqual({ type: 'bytes', bytes });
  });
});

test('formatHex says that bytes were left out', () => {
  expect(formatHex(Uint8Array.of(1, 2, 3), 2)).toBe('01 02 …');
  expect(formatHex(Uint8Array.of(1, 2), 2)).toBe('01 02');
});

describe('hexDump', () => {
  test('shows offset, bytes in two halves and ASCII', () => {
    const bytes = new TextEncoder().encode('Hello, WebSocket!\n');
    expect(hexDump(bytes).split('\n')).toEqual([
      '00000000  48 65 6c 6c 6f 2c 20 57  65 62 53 6f 63 6b 65 74  Hello, WebSocket',
      `00000010  21 0a${' '.repeat(18)}  ${' '.repeat(23)}  !·`,
    ]);
  });

  test('stops at the limit', () => {
    expect(hexDump(new Uint8Array(100), 20).split('\n')).toHaveLength(2);
    expect(hexDump(new Uint8Array(0))).toBe('');
  });
});
