import type { Socket } from 'ieum/dialects/socketio';
import { type Socket as Client, io as connect } from 'socket.io-client';
import { expect, onTestFinished, test } from 'vitest';

import { NodeCrew } from './node-crew.js';
import { told } from './socketio-stage.js';

/** Three nodes with a client each, and their sockets. */
async function crewOfThree() {
  const crew = await NodeCrew.start(3, { requestsTimeout: 300 });
  const clients: Client[] = [];
  const sockets: Socket[] = [];
  for (const { io, port } of crew.nodes) {
    const opened = new Promise<Socket>((resolve) => io.once('connection', resolve));
    const client = connect(`http://127.0.0.1:${port}`, {
      forceNew: true,
      transports: ['websocket'],
      auth: { pid: 'secret', key: 1 },
    });
    onTestFinished(() => void client.disconnect());
    clients.push(client);
    sockets.push(await opened);
    await told(client, 'connect');
  }
  const [one, two, three] = crew.nodes.map(({ io }) => io) as [
    (typeof crew.nodes)[0]['io'],
    ...(typeof crew.nodes)[0]['io'][],
  ];
  return { crew, clients, sockets, one, two: two as typeof one, three: three as typeof one };
}

test('broadcasts reach rooms on all nodes, bytes and all, in one order', async () => {
  const { clients, sockets, one, two, three } = await crewOfThree();
  const heard = clients.map((client) => {
    const events: unknown[] = [];
    client.onAny((event, ...args) => events.push([event, ...args]));
    return events;
  });
  sockets[1]?.join('x');
  sockets[2]?.join(['x', 'y']);
  one
    .to('x')
    .except('y')
    .emit('a', Buffer.of(1, 2), { deep: [Buffer.of(3)] });
  for (let i = 0; i < 20; i++) [one, two, three][i % 3]?.emit('n', i);
  one.local.emit('local');
  one.volatile.emit('volatile');
  sockets[0]?.broadcast.emit('others');
  const ends = Promise.all(clients.map((client) => told(client, 'end')));
  await two.fetchSockets();
  two.emit('end');
  await ends;
  const of = (client: number, name: string) =>
    heard[client]?.filter((event) => (event as unknown[])[0] === name) ?? [];
  expect([of(0, 'a'), of(1, 'a'), of(2, 'a')]).toEqual([
    [],
    [['a', Buffer.of(1, 2), { deep: [Buffer.of(3)] }]],
    [],
  ]);
  expect(of(0, 'n')).toHaveLength(20);
  expect([of(1, 'n'), of(2, 'n')]).toEqual([of(0, 'n'), of(0, 'n')]);
  expect([0, 1, 2].map((client) => of(client, 'local').length)).toEqual([1, 0, 0]);
  expect([0, 1, 2].map((client) => of(client, 'volatile').length)).toEqual([1, 1, 1]);
  expect([0, 1, 2].map((client) => of(client, 'others').length)).toEqual([0, 1, 1]);
});

test('sockets of all nodes are found, moved and disconnected', async () => {
  const { clients, sockets, one, two } = await crewOfThree();
  const [, b] = sockets;
  if (b !== undefined) b.data = { name: 'b' };
  one.socketsJoin('all');
  const found = await one.in('all').fetchSockets();
  expect(found.map(({ id }) => id).sort()).toEqual(sockets.map(({ id }) => id).sort());
  const remote = found.find(({ id }) => id === b?.id);
  expect([remote?.data, remote?.rooms.has('all'), remote?.handshake.address]).toEqual([
    { name: 'b' },
    true,
    '127.0.0.1',
  ]);
  expect(remote?.handshake.auth).toEqual({ key: 1 });
  clients[1]?.on('ask', (ack: (answer: string) => void) => ack('here'));
  expect(await remote?.emitWithAck('ask')).toBe('here');
  remote?.join('only-b');
  await expect.poll(() => b?.rooms.has('only-b')).toBe(true);
  expect((await two.local.fetchSockets()).map(({ id }) => id)).toEqual([b?.id]);
  const end = told(clients[1] as Client, 'disconnect');
  one.in('only-b').disconnectSockets();
  expect((await end)[0]).toBe('io server disconnect');
  expect(await one.fetchSockets()).toHaveLength(2);
});

test('acknowledgements are gathered from all nodes, those without the namespace included', async () => {
  const { crew, clients, one } = await crewOfThree();
  for (const [i, client] of clients.entries())
    client.on('ask', (ack: (n: unknown) => void) => ack(Buffer.of(i)));
  const answers = (await one.timeout(5_000).emitWithAck('ask')) as Buffer[];
  expect(answers.map((answer) => answer[0]).sort()).toEqual([0, 1, 2]);
  one.of('/only-here');
  expect(await one.of('/only-here').timeout(5_000).emitWithAck('ask')).toEqual([]);
  expect(crew.nodes.flatMap(({ errors }) => errors)).toEqual([]);
});

test('nodes tell each other, and answer', async () => {
  const { one, two, three } = await crewOfThree();
  const heard: unknown[] = [];
  for (const [i, io] of [one, two, three].entries()) {
    io.sockets.on('hello', (value: unknown, ack?: (n: number) => void) => {
      heard.push([i, value]);
      ack?.(i);
    });
  }
  one.serverSideEmit('hello', { a: Buffer.of(1) });
  await expect.poll(() => heard.length).toBe(2);
  expect(heard.sort()).toEqual([
    [1, { a: Buffer.of(1) }],
    [2, { a: Buffer.of(1) }],
  ]);
  expect((await one.serverSideEmitWithAck('hello', 1)).sort()).toEqual([1, 2]);
  await expect(two.serverSideEmitWithAck('nobody-listens')).rejects.toThrow();
});

test('a node that is gone is not waited for, one that died not longer than is allowed', async () => {
  const { crew, one, two } = await crewOfThree();
  await two.close();
  await expect.poll(() => one.peers.size).toBe(1);
  expect(await one.fetchSockets()).toHaveLength(2);
  crew.nodes[2]?.die();
  await expect(one.fetchSockets()).rejects.toThrow('in time');
});
