import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';

import { seededRandom } from 'ieum/testing';
import { expect, onTestFinished, test } from 'vitest';

import { FaultProxy } from '../support/fault-proxy.js';

/** A server that gives back what it gets, behind a proxy, and clients of that. */
async function echo(clients: number) {
  const ends: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {}).on('close', (hadError) => ends.push(hadError ? 'broken' : 'closed'));
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await FaultProxy.open((server.address() as { port: number }).port, seededRandom(7));
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  const sockets = Array.from({ length: clients }, () => dial(proxy.port, '127.0.0.1').on('error', () => {}));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  return { proxy, sockets, ends };
}

async function read(socket: Socket, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let length = 0; length < bytes; ) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    chunks.push(chunk);
    length += chunk.length;
  }
  return Buffer.concat(chunks);
}

test('in every manner all bytes arrive in their order', async () => {
  const { sockets } = await echo(24);
  const payload = seededRandom(1).bytes(40_000);
  const received = await Promise.all(
    sockets.map((socket) => {
      for (let at = 0; at < payload.length; at += 5_000) socket.write(payload.subarray(at, at + 5_000));
      return read(socket, payload.length);
    }),
  );
  expect(received.filter((bytes) => bytes.equals(payload))).toHaveLength(24);
});

test('a connection that ends is ended at the other side', async () => {
  const { proxy, sockets, ends } = await echo(3);
  const closed = sockets.map((socket) => once(socket, 'close'));
  for (const socket of sockets) socket.end('bye').resume();
  await Promise.all(closed);
  expect(ends).toEqual(['closed', 'closed', 'closed']);
  await expect.poll(() => proxy.size).toBe(0);
});

test('a reset breaks both sides', async () => {
  const { proxy, sockets, ends } = await echo(2);
  for (const socket of sockets) socket.write('x');
  await Promise.all(sockets.map((socket) => read(socket, 1)));
  const errors = sockets.map((socket) => once(socket, 'error'));
  expect(proxy.reset(1)).toBe(2);
  const codes = (await Promise.all(errors)).map(([error]) => (error as NodeJS.ErrnoException).code);
  expect(codes).toEqual(['ECONNRESET', 'ECONNRESET']);
  await expect.poll(() => ends).toHaveLength(2);
});

test('what is frozen arrives late, and whole', async () => {
  const { proxy, sockets } = await echo(1);
  const [socket] = sockets as [Socket];
  socket.write('a');
  await read(socket, 1);
  proxy.freeze(1, 200);
  const frozenAt = performance.now();
  socket.write('bc');
  expect((await read(socket, 2)).toString()).toBe('bc');
  expect(performance.now() - frozenAt).toBeGreaterThan(190);
});

test('what is swallowed never arrives, and the connection breaks', async () => {
  const { proxy, sockets } = await echo(1);
  const [socket] = sockets as [Socket];
  socket.write('a');
  await read(socket, 1);
  proxy.swallow(1, 100);
  const heard: Buffer[] = [];
  socket.on('data', (chunk) => heard.push(chunk)).write('b');
  await once(socket, 'error');
  expect(heard).toEqual([]);
});
