import { expect, test } from 'vitest';

import { RecentSet } from './recent-set.js';

test('the last ones are known, and those from long ago are not', () => {
  const recent = new RecentSet(3);
  const values = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  expect(values.map((value) => recent.add(value))).toEqual(values.map(() => true));
  expect(['g', 'f', 'e'].map((value) => recent.add(value))).toEqual([false, false, false]);
  expect(recent.add('a')).toBe(true);
});
