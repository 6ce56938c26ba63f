import { expect, test } from 'vitest';

import { draftOf, kept, type Node, notKept, numbers, publishTexts, type Stage } from '../broker-stage.js';

/** One order for everybody, and a beginning of it that can be trusted. */
export function orderContract(given: () => Stage): void {
  test('what two nodes publish at once reaches both in one order, each publication once', async () => {
    const nodes = await given().pair();
    const topic = given().topic();
    for (const { broker } of nodes) await broker.follow(topic, kept);
    const receipts = await publishAtOnce(nodes, topic, 150);
    await Promise.all(nodes.map(({ sink }) => sink.untilTexts(topic, receipts.length)));
    await publishTexts(nodes[0], topic, ['end']);
    await Promise.all(nodes.map(({ sink }) => sink.untilText(topic, 'end')));
    const [first, second] = nodes.map(({ sink }) => sink.publications(topic));
    expect(first?.map(({ id }) => id)).toEqual(second?.map(({ id }) => id));
    expect(first?.map(({ position }) => position)).toEqual(second?.map(({ position }) => position));
    expect(new Set(first?.map(({ id }) => id)).size).toBe(first?.length);
    expect(first?.length).toBe(301);
    expectGrowing(first?.map(({ position }) => position?.offset));
    const expected = [...receipts].sort((a, b) => a.offset - b.offset).map(({ text }) => text);
    expect(first?.map(({ text }) => text)).toEqual([...expected, 'end']);
  });

  test('what one node publishes comes in its order, also when it waits for no answer', async () => {
    const [publisher, follower] = await given().pair();
    const topic = given().topic();
    await follower.broker.follow(topic, kept);
    const texts = numbers(300);
    await Promise.all(texts.map((text) => publisher.broker.publish(draftOf(topic, text), kept)));
    await follower.sink.untilTexts(topic, texts.length);
    expect(follower.sink.texts(topic)).toEqual(texts);
  });

  test('a topic without history has one order, too', async () => {
    const nodes = await given().pair();
    const topic = given().topic();
    for (const { broker } of nodes) await broker.follow(topic, notKept);
    await Promise.all(
      nodes.flatMap(({ broker }, at) =>
        numbers(100, `${at}-`).map((text) => broker.publish(draftOf(topic, text), notKept)),
      ),
    );
    await Promise.all(nodes.map(({ sink }) => sink.untilTexts(topic, 200)));
    const [first, second] = nodes.map(({ sink }) => sink.texts(topic));
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(200);
  });

  test('behind the position that follow gives comes all, and nothing from before', async () => {
    const [publisher, follower] = await given().pair();
    for (let round = 0; round < 40; round++) {
      const topic = given().topic();
      const started = await publishTexts(publisher, topic, round % 2 === 0 ? ['first'] : []);
      const early = numbers(round % 7, 'early ').map((text) => publishText(publisher, topic, text));
      const following = follower.broker.follow(topic, kept);
      const late = numbers(5, 'late ').map((text) => publishText(publisher, topic, text));
      const position = await following;
      const published = await Promise.all([...early, ...late]);
      published.push(await publishText(publisher, topic, 'end'));
      await follower.sink.untilText(topic, 'end');
      expect(position).not.toBeNull();
      expect(follower.sink.publications(topic)[0]?.position?.epoch).toBe(position?.epoch);
      const from = position?.offset ?? 0;
      expect(from).toBeGreaterThanOrEqual(started[0]?.position?.offset ?? 0);
      const expected = published.filter(({ offset }) => offset > from).sort((a, b) => a.offset - b.offset);
      expect(follower.sink.texts(topic)).toEqual(expected.map(({ text }) => text));
      expect(follower.sink.gaps(topic)).toEqual([]);
    }
  }, 60_000);

  test('the same holds for a topic that is followed again and again', async () => {
    const [publisher, follower] = await given().pair();
    const topic = given().topic();
    for (let round = 0; round < 20; round++) {
      const known = follower.sink.publications(topic).length;
      const early = numbers(3, `${round} early `).map((text) => publishText(publisher, topic, text));
      const position = await follower.broker.follow(topic, kept);
      const published = await Promise.all(early);
      published.push(await publishText(publisher, topic, `${round} end`));
      await follower.sink.untilText(topic, `${round} end`);
      const from = position?.offset ?? 0;
      const expected = published.filter(({ offset }) => offset > from).sort((a, b) => a.offset - b.offset);
      expect(follower.sink.texts(topic).slice(known)).toEqual(expected.map(({ text }) => text));
      follower.broker.unfollow(topic);
    }
  }, 60_000);

  test('a topic that nobody published on has a position, and what comes comes after it', async () => {
    const node = await given().node();
    const topic = given().topic();
    const position = await node.broker.follow(topic, kept);
    const [receipt] = await publishTexts(node, topic, ['first']);
    expect(receipt?.position?.epoch).toBe(position?.epoch);
    expect(receipt?.position?.offset).toBeGreaterThan(position?.offset ?? Number.POSITIVE_INFINITY);
    await node.sink.untilTexts(topic, 1);
  });

  test('many topics are followed, each with its own order', async () => {
    const [publisher, follower] = await given().pair();
    const topics = Array.from({ length: 200 }, () => given().topic());
    await Promise.all(topics.map((topic) => follower.broker.follow(topic, kept)));
    await Promise.all(
      numbers(5).flatMap((text) => topics.map((topic) => publishText(publisher, topic, text))),
    );
    for (const topic of topics) await follower.sink.untilTexts(topic, 5);
    for (const topic of topics) expect(follower.sink.texts(topic)).toEqual(numbers(5));
  }, 30_000);
}

interface Published {
  readonly text: string;
  readonly offset: number;
}

async function publishText({ broker }: Node, topic: string, text: string): Promise<Published> {
  const { position } = await broker.publish(draftOf(topic, text), kept);
  return { text, offset: position?.offset ?? Number.NaN };
}

function publishAtOnce(nodes: readonly Node[], topic: string, count: number): Promise<Published[]> {
  return Promise.all(
    nodes.flatMap((node, at) => numbers(count, `${at}-`).map((text) => publishText(node, topic, text))),
  );
}

function expectGrowing(offsets: readonly (number | undefined)[] | undefined): void {
  const sorted = [...new Set(offsets)].sort((a, b) => (a ?? 0) - (b ?? 0));
  expect(offsets).toEqual(sorted);
}
