import { expect, test } from 'vitest';

import { OptionsError } from '../flags.mjs';
import { parseOptions } from './options.mjs';

test.each([
  [[], 600_000, 200_000],
  [['--duration', '90s'], 90_000, 30_000],
  [['--duration', '1h'], 3_600_000, 300_000],
  [['--duration', '2m', '--warmup', '10s'], 120_000, 10_000],
])('%j are so many milliseconds, and so many of them warm-up', (args, durationMs, warmupMs) => {
  expect(parseOptions(args)).toMatchObject({ durationMs, warmupMs, connections: 5_000 });
});

test.each([
  [['--duration', '10']],
  [['--duration', '25h']],
  [['--duration', '1m', '--warmup', '31s']],
  [['--connections', '0']],
  [['--time', '1m']],
])('%j is wrong', (args) => {
  expect(() => parseOptions(args)).toThrow(OptionsError);
});
