import { describe, expect, test } from 'vitest';

import { spin } from './turn-loop.js';

describe('the turn loop', () => {
  test('takes turns until it is over, with time that goes on', async () => {
    const times: number[] = [];
    await spin(
      () => 0,
      (nowMs) => times.push(nowMs),
      () => times.length === 10,
    );
    expect(times).toHaveLength(10);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test('takes no turn when it is over from the beginning', async () => {
    let turns = 0;
    await spin(
      () => 0,
      () => turns++,
      () => true,
    );
    expect(turns).toBe(0);
  });

  test('lets others have theirs between', async () => {
    let ticks = 0;
    setImmediate(() => ticks++);
    await spin(
      () => 0,
      () => {},
      () => ticks > 0,
    );
    expect(ticks).toBe(1);
  });
});
