import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { type Acceptance, accept, type Peer } from 'ieum';
import { describe, expect, onTestFinished, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const accesses = ['direct', 'public'] as const;
const mebibyte = 1024 * 1024;
/** What Linux keeps of a Unix socket at most, both ends together, and what one read may be beyond a limit. */
const kernelBytes = mebibyte;

/** Unix sockets: what the kernel keeps of them is little, so that what a server has read can be told. */
async function connectWhere(options: Parameters<typeof serve>[0]) {
  const folder = mkdtempSync(join(tmpdir(), 'ieum-flood-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const served = await serve<undefined>(options as Parameters<typeof serve<undefined>>[0], { path });
  return { ...served, client: await RawClient.connect({ path }) };
}

/** Writes piece by piece; says how many bytes have left once nothing leaves any more. */
function flood(socket: Socket, pieces: Iterable<Uint8Array>) {
  let left = 0;
  for (const piece of pieces) {
    socket.write(piece, (error) => {
      if (!error) left += piece.length;
    });
  }
  return {
    async atRest(): Promise<number> {
      for (let before = -1; before !== left; ) {
        before = left;
        await delay(150);
      }
      return left;
    },
  };
}

const messages = Array.from({ length: 640 }, (_, i) => `${i} `.padEnd(16 * 1024, 'flood'));
const frames = messages.map((message) => text(message));

describe.each(accesses)('%s access', (socketAccess) => {
  test('what floods in before the decision is bounded, and handled in order after it', async () => {
    let decide: (acceptance: Acceptance<undefined>) => void = () => {};
    const received: unknown[] = [];
    const { client } = await connectWhere({
      socketAccess,
      authenticate: () =>
        new Promise((resolve) => {
          decide = resolve;
        }),
      routes: { '/': { message: (_peer, message) => void received.push(message.data) } },
    });
    client.send(openingRequest(), text('first'));
    const flooding = flood(client.socket, frames);
    expect(await flooding.atRest()).toBeLessThan(kernelBytes);
    decide(accept(undefined));
    expect((await client.response()).status).toBe(101);
    await expect.poll(() => received.length).toBe(frames.length + 1);
    expect(received).toEqual(['first', ...messages]);
  });

  test('who refuses a flood is not flooded', async () => {
    const { client, server } = await connectWhere({
      socketAccess,
      authenticate: async () => {
        await delay(100);
        return undefined as never;
      },
    });
    client.send(openingRequest());
    flood(client.socket, frames);
    await client.until(() => client.hasEnded, 'the end');
    expect(server.peers.size).toBe(0);
  });

  const handlers: readonly (readonly [string, object])[] = [
    ['hangs', { message: () => new Promise(() => {}) }],
    ['is none', {}],
    ['paused in open', { open: (peer: Peer<undefined>) => peer.pause(), message: () => {} }],
  ];
  test.each(handlers)(
    'a flood right behind the opening handshake is not read when the handler %s',
    async (_, handler) => {
      const { client, errors } = await connectWhere({ socketAccess, routes: { '/': handler } });
      // Everything that fills the inbox comes with the head.
      const burst = Buffer.concat([Buffer.from(openingRequest()), ...Array<Buffer>(64).fill(text('x'))]);
      const flooding = flood(client.socket, [burst, ...frames]);
      expect(await flooding.atRest()).toBeLessThan(kernelBytes);
      expect(errors).toEqual([]);
    },
  );
});

test('early bytes that come one at a time cost little more than they are', async () => {
  const { client } = await connectWhere({ authenticate: () => new Promise<never>(() => {}) });
  client.send(openingRequest());
  await delay(50);
  collectGarbage();
  const before = process.memoryUsage();
  const byte = Buffer.from('x');
  for (let i = 0; i < 30_000; i++) {
    client.socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  collectGarbage();
  const after = process.memoryUsage();
  const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
  expect(grown).toBeLessThan(mebibyte);
});
