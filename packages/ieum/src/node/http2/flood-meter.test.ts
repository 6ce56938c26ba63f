import { expect, test } from 'vitest';

import { FakeClock } from '../../testing/fake-clock.js';
import { FloodMeter } from './flood-meter.js';

const limits = { burst: 3, perSecond: 2 };

/** How many of ten events are good. */
const good = (meter: FloodMeter) => Array.from({ length: 10 }, () => meter.take()).filter(Boolean).length;

test('a burst is good, and what comes beyond it is too much', () => {
  const meter = new FloodMeter(new FakeClock(), limits);
  expect(good(meter)).toBe(3);
  expect(good(meter)).toBe(0);
});

test('so many more are good in each second', () => {
  const clock = new FakeClock();
  const meter = new FloodMeter(clock, limits);
  good(meter);
  clock.advance(499);
  expect(good(meter)).toBe(0);
  clock.advance(1);
  expect(good(meter)).toBe(1);
  clock.advance(1_000);
  expect(good(meter)).toBe(2);
});

test('quiet times add up to no more than a burst', () => {
  const clock = new FakeClock();
  const meter = new FloodMeter(clock, limits);
  clock.advance(3_600_000);
  expect(good(meter)).toBe(3);
});
