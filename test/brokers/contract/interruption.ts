import { isDeepStrictEqual } from 'node:util';

import { expect, test } from 'vitest';

import type { Position } from '../../../packages/ieum/src/hub/position.js';
import {
  type BrokerTraits,
  draftOf,
  eventually,
  kept,
  type Node,
  notKept,
  numbers,
  publishStubbornly,
  publishTexts,
  type Stage,
} from '../broker-stage.js';
import { RecordingSink } from '../recording-sink.js';
import { absent, present, usersOf, watchMembers } from './members.js';

/** What holds while the server is away, and after it came back. */
export function interruptionContract(given: () => Stage, { canOpenLate = true }: BrokerTraits): void {
  test('everybody learns that the server is gone, is refused meanwhile, and learns that it is back', async () => {
    const nodes = await given().pair();
    const [{ broker }] = nodes;
    const topic = given().topic();
    await given().interrupt();
    for (const { sink } of nodes) await sink.untilReadiness(false);
    expect(nodes.map((node) => node.broker.isReady)).toEqual([false, false]);
    const refused = [
      broker.publish(draftOf(topic, 'a'), kept),
      broker.publish(draftOf(topic, 'b'), notKept),
      broker.follow(topic, kept),
      broker.follow(given().topic(), notKept),
      broker.followPattern(`${topic}/*`),
      broker.history(topic, kept, { since: null, limit: 1 }),
      broker.members(topic),
      broker.followMembers(topic),
    ];
    const codes = (await Promise.allSettled(refused)).map(
      (outcome) => outcome.status === 'rejected' && outcome.reason.code,
    );
    expect(codes).toEqual(refused.map(() => 'ERR_HUB_UNAVAILABLE'));
    await given().restore();
    for (const { sink } of nodes) await sink.untilReadiness(true);
    expect(nodes.map((node) => node.broker.isReady)).toEqual([true, true]);
    await broker.follow(topic, kept);
    await publishStubbornly(nodes[1], draftOf(topic, 'c'));
    await nodes[0].sink.untilText(topic, 'c');
  }, 60_000);

  test('a followed topic goes on: all that is published afterwards comes, and all from before came or is a gap', async () => {
    const [publisher, follower] = await given().pair();
    const topic = given().topic();
    const start = await follower.broker.follow(topic, kept);
    const published = toPublished(numbers(5), await publishTexts(publisher, topic, numbers(5)));
    await given().interrupt();
    await Promise.all([publisher, follower].map(({ sink }) => sink.untilReadiness(false)));
    await given().restore();
    for (const text of numbers(5, 'later ')) published.push(await publishOne(publisher, topic, text));
    await untilCaughtUp(follower, publisher, topic, published);
    expectNoSilentLoss(follower, topic, published, start);
    const page = await follower.broker.history(topic, kept, { since: start, limit: 100 });
    expect(page.isContinuous).toBe(page.position.epoch === start?.epoch);
    if (!page.isContinuous) return;
    expect(page.publications.map(({ text }) => text)).toEqual(published.map(({ text }) => text));
  }, 60_000);

  test('while connections break again and again, what is published comes once, in order, or is a gap', async () => {
    const [publisher, follower, other] = await given().three();
    const [topic, passing] = [given().topic(), given().topic()];
    const start = await follower.broker.follow(topic, kept);
    await other.broker.follow(topic, kept);
    for (const { broker } of [follower, other]) await broker.follow(passing, notKept);
    const published: Published[] = [];
    for (let i = 1; i <= 200; i++) {
      const cutting = i % 40 === 20 ? given().harness.cutConnections() : undefined;
      published.push(await publishOne(publisher, topic, `${i}`));
      await publishStubbornly(publisher, draftOf(passing, `${i}`), notKept);
      await cutting;
    }
    for (const node of [follower, other]) {
      await untilHeard(node, publisher, passing);
      await untilCaughtUp(node, publisher, topic, published);
    }
    await Promise.all([follower, other].map((node) => untilHasLast(node, topic, published)));
    for (const node of [follower, other]) {
      expectNoSilentLoss(node, topic, published, start);
      expectNothingTwiceOrSilentlyLost(node, passing, 200);
    }
  }, 60_000);

  test('a draft that is published again because its answer was lost is published once', async () => {
    const [publisher, follower] = await given().pair();
    const topic = given().topic();
    const start = await follower.broker.follow(topic, kept);
    const published: Published[] = [];
    for (let round = 0; round < 5; round++) {
      const publishing = numbers(40, `${round}-`).map((text) => publishOne(publisher, topic, text));
      await given().harness.cutConnections();
      published.push(...(await Promise.all(publishing)));
    }
    await untilCaughtUp(follower, publisher, topic, published);
    expectNoSilentLoss(follower, topic, published, start);
    const page = await follower.broker.history(topic, kept, { since: start, limit: 1_000 });
    const texts = page.publications.map(({ text }) => text);
    expect([page.isContinuous, texts.length]).toEqual([true, published.length]);
    expect(new Set(texts).size).toBe(published.length);
  }, 60_000);

  test('without history, and for patterns, an interruption is a gap', async () => {
    const [publisher, follower] = await given().pair();
    const topic = given().topic('a');
    await follower.broker.follow(topic, notKept);
    await follower.broker.followPattern(`${topic.slice(0, -2)}/*`);
    await given().interrupt();
    await follower.sink.untilReadiness(false);
    await given().restore();
    await follower.sink.until('a gap', () => follower.sink.gaps(topic).length > 0);
    await follower.sink.until('a gap of patterns', () => follower.sink.patternGaps > 0);
    expect(follower.sink.gaps(topic)[0]).toBeNull();
    await untilHeard(follower, publisher, topic);
    await follower.sink.until('a pattern again', () => follower.sink.patternTexts(() => true).length > 0);
  }, 60_000);

  test('what was unfollowed meanwhile does not come back', async () => {
    const [publisher, follower] = await given().pair();
    const [topic, other] = [given().topic(), given().topic()];
    await follower.broker.follow(topic, kept);
    await follower.broker.follow(other, kept);
    await given().interrupt();
    await follower.sink.untilReadiness(false);
    follower.broker.unfollow(topic);
    await given().restore();
    await publishOne(publisher, topic, 'unwanted');
    await untilCaughtUp(follower, publisher, other, []);
    await follower.broker.follow(topic, kept);
    await publishOne(publisher, topic, 'end');
    await follower.sink.untilText(topic, 'end');
    expect(follower.sink.texts(topic)).toEqual(['end']);
  }, 60_000);

  test.each(['all', 'none'] as const)(
    'members are there again when the server is, with %s of its data',
    async (data) => {
      const [node, other] = await given().pair();
      const topic = given().topic();
      const watch = await watchMembers(other, topic);
      await node.broker.changeMembers(topic, [present('alice', 1), present('bob', 1)]);
      await other.broker.changeMembers(topic, [present('carol', 1)]);
      await watch.until(['alice 1', 'bob 1', 'carol 1']);
      await given().interrupt();
      await node.sink.untilReadiness(false);
      node.broker.changeMembers(topic, [absent('alice'), present('bob', 2)]).catch(() => {});
      node.broker.changeMembers(topic, [present('dave', 1)]).catch(() => {});
      await given().restore(data);
      const expected = ['bob 2', 'carol 1', 'dave 1'];
      await watch.until(expected, 40_000);
      for (const { broker } of [node, other]) {
        await eventually('the members', async () => {
          return usersOf(await broker.members(topic)).join() === expected.join();
        });
      }
    },
    60_000,
  );

  test('a server that lost its data says so: a gap for those who follow, no continuity for those who come back', async () => {
    const [publisher, follower] = await given().pair();
    const [topic, other] = [given().topic(), given().topic()];
    const start = await follower.broker.follow(topic, kept);
    const before = await publishTexts(publisher, topic, numbers(3));
    const elsewhere = await publishTexts(publisher, other, ['1']);
    await follower.sink.untilText(topic, '3');
    await given().interrupt();
    await follower.sink.untilReadiness(false);
    await given().restore('none');
    const after: Published[] = [];
    for (const text of numbers(6, 'new ')) after.push(await publishOne(publisher, topic, text));
    await publishOne(publisher, other, 'new');
    await untilCaughtUp(follower, publisher, topic, after);
    expect(follower.sink.gaps(topic).length).toBeGreaterThan(0);
    expect(after[0]?.position.epoch).not.toBe(before[0]?.position?.epoch);
    expectNoSilentLoss(follower, topic, after, start);
    for (const { position: since } of before) {
      const page = await follower.broker.history(topic, kept, { since, limit: 100 });
      expect(page.isContinuous).toBe(false);
    }
    const since = elsewhere[0]?.position ?? null;
    expect((await follower.broker.history(other, kept, { since, limit: 10 })).isContinuous).toBe(false);
  }, 60_000);

  test('closing does not wait for a server that is gone', async () => {
    const node = await given().node();
    await node.broker.follow(given().topic(), kept);
    await node.broker.changeMembers(given().topic(), [present('alice', 1)]);
    given().release(node.broker);
    await given().interrupt();
    await node.sink.untilReadiness(false);
    await node.broker.close();
    expect(node.broker.isReady).toBe(false);
    await given().restore();
  }, 60_000);

  if (canOpenLate) openingContract(given);
}

