import { setTimeout as delay } from 'node:timers/promises';

import type { Socket } from 'ieum/dialects/socketio';
import { describe, expect, test } from 'vitest';

import { SocketIoStage, told } from './socketio-stage.js';

const transports = {
  'polling only': { transports: ['polling'] },
  'WebSocket only': { transports: ['websocket'] },
  'polling, then WebSocket': {},
};

describe.each(Object.entries(transports))('the official client with %s', (_name, options) => {
  async function both() {
    const stage = await SocketIoStage.start();
    const opened = new Promise<Socket>((resolve) => stage.io.once('connection', resolve));
    const client = await stage.connected('/', options);
    return { stage, client, socket: await opened };
  }

  test('sends and gets events, text and bytes, in order', async () => {
    const { client, socket, stage } = await both();
    const got: unknown[] = [];
    socket.on('to-server', (...args) => socket.emit('to-client', ...args));
    client.on('to-client', (...args: unknown[]) => got.push(args));
    const data = [Buffer.of(1, 2, 3), { deep: [Buffer.alloc(5_000, 7)] }, 'ünï', null, 1.5];
    for (let i = 0; i < 50; i++) {
      client.emit('to-server', i, ...(i % 5 === 0 ? data : []));
      if (i % 10 === 0) await delay(2);
    }
    await expect.poll(() => got.length).toBe(50);
    expect(got).toEqual(Array.from({ length: 50 }, (_, i) => [i, ...(i % 5 === 0 ? data : [])]));
    expect([client.id, stage.errors]).toEqual([socket.id, []]);
  });

  test('acknowledges, and has acknowledged', async () => {
    const { client, socket } = await both();
    socket.on('ask', (value, ack) => ack(value * 2, Buffer.of(9)));
    client.on('ask', (value: number, ack: (answer: number) => void) => ack(value + 1));
    expect(await client.emitWithAck('ask', 21)).toBe(42);
    expect(await socket.emitWithAck('ask', 1)).toBe(2);
    expect(await socket.timeout(5_000).emitWithAck('ask', 2)).toBe(3);
    await expect(socket.timeout(20).emitWithAck('nobody')).rejects.toThrow('timed out');
    await expect(client.timeout(20).emitWithAck('nobody')).rejects.toThrow('timed out');
  });

  test('is told that it is disconnected, behind what it was sent', async () => {
    const { client, socket, stage } = await both();
    const seen: unknown[] = [];
    client.on('last', () => seen.push('last'));
    const reasons: unknown[] = [];
    socket.on('disconnecting', () => reasons.push([...socket.rooms]));
    socket.on('disconnect', (reason) => reasons.push(reason));
    socket.emit('last');
    stage.io.emit('last');
    socket.disconnect();
    expect(await told(client, 'disconnect')).toEqual(['io server disconnect', undefined]);
    expect([seen, reasons, socket.connected]).toEqual([
      ['last', 'last'],
      [[socket.id], 'server namespace disconnect'],
      false,
    ]);
  });

  test('disconnects, and what it sent before arrives', async () => {
    const { client, socket } = await both();
    const seen: unknown[] = [];
    socket.on('last', () => seen.push('last'));
    socket.on('disconnect', (reason) => seen.push(reason));
    client.emit('last');
    client.disconnect();
    await expect.poll(() => seen).toHaveLength(2);
    expect(seen).toEqual(['last', 'client namespace disconnect']);
  });

  test('is closed with all its namespaces', async () => {
    const { client, socket, stage } = await both();
    socket.disconnect(true);
    await told(client, 'disconnect');
    await expect.poll(() => stage.io.engine.clientsCount).toBe(0);
  });

  test('comes back when its connection breaks', async () => {
    const { client, stage } = await both();
    client.io.engine.close();
    await told(client, 'connect');
    expect(stage.io.sockets.sockets.size).toBe(1);
  });
});

