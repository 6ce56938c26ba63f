import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { createClient, RESP_TYPES } from 'redis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import {
  createRedisBroker,
  type RedisBroker,
  type RedisBrokerOptions,
} from '../../packages/ieum/src/brokers/redis/index.js';
import type { Position } from '../../packages/ieum/src/hub/position.js';
import { createCertificates } from '../support/certificates.js';
import { freePort, RedisServer } from '../support/redis-server.js';
import {
  draftOf,
  eventually,
  kept,
  type Node,
  notKept,
  publishStubbornly,
  publishTexts,
} from './broker-stage.js';
import { RecordingSink } from './recording-sink.js';

let server: RedisServer;
const brokers: RedisBroker[] = [];
const opened: RedisServer[] = [];

beforeAll(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  server.proceed();
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
  await Promise.all(opened.splice(0).map((other) => other.stop()));
  await server.ask('FLUSHALL');
});
afterAll(() => server.stop());

test('a wrong password is told at once, and the right one lets in', async () => {
  const locked = await RedisServer.start({
    config: ['user default off', 'user me on >secret ~* &* +@all', 'user other on nopass +ping'],
  });
  opened.push(locked);
  const place = `127.0.0.1:${locked.port}`;
  for (const login of ['', 'me:wrong@', 'nobody:secret@']) {
    const broker = makeBroker({ url: `redis://${login}${place}` });
    await expect(broker.open(new RecordingSink())).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_OPTION' });
  }
  const { broker } = await openNode({ url: `redis://me:secret@${place}` });
  expect(broker.isReady).toBe(true);
});

test('over TLS only those who trust the server are connected', async () => {
  const { authority, server: pair } = await createCertificates();
  const folder = await mkdtemp(join(tmpdir(), 'ieum-redis-tls-'));
  for (const [name, text] of Object.entries({ ca: authority.cert, cert: pair.cert, key: pair.key })) {
    await writeFile(join(folder, name), text);
  }
  const tlsPort = await freePort();
  const files = [
    `tls-cert-file ${folder}/cert`,
    `tls-key-file ${folder}/key`,
    `tls-ca-cert-file ${folder}/ca`,
  ];
  opened.push(await RedisServer.start({ config: [`tls-port ${tlsPort}`, 'tls-auth-clients no', ...files] }));
  const url = `rediss://127.0.0.1:${tlsPort}`;
  const node = await openNode({ url, tls: { ca: authority.cert } });
  await publishTexts(node, 't', ['a']);
  const sink = new RecordingSink();
  const opening = makeBroker({ url }).open(sink);
  opening.catch(() => {});
  await sink.untilReadiness(false);
  expect(sink.events[0]).toMatchObject({ error: { code: 'SELF_SIGNED_CERT_IN_CHAIN' } });
  await rm(folder, { recursive: true, force: true });
});

test.each([
  ['a Cluster', (port: number) => `redis+cluster://127.0.0.1:${port}`],
  ['Sentinels', (port: number) => `redis+sentinel://127.0.0.1:${port}/name`],
])('one server is not taken for %s', async (name, urlOf) => {
  const sink = new RecordingSink();
  const broker = makeBroker({ url: urlOf(server.port) });
  const opening = broker.open(sink);
  opening.catch(() => {});
  if (name === 'a Cluster') await expect(opening).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_OPTION' });
  else {
    await sink.untilReadiness(false);
    await broker.close();
    await expect(opening).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
  }
});

test('a server that stands still is given up in time, and what it did not answer is published once', async () => {
  const { broker, sink } = await openNode({ url: server.url, commandTimeoutMs: 300 });
  await broker.follow('t', kept);
  server.pause();
  const draft = draftOf('t', 'a');
  const startedAt = performance.now();
  await expect(broker.publish(draft, kept)).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect([broker.isReady, sink.readiness]).toEqual([false, false]);
  await expect(broker.history('t', kept, { since: null, limit: 1 })).rejects.toMatchObject({
    code: 'ERR_HUB_UNAVAILABLE',
  });
  server.proceed();
  await sink.untilReadiness(true);
  await publishStubbornly({ broker, sink }, draft);
  await publishTexts({ broker, sink }, 't', ['b']);
  await sink.untilText('t', 'b');
  expect([sink.texts('t'), sink.gaps('t')]).toEqual([['a', 'b'], []]);
});

