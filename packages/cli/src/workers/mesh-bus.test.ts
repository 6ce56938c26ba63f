import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { PreparedMessage } from 'ieum';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { encodeHello } from './bus-frame.js';
import { MeshBus } from './mesh-bus.js';
import { LocalBus, type WorkerBus } from './worker-bus.js';

let folder: string;
let buses: MeshBus[] = [];
let lost: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bus-'));
});
afterEach(async () => {
  for (const bus of buses) bus.close();
  buses = [];
  lost = [];
  await rm(folder, { recursive: true });
});

/** Buses that are all linked. */
async function mesh(size: number): Promise<MeshBus[]> {
  for (let worker = 1; worker <= size; worker++) {
    const bus = await MeshBus.listen({
      worker,
      path: join(folder, String(worker)),
      handleLinkLost: (other) => lost.push(`${worker}: ${other}`),
    });
    await bus.join(buses.map((_, index) => join(folder, String(index + 1))));
    buses.push(bus);
  }
  return buses;
}

/** A worker that was linked with the first one, and reads nothing from then on. */
async function linkSilently(): Promise<Socket> {
  const socket = connect(join(folder, '1'));
  socket.write(encodeHello(9));
  await once(socket, 'data');
  socket.removeAllListeners('data').pause();
  return socket;
}

/** What arrives for a topic, and a promise for the time when so much of it is there. */
function collect(bus: WorkerBus, topic: string, count: number): { texts: string[]; all: Promise<void> } {
  const texts: string[] = [];
  const all = new Promise<void>((resolve) => {
    bus.subscribe(topic, (message: PreparedMessage) => {
      texts.push(Buffer.from(message.bytes).toString());
      if (texts.length === count) resolve();
    });
  });
  return { texts, all };
}

test('a message reaches the subscribers of its topic in every worker, once and in the order of each publisher', async () => {
  const workers = await mesh(3);
  const rounds = 500;
  const collected = workers.map((bus) => collect(bus, 'topic', rounds * 3));
  const others = collect(workers[1] as MeshBus, 'other', 1);
  for (let round = 0; round < rounds; round++) {
    for (const [index, bus] of workers.entries()) bus.publish('topic', `${index} ${round}`);
  }
  workers[0]?.publish('other', 'else');
  await Promise.all(collected.map(({ all }) => all));
  await others.all;
  const expected = Array.from({ length: rounds }, (_, round) => round);
  for (const { texts } of collected) {
    for (const index of workers.keys()) {
      const rows = texts.map((text) => text.split(' ')).filter(([from]) => from === String(index));
      expect(rows.map(([, round]) => Number(round))).toEqual(expected);
    }
  }
  expect(others.texts).toEqual(['else']);
});

test('a message is encoded once in each worker', async () => {
  const [first, second] = (await mesh(2)) as [MeshBus, MeshBus];
  const seen = new Set<PreparedMessage>();
  await new Promise<void>((resolve) => {
    second.subscribe('topic', (message) => seen.add(message));
    second.subscribe('topic', (message) => {
      seen.add(message);
      resolve();
    });
    first.publish('topic', 'once');
  });
  expect(seen.size).toBe(1);
});

test('whoever unsubscribes hears no more', () => {
  const bus = new LocalBus();
  const heard: string[] = [];
  const stop = bus.subscribe('topic', () => heard.push('first'));
  bus.subscribe('topic', () => heard.push('second'));
  bus.publish('topic', '');
  stop();
  bus.publish('topic', '');
  expect(heard).toEqual(['first', 'second', 'second']);
});

test('a worker that is gone is told of, and does not hold up the others', async () => {
  const [first, second, third] = (await mesh(3)) as [MeshBus, MeshBus, MeshBus];
  const { texts, all } = collect(third, 'topic', 1);
  second.close();
  await vi.waitUntil(() => lost.length === 2);
  expect(lost.sort()).toEqual(['1: 2', '3: 2']);
  first.publish('topic', 'on');
  await all;
  expect(texts).toEqual(['on']);
});

test('a worker that is not there cannot be joined', async () => {
  const [first] = (await mesh(1)) as [MeshBus];
  await expect(first.join([join(folder, 'nobody')])).rejects.toMatchObject({ code: 'ENOENT' });
});

test('publishers wait for a worker that does not read, until it is gone', async () => {
  const [first] = (await mesh(1)) as [MeshBus];
  const silent = await linkSilently();
  const block = Buffer.alloc(1024 * 1024);
  const published: unknown[] = [];
  while (!(published.at(-1) instanceof Promise) && published.length < 100) {
    published.push(first.publish('topic', block));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(published.at(-1)).toBeInstanceOf(Promise);
  silent.destroy();
  await published.at(-1);
  await vi.waitUntil(() => lost.length > 0);
  expect(lost).toEqual(['1: 9']);
  expect(first.publish('topic', block)).toBe(undefined);
});

test('publishers that waited go on when it reads again, and nothing was lost', async () => {
  const [first] = (await mesh(1)) as [MeshBus];
  const slow = await linkSilently();
  const block = Buffer.alloc(1024 * 1024);
  let received = 0;
  let published = 0;
  slow.on('data', (chunk: Buffer) => {
    received += chunk.length;
  });
  for (; published < 100; published++) {
    const room = first.publish('topic', block);
    await new Promise((resolve) => setImmediate(resolve));
    if (room === undefined) continue;
    slow.resume();
    await room;
    slow.pause();
  }
  slow.resume();
  const frameBytes = 7 + 'topic'.length + block.length;
  await vi.waitUntil(() => received === 100 * frameBytes);
  expect(lost).toEqual([]);
  slow.destroy();
});
