import { describe, expect, test } from 'vitest';

import { Schedule } from './schedule.js';

describe('a schedule', () => {
  test('has messages due evenly', () => {
    const schedule = new Schedule(1_000, { rate: 100, processes: 1, process: 0 });
    expect([0, 1, 50].map((index) => schedule.dueAt(index))).toEqual([1_000, 1_010, 1_500]);
  });

  test.each([
    [999, 0],
    [1_000, 1],
    [1_009.9, 1],
    [1_010, 2],
    [2_005, 101],
  ])('at %d ms so many are due: %d', (nowMs, count) => {
    const schedule = new Schedule(1_000, { rate: 100, processes: 1, process: 0 });
    expect(schedule.dueCount(nowMs)).toBe(count);
  });

  test('is shared by processes, one message after the other', () => {
    const schedules = [0, 1, 2].map((process) => new Schedule(0, { rate: 1_000, processes: 3, process }));
    const due = schedules.flatMap((schedule) => [0, 1].map((index) => schedule.dueAt(index)));
    expect(due.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    const inASecond = schedules.map((schedule) => schedule.dueCount(999.5));
    expect(inASecond.reduce((sum, count) => sum + count)).toBe(1_000);
  });

  test('a message is due when it says that it is', () => {
    const schedule = new Schedule(12_345.678, { rate: 7_919, processes: 1, process: 0 });
    for (let index = 0; index < 1_000; index++) {
      expect(schedule.dueCount(schedule.dueAt(index) + 1e-6)).toBe(index + 1);
      expect(schedule.dueCount(schedule.dueAt(index) - 1e-6)).toBe(index);
    }
  });
});
