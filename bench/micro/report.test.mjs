import { expect, test } from 'vitest';
import { renderCases, summarizeCases } from './report.mjs';

const mask = { group: 'mask', bytes: 1000 };
const costs = [
  { ...mask, name: 'ieum', nanoseconds: 50, allocatedBytes: 0 },
  { ...mask, name: 'other', nanoseconds: 70, allocatedBytes: 96.4 },
  { group: 'encode', bytes: 20, name: 'ieum', nanoseconds: 5, allocatedBytes: 10 },
  { ...mask, name: 'ieum', nanoseconds: 30, allocatedBytes: 0 },
  { ...mask, name: 'other', nanoseconds: 90, allocatedBytes: 96.4 },
];

test('cases are summed up over the rounds, and compared within their group', () => {
  expect(summarizeCases(costs)).toEqual([
    { ...mask, name: 'ieum', nanoseconds: 40, lowest: 30, highest: 50, allocatedBytes: 0, speed: undefined },
    { ...mask, name: 'other', nanoseconds: 80, lowest: 70, highest: 90, allocatedBytes: 96.4, speed: 2 },
    expect.objectContaining({ group: 'encode', name: 'ieum', nanoseconds: 5, speed: undefined }),
  ]);
});

test('a row has nanoseconds, megabytes per second, bytes allocated and how much faster ieum is', () => {
  const rows = renderCases(summarizeCases(costs)).split('\n').slice(2);
  expect(rows[1]).toBe('| mask | other | 80 | 70–90 | 12,500 | 96 | 2.00 |');
  expect(rows[0]).toMatch(/\| 0 \| {2}\|$/);
});
