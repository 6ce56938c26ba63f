import { setTimeout as delay } from 'node:timers/promises';

import { createRedisBroker } from 'ieum/brokers/redis';
import { type Server, type ServerOptions, type Socket, socketIoTopics } from 'ieum/dialects/socketio';
import { type Socket as Client, io as connect } from 'socket.io-client';
import { describe, expect, onTestFinished, test } from 'vitest';

import { RedisServer } from '../../support/redis-server.js';
import { type CrewParts, NodeCrew } from './node-crew.js';
import { told } from './socketio-stage.js';

interface Scene {
  readonly crew: NodeCrew;
  readonly client: Client;
  readonly heard: unknown[];
  /** The client's sockets, one for each time it connected. */
  readonly sockets: Socket[];
}

/** A client that has connected through the door to the first of two nodes. */
async function scene(options: ServerOptions & CrewParts = {}): Promise<Scene> {
  const { topics, createBroker, transports = ['websocket'], ...more } = options;
  const parts = { ...(topics && { topics }), ...(createBroker && { createBroker }) };
  const crew = await NodeCrew.start(2, { connectionStateRecovery: {}, ...more }, parts);
  const sockets: Socket[] = [];
  for (const { io } of crew.nodes) io.on('connection', (socket) => sockets.push(socket));
  const client = connect(crew.url, { forceNew: true, transports: [...transports], reconnectionDelay: 20 });
  onTestFinished(() => void client.disconnect());
  const heard: unknown[] = [];
  client.onAny((event: string, first: unknown) => heard.push(event === 'n' ? first : event));
  await told(client, 'connect');
  return { crew, client, heard, sockets };
}

function node({ crew }: Scene, index: number): Server {
  return (crew.nodes[index] as (typeof crew.nodes)[0]).io;
}

/** Breaks the connection, does something meanwhile, and waits until the client is back. */
async function away(at: Scene, meanwhile: () => unknown = () => {}): Promise<void> {
  const back = told(at.client, 'connect');
  at.client.io.reconnection(false);
  const gone = told(at.client, 'disconnect');
  await cutUntil(at, gone);
  await meanwhile();
  at.client.io.reconnection(true);
  at.client.connect();
  await back;
}

/** Breaks connections until it is noticed: one that polls may have none just now. */
async function cutUntil({ crew }: Scene, gone: Promise<unknown>): Promise<void> {
  const cutting = setInterval(() => crew.cut(), 5);
  await gone.finally(() => clearInterval(cutting));
}

async function hears(at: Scene, expected: readonly unknown[]): Promise<void> {
  await expect.poll(() => at.heard).toEqual(expected);
}

describe.each(['websocket', 'polling'] as const)('a client over %s that comes back', (transport) => {
  test('from its first moment on has its id, its rooms and data, and all it missed once', async () => {
    const at = await scene({ transports: [transport] });
    const [socket] = at.sockets as [Socket];
    socket.join('x');
    socket.data = { name: 'anna' };
    const { id } = at.client;
    const io = node(at, 0);
    await away(at, async () => {
      await expect.poll(() => socket.connected).toBe(false);
      io.emit('n', 1);
      io.to('x').emit('n', 2, Buffer.of(1));
      io.to('y').emit('n', -1);
      io.except('x').emit('n', -2);
      io.volatile.emit('n', -3);
      io.to(id ?? '').emit('n', 3);
    });
    await hears(at, [1, 2, 3]);
    expect([at.client.recovered, at.client.id]).toEqual([true, id]);
    const again = at.sockets[1] as Socket;
    expect([again.recovered, again.id, [...again.rooms].sort(), again.data]).toEqual([
      true,
      id,
      [id, 'x'].sort(),
      { name: 'anna' },
    ]);
    io.to('x').emit('n', 4);
    await hears(at, [1, 2, 3, 4]);
  });

  test('again and again misses nothing and gets nothing twice', async () => {
    const at = await scene({ transports: [transport] });
    let n = 0;
    for (let round = 0; round < 4; round++) {
      node(at, 0).emit('n', n++);
      await away(at, () => {
        node(at, 1).emit('n', n++);
        at.crew.lead(round % 2);
      });
      expect(at.client.recovered).toBe(true);
    }
    node(at, 0).emit('n', n++);
    await hears(
      at,
      Array.from({ length: n }, (_, i) => i),
    );
  });
});

