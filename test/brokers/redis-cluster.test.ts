import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { hashSlot } from '../../packages/ieum/src/brokers/redis/hash-slot.js';
import { createRedisBroker, type RedisBroker } from '../../packages/ieum/src/brokers/redis/index.js';
import { type RedisServer, startCluster } from '../support/redis-server.js';
import { draftOf, eventually, kept, type Node, notKept, numbers, publishStubbornly } from './broker-stage.js';
import { RecordingSink } from './recording-sink.js';

let servers: readonly RedisServer[];
const brokers: RedisBroker[] = [];

beforeAll(async () => {
  servers = await startCluster();
}, 60_000);
afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
});
afterAll(() => Promise.all(servers.map((server) => server.stop())));

test('topics of all masters are published, followed, kept and read', async () => {
  const [publisher, follower] = [await openNode(), await openNode()];
  const topics = topicsOn(3, 'kept');
  await follower.broker.followPattern('**');
  for (const topic of topics) await follower.broker.follow(topic, kept);
  await follower.broker.follow('not/kept', notKept);
  const texts = numbers(20);
  for (const topic of topics) {
    const receipts = await Promise.all(
      texts.map((text) => publisher.broker.publish(draftOf(topic, text), kept)),
    );
    expect(receipts.map(({ position }) => position?.offset)).toEqual(texts.map(Number));
  }
  await publisher.broker.publish(draftOf('not/kept', 'a'), notKept);
  for (const topic of topics) {
    await follower.sink.untilTexts(topic, texts.length);
    expect(follower.sink.texts(topic)).toEqual(texts);
    const page = await publisher.broker.history(topic, kept, { since: null, limit: 100 });
    expect(page.publications.map(({ text }) => text)).toEqual(texts);
    const wanted = () => follower.sink.patternTexts((name) => name === topic);
    await follower.sink.until('the copies', () => wanted().length >= texts.length);
    expect(wanted()).toEqual(texts);
  }
  await follower.sink.untilTexts('not/kept', 1);
});

test('members on all masters are known to all nodes, until their node dies', async () => {
  const [one, two] = [await openNode(), await openNode()];
  const topics = topicsOn(3, 'members');
  for (const topic of topics) {
    expect(await two.broker.followMembers(topic)).toEqual([]);
    await one.broker.changeMembers(topic, [{ type: 'present', user: 'alice', info: { topic } }]);
    expect(await two.broker.members(topic)).toMatchObject([{ user: 'alice', info: { topic } }]);
    await two.sink.until('alice', () => changesOn(two, topic) === 1);
  }
  await one.broker.close();
  for (const topic of topics) {
    await two.sink.until('nobody', () => changesOn(two, topic) === 2);
    expect(await two.broker.members(topic)).toEqual([]);
  }
});

test('a slot that moves to another master takes its topics along', async () => {
  const [publisher, follower] = [await openNode(), await openNode()];
  const topic = 'moving';
  await follower.broker.follow(topic, kept);
  await follower.broker.follow('moving/not/kept', notKept);
  await follower.broker.followMembers(topic);
  await publisher.broker.changeMembers(topic, [{ type: 'present', user: 'alice', info: null }]);
  await publishStubbornly(publisher, draftOf(topic, 'a'));
  await follower.sink.untilText(topic, 'a');
  await moveSlot(hashSlot(topic));
  for (const text of ['b', 'c']) await publishStubbornly(publisher, draftOf(topic, text));
  await follower.sink.untilText(topic, 'c');
  // Another server is another epoch: from there on all comes.
  expect(follower.sink.gaps(topic).length).toBe(1);
  const page = await publisher.broker.history(topic, kept, { since: null, limit: 10 });
  expect(page.publications.map(({ text }) => text)).toEqual(['a', 'b', 'c']);
  await eventually('alice', async () => (await follower.broker.members(topic)).length === 1);
  await publisher.broker.changeMembers(topic, [{ type: 'present', user: 'bob', info: null }]);
  await follower.sink.until('bob', () => JSON.stringify(follower.sink.events).includes('"bob"'));
});

