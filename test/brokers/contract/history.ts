import { describe, expect, test } from 'vitest';

import type { HistoryPage, Retention } from '../../../packages/ieum/src/hub/broker.js';
import type { Position } from '../../../packages/ieum/src/hub/position.js';
import { eventually, kept, type Node, numbers, publishTexts, type Stage } from '../broker-stage.js';

/** What is kept, for how long, and when a page of it may be trusted. */
export function historyContract(given: () => Stage): void {
  test('an empty history has a position, and from there on nothing is missing', async () => {
    const node = await given().node();
    const topic = given().topic();
    const empty = await node.broker.history(topic, kept, { since: null, limit: 10 });
    expect([empty.publications, empty.isContinuous]).toEqual([[], true]);
    const same = await node.broker.history(topic, kept, { since: empty.position, limit: 10 });
    expect(same).toEqual(empty);
  });

  test('from a position that follow gave on nothing is missing', async () => {
    const node = await given().node();
    const topic = given().topic();
    const since = await node.broker.follow(topic, kept);
    await publishTexts(node, topic, ['a', 'b']);
    const page = await node.broker.history(topic, kept, { since, limit: 10 });
    expect([textsOf(page), page.isContinuous]).toEqual([['a', 'b'], true]);
  });

  test('a page stands where its topic stands, whoever reads it', async () => {
    const [publisher, reader] = await given().pair();
    const topic = given().topic();
    const receipts = await publishTexts(publisher, topic, numbers(5));
    const page = await reader.broker.history(topic, kept, { since: null, limit: 3 });
    expect(page.position).toEqual(receipts[4]?.position);
    expect(textsOf(page)).toEqual(['3', '4', '5']);
    expect(page.publications.map(({ position }) => position)).toEqual(
      receipts.slice(2).map(({ position }) => position),
    );
  });

  test.each([
    [0, []],
    [1, ['6']],
    [4, ['3', '4', '5', '6']],
    [100, numbers(6)],
  ])('without a position to begin from, at most %d are the last ones', async (limit, expected) => {
    const node = await given().node();
    const topic = given().topic();
    const receipts = await publishTexts(node, topic, numbers(6));
    const page = await node.broker.history(topic, kept, { since: null, limit });
    expect([textsOf(page), page.isContinuous]).toEqual([expected, true]);
    expect(page.position).toEqual(receipts[5]?.position);
  });

  test('pages that begin where the one before ended hold everything once', async () => {
    const node = await given().node();
    const topic = given().topic();
    let since = await node.broker.follow(topic, kept);
    await publishTexts(node, topic, numbers(25));
    const texts: string[] = [];
    for (let pages = 0; pages < 10; pages++) {
      const page = await node.broker.history(topic, kept, { since, limit: 4 });
      expect(page.isContinuous).toBe(true);
      texts.push(...textsOf(page));
      since = page.publications.at(-1)?.position ?? null;
      if (page.publications.length === 0 || since === null) break;
    }
    expect(texts).toEqual(numbers(25));
  });

  describe('of eight publications five are kept', () => {
    const five: Retention = { ...kept, history: { maxMessages: 5, maxAgeMs: 60_000 } };

    test.each(continuity)('since %s', async (_name, since, expected, isContinuous) => {
      const node = await given().node();
      const topic = given().topic();
      await node.broker.follow(topic, five);
      const receipts = await publishTexts(node, topic, numbers(8), five);
      const positions = receipts.map(({ position }) => position as Position);
      const page = await node.broker.history(topic, five, { since: since(positions), limit: 100 });
      expect(page.isContinuous).toBe(isContinuous);
      expect(page.position).toEqual(positions[7]);
      if (expected !== null) expect(textsOf(page)).toEqual(expected);
    });

    test('a limit below what is there takes the first ones after the position', async () => {
      const node = await given().node();
      const topic = given().topic();
      const receipts = await publishTexts(node, topic, numbers(8), five);
      const since = receipts[4]?.position ?? null;
      const page = await node.broker.history(topic, five, { since, limit: 2 });
      expect([textsOf(page), page.isContinuous]).toEqual([['6', '7'], true]);
      expect(page.position).toEqual(receipts[7]?.position);
    });

    test('no more than that are ever read', async () => {
      const node = await given().node();
      const topic = given().topic();
      await publishTexts(node, topic, numbers(8), five);
      const page = await node.broker.history(topic, five, { since: null, limit: 100 });
      expect(textsOf(page)).toEqual(['4', '5', '6', '7', '8']);
    });
  });

  test('publications that are too old are not there any more, and missed by those who had not read them', async () => {
    const node = await given().node();
    const topic = given().topic();
    const brief: Retention = { ...kept, history: { maxMessages: 1_000, maxAgeMs: 1_000 } };
    const receipts = await publishTexts(node, topic, ['a', 'b'], brief);
    const [first, last] = receipts.map(({ position }) => position as Position);
    await eventuallyEmpty(node, topic, brief);
    const missed = await node.broker.history(topic, brief, { since: first as Position, limit: 10 });
    expect([textsOf(missed), missed.isContinuous]).toEqual([[], false]);
    const upToDate = await node.broker.history(topic, brief, { since: last as Position, limit: 10 });
    expect([textsOf(upToDate), upToDate.isContinuous]).toEqual([[], true]);
    expect(upToDate.position).toEqual(last);
    await publishTexts(node, topic, ['c'], brief);
    const later = await node.broker.history(topic, brief, { since: last as Position, limit: 10 });
    expect([textsOf(later), later.isContinuous]).toEqual([['c'], true]);
    const tooLate = await node.broker.history(topic, brief, { since: first as Position, limit: 10 });
    expect([textsOf(tooLate), tooLate.isContinuous]).toEqual([['c'], false]);
  }, 30_000);

  test('reading while others publish misses nothing and reads nothing twice', async () => {
    const [publisher, reader] = await given().pair();
    const topic = given().topic();
    let since = await reader.broker.follow(topic, kept);
    const publishing = publishTexts(publisher, topic, numbers(200));
    const texts: string[] = [];
    await eventually('all read', async () => {
      const page = await reader.broker.history(topic, kept, { since, limit: 7 });
      expect(page.isContinuous).toBe(true);
      texts.push(...textsOf(page));
      since = page.publications.at(-1)?.position ?? since;
      return texts.length >= 200;
    });
    await publishing;
    expect(texts).toEqual(numbers(200));
  }, 30_000);
}