function openingContract(given: () => Stage): void {
  test('opening waits for a server that is not there yet', async () => {
    const other = await given().node();
    await given().interrupt();
    await other.sink.untilReadiness(false);
    const broker = await given().harness.createBroker();
    const sink = new RecordingSink();
    const opening = broker.open(sink);
    expect(broker.isReady).toBe(false);
    await given().restore();
    await opening;
    expect(broker.isReady).toBe(true);
    const topic = given().topic();
    await broker.follow(topic, kept);
    await publishOne(other, topic, 'a');
    await sink.untilText(topic, 'a');
    await broker.close();
  }, 60_000);
}

interface Published {
  readonly text: string;
  readonly position: Position;
}

async function publishOne(node: Node, topic: string, text: string): Promise<Published> {
  const { position } = await publishStubbornly(node, draftOf(topic, text));
  return { text, position: position as Position };
}

function toPublished(
  texts: readonly string[],
  receipts: readonly { readonly position: Position | null }[],
): Published[] {
  return receipts.map(({ position }, at) => ({ text: texts[at] as string, position: position as Position }));
}

/** Publishes until a follower was given the last of it: what it was told of as a gap does not come. */
async function untilCaughtUp(
  node: Node,
  publisher: Node,
  topic: string,
  published: Published[],
): Promise<void> {
  await eventually('caught up', async () => {
    published.push(await publishOne(publisher, topic, `end ${published.length}`));
    return untilHasLast(node, topic, published, 500).then(
      () => true,
      () => false,
    );
  });
}

