import { Buffer } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';

import { connect, createServer, type Peer, type UpgradeRequest } from 'ieum';
import { describe, expect, onTestFinished, test } from 'vitest';

import { decodeServerMessage } from '../../packages/ieum/src/codecs/native/index.js';
import {
  createNativeDialect,
  type NativeDialectOptions,
} from '../../packages/ieum/src/dialects/native/index.js';
import { createHub, type HubOptions } from '../../packages/ieum/src/hub/index.js';
import { seededRandom } from '../../packages/ieum/src/testing/seeded-random.js';
import { NativeClient, type NativeClientOptions } from '../support/native-client.js';

interface User {
  readonly role: string;
}

/** A server of hub and dialect on a free port, and clients of it, until the test is over. */
async function serve(
  options: HubOptions<User> = {},
  dialect: Partial<NativeDialectOptions<User, UpgradeRequest>> = {},
) {
  const hub = createHub<User>({ presenceGraceMs: 0, presenceBatchMs: 0, ...options });
  await hub.open();
  const authenticate = (token: string | null) =>
    token === 'nobody' ? null : { name: token, user: { role: 'user' }, info: { name: token } };
  const server = createServer({
    routes: { '/hub': createNativeDialect({ hub, authenticate, ...dialect }) },
  });
  const { port } = await server.listen({ port: 0 });
  const url = `ws://127.0.0.1:${port}/hub`;
  const clients: NativeClient[] = [];
  onTestFinished(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await hub.close();
    await server.close();
  });
  const open = async (token?: string, more: NativeClientOptions = {}) => {
    const client = await NativeClient.open(url, { ...(token === undefined ? {} : { token }), ...more });
    clients.push(client);
    return client;
  };
  return { hub, url, open };
}

test('clients publish to each other what they like', async () => {
  const { open } = await serve();
  const [ann, bob] = [await open('ann'), await open('bob')];
  expect([ann.name, bob.name]).toEqual(['ann', 'bob']);
  await ann.subscribe('chat/*');
  const all = [{ text: 'hi' }, 'text', null, 0, [1.5], Buffer.from([0, 255]), Buffer.alloc(60_000, 7)];
  for (const data of all) expect((await bob.publish('chat/room', data)).delivered).toBe(1);
  await ann.until(({ journal }) => journal.length === 2 + all.length);
  expect(ann.dataOf('chat/room')).toEqual(all);
});

test('presence, history, requests and renewal work over a socket', async () => {
  const { hub, open } = await serve({ topics: { '**': { presence: true } } });
  hub.handle('double', (data) => (data as number) * 2);
  const ann = await open('ann', { answer: (method, data) => [method, data] });
  const { members } = await ann.subscribe('a', { presence: true });
  expect(members).toEqual([{ user: 'ann', info: { name: 'ann' } }]);
  const bob = await open('bob');
  await bob.subscribe('a');
  await ann.until(({ journal }) => journal.some(({ type }) => type === 'presence-changed'));
  expect((await ann.members('a')).map(({ user }) => user).sort()).toEqual(['ann', 'bob']);
  await bob.publish('a', 'first');
  await bob.publish('a', 'second');
  expect(await ann.history('a', { limit: 2 })).toMatchObject({
    data: ['first', 'second'],
    isContinuous: true,
  });
  expect(await ann.request('double', 21)).toBe(42);
  await expect(ann.request('triple', 1)).rejects.toMatchObject({ code: 'ERR_HUB_UNKNOWN_METHOD' });
  const session = [...hub.sessions].find(({ id }) => id === ann.session);
  expect(await session?.request('color', 'sky')).toEqual(['color', 'sky']);
  expect(await ann.authenticate('ann')).toMatchObject({ name: 'ann' });
  await expect(ann.authenticate('bob')).rejects.toMatchObject({ code: 'ERR_HUB_UNAUTHENTICATED' });
  await ann.ping();
});

test('who connects again goes on where they were, and misses nothing', async () => {
  const { hub, open } = await serve();
  const ann = await open('ann');
  await ann.subscribe('a');
  const random = seededRandom(3);
  let published = 0;
  for (let round = 0; round < 10; round++) {
    for (let i = random.below(20); i >= 0; i--) await hub.publish('a', published++);
    if (random.below(2) === 0) await turn();
    const reconnecting = ann.reconnect();
    for (let i = random.below(20); i >= 0; i--) await hub.publish('a', published++);
    await reconnecting;
  }
  await ann.until((client) => client.dataOf('a').length >= published);
  expect(ann.dataOf('a')).toEqual(Array.from({ length: published }, (_, i) => i));
  expect([ann.gapsOf('a'), ann.connections]).toEqual([[], 11]);
});

test('who was away for too long is told of the gap, and goes on behind it', async () => {
  const { hub, open } = await serve({ topics: { '**': { history: { maxMessages: 3 } } } });
  const ann = await open('ann');
  await ann.subscribe('a');
  ann.drop();
  await ann.until((client) => !client.isConnected);
  for (let i = 0; i < 10; i++) await hub.publish('a', i);
  await ann.connect();
  await ann.until((client) => client.dataOf('a').includes(9));
  expect(ann.gapsOf('a')).toMatchObject([{ reason: 'expired' }]);
  expect(ann.dataOf('a')).toEqual([7, 8, 9]);
  await ann.reconnect();
  await hub.publish('a', 10);
  await ann.until((client) => client.dataOf('a').includes(10));
  expect([ann.gapsOf('a').length, ann.dataOf('a')]).toEqual([1, [7, 8, 9, 10]]);
});

