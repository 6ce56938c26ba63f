import { expect, test } from 'vitest';

import { listHeight, rowAt, rowTop, visibleRange } from './visible-range.js';

const plain = { count: 1_000, rowPx: 20, expandedIndex: -1, expandedPx: 0 };
const expanded = { ...plain, expandedIndex: 10, expandedPx: 100 };

test('only rows in view, and a few around them, are asked for', () => {
  const { start, end } = visibleRange(plain, 2_000, 200);
  expect(start).toBeLessThanOrEqual(100);
  expect(start).toBeGreaterThan(80);
  expect(end).toBeGreaterThanOrEqual(110);
  expect(end).toBeLessThan(130);
});

test.each([0, 200, 205, 219, 220, 300, 319, 320, 321, 5_000])('the row at %i px covers it', (px) => {
  const index = rowAt(expanded, px);
  expect(rowTop(expanded, index)).toBeLessThanOrEqual(px);
  expect(rowTop(expanded, index + 1)).toBeGreaterThan(px);
});

test('an expanded row makes the list taller and moves only what is below', () => {
  expect(listHeight(expanded)).toBe(listHeight(plain) + 100);
  expect(rowTop(expanded, 10)).toBe(200);
  expect(rowTop(expanded, 11)).toBe(320);
});

test('a range never leaves the list, even when the scroll position lags behind it', () => {
  expect(visibleRange({ ...plain, count: 3 }, 10_000, 200)).toEqual({ start: 3, end: 3 });
  expect(visibleRange({ ...plain, count: 0 }, 0, 200)).toEqual({ start: 0, end: 0 });
});
