import { describe, expect, test } from 'vitest';

import { bucketOf, Histogram } from './histogram.js';
import { correctForOmission } from './omission.js';

describe('correction for coordinated omission', () => {
  test.each([[1_000], [1_234], [3_000], [10_000], [777], [100_000], [250_000]])(
    'adds what an interval of %d us would have sent into one stall',
    (intervalUs) => {
      const measured = new Histogram();
      measured.record(200);
      const corrected = correctForOmission(measured, intervalUs);

      const expected = new Histogram();
      expected.record(200);
      // The stall is known as the middle of its bucket, and not longer than the longest.
      const stallUs = measured.quantileUs(1);
      for (let us = stallUs - intervalUs; us >= intervalUs; us -= intervalUs) expected.record(us / 1000);
      expect(corrected.total).toBe(expected.total);
      for (const share of [0.1, 0.25, 0.5, 0.75, 0.9, 0.99]) {
        const buckets = [corrected, expected].map((histogram) => bucketOf(histogram.quantileUs(share)));
        expect(Math.abs((buckets[0] as number) - (buckets[1] as number))).toBeLessThanOrEqual(1);
      }
    },
  );

  test('makes a stall visible that a closed loop met once', () => {
    const measured = new Histogram();
    for (let i = 0; i < 10_000; i++) measured.record(1);
    measured.record(1_000);
    expect(measured.quantileUs(0.99)).toBeLessThan(1_100);
    const corrected = correctForOmission(measured, measured.quantileUs(0.5));
    expect(corrected.total).toBeGreaterThan(10_900);
    expect(corrected.quantileUs(0.99)).toBeGreaterThan(800_000);
    expect(corrected.maxUs).toBe(1_000_000);
  });

  test('leaves latencies alone that are shorter than two intervals', () => {
    const measured = new Histogram();
    for (const ms of [0.2, 1, 1.5, 1.9]) measured.record(ms);
    expect(correctForOmission(measured, 1_000).counts).toEqual(measured.counts);
  });

  test.each([0, Number.NaN])('changes nothing when the interval is %d', (intervalUs) => {
    const measured = new Histogram();
    measured.record(5);
    expect(correctForOmission(measured, intervalUs).counts).toEqual(measured.counts);
  });

  test('does not change what was measured', () => {
    const measured = new Histogram();
    measured.record(100);
    correctForOmission(measured, 10);
    expect(measured.total).toBe(1);
  });
});
