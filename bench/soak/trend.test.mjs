import { expect, test } from 'vitest';

import { trendOf } from './trend.mjs';

const MIB = 1024 * 1024;

/**
 * Ten minutes of 100 MiB that grow by so many MiB in an hour, with a collector's saw on top.
 *
 * @param {number} perHour
 * @param {number} saw
 */
function samples(perHour, saw) {
  return Array.from({ length: 600 }, (_, second) => ({
    atMs: second * 1_000,
    bytes: MIB * (100 + (perHour * second) / 3_600 + ((second % 4) / 4) * saw),
  }));
}

test.each([
  ['is flat under a saw', 0, 20, 'steady'],
  ['grows a little', 2, 0, 'steady'],
  ['shrinks', -50, 20, 'steady'],
  ['grows', 100, 20, 'grows'],
])('memory that %s is seen', (_name, perHour, saw, verdict) => {
  const trend = trendOf(samples(perHour, saw));
  expect(trend.verdict).toBe(verdict);
  expect(trend.bytesPerHour / MIB).toBeCloseTo(perHour, -1);
});

test('a short and noisy look says that it is one', () => {
  const few = samples(0, 0)
    .slice(0, 60)
    .map(({ atMs }, i) => ({ atMs, bytes: MIB * (100 + ((Math.floor(i / 5) * 7) % 5)) }));
  expect(trendOf(few).verdict).toBe('unclear');
});
