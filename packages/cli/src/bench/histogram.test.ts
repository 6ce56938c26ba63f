import { describe, expect, test } from 'vitest';

import { bucketCount, bucketOf, Histogram, startOf } from './histogram.js';

describe('buckets', () => {
  test('follow each other without a gap', () => {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      expect(bucketOf(startOf(bucket))).toBe(bucket);
      if (bucket > 0) expect(bucketOf(startOf(bucket) - 1)).toBe(bucket - 1);
    }
  });

  test('are at most 1.6 % wide', () => {
    for (let bucket = 64; bucket < bucketCount - 1; bucket++) {
      expect((startOf(bucket + 1) - startOf(bucket)) / startOf(bucket)).toBeLessThanOrEqual(1 / 64);
    }
  });
});

describe('a histogram', () => {
  test('has no quantiles when it is empty', () => {
    const histogram = new Histogram();
    expect([histogram.total, histogram.quantileUs(0.5), histogram.quantileUs(1)]).toEqual([0, 0, 0]);
  });

  test.each([
    [0, 0.01, 10],
    [0.5, 5, 5_000],
    [0.9, 9, 9_000],
    [0.99, 9.9, 9_900],
    [1, 10, 10_000],
  ])('of evenly spread durations: quantile %d', (share, _ms, us) => {
    const histogram = new Histogram();
    for (let i = 1; i <= 1_000; i++) histogram.record(i / 100);
    expect(histogram.quantileUs(share)).toBeGreaterThan(us * 0.983);
    expect(histogram.quantileUs(share)).toBeLessThan(us * 1.017);
  });

  test('knows the longest duration exactly, and no quantile is longer', () => {
    const histogram = new Histogram();
    histogram.record(1);
    histogram.record(123.457);
    expect(histogram.maxUs).toBe(123_457);
    expect(histogram.quantileUs(0.999)).toBeLessThanOrEqual(123_457);
  });

  test('takes what clocks do: nothing below zero, nothing too long to count', () => {
    const histogram = new Histogram();
    histogram.record(-1);
    histogram.record(1e12);
    expect([histogram.quantileUs(0.5), histogram.total]).toEqual([0, 2]);
    expect(histogram.maxUs).toBe(2 ** 31 - 1);
  });

  test('merges with one that came from elsewhere as its counts', () => {
    const [one, other] = [new Histogram(), new Histogram()];
    one.record(1);
    other.record(5);
    other.record(5);
    one.merge(new Histogram(other.counts, other.maxUs));
    expect([one.total, one.maxUs]).toEqual([3, 5_000]);
    expect(one.quantileUs(0.9)).toBeCloseTo(5_000, -2);
  });
});