const everything = ['4', '5', '6', '7', '8'];

/** Since where, what is read (null: whatever), and whether nothing is missing. */
const continuity: readonly (readonly [
  string,
  (positions: readonly Position[]) => Position,
  readonly string[] | null,
  boolean,
])[] = [
  ['the latest', (positions) => positions[7] as Position, [], true],
  ['the last but one', (positions) => positions[6] as Position, ['8'], true],
  ['the oldest that is kept', (positions) => positions[3] as Position, ['5', '6', '7', '8'], true],
  [
    'the one before that, which nothing is missing after',
    (positions) => positions[2] as Position,
    everything,
    true,
  ],
  ['one that is followed by one that is gone', (positions) => positions[1] as Position, everything, false],
  ['the first', (positions) => positions[0] as Position, everything, false],
  ['a place that the topic has not reached', (positions) => moved(positions[7], 1_000), null, false],
  ['the latest of another epoch', (positions) => inOtherEpoch(positions[7]), null, false],
  ['the first of another epoch', (positions) => inOtherEpoch(positions[0]), null, false],
  ['the beginning of another epoch', (positions) => inOtherEpoch(moved(positions[0], -1)), null, false],
  ['an epoch that is no name', (positions) => ({ ...(positions[6] as Position), epoch: '' }), null, false],
];

function moved(position: Position | undefined, by: number): Position {
  return { offset: (position?.offset ?? 0) + by, epoch: position?.epoch ?? '' };
}

function inOtherEpoch(position: Position | undefined): Position {
  return { offset: position?.offset ?? 0, epoch: `${position?.epoch}x` };
}

function eventuallyEmpty({ broker }: Node, topic: string, retention: Retention): Promise<void> {
  return eventually('an empty history', async () => {
    const page = await broker.history(topic, retention, { since: null, limit: 10 });
    return page.publications.length === 0;
  });
}

function textsOf({ publications }: HistoryPage): string[] {
  return publications.map(({ text }) => text);
}