test('a client whose node has died comes back to another one and misses nothing', async () => {
  const at = await scene();
  const [socket] = at.sockets as [Socket];
  const { id } = at.client;
  socket.join('x');
  await delay(50);
  at.crew.nodes[0]?.die();
  node(at, 1).to('x').emit('n', 1);
  at.crew.lead(1);
  await away(at, () => node(at, 1).emit('n', 2));
  await hears(at, [1, 2]);
  expect([at.client.recovered, at.client.id, at.sockets[1]?.rooms.has('x')]).toEqual([true, id, true]);
});

test('so it does with Redis between them', async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  const at = await scene({
    createBroker: () => createRedisBroker({ url: redis.url }),
  });
  const { id } = at.client;
  at.sockets[0]?.join('x');
  node(at, 0).emit('n', 0, Buffer.of(1));
  await hears(at, [0]);
  await delay(50);
  at.crew.nodes[0]?.die();
  node(at, 1).to('x').emit('n', 1);
  at.crew.lead(1);
  await away(at, () => node(at, 1).emit('n', 2));
  await hears(at, [0, 1, 2]);
  expect([at.client.recovered, at.client.id]).toEqual([true, id]);
});

test('rooms are those in which it was when something was sent; others move it while it is away', async () => {
  const at = await scene();
  const [socket] = at.sockets as [Socket];
  const io = node(at, 1);
  socket.join('left');
  io.to('left').emit('n', 1);
  await hears(at, [1]);
  await away(at, async () => {
    await expect.poll(() => socket.connected).toBe(false);
    io.to('new').emit('n', -1);
    io.in(socket.id).socketsJoin('new');
    io.to('new').emit('n', 2);
    io.in(socket.id).socketsLeave('left');
    io.to('left').emit('n', -2);
  });
  await hears(at, [1, 2]);
  expect([...(at.sockets[1]?.rooms ?? [])].sort()).toEqual([socket.id, 'new'].sort());
});

test('an old connection that nobody noticed to be gone is let go of', async () => {
  const at = await scene({ pingInterval: 60_000 });
  const { pid, offset } = await sessionOf(at);
  at.crew.lead(1);
  const second = connect(at.crew.url, { forceNew: true, transports: ['websocket'], auth: { pid, offset } });
  onTestFinished(() => void second.disconnect());
  const gone = told(at.client, 'disconnect');
  at.client.io.reconnection(false);
  await told(second, 'connect');
  await gone;
  expect([second.id, at.sockets[1]?.recovered]).toEqual([at.sockets[0]?.id, true]);
  expect(node(at, 0).sockets.sockets.size).toBe(0);
});

