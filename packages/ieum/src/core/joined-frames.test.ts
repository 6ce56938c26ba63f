import { describe, expect, test } from 'vitest';

import { JoinedFrames } from './joined-frames.js';

const [one, two, three] = ['one ', 'two ', 'three'].map((text) => Buffer.from(text)) as [
  Buffer,
  Buffer,
  Buffer,
];

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString();
}

describe('joined frames', () => {
  test('stand behind each other', () => {
    const frames = new JoinedFrames();
    const pair = frames.join(one, two) as Uint8Array;
    expect(textOf(frames.join(pair, three))).toBe('one two three');
  });

  test('are the same bytes for all who ask one after the other', () => {
    const frames = new JoinedFrames();
    expect(frames.join(one, two)).toBe(frames.join(one, two));
  });

  test('are what was asked for when it is another pair', () => {
    const frames = new JoinedFrames();
    const pairs = [
      [one, two],
      [one, three],
      [two, three],
      [one, two],
    ] as const;
    expect(pairs.map(([first, second]) => textOf(frames.join(first, second)))).toEqual([
      'one two ',
      'one three',
      'two three',
      'one two ',
    ]);
  });

  test('are told apart by whose they are, not by what they say', () => {
    const frames = new JoinedFrames();
    const before = frames.join(one, two);
    expect(frames.join(Buffer.from(one), two)).not.toBe(before);
  });

  test.each([
    [4096, true],
    [4097, false],
  ])('of %i bytes are joined: %s', (byteLength, isJoined) => {
    const joined = new JoinedFrames().join(Buffer.alloc(96), Buffer.alloc(byteLength - 96));
    expect(joined !== null).toBe(isJoined);
  });
});
