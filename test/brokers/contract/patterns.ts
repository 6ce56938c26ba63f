import { expect, test } from 'vitest';

import { matchesPattern } from '../../../packages/ieum/src/hub/topic-name.js';
import { draftOf, kept, type Node, notKept, numbers, type Stage } from '../broker-stage.js';

/** Many topics at once. */
export function patternsContract(given: () => Stage): void {
  test.each([
    ['one level', 'ROOM/*/talk', ['a/talk', 'b/talk'], ['talk', 'a/b/talk', 'a/talks']],
    ['all below', 'ROOM/**', ['a', 'a/b', 'a/b/c'], []],
    ['one level and all below', 'ROOM/*/x/**', ['a/x/1', 'b/x/1/2'], ['a/x', 'x/1']],
    ['names with odd characters', 'ROOM/a.b>?[1]{2} ä/*', ['a.b>?[1]{2} ä/x'], ['a.b/x']],
    ['topics with odd characters', 'ROOM/*', ['a.b', 'a b', '>', '?[]{}', '한국'], []],
  ])('a pattern for %s gives what matches', async (_name, template, matching, others) => {
    const [publisher, follower] = await given().pair();
    const room = given().topic('room');
    const pattern = template.replace('ROOM', room);
    await follower.broker.followPattern(pattern);
    for (const topic of [...others, ...matching].map((rest) => `${room}/${rest}`)) {
      await publisher.broker.publish(draftOf(topic, topic), kept);
    }
    const isWanted = (topic: string) => matchesPattern(pattern, topic);
    const texts = () => follower.sink.patternTexts(isWanted);
    await follower.sink.until('all that match', () => texts().length >= matching.length);
    expect(texts().sort()).toEqual(matching.map((rest) => `${room}/${rest}`).sort());
  });

  test('a publication comes once, however many patterns match it, and once for its topic', async () => {
    const [publisher, follower] = await given().pair();
    const room = given().topic('room');
    const topic = `${room}/a/b`;
    for (const pattern of [`${room}/**`, `${room}/a/*`, `${room}/*/b`, `${room}/*/*`]) {
      await follower.broker.followPattern(pattern);
    }
    await follower.broker.follow(topic, kept);
    const texts = numbers(50);
    await Promise.all(texts.map((text) => publisher.broker.publish(draftOf(topic, text), kept)));
    await untilPatternTexts(follower, topic, texts.length);
    await follower.sink.untilTexts(topic, texts.length);
    follower.broker.unfollowPattern(`${room}/**`);
    await publisher.broker.publish(draftOf(topic, 'end'), kept);
    await untilPatternTexts(follower, topic, texts.length + 1);
    await follower.sink.untilText(topic, 'end');
    expect(patternTexts(follower, topic)).toEqual([...texts, 'end']);
    expect(follower.sink.texts(topic)).toEqual([...texts, 'end']);
  });

  test('publications of a pattern stand where they stand in their topic', async () => {
    const [publisher, follower] = await given().pair();
    const topic = given().topic('a');
    await follower.broker.followPattern(`${topic.slice(0, -2)}/*`);
    const { position } = await publisher.broker.publish(draftOf(topic, 'one'), kept);
    await untilPatternTexts(follower, topic, 1);
    const [event] = follower.sink.events.filter(({ type }) => type === 'pattern-publication');
    expect(event).toMatchObject({ topic, publication: { position } });
  });

  test('from the moment that a pattern is followed nothing is missed', async () => {
    const [publisher, follower] = await given().pair();
    for (let round = 0; round < 20; round++) {
      const topic = given().topic('a');
      const pattern = `${topic.slice(0, -2)}/*`;
      const retention = round % 2 === 0 ? kept : notKept;
      const early = publisher.broker.publish(draftOf(topic, 'early'), retention);
      await follower.broker.followPattern(pattern);
      const late = numbers(5).map((text) => publisher.broker.publish(draftOf(topic, text), retention));
      await Promise.all([early, ...late]);
      await follower.sink.until('the last', () => patternTexts(follower, topic).at(-1) === '5');
      expect(patternTexts(follower, topic).filter((text) => text !== 'early')).toEqual(numbers(5));
      follower.broker.unfollowPattern(pattern);
    }
  }, 30_000);

  test('what was unfollowed gives nothing', async () => {
    const [publisher, follower, witness] = await given().three();
    const topic = given().topic('a');
    const pattern = `${topic.slice(0, -2)}/**`;
    for (const { broker } of [follower, witness]) await broker.followPattern(pattern);
    await publisher.broker.publish(draftOf(topic, 'one'), kept);
    await untilPatternTexts(follower, topic, 1);
    follower.broker.unfollowPattern(pattern);
    await publisher.broker.publish(draftOf(topic, 'two'), kept);
    await untilPatternTexts(witness, topic, 2);
    await follower.broker.followPattern(pattern);
    await publisher.broker.publish(draftOf(topic, 'three'), kept);
    await untilPatternTexts(follower, topic, 2);
    expect(patternTexts(follower, topic)).toEqual(['one', 'three']);
  });
}

function patternTexts({ sink }: Node, topic: string): string[] {
  return sink.patternTexts((name) => name === topic);
}

function untilPatternTexts(node: Node, topic: string, count: number): Promise<void> {
  return node.sink.until(
    `${count} of a pattern on ${topic}`,
    () => patternTexts(node, topic).length >= count,
  );
}
