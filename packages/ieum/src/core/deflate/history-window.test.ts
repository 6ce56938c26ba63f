import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../testing/seeded-random.js';

import { HistoryWindow } from './history-window.js';

test('a window is nothing before something was appended, and nothing after nothing was', () => {
  const history = new HistoryWindow(9);
  expect(history.dictionary).toBeNull();
  history.append(Buffer.alloc(0));
  expect(history.dictionary).toBeNull();
});

describe('a window shows the last bytes of all that was appended', () => {
  test.each<[bits: number, longest: number]>([
    [8, 20],
    [9, 100],
    [9, 512],
    [9, 2_000],
    [12, 9_000],
    [15, 40_000],
  ])('with %i bits, in messages of up to %i bytes', (bits, longest) => {
    const random = seededRandom(bits * 31 + longest);
    const history = new HistoryWindow(bits);
    let all = Buffer.alloc(0);
    for (let i = 0; i < 300; i++) {
      const message = random.bytes(random.below(longest + 1));
      history.append(message);
      all = Buffer.concat([all, message]).subarray(-(2 ** bits));
      expect(Buffer.compare(history.dictionary ?? Buffer.alloc(0), all)).toBe(0);
    }
  });

  test.each([511, 512, 513, 1023, 1024, 1025])('after one message of %i bytes with 9 bits', (length) => {
    const history = new HistoryWindow(9);
    const message = Buffer.from(Array.from({ length }, (_, i) => i % 251));
    for (let i = 0; i < 3; i++) history.append(message);
    const all = Buffer.concat([message, message, message]);
    expect(Buffer.compare(history.dictionary ?? all, all.subarray(-512))).toBe(0);
  });
});

test('a window keeps no hold of what was appended', () => {
  const history = new HistoryWindow(9);
  const message = Buffer.from('hello');
  history.append(message);
  message.fill(0);
  expect(Buffer.from(history.dictionary ?? []).toString()).toBe('hello');
});

test('a window takes no more memory than twice its size, and little while there is little in it', () => {
  const history = new HistoryWindow(15);
  history.append(Buffer.alloc(10));
  expect(history.dictionary?.buffer.byteLength).toBeLessThanOrEqual(64);
  for (let i = 0; i < 1_000; i++) history.append(Buffer.alloc(1_000));
  expect(history.dictionary?.buffer.byteLength).toBe(2 * 2 ** 15);
});