test('a client goes over to WebSocket while events go both ways, and none is lost or doubled', async () => {
  const stage = await SocketIoStage.start();
  const got: number[] = [];
  const sent: number[] = [];
  stage.io.on('connection', async (socket) => {
    socket.on('n', (n) => got.push(n));
    for (let i = 0; i < 300; i++) {
      socket.emit('n', i);
      if (i % 20 === 0) await delay(1);
    }
  });
  const client = stage.client();
  client.on('n', (n: number) => sent.push(n));
  await told(client, 'connect');
  for (let i = 0; i < 300; i++) {
    client.emit('n', i);
    if (i % 20 === 0) await delay(1);
  }
  const all = Array.from({ length: 300 }, (_, i) => i);
  await expect.poll(() => [got.length, sent.length]).toEqual([300, 300]);
  expect([got, sent]).toEqual([all, all]);
  expect(client.io.engine.transport.name).toBe('websocket');
});

describe('who may come in', () => {
  test('is for middlewares to say, with data for the client', async () => {
    const stage = await SocketIoStage.start();
    stage.io.use((socket, next) => {
      const { user } = socket.handshake.auth as { user?: string };
      socket.data.user = user;
      socket.join('early');
      if (user === 'anna') next();
      else next(Object.assign(new Error('who is that'), { data: { code: 7 } }));
    });
    const anna = await stage.connected('/', { auth: { user: 'anna' } });
    expect(stage.io.sockets.sockets.get(anna.id ?? '')?.data).toEqual({ user: 'anna' });
    const [error] = await told(stage.client('/', { auth: { user: 'ben' } }), 'connect_error');
    expect([(error as Error).message, (error as { data?: unknown }).data]).toEqual([
      'who is that',
      { code: 7 },
    ]);
    expect(stage.io.sockets.adapter.rooms.get('early')?.size).toBe(1);
  });

  test('a middleware that throws, or rejects, lets nobody in', async () => {
    const stage = await SocketIoStage.start();
    stage.io.of('/a').use(() => {
      throw new Error('thrown');
    });
    stage.io.of('/b').use(async () => {
      throw new Error('rejected');
    });
    for (const [namespace, message] of [
      ['/a', 'thrown'],
      ['/b', 'rejected'],
    ] as const) {
      const [error] = await told(stage.client(namespace), 'connect_error');
      expect((error as Error).message).toBe(message);
    }
  });

  test('allowRequest decides on each connection', async () => {
    const stage = await SocketIoStage.start({
      allowRequest: (request, callback) => callback(null, request.header('x-key') === 'right'),
    });
    for (const names of [['polling'], ['websocket']]) {
      const [error] = await told(stage.client('/', { transports: names, timeout: 3_000 }), 'connect_error');
      expect((error as Error).message).not.toBe('timeout');
      await stage.connected('/', { transports: names, extraHeaders: { 'x-key': 'right' } });
    }
  });

  test('namespaces are judged separately, and the handshake tells who asks', async () => {
    const stage = await SocketIoStage.start();
    const seen: unknown[] = [];
    stage.io.of('/admin').on('connection', ({ handshake, nsp }) => {
      const { auth, query, headers, address, url, secure, xdomain } = handshake;
      seen.push([
        nsp.name,
        auth,
        new URLSearchParams(query).get('q'),
        headers['x-a'],
        address,
        url.split('?')[0],
        secure,
        xdomain,
      ]);
    });
    await stage.connected('/admin', { auth: { a: 1 }, query: { q: 'x' }, extraHeaders: { 'x-a': 'b' } });
    expect(seen).toEqual([['/admin', { a: 1 }, 'x', 'b', '127.0.0.1', '/socket.io/', false, false]]);
    const [error] = await told(stage.client('/none'), 'connect_error');
    expect((error as Error).message).toBe('Invalid namespace');
  });
});

