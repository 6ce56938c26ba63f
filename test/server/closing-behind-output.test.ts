import { setTimeout as delay } from 'node:timers/promises';

import type { CloseRecord } from 'ieum';
import { expect, test } from 'vitest';

import { close, text } from '../support/client-frames.js';
import { RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

const mebibyte = 1024 * 1024;

test('a Close behind much output waits for a reader that is slow and does not stop', async () => {
  const closeTimeoutMs = 200;
  const records: CloseRecord[] = [];
  const { port } = await serve({
    closeTimeoutMs,
    sendTimeoutMs: 2_000,
    keepalive: false,
    sendQueue: { maxQueuedBytes: 16 * mebibyte },
    routes: {
      '/': {
        message: (peer) => {
          for (let i = 0; i < 12; i++) void peer.send(Buffer.alloc(mebibyte, i));
          void peer.close(1000, 'that is all');
        },
        closed: (_peer, record) => void records.push(record),
      },
    },
  });
  const client = await RawClient.open(port);
  const { socket } = client;
  const pause = (): void => void socket.pause();
  socket.on('data', pause);
  const start = performance.now();
  client.send(text('all of it, please'));
  while (socket.bytesRead < 4 * mebibyte && !client.hasEnded) {
    await delay(8);
    socket.resume();
  }
  expect(performance.now() - start).toBeGreaterThan(2 * closeTimeoutMs);
  socket.off('data', pause).resume();
  await client.until(() => socket.bytesRead > 12 * mebibyte, '12 messages');
  const frames = await client.frames(12);
  expect(frames.map(({ payload }) => payload.equals(Buffer.alloc(mebibyte, payload[0])))).not.toContain(
    false,
  );
  expect(frames.map(({ payload }) => payload[0])).toEqual(Array.from({ length: 12 }, (_, i) => i));
  expect(await client.frame()).toBe('close 1000 that is all');
  client.send(close(1000));
  await client.end();
  client.socket.end();
  await expect.poll(() => records.length).toBe(1);
  expect(records).toMatchObject([{ code: 1000, wasClean: true, cause: { type: 'closing-handshake' } }]);
});

test.each([
  ['a Buffer', (storage: ArrayBuffer) => Buffer.from(storage)],
  ['an ArrayBuffer', (storage: ArrayBuffer) => storage],
  ['a view into a larger one', (storage: ArrayBuffer) => new DataView(storage, 0, 4)],
])('%s that is used again while the peer does not read arrives as it was when sent', async (_, view) => {
  const congested: boolean[] = [];
  const { port } = await serve({
    sendQueue: { maxQueuedBytes: 16 * mebibyte },
    routes: {
      '/': {
        message: (peer) => {
          for (let i = 0; i < 8; i++) void peer.send(Buffer.alloc(mebibyte));
          congested.push(peer.bufferedBytes > 0);
          const storage = new ArrayBuffer(8);
          for (let i = 0; i < 5; i++) {
            new DataView(storage).setUint32(0, i);
            void peer.send(view(storage));
          }
          new DataView(storage).setUint32(0, 99);
        },
      },
    },
  });
  const client = await RawClient.open(port);
  client.send(text('go'));
  const frames = await client.frames(13);
  expect(congested).toEqual([true]);
  expect(frames.slice(8).map(({ payload }) => payload.readUInt32BE(0))).toEqual([0, 1, 2, 3, 4]);
});
