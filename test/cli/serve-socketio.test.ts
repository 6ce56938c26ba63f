import { SignJWT } from 'jose';
import { io as connect, type Socket } from 'socket.io-client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { HubClient } from '../support/hub-client.js';
import { type Served, startServe } from '../support/served.js';

const secret = 'a secret of thirty-two bytes, or more';

function sign(claims: Record<string, unknown>): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  return new SignJWT({ exp, ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
}

function clientOf({ url }: Served, options: object = {}): Socket {
  const socket = connect(url, { forceNew: true, reconnectionDelay: 20, ...options });
  onTestFinished(() => void socket.disconnect());
  return socket;
}

function told(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once(event, resolve);
  });
}

describe('clients of Socket.IO at ieum serve', () => {
  let served: Served;
  beforeAll(async () => {
    served = await startServe();
  });
  afterAll(() => served.command.kill());

  test.each([['polling'], ['websocket'], ['polling', 'websocket']])(
    'take part in the hub over %s, %s',
    async (...transports) => {
      const [ann, ben] = [clientOf(served, { transports }), clientOf(served, { transports })];
      const topic = `room/${transports.join('-')}`;
      expect(await ann.emitWithAck('subscribe', topic)).toMatchObject({ topic, recovery: 'fresh' });
      const heard: unknown[] = [];
      ann.on('publication', ({ data }: { data: unknown }) => heard.push(data));
      for (const data of ['text', Buffer.of(1, 2), { json: [1] }]) {
        expect(await ben.emitWithAck('publish', topic, data)).toMatchObject({ topic, isDuplicate: false });
      }
      await expect.poll(() => heard).toEqual(['text', Buffer.of(1, 2), { json: [1] }]);
      const { publications, position } = await ben.emitWithAck('history', topic, { limit: 2 });
      expect(publications.map(({ data }: { data: unknown }) => data)).toEqual([
        Buffer.of(1, 2),
        { json: [1] },
      ]);
      expect(await ann.emitWithAck('unsubscribe', topic)).toEqual({ topic });
      await ben.emitWithAck('publish', topic, 'later');
      expect(await ann.emitWithAck('subscribe', topic, { since: position })).toMatchObject({
        recovery: 'recovered',
      });
      await expect.poll(() => heard.at(-1)).toBe('later');
    },
  );

  test('meet clients of others in one topic', async () => {
    const client = clientOf(served);
    await client.emitWithAck('subscribe', 'shared/*');
    const native = await HubClient.connect(served.wsUrl);
    onTestFinished(() => native.peer.terminate());
    const heard = told(client, 'publication');
    await native.publish('shared/one', { from: 'native' });
    expect(await heard).toMatchObject({ topic: 'shared/one', pattern: 'shared/*', data: { from: 'native' } });
  });

  test.each([
    ['subscribe', ['a//b'], 'ERR_HUB_INVALID_TOPIC'],
    ['subscribe', [{}], 'ERR_HUB_INVALID_TOPIC'],
    ['subscribe', ['a/**/b'], 'ERR_HUB_INVALID_PATTERN'],
    ['subscribe', ['a', { since: 'x' }], 'ERR_HUB_INVALID_POSITION'],
    ['unsubscribe', ['never'], 'ERR_HUB_NOT_SUBSCRIBED'],
    ['publish', ['a*', 1], 'ERR_HUB_INVALID_TOPIC'],
    ['publish', ['a'], 'ERR_HUB_INVALID_DATA'],
    ['publish', ['a', 'x'.repeat(100_000)], 'ERR_HUB_MESSAGE_TOO_LARGE'],
    ['publish', ['a', 1, { key: 7 }], 'ERR_HUB_INVALID_KEY'],
    ['history', [null], 'ERR_HUB_INVALID_TOPIC'],
    ['authenticate', [7], 'ERR_HUB_UNAUTHENTICATED'],
  ])('%s of %j is acknowledged with %s', async (event, args, code) => {
    const client = clientOf(served, { transports: ['websocket'] });
    expect(await client.emitWithAck(event, ...args)).toMatchObject({ error: { code } });
    expect(await client.emitWithAck('publish', 'a', 1)).not.toHaveProperty('error');
  });
});

test('a token says who a client is, and what it may', async () => {
  const served = await startServe(['--auth-jwt-secret', secret]);
  onTestFinished(() => served.command.kill());
  const refused = clientOf(served, { auth: { token: 'x.y.z' } });
  expect(await told(refused, 'connect_error')).toMatchObject({
    message: 'a token is needed',
    data: { code: 'ERR_HUB_UNAUTHENTICATED' },
  });
  const token = await sign({ sub: 'ann', topics: { subscribe: ['own'], publish: [] } });
  const ann = clientOf(served, { auth: { token } });
  expect(await ann.emitWithAck('subscribe', 'own')).toMatchObject({ topic: 'own' });
  expect(await ann.emitWithAck('publish', 'own', 1)).toMatchObject({ error: { code: 'ERR_HUB_FORBIDDEN' } });
  expect(await ann.emitWithAck('authenticate', await sign({ sub: 'ben' }))).toMatchObject({
    error: { code: 'ERR_HUB_UNAUTHENTICATED' },
  });
  const end = told(ann, 'ended');
  expect(await ann.emitWithAck('authenticate', await sign({ sub: 'ann', topics: {} }))).toEqual({
    name: 'ann',
  });
  expect(await end).toEqual({ topic: 'own', code: 'ERR_HUB_FORBIDDEN' });
});

test('clients over polling leave when the server does', async () => {
  const served = await startServe();
  onTestFinished(() => served.command.kill());
  const client = clientOf(served, { transports: ['polling'], reconnection: false });
  await client.emitWithAck('subscribe', 'a');
  const gone = told(client, 'disconnect');
  served.command.child.kill('SIGTERM');
  await gone;
  expect((await served.command.ended).status).toBe(0);
});
