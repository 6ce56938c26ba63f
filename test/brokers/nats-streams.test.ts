import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { createNatsBroker, type NatsBrokerOptions } from '../../packages/ieum/src/brokers/nats/index.js';
import type { Retention } from '../../packages/ieum/src/hub/broker.js';
import { NatsGate, NatsServer } from '../support/nats-server.js';
import {
  draftOf,
  eventually,
  kept,
  type Node,
  notKept,
  numbers,
  publishStubbornly,
  publishTexts,
} from './broker-stage.js';
import { absent, present, usersOf, watchMembers } from './contract/members.js';
import { RecordingSink } from './recording-sink.js';

const name = 'ieum_1000-60000-60000';
const liveRoot = 'ieum.r.1000-60000-60000';
const nodes: Node[] = [];
let server: NatsServer;
let connection: NatsConnection;
let manager: JetStreamManager;

beforeAll(async () => {
  server = await NatsServer.start();
  await enter();
}, 20_000);
afterEach(() => Promise.all(nodes.splice(0).map(({ broker }) => broker.close())));
afterAll(async () => {
  await connection.close();
  await server.stop();
});

test.each([
  ['with history it comes before the next one', kept, ['a', 'b', 'c'], 0],
  ['without history it is a gap', notKept, ['a', 'c'], 1],
])('of a publication whose copy was lost on the way: %s', async (_name, retention, expected, gaps) => {
  const gate = await NatsGate.open(server.port);
  const [node, publisher] = [await open({ servers: gate.url }), await open()];
  const topic = topicName();
  await node.broker.follow(topic, retention);
  await publishTexts(publisher, topic, ['a'], retention);
  await node.sink.untilTexts(topic, 1);
  const root = retention === kept ? liveRoot : 'ieum.r.v-60000';
  gate.lostSubject = `${root}.${topic.replaceAll('/', '.')}`;
  await publishTexts(publisher, topic, ['b'], retention);
  // The answer comes behind what was lost.
  await node.broker.members(topic);
  expect(node.sink.texts(topic)).toEqual(['a']);
  gate.lostSubject = null;
  await publishTexts(publisher, topic, ['c'], retention);
  await node.sink.untilText(topic, 'c');
  expect(node.sink.texts(topic)).toEqual(expected);
  expect(node.sink.gaps(topic).length).toBe(gaps);
  await gate.close();
});

test('a topic that is unfollowed while it is caught up with gives nothing more', async () => {
  const gate = await NatsGate.open(server.port);
  const publisher = await open();
  const broker = createNatsBroker({ servers: gate.url });
  const sink = new RecordingSink();
  nodes.push({ broker, sink });
  const topic = topicName();
  const given: string[] = [];
  sink.handlePublication = ({ text }) => {
    given.push(text);
    if (text === '3') broker.unfollow(topic);
  };
  await broker.open(sink);
  await broker.follow(topic, kept);
  gate.lostSubject = `${liveRoot}.${topic.replaceAll('/', '.')}`;
  await publishTexts(publisher, topic, numbers(4));
  await broker.members(topic);
  gate.lostSubject = null;
  await publishTexts(publisher, topic, ['5', '6']);
  await eventually('three are given', async () => given.length >= 3);
  for (let i = 0; i < 5; i++) await broker.history(topic, kept, { since: null, limit: 10 });
  expect(given).toEqual(['1', '2', '3']);
  await gate.close();
});

test('what comes live and is not in the stream is not given, and what is there still comes', async () => {
  const node = await open();
  const topic = topicName();
  await node.broker.follow(topic, kept);
  await publishTexts(node, topic, ['a']);
  forge(topic, 900_000, 899_999);
  forge(topic, 1, 0);
  connection.publish(`${liveRoot}.${topic.replaceAll('/', '.')}`, 'no header');
  await publishTexts(node, topic, ['b', 'c']);
  await node.sink.untilTexts(topic, 3);
  expect(node.sink.texts(topic)).toEqual(['a', 'b', 'c']);
  expect(node.sink.gaps(topic)).toEqual([]);
});

test('what somebody else publishes on our subjects is a publication in binary', async () => {
  const node = await open();
  const topic = topicName();
  await node.broker.follow(topic, kept);
  const bad = headers();
  bad.set('Ieum', '{"f":7,"h":[1],"i":');
  for (const head of [undefined, bad]) {
    connection.publish(
      `ieum.t.1000-60000-60000.${topic.replaceAll('/', '.')}`,
      'foreign',
      head && { headers: head },
    );
  }
  await node.sink.untilTexts(topic, 2);
  const { publications } = await node.broker.history(topic, kept, { since: null, limit: 10 });
  for (const publication of [...node.sink.publications(topic), ...publications]) {
    expect(publication).toMatchObject({ format: 'binary', publisher: null, key: null, headers: {} });
    expect(publication.text).toBe('foreign');
  }
  expect(new Set(publications.map(({ id }) => id)).size).toBe(2);
});