test('while one master is away only its topics are', async () => {
  const node = await openNode();
  const topics = topicsOn(3, 'away');
  const [away, ...rest] = topics as [string, string, string];
  await node.broker.followPattern('**');
  for (const topic of topics) await node.broker.follow(topic, kept);
  const server = await ownerOf(away);
  await server.kill();
  await node.sink.untilReadiness(false);
  await expect(node.broker.publish(draftOf(away, 'a'), kept)).rejects.toMatchObject({
    code: 'ERR_HUB_UNAVAILABLE',
  });
  for (const topic of rest) {
    await publishStubbornly(node, draftOf(topic, 'b'));
    await node.sink.untilText(topic, 'b');
  }
  await server.restart();
  await node.sink.untilReadiness(true);
  await publishStubbornly(node, draftOf(away, 'c'));
  await node.sink.untilText(away, 'c');
  expect(node.sink.gaps(away).length).toBe(1);
  expect(node.sink.patternGaps).toBe(1);
  expect(rest.map((topic) => node.sink.gaps(topic))).toEqual([[], []]);
});

test('a server of a Cluster is not taken for one by itself', async () => {
  const broker = createRedisBroker(servers[0]?.url as string);
  await expect(broker.open(new RecordingSink())).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_OPTION' });
});

async function openNode(): Promise<Node & { readonly broker: RedisBroker }> {
  const places = servers.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const broker = createRedisBroker({
    url: `redis+cluster://${places}`,
    nodeLeaseMs: 1_000,
    maxRetryDelayMs: 100,
  });
  brokers.push(broker);
  const sink = new RecordingSink();
  await broker.open(sink);
  return { broker, sink };
}

function changesOn({ sink }: Node, topic: string): number {
  return sink.events.filter((event) => event.type === 'changes' && event.topic === topic).length;
}

/** One topic in each third of the slots. */
function topicsOn(count: number, prefix: string): string[] {
  return Array.from({ length: count }, (_, third) => {
    for (let i = 0; ; i++) {
      const topic = `${prefix}/${i}`;
      if (Math.floor(hashSlot(topic) / 5462) === third) return topic;
    }
  });
}

async function ownerOf(topic: string): Promise<RedisServer> {
  const reply = await (servers[0] as RedisServer).ask(`CLUSTER COUNTKEYSINSLOT ${hashSlot(topic)}`);
  expect(reply).toMatch(/^:/);
  const owners = await Promise.all(
    servers.map(async (server) =>
      (await server.ask(`GET {${topic}}`)).startsWith('-MOVED') ? null : server,
    ),
  );
  return owners.find((server) => server !== null) as RedisServer;
}

/** Moves a slot and what is in it to the next server, as resharding does. */
async function moveSlot(slot: number): Promise<void> {
  const clients = await Promise.all(servers.map(({ url }) => createClient({ url }).connect()));
  const ids = await Promise.all(
    clients.map((client) => client.sendCommand(['CLUSTER', 'MYID']).then(String)),
  );
  const counts = await Promise.all(
    clients.map((client) => client.sendCommand(['CLUSTER', 'COUNTKEYSINSLOT', `${slot}`]).then(Number)),
  );
  const from = counts.findIndex((count) => count > 0);
  const to = (from + 1) % servers.length;
  const [source, target] = [clients[from], clients[to]];
  await target?.sendCommand(['CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', ids[from] as string]);
  await source?.sendCommand(['CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', ids[to] as string]);
  const keys = (await source?.sendCommand([
    'CLUSTER',
    'GETKEYSINSLOT',
    `${slot}`,
    '100',
  ])) as unknown as string[];
  const port = String(servers[to]?.port);
  await source?.sendCommand(['MIGRATE', '127.0.0.1', port, '', '0', '1000', 'KEYS', ...keys]);
  for (const client of [target, source]) {
    await client?.sendCommand(['CLUSTER', 'SETSLOT', `${slot}`, 'NODE', ids[to] as string]);
  }
  for (const client of clients) client.destroy();
}
