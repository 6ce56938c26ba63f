import { expect, test } from 'vitest';

import { FakeClock } from './fake-clock.js';

test('timers fire in the order they are due, each at its own time', () => {
  const clock = new FakeClock(1000);
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name} ${clock.now()}`);
  clock.setTimer(note('late'), 30);
  clock.setTimer(note('early'), 10);
  clock.setTimer(note('as early'), 10);
  clock.setTimer(note('too late'), 31);
  clock.advance(30);
  expect(fired).toEqual(['early 1010', 'as early 1010', 'late 1030']);
  expect([clock.now(), clock.pendingTimers]).toEqual([1030, 1]);
});

test('a timer that is set by a timer fires in the same advance when it falls due', () => {
  const clock = new FakeClock();
  const times: number[] = [];
  const tick = () => {
    times.push(clock.now());
    clock.setTimer(tick, 10);
  };
  clock.setTimer(tick, 10);
  clock.advance(35);
  expect(times).toEqual([10, 20, 30]);
});

test('a cancelled timer does not fire', () => {
  const clock = new FakeClock();
  const cancel = clock.setTimer(() => expect.unreachable(), 5);
  cancel();
  cancel();
  clock.advance(10);
  expect(clock.pendingTimers).toBe(0);
});

test('a stall lets time pass without timers; what is overdue fires late', () => {
  const clock = new FakeClock();
  const times: number[] = [];
  clock.setTimer(() => times.push(clock.now()), 5);
  clock.stall(100);
  expect(times).toEqual([]);
  clock.advance(0);
  expect(times).toEqual([100]);
});
