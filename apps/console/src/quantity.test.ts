import { expect, test } from 'vitest';

import { formatBytes, formatMs, formatNumberOf, formatSpan, formatTime } from './quantity.js';

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [3 * 1024 * 1024, '3.0 MiB'],
])('%i bytes', (bytes, words) => expect(formatBytes(bytes)).toBe(words));

test.each([
  [0.04, '0.0 ms'],
  [7.25, '7.3 ms'],
  [99.96, '100 ms'],
  [12_345, '12,345 ms'],
])('%d ms', (ms, words) => expect(formatMs(ms)).toBe(words));

test.each([
  [7_900, '0:07'],
  [750_000, '12:30'],
  [3_723_000, '1:02:03'],
])('a span of %i ms', (ms, words) => expect(formatSpan(ms)).toBe(words));

test('a time of day has milliseconds, cut and never rounded up', () => {
  expect(formatTime(new Date(2026, 0, 2, 3, 4, 5, 6).getTime() + 0.9)).toBe('03:04:05.006');
});

test('one is not plural', () => {
  expect(formatNumberOf(1, 'row')).toBe('1 row');
  expect(formatNumberOf(1_000, 'row')).toBe('1,000 rows');
});
