import { randomUUID } from 'node:crypto';

import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { createNatsBroker } from '../../packages/ieum/src/brokers/nats/index.js';
import { NatsGate, type NatsServer, startNatsCluster } from '../support/nats-server.js';
import { draftOf, kept, type Node, notKept, numbers, publishStubbornly } from './broker-stage.js';
import { absent, present, usersOf, watchMembers } from './contract/members.js';
import { RecordingSink } from './recording-sink.js';

let servers: NatsServer[] = [];
const nodes: Node[] = [];

beforeAll(async () => {
  servers = await startNatsCluster(3);
  nodes.push(...(await Promise.all(servers.map(open))));
}, 30_000);

afterAll(async () => {
  await Promise.all(nodes.map(({ broker }) => broker.close()));
  await Promise.all(servers.map((server) => server.stop()));
}, 30_000);

test('nodes that begin at once on three servers have one history', async () => {
  const topic = `test/${randomUUID()}`;
  const starts = await Promise.all(nodes.map(({ broker }) => broker.follow(topic, kept)));
  expect(new Set(starts.map((start) => start?.epoch)).size).toBe(1);
  await Promise.all(nodes.map((node, at) => publishAll(node, topic, numbers(30, `${at}-`))));
  await Promise.all(nodes.map(({ sink }) => sink.untilTexts(topic, 90)));
  const texts = nodes.map(({ sink }) => sink.texts(topic));
  expect(new Set(texts[0]).size).toBe(90);
  expect(texts[1]).toEqual(texts[0]);
  expect(texts[2]).toEqual(texts[0]);
}, 20_000);

test('what a server did not hand on when a topic was just followed comes, though nothing follows it', async () => {
  const [publisher, server] = [nodes[0] as Node, servers[1] as NatsServer];
  const gate = await NatsGate.open(server.port);
  const follower = await open(gate);
  nodes.push(follower);
  const topic = `test/${randomUUID()}`;
  gate.lostSubject = `ieum.r.1000-60000-60000.${topic.replaceAll('/', '.')}`;
  await follower.broker.follow(topic, kept);
  await publishAll(publisher, topic, ['a', 'b']);
  await follower.sink.untilTexts(topic, 2);
  expect(follower.sink.texts(topic)).toEqual(['a', 'b']);
  nodes.pop();
  await follower.broker.close();
  await gate.close();
});

test('members are known across servers', async () => {
  const [first, second] = nodes as [Node, Node];
  const topic = `test/${randomUUID()}`;
  await first.broker.changeMembers(topic, [present('alice', 1)]);
  const watch = await watchMembers(second, topic);
  await watch.until(['alice 1']);
  await first.broker.changeMembers(topic, [absent('alice'), present('bob', 2)]);
  await watch.until(['bob 2']);
  expect(usersOf(await second.broker.members(topic))).toEqual(['bob 2']);
});

test('when the server that leads a stream dies, nothing is lost or doubled, on its own node neither', async () => {
  const [topic, passing] = [`test/${randomUUID()}`, `test/${randomUUID()}`];
  for (const { broker } of nodes) {
    await broker.follow(topic, kept);
    await broker.follow(passing, notKept);
  }
  const victim = await leaderOf(servers[0] as NatsServer, 'ieum_1000-60000-60000');
  const [publisher, other] = nodes.filter((_, at) => at !== victim) as [Node, Node];
  await publishAll(publisher, topic, numbers(50, 'before '));
  const during = publishAll(publisher, topic, numbers(150, 'during '));
  await servers[victim]?.kill();
  await during;
  await publishStubbornly(publisher, draftOf(passing, 'end'), notKept);
  const expected = [...numbers(50, 'before '), ...numbers(150, 'during ')];
  await servers[victim]?.restart();
  for (const { sink } of nodes) await sink.untilTexts(topic, expected.length);
  for (const { sink } of nodes) expect(sink.texts(topic)).toEqual(expected);
  for (const { sink } of nodes) expect(sink.gaps(topic)).toEqual([]);
  await other.sink.until(
    'the last or a gap',
    () => other.sink.texts(passing).includes('end') || other.sink.gaps(passing).length > 0,
  );
}, 60_000);

async function open({ url }: { readonly url: string }): Promise<Node> {
  const broker = createNatsBroker({ servers: url, replicas: 3 });
  const sink = new RecordingSink();
  await broker.open(sink);
  return { broker, sink };
}

async function publishAll(node: Node, topic: string, texts: readonly string[]): Promise<void> {
  for (const text of texts) await publishStubbornly(node, draftOf(topic, text));
}

/** Which of the servers it is. */
async function leaderOf(server: NatsServer, stream: string): Promise<number> {
  const connection = await connect({ servers: server.url });
  const { streams } = await jetstreamManager(connection);
  const { cluster } = await streams.info(stream);
  await connection.close();
  return servers.findIndex(({ port }) => cluster?.leader === `n${port}`);
}
