import { Worker } from 'node:worker_threads';

import type { CloseRecord } from 'ieum';
import { expect, test } from 'vitest';

import { serve } from '../support/serve.js';

/** Clients in a thread of their own: they answer pings whatever this thread does. */
const clients = `
const { connect } = require('node:net');
const { parentPort, workerData } = require('node:worker_threads');
let open = 0;
for (let i = 0; i < workerData.count; i++) {
  const socket = connect(workerData.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(workerData.request);
  let isOpen = false;
  socket.on('data', (chunk) => {
    if (!isOpen) {
      isOpen = true;
      if (++open === workerData.count) parentPort.postMessage('open');
    }
    if (workerData.answers && chunk.includes(Buffer.from([0x89, 0]))) socket.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
  });
}
`;

function stallFor(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

async function run(answers: boolean, count: number): Promise<{ records: CloseRecord[]; open: number }> {
  const records: CloseRecord[] = [];
  const { server, port } = await serve({
    keepalive: { intervalMs: 200, graceMs: 150 },
    routes: { '/': { closed: (_peer, record) => void records.push(record) } },
  });
  const request =
    'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
  const worker = new Worker(clients, { eval: true, workerData: { port, count, answers, request } });
  try {
    await new Promise((resolve) => worker.once('message', resolve));
    for (let i = 0; i < 4; i++) {
      await new Promise((resolve) => setTimeout(resolve, 230));
      stallFor(450);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { records: [...records], open: server.peers.size };
  } finally {
    await worker.terminate();
  }
}

test('a process that stands still gives up nobody whose answer is already there', async () => {
  const { records, open } = await run(true, 50);
  expect([records, open]).toEqual([[], 50]);
});

test('those who do not answer are given up all the same', async () => {
  const { records, open } = await run(false, 3);
  expect([records.map(({ cause }) => cause), open]).toEqual([
    Array(3).fill({ type: 'timeout', deadline: 'keepalive' }),
    0,
  ]);
});
