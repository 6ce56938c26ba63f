import { expect, test } from 'vitest';

import { WorkGate } from './work-gate.js';

test('so much work is begun at once, and the rest in turn', async () => {
  const gate = new WorkGate(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const results = [0, 1, 2, 3].map((i) =>
    gate.run(async () => {
      begun.push(i);
      await new Promise<void>((resolve) => ends.push(resolve));
      return i;
    }),
  );
  expect(begun).toEqual([0, 1]);
  ends[1]?.();
  expect(await results[1]).toBe(1);
  expect(begun).toEqual([0, 1, 2]);
  ends[0]?.();
  expect(await results[0]).toBe(0);
  expect(begun).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
});

test('work that fails gives its place back', async () => {
  const gate = new WorkGate(1);
  const failure = new Error('on purpose');
  await expect(gate.run(() => Promise.reject(failure))).rejects.toBe(failure);
  expect(await gate.run(async () => 'done')).toBe('done');
});