describe('namespaces that clients may have', () => {
  test('are those that match, each with what the pattern has, and are forgotten when they are empty', async () => {
    const stage = await SocketIoStage.start();
    const created: string[] = [];
    stage.io.on('new_namespace', ({ name }) => created.push(name));
    const seen: unknown[] = [];
    const parent = stage.io.of(/^\/room-\d+$/);
    parent.use((socket, next) => {
      seen.push(`use ${socket.nsp.name}`);
      next();
    });
    parent.on('connection', (socket) => seen.push(`connection ${socket.nsp.name}`));
    const [one, two] = await Promise.all([stage.connected('/room-1'), stage.connected('/room-2')]);
    expect(seen.sort()).toEqual(['connection /room-1', 'connection /room-2', 'use /room-1', 'use /room-2']);
    const heard = Promise.all([told(one, 'hi'), told(two, 'hi')]);
    parent.emit('hi', 1);
    expect(await heard).toEqual([[1], [1]]);
    expect((await told(stage.client('/room-x'), 'connect_error'))[0]).toHaveProperty(
      'message',
      'Invalid namespace',
    );
    one.disconnect();
    two.disconnect();
    await expect.poll(() => stage.io.sockets.sockets.size).toBe(0);
    await stage.connected('/room-1');
    expect(created.sort()).toEqual(['/room-1', '/room-1', '/room-2']);
  });

  test('are those that a function lets in', async () => {
    const stage = await SocketIoStage.start();
    stage.io.of((name, auth, next) => {
      if (name === '/broken') throw new Error('broken');
      next(null, Object.values(auth).includes(name.slice(1)));
    });
    await stage.connected('/k', { auth: { key: 'k' } });
    for (const namespace of ['/other', '/broken']) {
      await told(stage.client(namespace, { auth: { key: 'k' } }), 'connect_error');
    }
    expect(stage.errors).toHaveLength(1);
  });
});

test('events are seen by catch-all listeners and middlewares, which may stop them', async () => {
  const stage = await SocketIoStage.start();
  const seen: unknown[] = [];
  stage.io.on('connection', (socket) => {
    socket.onAny((event, ...args) => seen.push(['any', event, ...args]));
    socket.prependAny((event) => seen.push(['first', event]));
    socket.onAnyOutgoing((event, ...args) => seen.push(['out', event, ...args]));
    socket.use(([event], next) => next(event === 'bad' ? new Error('stopped') : undefined));
    socket.on('error', ({ message }) => seen.push(message));
    socket.on('good', () => seen.push('good'));
    socket.on('bad', () => seen.push('bad'));
    socket.emit('hello', 1);
    stage.io.emit('hello', 2);
  });
  const client = await stage.connected();
  client.emit('bad', 1);
  client.emit('good', 2);
  await expect.poll(() => seen.at(-1)).toBe('good');
  expect(seen).toEqual([
    ['out', 'hello', 1],
    ['out', 'hello', 2],
    ['first', 'bad'],
    ['any', 'bad', 1],
    'stopped',
    ['first', 'good'],
    ['any', 'good', 2],
    'good',
  ]);
});

test('a listener that throws or rejects is reported, and no other is kept from being called', async () => {
  const stage = await SocketIoStage.start();
  const seen: unknown[] = [];
  stage.io.on('connection', (socket) => {
    socket.on('x', () => {
      throw new Error('thrown');
    });
    socket.on('x', async () => {
      throw new Error('rejected');
    });
    socket.on('x', () => seen.push('x'));
    socket.once('x', () => seen.push('once'));
  });
  const client = await stage.connected();
  client.emit('x');
  client.emit('x');
  await expect.poll(() => seen).toEqual(['x', 'once', 'x']);
  expect(stage.errors.map((error) => (error as Error).message).sort()).toEqual([
    'rejected',
    'rejected',
    'thrown',
    'thrown',
  ]);
});

test('reserved names and what JSON cannot hold are refused at once', async () => {
  const stage = await SocketIoStage.start();
  for (const name of [
    'connect',
    'connect_error',
    'disconnect',
    'disconnecting',
    'newListener',
    'removeListener',
  ]) {
    expect(() => stage.io.emit(name)).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_DATA' }));
  }
  expect(() => stage.io.emit('x', 1n)).toThrow(TypeError);
  expect(() => stage.io.serverSideEmit('connection')).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_DATA' }),
  );
});
