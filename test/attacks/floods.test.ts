import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { CloseRecord, Message } from 'ieum';
import { describe, expect, test } from 'vitest';

import { binary, clientFrame, continuation, ping, text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that the process holds in all, garbage apart. */
function heldMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const mebibyte = 1024 * 1024;

/** Floods until the client's socket takes no more, and says how many bytes the server's side took. */
async function flood(client: RawClient, bytes: Uint8Array, times: number): Promise<number> {
  for (let i = 0; i < times && !client.isClosed; i++) {
    if (!client.socket.write(bytes) && (await isStuck(client))) break;
  }
  return client.socket.bytesWritten - client.socket.writableLength;
}

/** Whether the socket has no room for as long as it takes to be sure. */
async function isStuck(client: RawClient): Promise<boolean> {
  for (let i = 0; i < 25; i++) {
    const before = client.socket.writableLength;
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (client.isClosed || !client.socket.writableNeedDrain || client.socket.writableLength < before)
      return false;
  }
  return true;
}

async function expectServes(port: number): Promise<void> {
  const other = await RawClient.open(port);
  other.send(text('still there?'));
  expect(await other.frame()).toBe('text still there?');
}

test('a flood of pings by a client that never reads costs one pong (control-frame floods)', async () => {
  const { server, port, errors } = await serve();
  const client = await RawClient.connect(port);
  client.send(openingRequest());
  await client.response();
  client.socket.pause();
  const pings = Buffer.concat(Array.from({ length: 2_000 }, (_, i) => ping(`${i}`.padEnd(125, '.'))));
  const memoryBefore = heldMemory();
  await flood(client, pings, 300);
  const [peer] = server.peers;
  expect(peer?.bufferedBytes).toBeLessThan(2 * mebibyte);
  expect(heldMemory() - memoryBefore - client.socket.writableLength).toBeLessThan(16 * mebibyte);
  await expectServes(port);
  expect(errors).toEqual([]);
});

test('a flood of Close frames is one Close frame', async () => {
  const { server, port } = await serve({ closeTimeoutMs: 300 });
  const client = await RawClient.open(port);
  const closes = Buffer.concat(Array.from({ length: 10_000 }, () => clientFrame(8, Buffer.from([3, 232]))));
  client.send(closes, closes);
  expect(await client.frame()).toBe('close 1000');
  await client.end();
  expect(client.pending.length).toBe(0);
  await expect.poll(() => server.peers.size).toBe(0);
});

test.each([
  ['short', 'x'.repeat(20)],
  ['long', 'x'.repeat(60_000)],
])(
  'a flood of %s messages waits in the network while a handler is busy, and none is lost',
  async (_, payload) => {
    let handled = 0;
    let atOnce = 0;
    let most = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { port } = await serve({
      routes: {
        '/': {
          message: async () => {
            most = Math.max(most, ++atOnce);
            await gate;
            atOnce--;
            handled++;
          },
        },
      },
    });
    const client = await RawClient.open(port);
    const count = Math.ceil(60_000 / payload.length);
    const messages = Buffer.concat(Array.from({ length: count }, () => text(payload)));
    const memoryBefore = heldMemory();
    let sent = 0;
    while (sent < 600 && (client.socket.write(messages) || !(await isStuck(client)))) sent++;
    expect(sent).toBeLessThan(600);
    expect([handled, most]).toEqual([0, 1]);
    const held = heldMemory() - memoryBefore - client.socket.writableLength;
    expect(held).toBeLessThan(12 * mebibyte);
    release();
    await expect.poll(() => handled, { timeout: 15_000 }).toBe((sent + 1) * count);
    expect(most).toBe(1);
  },
);

test('an echo to clients that send empty messages and never read is closed, and costs little', async () => {
  const backlog = Buffer.alloc(16 * mebibyte);
  const { server, port, errors } = await serve({
    sendQueue: { policy: 'close', maxQueuedBytes: 24 * mebibyte },
    routes: {
      '/': {
        open: (peer) => void (peer.request.path === '/' && peer.send(backlog)),
        message: (peer, message) => peer.send(message),
      },
      '/echo': { message: (peer, message) => peer.send(message) },
    },
  });
  const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(port)));
  for (const { socket } of clients) socket.pause();
  const memoryBefore = heldMemory();
  const messages = Buffer.concat(Array.from({ length: 5_000 }, () => text('')));
  await Promise.all(clients.map((client) => flood(client, messages, 40)));
  const states = () => [...server.peers].map(({ state }) => state);
  await expect.poll(states, { timeout: 10_000 }).toEqual(Array(5).fill('closing'));
  const unsent = clients.reduce((sum, client) => sum + client.socket.writableLength, 0);
  expect(heldMemory() - memoryBefore - unsent).toBeLessThan(5 * 8 * mebibyte);
  const other = await RawClient.open(port, { target: '/echo' });
  other.send(text('still there?'));
  expect([await other.frame(), errors]).toEqual(['text still there?', []]);
});

