import type { Socket } from 'ieum/dialects/socketio';
import type { Socket as Client } from 'socket.io-client';
import { describe, expect, test } from 'vitest';

import { SocketIoStage, told } from './socketio-stage.js';

/** Three clients, each with what it heard, and their sockets. */
async function three() {
  const stage = await SocketIoStage.start();
  const heard: unknown[][] = [[], [], []];
  const clients: Client[] = [];
  const sockets: Socket[] = [];
  for (const own of heard) {
    const opened = new Promise<Socket>((resolve) => stage.io.once('connection', resolve));
    const client = await stage.connected('/', { transports: ['websocket'] });
    client.onAny((event: string) => own.push(event));
    clients.push(client);
    sockets.push(await opened);
  }
  /** What each has heard when all that was sent has arrived. */
  const all = async () => {
    const told_ = Promise.all(
      clients.filter(({ connected }) => connected).map((client) => told(client, 'end')),
    );
    stage.io.emit('end');
    await told_;
    return heard.map((events) => events.filter((event) => event !== 'end').join(' '));
  };
  return { stage, clients, sockets: sockets as [Socket, Socket, Socket], all };
}

describe('broadcasts reach', () => {
  test('rooms, several of them once, and not those who are excepted', async () => {
    const { stage, sockets, all } = await three();
    const [a, b, c] = sockets;
    a.join(['x', 'y']);
    b.join('y');
    c.join('z');
    stage.io.to('x').emit('to-x');
    stage.io.to('x').to('y').emit('to-x-y');
    stage.io.to(['y', 'z']).except('x').emit('y-z-not-x');
    stage.io.except(b.id).emit('not-b');
    stage.io.in('none').emit('none');
    expect(await all()).toEqual(['to-x to-x-y not-b', 'to-x-y y-z-not-x', 'y-z-not-x not-b']);
  });

  test('all others, when a socket sends', async () => {
    const { sockets, all } = await three();
    const [a, b] = sockets;
    b.join('x');
    a.join('x');
    a.broadcast.emit('all-but-a');
    a.to('x').emit('x-but-a');
    a.except(b.id).emit('neither');
    a.to(a.id).emit('nobody');
    a.volatile.broadcast.emit('volatile');
    a.local.emit('local');
    expect(await all()).toEqual(['', 'all-but-a x-but-a volatile local', 'all-but-a neither volatile local']);
  });

  test('those who were in the room when it was sent, in the order in which it was sent', async () => {
    const { stage, sockets, all } = await three();
    const [a, b] = sockets;
    a.join('x');
    stage.io.to('x').emit('one');
    a.leave('x');
    b.join('x');
    stage.io.to('x').emit('two');
    a.emit('three');
    stage.io.emit('four');
    a.emit('five');
    stage.io.local.emit('six');
    expect(await all()).toEqual(['one three four five six', 'two four six', 'four six']);
  });
});

test('rooms are listed, told of, and left with the socket', async () => {
  const { stage, sockets, clients } = await three();
  const [a] = sockets;
  const told_: unknown[] = [];
  const { adapter } = stage.io.sockets;
  adapter.on('create-room', (room) => told_.push(['create', room]));
  adapter.on('join-room', (room, id) => told_.push(['join', room, id === a.id]));
  adapter.on('leave-room', (room) => told_.push(['leave', room]));
  adapter.on('delete-room', (room) => told_.push(['delete', room]));
  a.join('x');
  a.join('x');
  expect([...a.rooms]).toEqual([a.id, 'x']);
  expect(adapter.rooms.get('x')).toEqual(new Set([a.id]));
  const gone = new Promise((resolve) => a.once('disconnect', resolve));
  clients[0]?.disconnect();
  await gone;
  expect(told_).toEqual([
    ['create', 'x'],
    ['join', 'x', true],
    ['leave', a.id],
    ['delete', a.id],
    ['leave', 'x'],
    ['delete', 'x'],
  ]);
  expect([a.rooms.size, adapter.sids.size]).toEqual([0, 2]);
});

test('sockets are moved and disconnected together', async () => {
  const { stage, sockets, clients } = await three();
  const [a, b] = sockets;
  stage.io.in([a.id, b.id]).socketsJoin(['x', 'y']);
  stage.io.in(b.id).socketsLeave('y');
  expect((await stage.io.in('x').fetchSockets()).map(({ id }) => id)).toEqual([a.id, b.id]);
  expect((await stage.io.in('y').fetchSockets()).map(({ id }) => id)).toEqual([a.id]);
  const ends = Promise.all(clients.slice(0, 2).map((client) => told(client, 'disconnect')));
  stage.io.in('x').disconnectSockets();
  expect((await ends).map(([reason]) => reason)).toEqual(['io server disconnect', 'io server disconnect']);
  expect(stage.io.sockets.sockets.size).toBe(1);
});

describe('a broadcast with acknowledgements', () => {
  test('gathers what all answer', async () => {
    const { stage, clients } = await three();
    for (const [i, client] of clients.entries()) client.on('ask', (ack: (n: number) => void) => ack(i));
    expect((await stage.io.timeout(5_000).emitWithAck('ask')).sort()).toEqual([0, 1, 2]);
    const [error, answers] = await new Promise<[Error | null, unknown[]]>((resolve) => {
      stage.io.timeout(5_000).emit('ask', (failure: Error | null, all: unknown[]) => resolve([failure, all]));
    });
    expect([error, answers.length]).toEqual([null, 3]);
    expect(await stage.io.to('nobody').timeout(5_000).emitWithAck('ask')).toEqual([]);
  });

  test('tells what was answered in time', async () => {
    const { stage, clients } = await three();
    clients[0]?.on('ask', (ack: (n: number) => void) => ack(1));
    await expect(stage.io.timeout(60).emitWithAck('ask')).rejects.toMatchObject({ responses: [1] });
  });

  test('to one socket has one answer', async () => {
    const { stage, clients, sockets } = await three();
    clients[1]?.on('ask', (n: number, ack: (n: number) => void) => ack(n + 1));
    const [remote] = await stage.io.in(sockets[1].id).fetchSockets();
    const answer = await new Promise((resolve) => {
      remote?.timeout(5_000).emit('ask', 1, (_error: unknown, value: unknown) => resolve(value));
    });
    expect(answer).toBe(2);
  });
});