describe('there is no way back', () => {
  test.each(['while it is there', 'from elsewhere while it is away'])(
    'for who was disconnected by the server %s',
    async (when) => {
      const at = await scene();
      const { pid, offset } = await sessionOf(at);
      const { id } = at.sockets[0] as Socket;
      const gone = told(at.client, 'disconnect');
      at.client.io.reconnection(false);
      if (when === 'while it is there') at.sockets[0]?.disconnect();
      await (when === 'while it is there' ? gone : cutUntil(at, gone));
      if (when !== 'while it is there') node(at, 1).in(id).disconnectSockets();
      const other = connect(at.crew.url, {
        forceNew: true,
        transports: ['websocket'],
        auth: { pid, offset },
      });
      onTestFinished(() => void other.disconnect());
      await told(other, 'connect');
      expect(other.id).not.toBe(id);
    },
  );

  test('for who disconnected', async () => {
    const at = await scene();
    const { id } = at.client;
    at.client.disconnect();
    at.client.connect();
    await told(at.client, 'connect');
    expect([at.client.recovered, at.client.id === id]).toEqual([false, false]);
  });

  test('when more was missed than is kept, and a new session begins', async () => {
    const at = await scene({ topics: socketIoTopics({ maxMissed: 3 }) });
    node(at, 0).emit('n', 0);
    await hears(at, [0]);
    await away(at, () => {
      for (let i = 1; i < 9; i++) node(at, 1).emit('n', i);
    });
    expect([at.client.recovered, at.sockets[1]?.recovered, at.heard]).toEqual([false, false, [0]]);
  });

  test('after too long', async () => {
    const at = await scene({ connectionStateRecovery: { maxDisconnectionDuration: 40 } });
    await away(at, () => delay(120));
    expect(at.client.recovered).toBe(false);
  });

  test.each([
    ['a session that nobody has', { pid: 'x'.repeat(40) }],
    ['a name with wildcards', { pid: '*/**' }],
    ['a name that is none', { pid: { a: 1 }, offset: [] }],
    ['a place that no server gave', { offset: 'world' }],
    ['a place of another history', { offset: '1.other' }],
    ['a place that is still to come', { offset: 'future' }],
    ['a place below zero', { offset: '-1.x' }],
  ])('with %s', async (_what, forged) => {
    const at = await scene();
    const { pid, offset } = await sessionOf(at);
    const [, epoch] = String(offset).split('.');
    const auth = {
      pid,
      ...forged,
      ...('offset' in forged && forged.offset === 'future' ? { offset: `999.${epoch}` } : {}),
    };
    const other = connect(at.crew.url, { forceNew: true, transports: ['websocket'], auth });
    onTestFinished(() => void other.disconnect());
    await told(other, 'connect');
    expect(at.sockets.map(({ recovered }) => recovered)).toEqual([false, false]);
    expect(at.crew.nodes.flatMap(({ errors }) => errors)).toEqual([]);
  });
});

test('middlewares judge who comes back where that is asked for', async () => {
  const judged: boolean[] = [];
  const at = await scene({ connectionStateRecovery: { skipMiddlewares: false } });
  for (const { io } of at.crew.nodes) {
    io.use((socket, next) => {
      judged.push(socket.recovered);
      next();
    });
  }
  await away(at);
  expect([at.client.recovered, judged]).toEqual([true, [true]]);
});

test('a client that has heard nothing for long comes back while others have heard much', async () => {
  const at = await scene({ topics: socketIoTopics({ maxMissed: 20 }), pingInterval: 40 });
  node(at, 0).emit('n', 0);
  await hears(at, [0]);
  for (let i = 0; i < 100; i++) node(at, 1).to('others').emit('n', i);
  await delay(150);
  await away(at, () => node(at, 1).emit('n', 1));
  await hears(at, [0, 1]);
  expect(at.client.recovered).toBe(true);
});

test('when something of the stream is lost, clients come back and are told that they begin anew', async () => {
  const at = await scene();
  const { id } = at.client;
  const back = told(at.client, 'connect');
  at.crew.exchange.lose();
  await back;
  expect([at.client.recovered, at.client.id === id]).toEqual([false, false]);
});

test('without recovery nothing is added to events', async () => {
  const at = await scene();
  const got = told(at.client, 'with');
  node(at, 0).emit('with', 1);
  expect(await got).toEqual([1, expect.stringMatching(/^\d+\./)]);
  const crew = await NodeCrew.start(1);
  const client = connect(crew.url, { forceNew: true });
  onTestFinished(() => void client.disconnect());
  await told(client, 'connect');
  const plain = told(client, 'without');
  crew.nodes[0]?.io.emit('without', 1);
  expect(await plain).toEqual([1]);
});

/** What the official client would send to come back. */
async function sessionOf(at: Scene): Promise<{ pid: unknown; offset: unknown }> {
  const place = told(at.client, 'place');
  node(at, 0).emit('place');
  const [offset] = await place;
  at.heard.length = 0;
  return { pid: (at.client as unknown as { _pid: unknown })._pid, offset };
}
