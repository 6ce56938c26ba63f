import { expect, test } from 'vitest';

import { Spares } from './spares.js';

test('gives what was given back, the latest first, to one at a time', () => {
  let made = 0;
  const spares = new Spares(() => ({ number: made++ }), 2);
  const [first, second, third] = [spares.take(), spares.take(), spares.take()];
  expect([first.number, second.number, third.number]).toEqual([0, 1, 2]);
  for (const each of [first, second, third]) expect(spares.give(each)).toBeNull();
  expect(spares.take()).toBe(second);
  expect(spares.take()).toBe(first);
  expect(spares.take().number).toBe(3);
});