test('a client that resumes by itself is back after its connection broke', async () => {
  const { hub, open } = await serve();
  const ann = await open('ann', { resumeAfterMs: 1 });
  await ann.subscribe('a');
  for (let i = 0; i < 5; i++) {
    ann.drop();
    await hub.publish('a', i);
    await ann.until((client) => client.connections === i + 2 && client.isConnected);
  }
  await ann.until((client) => client.dataOf('a').length === 5);
  expect(ann.dataOf('a')).toEqual([0, 1, 2, 3, 4]);
});

test('who publishes again what was not answered publishes once', async () => {
  const { open } = await serve();
  const [ann, bob] = [await open('ann'), await open('bob')];
  await ann.subscribe('a');
  const lost = bob.publish('a', 'once', { key: 'k' });
  const failed = expect(lost).rejects.toMatchObject({ code: 'CLOSED' });
  await bob.reconnect();
  await failed;
  await bob.publish('a', 'once', { key: 'k' });
  await bob.publish('a', 'end');
  await ann.until((client) => client.dataOf('a').includes('end'));
  expect(ann.dataOf('a')).toEqual(['once', 'end']);
});

test('clients who race with each other and themselves get each publication once, in order', async () => {
  const { hub, open } = await serve();
  const random = seededRandom(8);
  const readers = await Promise.all([1, 2, 3].map((i) => open(`reader ${i}`)));
  for (const reader of readers) await reader.subscribe('t/a');
  await readers[0]?.subscribe('t/*');
  const writers = await Promise.all([1, 2].map((i) => open(`writer ${i}`)));
  const write = async (writer: NativeClient, name: number) => {
    for (let i = 0; i < 150; i++) await writer.publish('t/a', [name, i]);
  };
  const read = async (reader: NativeClient) => {
    for (let i = 0; i < 5; i++) {
      for (let turns = random.below(40); turns > 0; turns--) await turn();
      await reader.reconnect();
    }
  };
  await Promise.all([...writers.map(write), ...readers.slice(1).map(read)]);
  const { position } = await hub.history('t/a');
  for (const reader of readers) {
    await reader.until((client) => client.positionOf('t/a')?.offset === position.offset);
    const got = reader.dataOf('t/a') as [number, number][];
    for (const name of [0, 1]) {
      const own = got.filter(([writer]) => writer === name).map(([, i]) => i);
      expect(own).toEqual(Array.from({ length: 150 }, (_, i) => i));
    }
    expect(got).toEqual(readers[0]?.dataOf('t/a'));
  }
});

describe('a raw client', () => {
  async function raw(
    url: string,
  ): Promise<{ readonly peer: Peer<undefined>; readonly types: () => string[] }> {
    const heard: string[] = [];
    const peer = await connect(url, {
      subprotocols: ['ieum.v1'],
      message: (_peer, { data }) => {
        const message = decodeServerMessage(data);
        heard.push('code' in message ? `${message.type} ${message.code}` : message.type);
      },
    });
    return { peer, types: () => heard };
  }

  test('that is not believed is told so, and closed', async () => {
    const { url } = await serve();
    const { peer, types } = await raw(url);
    await peer.send('{"type":"connect","token":"nobody"}');
    expect((await peer.closed).received).toMatchObject({ code: 4401 });
    expect([peer.subprotocol, types()]).toEqual([
      'ieum.v1',
      ['error ERR_HUB_UNAUTHENTICATED', 'closing 4401'],
    ]);
  });

  test('that says nothing is closed', async () => {
    const { url } = await serve({}, { connectTimeoutMs: 20 });
    const { peer } = await raw(url);
    expect((await peer.closed).received).toMatchObject({ code: 4408 });
  });

  test('that says anything at all harms nobody', async () => {
    const { url, open } = await serve();
    const { peer, types } = await raw(url);
    const random = seededRandom(11);
    await peer.send('{"type":"connect","token":"mallory"}');
    for (let i = 0; i < 300; i++) {
      const bytes = random.bytes(random.below(40));
      await peer.send(
        i % 2 === 0 ? bytes : `{"type":"subscribe","id":${bytes.toString('latin1').replaceAll('"', '')}}`,
      );
    }
    await peer.send('{"type":"ping"}');
    const ann = await open('ann');
    while (!types().includes('pong')) await ann.ping();
    expect(types().filter((type) => type === 'error ERR_HUB_INVALID_ENVELOPE').length).toBe(300);
    await peer.close();
  });
});

test('the request that opened the connection can tell who a client is', async () => {
  const { open } = await serve(
    {},
    {
      authenticate: (token, { headers }) =>
        token === null ? { name: headers.get('x-user') ?? null, user: { role: 'proxy' } } : null,
    },
  );
  const client = await open(undefined, { connection: { headers: { 'x-user': 'ann' } } });
  expect(client.name).toBe('ann');
});
