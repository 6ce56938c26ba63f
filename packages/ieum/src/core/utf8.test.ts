import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { isValidUtf8, Utf8Validator } from './utf8.js';

const texts = [
  '',
  'plain',
  'κόσμε',
  '\u0000\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}',
  `${'a'.repeat(40)}€${'b'.repeat(40)}😀`,
  '한국어 이음 😀😀😀 ñ',
];

/** Sequences that cannot become valid, and the index of the first byte that no valid text can have there. */
const invalid: readonly (readonly [string, number])[] = [
  ['80', 0],
  ['bf', 0],
  ['c0 80', 0],
  ['c1 bf', 0],
  ['c2 c2', 1],
  ['c2 7f', 1],
  ['df 41', 1],
  ['e0 80 80', 1],
  ['e0 9f bf', 1],
  ['e0 a0 7f', 2],
  ['e1 80 c0', 2],
  ['ed a0 80', 1],
  ['ed bf bf', 1],
  ['ef bf 41', 2],
  ['f0 80 80 80', 1],
  ['f0 8f bf bf', 1],
  ['f0 90 80 41', 3],
  ['f1 80 80 c0', 3],
  ['f4 90 80 80', 1],
  ['f5 80 80 80', 0],
  ['f8 88 80 80 80', 0],
  ['fc 84 80 80 80 80', 0],
  ['fe', 0],
  ['ff', 0],
  ['ce ba e1 bd b9 cf 83 ce bc ce b5 ed a0 80 65', 12],
  ['41 42 80 43', 2],
  ['e2 82 ac 80', 3],
  ['f0 9f 98 80 80', 4],
];
const invalidTable = invalid.map(([hex, badAt]) => ({ hex, badAt, bytes: fromHex(hex) }));

describe('a whole text', () => {
  test('is judged as TextDecoder judges it, for every sequence of two bytes', () => {
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) expectSameVerdict(Buffer.from([first, second]));
    }
  });

  test('is judged as TextDecoder judges it, at every boundary of longer sequences', () => {
    const edges = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xff];
    const leads = [0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5];
    for (const lead of leads) {
      for (const a of edges)
        for (const b of edges) {
          expectSameVerdict(Buffer.from([lead, a, b]));
          for (const c of edges) expectSameVerdict(Buffer.from([lead, a, b, c]));
        }
    }
  });

  test.each(invalidTable)('of $hex is invalid, long or short', ({ bytes }) => {
    expect(isValidUtf8(bytes)).toBe(false);
    expect(isValidUtf8(Buffer.concat([Buffer.alloc(100, 'x'), bytes]))).toBe(false);
  });
});

describe('a text in pieces', () => {
  test.each(texts)('%j is valid however it is cut in three', (text) => {
    const bytes = Buffer.from(text);
    for (let first = 0; first <= bytes.length; first++) {
      for (let second = first; second <= bytes.length; second++) {
        const cuts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        if (!validateInPieces(cuts)) expect.unreachable(`cut at ${first} and ${second}`);
      }
    }
  });

  test.each(invalidTable)('$hex fails at byte $badAt when it comes byte by byte', ({ bytes, badAt }) => {
    for (const before of texts) {
      const validator = new Utf8Validator();
      for (const byte of Buffer.from(before)) expect(validator.receive(Buffer.from([byte]))).toBe(true);
      const verdicts = Array.from(bytes.subarray(0, badAt + 1), (byte) =>
        validator.receive(Buffer.from([byte])),
      );
      expect(verdicts.indexOf(false)).toBe(badAt);
    }
  });

  test.each(invalidTable)(
    '$hex fails in the piece that holds byte $badAt, however it is cut',
    ({ bytes, badAt }) => {
      const whole = Buffer.concat([Buffer.from('é'.repeat(30)), bytes]);
      for (let cut = 0; cut <= whole.length; cut++) {
        const validator = new Utf8Validator();
        const firstHoldsIt = 60 + badAt < cut;
        expect(validator.receive(whole.subarray(0, cut))).toBe(!firstHoldsIt);
        if (!firstHoldsIt) expect(validator.receive(whole.subarray(cut))).toBe(false);
      }
    },
  );

  test.each(['c3', 'e2 82', 'e2', 'f0 9f 98', 'f0 90', 'f4 8f bf'])(
    '%s at the end is not complete',
    (hex) => {
      const validator = new Utf8Validator();
      expect(validator.receive(Buffer.from(`text`))).toBe(true);
      expect(validator.isComplete()).toBe(true);
      expect(validator.receive(fromHex(hex))).toBe(true);
      expect(validator.isComplete()).toBe(false);
    },
  );

  test('an empty piece changes nothing', () => {
    const validator = new Utf8Validator();
    expect(validator.receive(fromHex('e2 82'))).toBe(true);
    expect(validator.receive(Buffer.alloc(0))).toBe(true);
    expect(validator.isComplete()).toBe(false);
    expect(validator.receive(fromHex('ac'))).toBe(true);
    expect(validator.isComplete()).toBe(true);
  });
});

function expectSameVerdict(bytes: Buffer): void {
  const expected = isValidForPlatform(bytes);
  const hex = bytes.toString('hex');
  if (isValidUtf8(bytes) !== expected) expect.unreachable(`whole: ${hex}`);
  if (validateInPieces([bytes]) !== expected) expect.unreachable(`one piece: ${hex}`);
  const single = Array.from(bytes, (byte) => Buffer.from([byte]));
  if (validateInPieces(single) !== expected) expect.unreachable(`byte by byte: ${hex}`);
}

function isValidForPlatform(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

function validateInPieces(pieces: readonly Buffer[]): boolean {
  const validator = new Utf8Validator();
  return pieces.every((piece) => validator.receive(piece)) && validator.isComplete();
}

function fromHex(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}
