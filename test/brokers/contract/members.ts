import { isDeepStrictEqual } from 'node:util';

import { describe, expect, test } from 'vitest';

import type { MemberChange, NodeMember } from '../../../packages/ieum/src/hub/broker.js';
import type { Node, Stage } from '../broker-stage.js';
import { sortedMembers } from '../recording-sink.js';

/** Who is there. */
export function membersContract(given: () => Stage): void {
  test('nobody is there at first', async () => {
    const node = await given().node();
    const topic = given().topic();
    expect([await node.broker.members(topic), await node.broker.followMembers(topic)]).toEqual([[], []]);
  });

  test('somebody is known to others when changeMembers resolves, and so is their leaving', async () => {
    const [node, other] = await given().pair();
    const topic = given().topic();
    await node.broker.changeMembers(topic, [present('alice', 1), present('bob', 2)]);
    expect(usersOf(await other.broker.members(topic))).toEqual(['alice 1', 'bob 2']);
    await node.broker.changeMembers(topic, [present('bob', 3), absent('alice'), absent('nobody')]);
    expect(usersOf(await other.broker.members(topic))).toEqual(['bob 3']);
    await node.broker.changeMembers(topic, [absent('bob')]);
    expect(await other.broker.members(topic)).toEqual([]);
  });

  test('the changes of one call hold in their order', async () => {
    const [node, other] = await given().pair();
    const topic = given().topic();
    const changes = [present('a', 1), absent('a'), present('b', 1), present('b', 2), present('a', 3)];
    const watch = await watchMembers(other, topic);
    await node.broker.changeMembers(topic, changes);
    await watch.until(['a 3', 'b 2']);
    expect(usersOf(await other.broker.members(topic))).toEqual(['a 3', 'b 2']);
  });

  test.each([
    ['none', undefined],
    ['null', null],
    ['text', 'ä한😀\n'],
    ['an object', { name: 'A', tags: [1, 'x', null, true], nested: { '': {} } }],
  ])('what others are told of somebody arrives as it is: %s', async (_name, info) => {
    const [node, other] = await given().pair();
    const topic = given().topic();
    await node.broker.changeMembers(topic, [present('alice', info)]);
    const [member] = await other.broker.members(topic);
    expect(member?.user).toBe('alice');
    expect(member?.info ?? null).toEqual(info ?? null);
  });

  test('users have any name', async () => {
    const [node, other] = await given().pair();
    const topic = given().topic();
    const users = [
      '',
      ' ',
      'a b',
      'a/b',
      'a:b',
      '*',
      '>',
      '{x}',
      '한국 😀',
      'a\r\nb',
      '__proto__',
      'x'.repeat(256),
    ];
    const watch = await watchMembers(other, topic);
    await node.broker.changeMembers(
      topic,
      users.map((user) => present(user, 0)),
    );
    const expected = users.map((user) => `${user} 0`).sort();
    await watch.until(expected);
    expect(usersOf(await other.broker.members(topic))).toEqual(expected);
  });

  test('a follower is told what changes on all nodes, its own included', async () => {
    const [node, other] = await given().pair();
    const topic = given().topic();
    await node.broker.changeMembers(topic, [present('early', 0)]);
    const watches = [await watchMembers(node, topic), await watchMembers(other, topic)];
    for (const watch of watches) await watch.until(['early 0']);
    await node.broker.changeMembers(topic, [present('alice', 1)]);
    await other.broker.changeMembers(topic, [present('bob', 1)]);
    for (const watch of watches) await watch.until(['alice 1', 'bob 1', 'early 0']);
    await node.broker.changeMembers(topic, [present('alice', 2), absent('early')]);
    for (const watch of watches) await watch.until(['alice 2', 'bob 1']);
    await other.broker.changeMembers(topic, [absent('bob')]);
    for (const watch of watches) await watch.until(['alice 2']);
  });

  test('somebody on two nodes is there twice, and stays there until they left both', async () => {
    const [node, other, watcher] = await given().three();
    const topic = given().topic();
    const watch = await watchMembers(watcher, topic);
    await node.broker.changeMembers(topic, [present('alice', 'one')]);
    await other.broker.changeMembers(topic, [present('alice', 'two')]);
    await watch.until(['alice one', 'alice two']);
    const members = await watcher.broker.members(topic);
    expect(new Set(members.map((member) => member.node)).size).toBe(2);
    await node.broker.changeMembers(topic, [absent('alice')]);
    await watch.until(['alice two']);
    await other.broker.changeMembers(topic, [absent('alice')]);
    await watch.until([]);
  });

  test('topics have their own members', async () => {
    const node = await given().node();
    const [topic, other] = [given().topic('a.b c>*'.replace('*', '')), given().topic('{a}')];
    const watch = await watchMembers(node, other);
    await node.broker.changeMembers(topic, [present('alice', 1)]);
    await node.broker.changeMembers(other, [present('bob', 1)]);
    await watch.until(['bob 1']);
    expect(usersOf(await node.broker.members(topic))).toEqual(['alice 1']);
    expect(node.sink.events.some((event) => event.type === 'changes' && event.topic === topic)).toBe(false);
  });

  test('what is unfollowed is not told any more', async () => {
    const [node, other] = await given().pair();
    const topic = given().topic();
    const [own, watch] = [await watchMembers(other, topic), await watchMembers(node, topic)];
    other.broker.unfollowMembers(topic);
    await node.broker.changeMembers(topic, [present('alice', 1)]);
    await watch.until(['alice 1']);
    own.expect([]);
    const again = await watchMembers(other, topic);
    await again.until(['alice 1']);
    await node.broker.changeMembers(topic, [absent('alice')]);
    await again.until([]);
  });

  test('a snapshot and the changes that come around it agree', async () => {
    const [node, other] = await given().pair();
    for (let round = 0; round < 25; round++) {
      const topic = given().topic();
      const changing = Array.from({ length: 10 }, (_, i) =>
        node.broker.changeMembers(topic, [i % 3 === 2 ? absent(`u${i - 1}`) : present(`u${i}`, round)]),
      );
      const watch = await watchMembers(other, topic);
      changing.push(node.broker.changeMembers(topic, [present('last', round)]));
      await Promise.all(changing);
      const expected = ['last', 'u0', 'u3', 'u6', 'u9'].map((user) => `${user} ${round}`);
      await watch.until(expected);
      expect(usersOf(await other.broker.members(topic))).toEqual(expected);
      other.broker.unfollowMembers(topic);
    }
  }, 30_000);

  describe('a node', () => {
    test('takes its members with it when it closes', async () => {
      const [node, other] = await given().pair();
      const topics = [given().topic(), given().topic()];
      const watches = await Promise.all(topics.map((topic) => watchMembers(other, topic)));
      await Promise.all(topics.map((topic) => node.broker.changeMembers(topic, [present('alice', 1)])));
      await Promise.all(topics.map((topic) => other.broker.changeMembers(topic, [present('bob', 1)])));
      for (const watch of watches) await watch.until(['alice 1', 'bob 1']);
      given().release(node.broker);
      await node.broker.close();
      for (const watch of watches) await watch.until(['bob 1']);
      for (const topic of topics) expect(usersOf(await other.broker.members(topic))).toEqual(['bob 1']);
    });

    test('that dies is noticed within its lease, also by those who ask later', async () => {
      const [node, other] = await given().pair();
      const [topic, unwatched] = [given().topic(), given().topic()];
      const watch = await watchMembers(other, topic);
      await node.broker.changeMembers(topic, [present('alice', 1)]);
      await node.broker.changeMembers(unwatched, [present('alice', 1)]);
      await other.broker.changeMembers(topic, [present('bob', 1)]);
      await watch.until(['alice 1', 'bob 1']);
      given().release(node.broker);
      await given().harness.kill(node.broker);
      await watch.until(['bob 1'], 40_000);
      const late = await given().node();
      expect(usersOf(await late.broker.members(topic))).toEqual(['bob 1']);
      expect(await late.broker.followMembers(unwatched)).toEqual([]);
    }, 60_000);
  });
}

/** Follows a topic's members, and knows from what is told who is there. */
export async function watchMembers({ broker, sink }: Node, topic: string): Promise<MemberWatch> {
  const since = sink.events.length;
  const snapshot = await broker.followMembers(topic);
  const users = () => usersOf(sink.membersAfter(topic, snapshot, since));
  return {
    until: (expected, timeoutMs) =>
      sink.until(
        `members ${JSON.stringify(expected)}`,
        () => isDeepStrictEqual(users(), expected),
        timeoutMs,
      ),
    expect: (expected) => expect(users()).toEqual(expected),
  };
}

export interface MemberWatch {
  until(expected: readonly string[], timeoutMs?: number): Promise<void>;
  expect(expected: readonly string[]): void;
}

export function present(user: string, info: unknown): MemberChange {
  return { type: 'present', user, info };
}

export function absent(user: string): MemberChange {
  return { type: 'absent', user };
}

/** Who is there, as texts in order. */
export function usersOf(members: readonly NodeMember[]): string[] {
  return sortedMembers(members)
    .map(({ user, info }) => `${user} ${info}`)
    .sort();
}
