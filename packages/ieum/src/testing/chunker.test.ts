import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { atBoundary, coalesced, oneByte, random } from './chunker.js';
import { seededRandom } from './seeded-random.js';

const bytes = Buffer.from(Array.from({ length: 200 }, (_, index) => index));
const chunkers = { coalesced, oneByte, random: random(1), atBoundary: atBoundary(7) };

describe.each(Object.entries(chunkers))('%s', (_name, chunker) => {
  test('gives all bytes in order, in no empty chunk', () => {
    const chunks = chunker(bytes);
    expect(Buffer.concat(chunks)).toEqual(bytes);
    expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
    expect(chunker(Buffer.alloc(0))).toEqual([]);
  });

  test('gives copies', () => {
    const original = Buffer.from(bytes);
    for (const chunk of chunker(original)) chunk.fill(0);
    expect(original).toEqual(bytes);
  });
});

test('each chunker cuts where it says', () => {
  const lengths = (chunks: Uint8Array[]) => chunks.map((chunk) => chunk.length);
  expect(lengths(coalesced(bytes))).toEqual([200]);
  expect(new Set(lengths(oneByte(bytes)))).toEqual(new Set([1]));
  expect(lengths(atBoundary(7)(bytes))).toEqual([7, 193]);
  expect(lengths(atBoundary(0)(bytes))).toEqual([200]);
  expect(Math.max(...lengths(random(3, 5)(bytes)))).toBe(5);
});

test('the same seed gives the same cuts and bytes, another one others', () => {
  expect(random(9)(bytes)).toEqual(random(9)(bytes));
  expect(random(9)(bytes)).not.toEqual(random(10)(bytes));
  expect(seededRandom(9).bytes(16)).toEqual(seededRandom(9).bytes(16));
  expect(seededRandom(9).bytes(16)).not.toEqual(seededRandom(10).bytes(16));
});

test('random numbers stay below the limit and reach all of it', () => {
  for (const seed of [0, 1, -1, 2 ** 31, 0xffffffff]) {
    const source = seededRandom(seed);
    const seen = new Set(Array.from({ length: 500 }, () => source.below(8)));
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  }
});