test('a stream that is deleted is made anew, and that is another history', async () => {
  const [node, publisher] = [await open(), await open()];
  const topic = topicName();
  await node.broker.follow(topic, kept);
  const [before] = await publishTexts(publisher, topic, ['before']);
  await node.sink.untilTexts(topic, 1);
  await manager.streams.delete(name);
  await publishTexts(publisher, topic, ['between', 'after']);
  await node.sink.until('a gap', () => node.sink.gaps(topic).length > 0);
  const [last] = await publishTexts(publisher, topic, ['last']);
  await node.sink.untilText(topic, 'last');
  expect(node.sink.gaps(topic).at(-1)?.epoch).toBe(last?.position?.epoch);
  expect(last?.position?.epoch).not.toBe(before?.position?.epoch);
  const page = await node.broker.history(topic, kept, { since: before?.position ?? null, limit: 10 });
  expect(page.isContinuous).toBe(false);
});

test('after a purge those who had read everything miss nothing, and others do', async () => {
  const node = await open();
  const topic = topicName();
  const receipts = await publishTexts(node, topic, numbers(3));
  await node.broker.follow(topic, kept);
  await manager.streams.purge(name);
  const [first, , last] = receipts.map(({ position }) => position);
  const ask = async (since = first ?? null) =>
    (await node.broker.history(topic, kept, { since, limit: 10 })).isContinuous;
  expect([await ask(first), await ask(last)]).toEqual([false, true]);
  await publishTexts(node, topic, ['later']);
  await node.sink.untilText(topic, 'later');
  expect(node.sink.gaps(topic)).toEqual([]);
});

test('a server that comes back with older data begins another history for everybody', async () => {
  const watching = [await open(), await open()];
  const topic = topicName();
  const [node] = watching as [Node];
  await publishTexts(node, topic, numbers(5));
  await server.kill();
  await server.keepData();
  await server.restart();
  for (const { sink } of watching) await sink.untilReadiness(true);
  for (const { broker } of watching) await broker.follow(topic, kept);
  const lost = await publishTexts(node, topic, numbers(5, 'lost '));
  for (const { sink } of watching) await sink.untilText(topic, 'lost 5');
  await server.kill();
  await server.restoreData();
  await server.restart();
  for (const { sink } of watching) await sink.until('a gap', () => sink.gaps(topic).length > 0);
  await enter();
  const again = await publishStubbornly(node, draftOf(topic, 'again'));
  for (const { sink } of watching) await sink.untilText(topic, 'again');
  expect(again.position?.epoch).not.toBe(lost[0]?.position?.epoch);
  expect(again.position?.offset).toBeLessThanOrEqual(lost[0]?.position?.offset ?? 0);
  for (const { broker, sink } of watching) {
    expect(sink.gaps(topic).map((position) => position?.epoch)).toEqual([again.position?.epoch]);
    const page = await broker.history(topic, kept, { since: lost[0]?.position ?? null, limit: 20 });
    expect(page.isContinuous).toBe(false);
  }
}, 30_000);

test('a quiet topic proves for a while that nothing was missed, though all of it is too old', async () => {
  const brief: Retention = { history: { maxMessages: 10, maxAgeMs: 200 }, idempotencyMs: 100 };
  const [proving, forgetful] = [await open(), await open({ prefix: 'forgetful', continuityMs: 0 })];
  const ask = async (node: Node) => {
    const [quiet, busy] = [topicName(), topicName()];
    const [receipt] = await publishTexts(node, quiet, ['last'], brief);
    for (let i = 0; i < 20; i++) {
      await delay(100);
      await publishTexts(node, busy, ['more'], brief);
    }
    const page = await node.broker.history(quiet, brief, { since: receipt?.position ?? null, limit: 10 });
    return [page.publications.length, page.isContinuous];
  };
  const outcomes = await Promise.all([ask(proving), ask(forgetful)]);
  expect(outcomes).toEqual([
    [0, true],
    [0, false],
  ]);
}, 20_000);

test('a break that is shorter than the stream keeps anything is no gap for a quiet topic', async () => {
  const policies: Retention[] = [
    { history: { maxMessages: 10, maxAgeMs: 100 }, idempotencyMs: 4_000 },
    { history: null, idempotencyMs: 4_000 },
  ];
  const gate = await NatsGate.open(server.port);
  const options = { prefix: 'brief', continuityMs: 0, timeoutMs: 1_000 };
  const [node, publisher] = [await open({ servers: gate.url, ...options }), await open(options)];
  const topics = policies.map((policy) => ({ policy, quiet: topicName(), busy: topicName() }));
  for (const { policy, quiet } of topics) {
    await node.broker.follow(quiet, policy);
    await publishTexts(publisher, quiet, ['last'], policy);
    await node.sink.untilTexts(quiet, 1);
  }
  await delay(5_000);
  for (const { policy, busy } of topics) await publishTexts(publisher, busy, ['more'], policy);
  gate.cut();
  await node.sink.untilReadiness(false);
  await node.sink.untilReadiness(true);
  for (const { policy, quiet } of topics) {
    await publishTexts(publisher, quiet, ['next'], policy);
    await node.sink.untilText(quiet, 'next');
    expect(node.sink.gaps(quiet)).toEqual([]);
  }
  await gate.close();
}, 20_000);