describe('announced sizes', () => {
  const announced = (length: number) => clientFrame(2, 'the beginning', { length });

  test.each([1024 * mebibyte, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER])(
    'a frame of %d bytes is refused with 1009 before it comes (CVE-2016-10542)',
    async (length) => {
      const { port } = await serve();
      const client = await RawClient.open(port);
      client.send(announced(length));
      expect(await client.frame()).toBe('close 1009 the message is too big');
    },
  );

  test('where 1 GiB is allowed, announcing it on many connections allocates nothing', async () => {
    const { server, port } = await serve({ maxMessageBytes: 2 ** 31 });
    const memoryBefore = process.memoryUsage().rss;
    for (let i = 0; i < 50; i++) (await RawClient.open(port)).send(announced(1024 * mebibyte));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(server.peers.size).toBe(50);
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(64 * mebibyte);
  });
});

describe('fragments on fifty connections (CVE-2026-48779)', () => {
  const floods: readonly (readonly [string, Uint8Array, string])[] = [
    ['of one byte', continuation('x', { fin: false }), 'close 1008 the message has too many fragments'],
    ['without a byte', continuation('', { fin: false }), 'close 1008 the message has too many fragments'],
    ['of 60 KB', continuation('x'.repeat(60_000), { fin: false }), 'close 1009 the message is too big'],
  ];

  test.each(floods)('%s end in a refusal, and memory stays', async (_, fragment, refusal) => {
    const records: CloseRecord[] = [];
    const { port, errors } = await serve({
      closeTimeoutMs: 500,
      routes: { '/': { message: () => {}, closed: (_peer, record) => void records.push(record) } },
    });
    const count = Math.min(131_072, Math.ceil((2 * mebibyte) / fragment.length));
    const fragments = Buffer.concat(Array.from({ length: count }, () => fragment));
    const memoryBefore = process.memoryUsage().rss;
    const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.open(port)));
    const answers = clients.map(async (client) => {
      client.send(clientFrame(1, 'x', { fin: false }));
      client.socket.write(fragments);
      const answer = await client.frame();
      client.socket.destroy();
      return answer;
    });
    expect(new Set(await Promise.all(answers))).toEqual(new Set([refusal]));
    await expect.poll(() => records.length).toBe(50);
    expect(process.memoryUsage().rss - memoryBefore).toBeLessThan(192 * mebibyte);
    expect(errors).toEqual([]);
  });
});

test('half messages on many connections cost what came of them', async () => {
  const { server, port } = await serve();
  const memoryBefore = heldMemory();
  for (let i = 0; i < 50; i++) {
    const client = await RawClient.open(port);
    client.send(clientFrame(2, Buffer.alloc(10_000), { length: 1_000_000 }));
  }
  expect(server.peers.size).toBe(50);
  expect(heldMemory() - memoryBefore).toBeLessThan(50 * 100_000);
});

test('a large message is delivered whole however it is cut', async () => {
  const seen: Message[] = [];
  const { port } = await serve({ routes: { '/': { message: (_peer, message) => void seen.push(message) } } });
  const client = await RawClient.open(port);
  const payload = Buffer.alloc(700_000, 'abc');
  const bytes = binary(payload);
  for (let at = 0; at < bytes.length; at += 7_001) client.socket.write(bytes.subarray(at, at + 7_001));
  await expect.poll(() => seen.length).toBe(1);
  expect(payload.equals(seen[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
});
