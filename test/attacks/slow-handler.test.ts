import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { Routes } from 'ieum';
import { describe, expect, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { ask, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const mebibyte = 1024 * 1024;
const accesses = ['direct', 'public'] as const;

function heldMemory(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Writes as fast as the socket takes it, for so long. */
async function floodFor(client: RawClient, bytes: Uint8Array, durationMs: number): Promise<void> {
  const until = performance.now() + durationMs;
  while (performance.now() < until) {
    if (!client.socket.writableNeedDrain) client.socket.write(bytes);
    await delay(0);
  }
}

test.each(accesses)(
  'tiny messages that come faster than their handler is are not kept (%s)',
  async (socketAccess) => {
    let handled = 0;
    const handle = async (): Promise<void> => {
      handled++;
      await delay(1);
    };
    const { port, errors } = await serve({ socketAccess, routes: { '/': { message: handle } } });
    const client = await RawClient.open(port);
    const messages = Buffer.concat(Array<Uint8Array>(9_000).fill(text('x')));
    const before = heldMemory();
    await floodFor(client, messages, 1_500);
    expect(heldMemory() - before).toBeLessThan(8 * mebibyte);
    expect(handled).toBeGreaterThan(17);
    expect(errors).toEqual([]);
  },
);

describe('a client that leaves while nobody reads it is noticed by keepalive', () => {
  const cases: readonly (readonly [string, Routes<undefined>])[] = [
    ['the handler hangs', { '/': { message: () => new Promise<void>(() => {}) } }],
    ['there is no handler', { '/': {} }],
  ];

  test.each(cases.flatMap(([name, routes]) => accesses.map((access) => [name, access, routes] as const)))(
    'when %s (%s)',
    async (_, socketAccess, routes) => {
      const { server, port } = await serve({
        routes,
        socketAccess,
        keepalive: { intervalMs: 200, graceMs: 200 },
      });
      const client = await RawClient.open(port);
      // As many as fill the inbox, and more than a socket's buffer holds.
      client.send(...Array<Uint8Array>(17).fill(text('x')), text('x'.repeat(300_000)));
      // The peer is told apart from one that is read only once its inbox is full.
      await delay(50);
      client.reset();
      await expect.poll(() => server.peers.size, { timeout: 2_000 }).toBe(0);
    },
  );
});

test('the place of a client that has left is free when its last message was handled', async () => {
  const handled: unknown[] = [];
  const gates: (() => void)[] = [];
  const { server, port } = await serve({
    maxConnections: 1,
    routes: {
      '/': {
        message: async (_peer, { data }) => {
          await new Promise<void>((resolve) => gates.push(resolve));
          handled.push(data);
        },
      },
    },
  });
  const client = await RawClient.open(port);
  client.send(text('first'), text('last'));
  await expect.poll(() => gates.length).toBe(1);
  client.reset();
  await expect.poll(() => server.peers.size).toBe(0);
  expect((await ask(port)).status).toBe(503);
  gates[0]?.();
  await expect.poll(() => gates.length).toBe(2);
  expect([(await ask(port)).status, handled]).toEqual([503, ['first']]);
  gates[1]?.();
  await expect.poll(async () => (await ask(port)).status).toBe(101);
  expect(handled).toEqual(['first', 'last']);
});
