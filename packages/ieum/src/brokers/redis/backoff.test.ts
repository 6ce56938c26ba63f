import { expect, test } from 'vitest';

import { Backoff } from './backoff.js';

test('delays grow up to their bound, differ, and begin anew', () => {
  const backoff = new Backoff(1_000);
  const delays = Array.from({ length: 200 }, () => backoff.next());
  expect(delays[0]).toBeLessThanOrEqual(50);
  expect(Math.max(...delays)).toBeGreaterThan(500);
  expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
  expect(new Set(delays).size).toBeGreaterThan(100);
  backoff.reset();
  expect(backoff.next()).toBeLessThanOrEqual(50);
});