function untilHasLast(
  { sink }: Node,
  topic: string,
  published: readonly Published[],
  timeoutMs?: number,
): Promise<void> {
  const { position } = published.at(-1) as Published;
  const isThere = () =>
    sink.publications(topic).some((publication) => isDeepStrictEqual(publication.position, position));
  return sink.until('the last publication', isThere, timeoutMs);
}

/** Publishes on a topic without history until a follower hears it. */
async function untilHeard({ sink }: Node, publisher: Node, topic: string): Promise<void> {
  const known = sink.publications(topic).length;
  await eventually('something is heard', async () => {
    await publisher.broker.publish(draftOf(topic, 'listen'), notKept);
    return sink.publications(topic).length > known;
  });
}

/** What a follower was given holds each publication once, in order, except for those that a gap stands for. */
function expectNoSilentLoss(
  { sink }: Node,
  topic: string,
  published: readonly Published[],
  start: Position | null,
): void {
  let last = start;
  for (const event of sink.events) {
    if (event.type === 'gap' && event.topic === topic) last = event.position;
    if (event.type !== 'publication' || event.topic !== topic) continue;
    const { position } = event.publication;
    if (position === null || last === null) throw new Error('no position on a topic with history');
    expect(position.epoch).toBe(last.epoch);
    expect(position.offset).toBeGreaterThan(last.offset);
    expect(between(published, last, position.offset)).toEqual([]);
    last = position;
  }
  if (last !== null) expect(between(published, last, Number.POSITIVE_INFINITY)).toEqual([]);
}

/** Publications after a position and before an offset of its epoch. */
function between(published: readonly Published[], { offset, epoch }: Position, before: number): Published[] {
  return published.filter(
    ({ position }) => position.epoch === epoch && position.offset > offset && position.offset < before,
  );
}

/** On a topic without history numbers come in order, once, and none is left out without a gap. */
function expectNothingTwiceOrSilentlyLost({ sink }: Node, topic: string, count: number): void {
  let last = 0;
  let hasGap = false;
  for (const event of sink.events) {
    if (event.type === 'gap' && event.topic === topic) hasGap = true;
    if (event.type !== 'publication' || event.topic !== topic) continue;
    const { text } = event.publication;
    const number = text === 'listen' ? count + 1 : Number(text);
    if (text !== 'listen') expect(number).toBeGreaterThan(last);
    if (number > last + 1) expect({ number, last, hasGap }).toEqual({ number, last, hasGap: true });
    hasGap = false;
    last = number;
  }
}
