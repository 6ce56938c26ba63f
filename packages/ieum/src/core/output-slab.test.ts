import fc from 'fast-check';
import { expect, test } from 'vitest';

import { OutputSlab } from './output-slab.js';

test('uses again what was given out last and is written', () => {
  const slab = new OutputSlab();
  const start = slab.cut(100);
  const view = slab.view(slab.memory, start, start + 100);
  slab.reclaim([view]);
  expect(slab.cut(7)).toBe(start);
});

test.each<[string, (slab: OutputSlab, view: Uint8Array) => readonly Uint8Array[]]>([
  ['what was never given out', (_slab, view) => [Buffer.from(view)]],
  ['a view of the same bytes that somebody else made', (_slab, view) => [view.subarray()]],
  [
    'what was given out before something else',
    (slab, view) => {
      const other = slab.cut(1);
      slab.view(slab.memory, other, other + 1);
      return [view];
    },
  ],
  [
    'what has something behind it',
    (slab, view) => {
      slab.cut(1);
      return [view];
    },
  ],
  ['nothing', () => []],
])('does not use again %s', (_what, reclaimed) => {
  const slab = new OutputSlab();
  const start = slab.cut(100);
  const view = slab.view(slab.memory, start, start + 100);
  slab.reclaim(reclaimed(slab, view));
  expect(slab.cut(7)).toBeGreaterThanOrEqual(start + 100);
});

test('finds what was given out last at either end of what was written', () => {
  const slab = new OutputSlab();
  for (const place of ['first', 'last']) {
    const start = slab.cut(4);
    const view = slab.view(slab.memory, start, start + 4);
    const large = Buffer.alloc(10_000);
    slab.reclaim(place === 'first' ? [view, large] : [large, view]);
    expect(slab.cut(4)).toBe(start);
  }
});

test('makes longer only what was cut last, and only within the same memory', () => {
  const slab = new OutputSlab();
  const first = slab.cut(10);
  const { memory } = slab;
  expect(slab.extend(memory, first + 10, 5)).toBe(true);
  expect(slab.cut(1)).toBe(first + 15);
  expect(slab.extend(memory, first + 15, 5)).toBe(false);
  expect(slab.extend(memory, first + 16, memory.length)).toBe(false);
  while (slab.memory === memory) slab.cut(16 * 1024);
  expect(slab.extend(memory, memory.length, 1)).toBe(false);
});

test('no two pieces share a byte until the earlier one was reclaimed', () => {
  const step = fc.record({ bytes: fc.integer({ min: 1, max: 16 * 1024 }), isWritten: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const slab = new OutputSlab();
      const kept: { readonly view: Uint8Array; readonly mark: number }[] = [];
      for (const [mark, { bytes, isWritten }] of steps.entries()) {
        const start = slab.cut(bytes);
        slab.memory.fill(mark, start, start + bytes);
        const view = slab.view(slab.memory, start, start + bytes);
        if (isWritten) slab.reclaim([view]);
        else kept.push({ view, mark });
      }
      for (const { view, mark } of kept) expect(view.every((byte) => byte === mark)).toBe(true);
    }),
    { numRuns: 50 },
  );
});