test('scripts that the server has forgotten are sent again', async () => {
  const node = await openNode();
  await server.ask('SCRIPT FLUSH');
  await publishTexts(node, 't', ['a']);
  const page = await node.broker.history('t', kept, { since: null, limit: 1 });
  expect(page.publications.map(({ text }) => text)).toEqual(['a']);
});

test('a restart begins a new epoch, in which what survived is kept', async () => {
  const node = await openNode();
  const { broker, sink } = node;
  await broker.follow('t', kept);
  await publishTexts(node, 't', ['a', 'b']);
  const before = await broker.history('t', kept, { since: null, limit: 10 });
  await server.kill();
  await sink.untilReadiness(false);
  await server.restart();
  await sink.untilReadiness(true);
  const after = await broker.history('t', kept, { since: null, limit: 10 });
  expect(after.publications.map(({ text }) => text)).toEqual(['a', 'b']);
  expect(after.position.epoch).not.toBe(before.position.epoch);
  expect((await broker.history('t', kept, { since: before.position, limit: 10 })).isContinuous).toBe(false);
  await sink.until('the gap', () => sink.gaps('t').length > 0);
  expect(sink.gaps('t')).toEqual([after.position]);
});

test('members come back by themselves when all data is lost while the server stays', async () => {
  const [one, two] = [await openNode(), await openNode()];
  await one.broker.changeMembers('t', [{ type: 'present', user: 'alice', info: 1 }]);
  await server.ask('FLUSHALL');
  await eventually('alice', async () => (await two.broker.members('t')).length === 1);
  expect(await two.broker.members('t')).toMatchObject([{ user: 'alice', info: 1 }]);
});

test('what a channel has lost is read from the stream, in order, before what came later', async () => {
  const node = await openNode();
  const { broker, sink } = node;
  await broker.follow('t', kept);
  await publishTexts(node, 't', ['a']);
  await sink.untilText('t', 'a');
  // As if its message had been lost on the way: it is in the stream, and was never sent.
  await repeatSilently('t');
  await publishTexts(node, 't', ['b']);
  await sink.untilText('t', 'b');
  expect([sink.texts('t'), sink.gaps('t')]).toEqual([['a', 'a', 'b'], []]);
  expect(sink.publications('t').map(({ position }) => position?.offset)).toEqual([1, 2, 3]);
});

test('what a channel has lost and the stream has not is a gap', async () => {
  const node = await openNode();
  const { broker, sink } = node;
  const { epoch } = (await broker.follow('t', kept)) as Position;
  await publishTexts(node, 't', ['a']);
  await sink.untilText('t', 'a');
  await server.ask('HINCRBY ieum:{t}:m o 3');
  await publishTexts(node, 't', ['b']);
  await sink.untilText('t', 'b');
  expect(sink.gaps('t')).toEqual([{ offset: 4, epoch }]);
  const order = sink.events.flatMap(({ type }) => (type === 'gap' || type === 'publication' ? [type] : []));
  expect(order).toEqual(['publication', 'gap', 'publication']);
});

