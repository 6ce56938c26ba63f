import { expect, test } from 'vitest';

import { FakeClock } from '../testing/fake-clock.js';
import { type DeadlineSlot, DeadlineWheel, type Timed } from './deadline-wheel.js';

/** An entry that notes when it is called, and does then what a test wants. */
class Entry implements Timed {
  slot: DeadlineSlot | null = null;
  slotIndex = 0;
  at: number;
  readonly calls: number[] = [];
  readonly excused: number[] = [];
  act: (now: number) => void;

  constructor(at: number, act: (entry: Entry, now: number) => void = (entry) => entry.stop()) {
    this.at = at;
    this.act = (now) => act(this, now);
  }

  stop(): void {
    this.at = Number.POSITIVE_INFINITY;
  }

  deadline(): number {
    return this.at;
  }

  handleDeadline(now: number): void {
    this.calls.push(now);
    this.act(now);
  }

  excuseStall(stalledMs: number): void {
    this.excused.push(stalledMs);
    this.at += stalledMs;
  }
}

function wheelOf(...entries: Entry[]) {
  const clock = new FakeClock();
  const wheel = new DeadlineWheel(clock);
  for (const entry of entries) wheel.watch(entry);
  return { clock, wheel };
}

test('deadlines come up in time, at most a slot late, with one timer for all', () => {
  const entries = [10, 100, 120, 1_000].map((at) => new Entry(at));
  const { clock } = wheelOf(...entries);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(2_000);
  for (const [i, at] of [10, 100, 120, 1_000].entries()) {
    const [call = Number.NaN] = entries[i]?.calls ?? [];
    expect(call).toBeGreaterThanOrEqual(at);
    expect(call).toBeLessThan(at + 50);
    expect(entries[i]?.calls.length).toBe(1);
  }
  expect(clock.pendingTimers).toBe(0);
});

test('a deadline that moved later costs a look, and comes up when it is due', () => {
  const entry = new Entry(100);
  const { clock } = wheelOf(entry);
  entry.at = 1_020;
  clock.advance(1_000);
  expect(entry.calls).toEqual([]);
  clock.advance(50);
  expect(entry.calls).toEqual([1_050]);
});

test('a deadline that moved to an earlier time comes up then when the wheel is told', () => {
  const entry = new Entry(60_000);
  const { clock, wheel } = wheelOf(entry);
  entry.at = 100;
  wheel.watch(entry);
  clock.advance(100);
  expect([entry.calls, clock.pendingTimers]).toEqual([[100], 0]);
});

test('an entry without a deadline keeps no timer', () => {
  const { clock } = wheelOf(new Entry(Number.POSITIVE_INFINITY));
  expect(clock.pendingTimers).toBe(0);
});

test('what is no longer watched is not called, and leaves no timer behind once that has fired', () => {
  const entry = new Entry(100);
  const { clock, wheel } = wheelOf(entry);
  wheel.unwatch(entry);
  wheel.unwatch(entry);
  clock.advance(1_000);
  expect([entry.calls, clock.pendingTimers]).toEqual([[], 0]);
});

test('entries that come up may remove others that are due too', () => {
  const second = new Entry(100);
  const first: Entry = new Entry(100, (entry) => {
    entry.stop();
    second.stop();
    wheel.unwatch(second);
  });
  const { clock, wheel } = wheelOf(first, second);
  clock.advance(1_000);
  expect([first.calls, second.calls, clock.pendingTimers]).toEqual([[100], [], 0]);
});

test('entries that come up may add others, which come up in their turn even when they are overdue', () => {
  const overdue = new Entry(20);
  const first: Entry = new Entry(100, (entry) => {
    entry.stop();
    wheel.watch(overdue);
  });
  const { clock, wheel } = wheelOf(first);
  clock.advance(1_000);
  expect([first.calls, overdue.calls, clock.pendingTimers]).toEqual([[100], [150], 0]);
});

test('a deadline that stays in the past comes up once in a slot, and stops nobody', () => {
  const stuck = new Entry(0, (entry) => wheel.watch(entry));
  const other = new Entry(200);
  const { clock, wheel } = wheelOf(stuck, other);
  clock.advance(500);
  expect(stuck.calls.length).toBeLessThanOrEqual(11);
  expect(other.calls).toEqual([200]);
  stuck.stop();
  clock.advance(100);
  expect(clock.pendingTimers).toBe(0);
});

test('when the timer fires late, everybody is excused for that long before anybody is judged', () => {
  const due = new Entry(100);
  const later = new Entry(20_000);
  const { clock } = wheelOf(due, later);
  clock.stall(10_000);
  clock.advance(0);
  expect([due.excused, later.excused, due.calls]).toEqual([[9_900], [9_900], [10_000]]);
  clock.advance(19_900);
  expect(later.calls).toEqual([29_900]);
});

test('a timer that is hardly late excuses nobody', () => {
  const entry = new Entry(100);
  const { clock } = wheelOf(entry);
  clock.stall(500);
  clock.advance(0);
  expect([entry.excused, entry.calls]).toEqual([[], [500]]);
});

test('deadlines in two hundred thousand slots come up all the same', () => {
  const far = Array.from({ length: 200_000 }, (_, i) => new Entry(1_000 + i * 50));
  const { clock, wheel } = wheelOf();
  for (const entry of far) wheel.watch(entry);
  clock.advance(1_050);
  expect(far.slice(0, 3).map((entry) => entry.calls)).toEqual([[1_000], [1_050], []]);
});
