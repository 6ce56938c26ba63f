import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { type Arrival, PatternOrder } from './pattern-order.js';

let told: (number | string)[] = [];
let order: PatternOrder<Arrival>;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  order = new PatternOrder({
    give: ({ live }) => told.push(live.sequence),
    handleLoss: () => told.push('loss'),
    handlePassed: ({ live }) => told.push(`passed ${live.sequence}`),
  });
});
afterEach(() => vi.useRealTimers());

test('what comes in order is given at once', () => {
  receive([1, 0], [2, 1], [5, 2]);
  expect(told).toEqual([1, 2, 5]);
});

test('what comes in another order is given in the right one', () => {
  receive([1, 0], [5, 4], [4, 2], [6, 5], [2, 1], [7, 6]);
  expect(told).toEqual([1, 2, 4, 5, 6, 7]);
  vi.runAllTimers();
  expect(told.length).toBe(6);
});

test('what does not come is a loss', () => {
  receive([1, 0], [3, 2], [4, 3], [9, 8]);
  expect(told).toEqual([1]);
  vi.runAllTimers();
  expect(told).toEqual([1, 'loss', 3, 4, 'loss', 9]);
  receive([2, 1], [10, 9]);
  expect(told.slice(6)).toEqual(['passed 2', 10]);
});

test('of a topic that is new nothing before is missed, but what comes just after stands before', () => {
  receive([8, 7], [7, 3]);
  expect(told).toEqual([]);
  vi.runAllTimers();
  expect(told).toEqual([7, 8]);
});

test('topics do not wait for each other', () => {
  receive([1, 0], [3, 2]);
  order.receive(arrival('other', 4, 0));
  expect(told).toEqual([1, 4]);
});

test('what waits is given before all is forgotten', () => {
  receive([1, 0], [3, 2]);
  order.clear();
  expect(told).toEqual([1, 3]);
  receive([9, 0]);
  vi.runAllTimers();
  expect(told).toEqual([1, 3, 9]);
});

test('no more than so many wait', () => {
  receive([1, 0]);
  for (let sequence = 3; told.length === 1 && sequence < 5_000; sequence++) receive([sequence, sequence - 1]);
  expect(told.slice(0, 3)).toEqual([1, 'loss', 3]);
  expect(told.length).toBeLessThan(1_100);
});

function receive(...messages: (readonly [sequence: number, previous: number])[]): void {
  for (const [sequence, previous] of messages) order.receive(arrival('topic', sequence, previous));
}

function arrival(subject: string, sequence: number, previous: number): Arrival {
  const live = { sequence, previous, headers: undefined, payload: new Uint8Array(), storedAt: 0 };
  return { subject, live };
}