test('what others say on our channels harms nothing', async () => {
  const node = await openNode();
  const { broker, sink } = node;
  await broker.follow('t', kept);
  await broker.follow('u', notKept);
  await broker.followPattern('**');
  await broker.followMembers('t');
  for (const channel of ['ieum:{t}:c', 'ieum:{u}:c', 'ieum:all:0', 'ieum:{t}:e']) {
    for (const words of ['x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', '{}'])
      await server.ask(`PUBLISH ${channel} ${words}`);
  }
  await publishTexts(node, 't', ['a']);
  await publishTexts(node, 'u', ['b'], notKept);
  await broker.changeMembers('t', [{ type: 'present', user: 'alice', info: null }]);
  await sink.untilText('t', 'a');
  await sink.untilText('u', 'b');
  await sink.until('the change', () => sink.events.some(({ type }) => type === 'changes'));
  expect(sink.patternTexts(() => true)).toEqual(['a', 'b']);
  expect(sink.readiness).toBe(true);
});

test('an id is known for the whole of its time, and not for ever', async () => {
  const node = await openNode();
  const retention = { ...notKept, idempotencyMs: 400 };
  const draft = draftOf('t', 'a');
  const isKnown = async () => (await node.broker.publish(draft, retention)).isDuplicate;
  await publishTexts(node, 't', ['first'], retention);
  await delay(300);
  const publishedAt = performance.now();
  expect(await isKnown()).toBe(false);
  while (performance.now() - publishedAt < 350) {
    expect(await isKnown()).toBe(true);
    await delay(20);
  }
  await delay(1_000);
  expect(await isKnown()).toBe(false);
});

test('nothing is kept for ever', async () => {
  const node = await openNode();
  await node.broker.follow('followed', kept);
  await publishTexts(node, 't', ['a']);
  await publishTexts(node, 'u', ['a'], notKept);
  await node.broker.changeMembers('t', [{ type: 'present', user: 'alice', info: null }]);
  const client = await connectClient();
  for await (const keys of client.scanIterator()) {
    for (const key of keys)
      expect([String(key), await client.pTTL(key)]).toEqual([
        String(key),
        expect.toSatisfy((ttl: number) => ttl > 0),
      ]);
  }
  expect(await client.dbSize()).toBe(7);
  client.destroy();
});

test('hubs with other prefixes, and other databases, know nothing of each other', async () => {
  const one = await openNode();
  const others = [
    await openNode({ url: server.url, prefix: 'other:' }),
    await openNode({ url: `${server.url}/1`, prefix: 'one:' }),
  ];
  for (const { broker } of others) {
    await broker.follow('t', kept);
    await broker.followPattern('**');
  }
  await publishTexts(one, 't', ['a']);
  await one.broker.changeMembers('t', [{ type: 'present', user: 'alice', info: null }]);
  for (const other of others) {
    await publishTexts(other, 't', ['end']);
    await other.sink.untilText('t', 'end');
    expect([other.sink.texts('t'), other.sink.patternTexts(() => true)]).toEqual([['end'], ['end']]);
    expect(await other.broker.members('t')).toEqual([]);
  }
});

function makeBroker(options: RedisBrokerOptions): RedisBroker {
  const broker = createRedisBroker({ nodeLeaseMs: 500, maxRetryDelayMs: 100, ...options });
  brokers.push(broker);
  return broker;
}

async function openNode(
  options: RedisBrokerOptions = { url: server.url },
): Promise<Node & { broker: RedisBroker }> {
  const broker = makeBroker(options);
  const sink = new RecordingSink();
  await broker.open(sink);
  return { broker, sink };
}

function connectClient() {
  return createClient({
    url: server.url,
    commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
  }).connect();
}

/** Repeats the last publication of a topic in its stream only. */
async function repeatSilently(topic: string): Promise<void> {
  const client = await connectClient();
  const [last] = (await client.sendCommand([
    'XREVRANGE',
    `ieum:{${topic}}:s`,
    '+',
    '-',
    'COUNT',
    '1',
  ])) as unknown as [[Buffer, Buffer[]]];
  const offset = await client.hIncrBy(`ieum:{${topic}}:m`, 'o', 1);
  await client.sendCommand([
    'XADD',
    `ieum:{${topic}}:s`,
    `${offset}-${Date.now()}`,
    'd',
    last[1][1] as Buffer,
  ]);
  client.destroy();
}
