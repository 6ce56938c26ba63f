import { expect, test } from 'vitest';

import { faultIn, type Heard, lossesAt, TopicOrder } from './verdict.js';

const place = (offset: number, epoch = 'a') => ({ offset, epoch });
const message = (number: number, offset: number, epoch = 'a'): Heard => ({
  type: 'message',
  number,
  ...place(offset, epoch),
});
const fresh: Heard = { type: 'subscribed', recovery: 'fresh', ...place(0) };
const back = (recovery: 'fresh' | 'recovered' | 'gap', offset: number, epoch = 'a'): Heard => ({
  type: 'subscribed',
  recovery,
  ...place(offset, epoch),
});
const gap = (offset: number, epoch = 'a'): Heard => ({
  type: 'gap',
  reason: 'expired',
  position: place(offset, epoch),
});

/** 1 to 4 at offsets 10, 20, 30, 40 of one epoch; 5 at the first of another. */
function published(hasLoss = false): TopicOrder {
  const order = new TopicOrder('t', () => hasLoss);
  for (const number of [1, 2, 3, 4]) order.add(number, place(number * 10));
  order.add(5, place(1, 'b'));
  return order;
}

test.each<[string, readonly Heard[]]>([
  ['everything', [fresh, message(1, 10), message(2, 20), message(3, 30), message(4, 40)]],
  ['what comes after its first position', [back('fresh', 20), message(3, 30), message(4, 40)]],
  ['what is recovered', [fresh, message(1, 10), back('recovered', 10), message(2, 20), gap(40)]],
  ['a gap where it jumps', [fresh, message(1, 10), gap(30), message(4, 40)]],
  ['a gap that was announced', [fresh, message(1, 10), back('gap', 30), gap(30), message(4, 40)]],
])('%s is enough', (_name, log) => {
  expect(faultIn(log, published(), place(40))).toBeNull();
});

test.each<[string, readonly Heard[], RegExp]>([
  ['a loss in silence', [fresh, message(1, 10), message(3, 30)], /2 at a:20 was lost/],
  ['a loss behind a gap', [fresh, message(1, 10), gap(20), message(4, 40)], /3 at a:30 was lost/],
  ['a loss at a recovery', [fresh, message(1, 10), back('recovered', 10), message(3, 30)], /2 at a:20/],
  ['a double', [fresh, message(1, 10), message(1, 10)], /came again/],
  [
    'a change of order',
    [fresh, message(1, 10), gap(20), message(3, 30), message(2, 20)],
    /came again, or late/,
  ],
  ['an end that is missing', [fresh, message(1, 10)], /never came to a:40/],
  ['another epoch without a gap', [fresh, message(5, 1, 'b')], /another epoch/],
  ['a beginning anew', [fresh, message(1, 10), back('fresh', 40)], /began anew/],
  ['a recovery from elsewhere', [fresh, message(1, 10), back('recovered', 20)], /recovered from a:20/],
  ['a message before the gap', [fresh, back('gap', 20), message(3, 30)], /before the gap/],
  ['a gap that does not come', [fresh, message(1, 10), back('gap', 40)], /never came/],
  ['nothing', [], /never subscribed/],
])('%s is a fault', (_name, log, expected) => {
  expect(faultIn(log, published(), place(40))).toMatch(expected);
});

test('a publication stands at one place of an epoch, and a place has one publication', () => {
  const order = published(true);
  order.add(5, place(1, 'b'));
  order.add(4, place(2, 'b'));
  expect(order.faults).toEqual([]);
  order.add(4, place(3, 'b'));
  order.add(6, place(10));
  expect(order.faults).toHaveLength(2);
});

test('a publication stands in one epoch where the broker keeps its data', () => {
  const order = published();
  order.add(4, place(2, 'b'));
  expect(order.faults).toHaveLength(1);
});

test('an epoch may go on with the publications of another, where they stand', () => {
  const order = published();
  order.add(4, place(40, 'b'));
  expect(order.faults).toEqual([]);
});

test('a loss is between what was first heard of before and after it', () => {
  const acknowledged = [
    ['a', 10],
    ['a', 90],
    ['b', 40],
    ['c', 60],
  ].map(([epoch, at]) => ({ topic: 't', number: 1, offset: 1, epoch: String(epoch), at: Number(at) }));
  const isLossBetween = lossesAt([50], acknowledged);
  expect([isLossBetween('a', 'b'), isLossBetween('c', 'a'), isLossBetween('b', 'c')]).toEqual([
    false,
    true,
    true,
  ]);
});
