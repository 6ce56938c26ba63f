import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../testing/seeded-random.js';
import { Publication } from '../publication.js';
import { MemoryHistory } from './memory-history.js';

const published = (offset: number, at = offset) =>
  new Publication(
    {
      topic: 't',
      format: 'text',
      payload: new Uint8Array(),
      headers: {},
      publisher: null,
      id: `${offset}`,
      key: null,
    },
    { offset, epoch: 'e' },
    at,
  );

const historyOf = (count: number, maxMessages = 1_000) => {
  const history = new MemoryHistory(0);
  for (let offset = 1; offset <= count; offset++) history.push(published(offset), maxMessages);
  return history;
};

const offsets = (publications: readonly Publication[]) =>
  publications.map(({ position }) => position?.offset);

test('an empty history stands where it began', () => {
  const history = new MemoryHistory(7);
  expect([history.length, history.topOffset, history.floorOffset]).toEqual([0, 7, 7]);
  expect([history.after(0, 10), history.latest(10), history.at(7)]).toEqual([[], [], undefined]);
});

test('the oldest publications go when there are too many', () => {
  const history = historyOf(10, 3);
  expect([history.length, history.topOffset, history.floorOffset]).toEqual([3, 10, 7]);
  expect(offsets(history.after(0, 10))).toEqual([8, 9, 10]);
});

test('those go that were published before a time', () => {
  const history = historyOf(10);
  history.expire(6);
  expect(offsets(history.after(0, 100))).toEqual([6, 7, 8, 9, 10]);
  history.expire(11);
  expect([history.length, history.topOffset, history.floorOffset]).toEqual([0, 10, 10]);
  history.push(published(11), 5);
  expect(offsets(history.latest(5))).toEqual([11]);
});

describe('with ten kept after offset 5', () => {
  const history = historyOf(15, 10);

  test.each([
    [5, 3, [6, 7, 8]],
    [9, 100, [10, 11, 12, 13, 14, 15]],
    [2, 1, [6]],
    [15, 5, []],
    [99, 5, []],
    [9, 0, []],
  ])('after %d at most %d are %j', (offset, limit, expected) => {
    expect(offsets(history.after(offset, limit))).toEqual(expected);
  });

  test.each([
    [3, [13, 14, 15]],
    [0, []],
    [100, [6, 7, 8, 9, 10, 11, 12, 13, 14, 15]],
  ])('the latest %d are %j', (limit, expected) => {
    expect(offsets(history.latest(limit))).toEqual(expected);
  });

  test('one is found at its offset while it is kept', () => {
    expect([5, 6, 15, 16].map((offset) => history.at(offset)?.id)).toEqual([undefined, '6', '15', undefined]);
  });
});

test('less is kept from the next publication on when less is asked for', () => {
  const history = historyOf(10);
  history.push(published(11), 2);
  expect(offsets(history.after(0, 10))).toEqual([10, 11]);
  history.push(published(12), 0);
  expect([history.length, history.floorOffset]).toEqual([0, 12]);
  history.push(published(13), 2);
  expect(offsets(history.after(0, 10))).toEqual([13]);
});

test('a publication that is not kept leaves no hole', () => {
  const history = historyOf(3);
  history.skip();
  history.push(published(5), 10);
  expect([history.floorOffset, offsets(history.after(0, 10))]).toEqual([4, [5]]);
});

test('whatever is pushed and expires, what is kept are the last ones without a hole', () => {
  const random = seededRandom(11);
  const history = new MemoryHistory(0);
  let kept: number[] = [];
  for (let offset = 1; offset <= 5_000; offset++) {
    const maxMessages = 1 + random.below(40);
    history.push(published(offset), maxMessages);
    kept = [...kept, offset].slice(-maxMessages);
    if (random.below(10) === 0) {
      const time = offset - random.below(20);
      history.expire(time);
      kept = kept.filter((at) => at >= time);
    }
    expect([history.length, history.floorOffset]).toEqual([kept.length, offset - kept.length]);
    if (offset % 7 === 0) expect(offsets(history.after(0, 100))).toEqual(kept);
  }
});
