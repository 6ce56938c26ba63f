import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { checkClose, decodeClose, encodeClose, isClose } from './close.js';
import { CloseCode, describeCloseCode, isWireCloseCode } from './close-code.js';
import { violation } from './violation.js';

const allowed = [
  [1000, 1003],
  [1007, 1014],
  [3000, 4999],
] as const;

test('a Close frame may carry exactly the codes that RFC 6455 and its registry allow', () => {
  for (let code = 0; code <= 0xffff; code++) {
    const expected = allowed.some(([first, last]) => code >= first && code <= last);
    if (isWireCloseCode(code) !== expected) expect.unreachable(`code ${code}`);
    const payload = Buffer.from([code >> 8, code & 0xff]);
    expect(isClose(decodeClose(payload))).toBe(expected);
  }
});

describe('the payload of a Close frame', () => {
  test.each([
    ['nothing', '', { code: 1005, reason: '' }],
    ['a code', '03e8', { code: 1000, reason: '' }],
    ['a code and a reason', '0fa0ec9db4ec9d8c', { code: 4000, reason: '이음' }],
    ['a reason with a byte order mark', '03e8efbbbf61', { code: 1000, reason: '\ufeffa' }],
  ])('%s is read, and written the same', (_title, hex, close) => {
    const payload = Buffer.from(hex, 'hex');
    expect(decodeClose(payload)).toEqual(close);
    expect(encodeClose(close)).toEqual(payload);
  });

  test.each([
    ['half a code', '03', 'ERR_WS_CLOSE_PAYLOAD_LENGTH', 1002],
    ['1004', '03ec', 'ERR_WS_CLOSE_CODE', 1002],
    ['1005', '03ed', 'ERR_WS_CLOSE_CODE', 1002],
    ['1006', '03ee', 'ERR_WS_CLOSE_CODE', 1002],
    ['1015', '03f7', 'ERR_WS_CLOSE_CODE', 1002],
    ['a cut character', '03e8e282', 'ERR_WS_CLOSE_REASON_UTF8', 1007],
    ['a surrogate', '03e8eda080', 'ERR_WS_CLOSE_REASON_UTF8', 1007],
  ])('%s is a violation', (_title, hex, code, closeCode) => {
    expect(decodeClose(Buffer.from(hex, 'hex'))).toMatchObject({ code, closeCode });
  });
});

describe('what a caller asks for', () => {
  test.each([
    [undefined, undefined, { code: 1005, reason: '' }],
    [undefined, '', { code: 1005, reason: '' }],
    [1000, undefined, { code: 1000, reason: '' }],
    [4999, 'x'.repeat(123), { code: 4999, reason: 'x'.repeat(123) }],
    [1001, 'é'.repeat(61), { code: 1001, reason: 'é'.repeat(61) }],
  ])('%s %j is a Close', (code, reason, close) => {
    expect(checkClose(code, reason)).toEqual(close);
  });

  const noCodes: unknown[] = [
    0,
    -1,
    999,
    1004,
    1005,
    1006,
    1015,
    2999,
    5000,
    65536 + 1000,
    1000.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '1000',
    null,
    {},
    1000n,
    [1000],
  ];
  test.each(noCodes)('the code %s is refused', (code) => {
    expect(() => checkClose(code as number, '')).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_CLOSE_CODE' }),
    );
  });

  const noReasons: unknown[] = [
    5,
    123,
    true,
    null,
    {},
    [],
    ['a'],
    Symbol('reason'),
    Buffer.from('reason'),
    new ArrayBuffer(4),
    new DataView(new ArrayBuffer(4)),
    new Uint8Array(20),
    new Int8Array(20),
    new Uint16Array(20),
    new Float32Array(20),
    new Float64Array(20),
    new BigInt64Array(20),
    new Blob(['x']),
    Object('reason'),
    'x'.repeat(124),
    'é'.repeat(62),
    '\ud800'.repeat(42),
  ];
  test.each(noReasons.map((reason) => [reason]))('the reason %o is refused', (reason) => {
    for (const code of [1000, undefined]) {
      expect(() => checkClose(code, reason as string)).toThrow(
        expect.objectContaining({ name: 'UsageError', code: 'ERR_WS_INVALID_CLOSE_REASON' }),
      );
    }
  });

  test('a reason without a code is refused', () => {
    expect(() => checkClose(undefined, 'why')).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_CLOSE_REASON' }),
    );
  });
});

test('every registered code has a name in words, other codes that of their range', () => {
  for (const code of Object.values(CloseCode)) expect(describeCloseCode(code)).not.toBe('unknown');
  expect(new Set(Object.values(CloseCode).map(describeCloseCode)).size).toBe(Object.keys(CloseCode).length);
  expect(describeCloseCode(3000)).not.toBe('unknown');
  expect(describeCloseCode(4999)).not.toBe(describeCloseCode(3999));
  expect(describeCloseCode(2000)).toBe('unknown');
});

test('what our Close frames say about violations fits into a Close frame', () => {
  const codes = ['ERR_WS_RESERVED_BITS', 'ERR_WS_CONTROL_FRAME_TOO_LONG', 'ERR_WS_INVALID_PAYLOAD'] as const;
  for (const code of codes) {
    const { closeCode, reason } = violation(code);
    expect(checkClose(closeCode, reason)).toEqual({ code: closeCode, reason });
  }
});