test('history is read to its full depth between those of other topics', async () => {
  const node = await open();
  const [topic, other] = [topicName(), topicName()];
  for (const text of numbers(40)) {
    await publishTexts(node, topic, [text]);
    await publishTexts(node, other, numbers(6));
  }
  const since = null;
  for (const limit of [1, 2, 7, 39, 40, 500]) {
    const page = await node.broker.history(topic, kept, { since, limit });
    expect(page.publications.map(({ text }) => text)).toEqual(numbers(40).slice(-limit));
  }
});

test('five thousand topics are followed by one node', async () => {
  const node = await open();
  const topics = Array.from({ length: 5_000 }, () => topicName());
  await Promise.all(topics.map((topic, at) => node.broker.follow(topic, at % 2 === 0 ? kept : notKept)));
  await Promise.all(
    topics.map((topic, at) => node.broker.publish(draftOf(topic, topic), at % 2 === 0 ? kept : notKept)),
  );
  for (const topic of topics) await node.sink.untilTexts(topic, 1);
  expect(node.sink.events.length).toBe(topics.length + 1);
}, 60_000);

test('systems with different prefixes on one server know nothing of each other', async () => {
  const [node, stranger] = [await open(), await open({ prefix: 'other' })];
  const topic = topicName();
  await stranger.broker.follow(topic, kept);
  await node.broker.changeMembers(topic, [present('alice', 1)]);
  await publishTexts(node, topic, ['ours']);
  await publishTexts(stranger, topic, ['theirs']);
  await stranger.sink.untilTexts(topic, 1);
  expect(stranger.sink.texts(topic)).toEqual(['theirs']);
  expect(await stranger.broker.members(topic)).toEqual([]);
});

test('a crowd that fits in no message is told in parts', async () => {
  const [node, other] = [await open(), await open()];
  const topic = topicName();
  const users = numbers(4_000, 'user ');
  const info = 'x'.repeat(200);
  for (let at = 0; at < users.length; at += 1_000) {
    await node.broker.changeMembers(
      topic,
      users.slice(at, at + 1_000).map((user) => present(user, info)),
    );
  }
  const expected = users.map((user) => `${user} ${info}`).sort();
  expect(usersOf(await other.broker.members(topic))).toEqual(expected);
  const watch = await watchMembers(other, topic);
  watch.expect(expected);
});

test('a change of members that was lost on the way is asked for, and words of strangers are passed over', async () => {
  const [node, other] = [await open(), await open()];
  const topic = topicName();
  await node.broker.changeMembers(topic, [present('alice', 1)]);
  const watch = await watchMembers(other, topic);
  const [member] = await other.broker.members(topic);
  const subject = `ieum.m.t.${topic.replaceAll('/', '.')}`;
  for (const text of ['', '{', '[]', '{"n":1}', '{"n":"x","p":0,"v":1,"c":[1]}']) {
    for (const at of [subject, 'ieum.m.q', 'ieum.p']) connection.publish(at, text);
  }
  // As if the change before had been lost: this one names it.
  connection.publish(subject, JSON.stringify({ n: member?.node, p: 500, v: 501, c: ['alice'] }));
  await connection.flush();
  await node.broker.changeMembers(topic, [present('bob', 1)]);
  await watch.until(['alice 1', 'bob 1']);
  await node.broker.changeMembers(topic, [absent('alice')]);
  await watch.until(['bob 1']);
});

async function open(options: Partial<NatsBrokerOptions> = {}): Promise<Node> {
  const broker = createNatsBroker({ servers: server.url, ...options });
  const sink = new RecordingSink();
  const node = { broker, sink };
  nodes.push(node);
  await broker.open(sink);
  return node;
}

async function enter(): Promise<void> {
  await connection?.close();
  connection = await connect({ servers: server.url });
  manager = await jetstreamManager(connection);
}

function topicName(): string {
  return `test/${randomUUID()}`;
}

/** Something that looks as if the server had published it again. */
function forge(topic: string, sequence: number, previous: number): void {
  const head = headers();
  head.set('Nats-Sequence', `${sequence}`);
  head.set('Nats-Last-Sequence', `${previous}`);
  connection.publish(`${liveRoot}.${topic.replaceAll('/', '.')}`, 'forged', { headers: head });
}
