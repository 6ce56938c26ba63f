import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';

import { parseDurationMs, parseTimeoutMs } from './duration.js';

test.each([
  ['0', 0],
  ['10', 10_000],
  ['1.5', 1500],
  ['500ms', 500],
  ['30s', 30_000],
  ['2m', 120_000],
])('%s is %d ms', (text, durationMs) => {
  expect(parseDurationMs(text)).toBe(durationMs);
});

test.each(['', '-1', 's', '10 minutes', '1e3', '600h', 'Infinity'])('%j is refused', (text) => {
  expect(() => parseDurationMs(text)).toThrow(InvalidArgumentError);
});

test('a timeout of nothing is refused', () => {
  expect(() => parseTimeoutMs('0')).toThrow(InvalidArgumentError);
});
