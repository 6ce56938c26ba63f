import { describe, expect, test } from 'vitest';

import {
  addRoundTrip,
  MAX_ROUND_TRIPS,
  percentile,
  type RoundTrip,
  roundTripNumbers,
} from './round-trips.js';

describe('percentile', () => {
  test.each([
    [50, [3, 1, 2], 2],
    [50, [1, 2, 3, 4], 2],
    [99, [1, 2, 3, 4], 4],
    [0, [5, 1], 1],
    [100, [5, 1], 5],
    [50, [7], 7],
    [99, Array.from({ length: 100 }, (_, at) => at + 1), 99],
    [50, [100, 20, 3], 20],
  ])('p%i of %j', (rank, values, expected) => {
    expect(percentile(values, rank)).toBe(expected);
  });

  test('of nothing is nothing', () => {
    expect(percentile([], 50)).toBeUndefined();
  });

  test('leaves its input as it was', () => {
    const values = [3, 1, 2];
    percentile(values, 50);
    expect(values).toEqual([3, 1, 2]);
  });
});

test('round trips stay ordered by when they were sent, though an overdue one is known late', () => {
  let trips: readonly RoundTrip[] = [];
  for (const timeMs of [10, 30, 20]) trips = addRoundTrip(trips, { timeMs, roundTripMs: 1 });
  expect(trips.map(({ timeMs }) => timeMs)).toEqual([10, 20, 30]);
});

test('only the newest round trips are kept', () => {
  let trips: readonly RoundTrip[] = [];
  for (let timeMs = 0; timeMs < MAX_ROUND_TRIPS + 3; timeMs += 1) {
    trips = addRoundTrip(trips, { timeMs, roundTripMs: 1 });
  }
  expect(trips).toHaveLength(MAX_ROUND_TRIPS);
  expect(trips[0]?.timeMs).toBe(3);
});

test('the numbers leave unanswered probes out and count them', () => {
  const trips = [4, undefined, 2, undefined].map((roundTripMs, timeMs) => ({ timeMs, roundTripMs }));
  expect(roundTripNumbers(trips)).toEqual({ current: 2, p50: 2, p99: 4, unanswered: 2 });
});
