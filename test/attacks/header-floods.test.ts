import { setTimeout as delay } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

const many = Object.fromEntries(Array.from({ length: 2_500 }, (_, i) => [`h${i}`, '']));

test.each([
  ['Upgrade', 426],
  ['Connection', 400],
  ['Sec-WebSocket-Key', 400],
  ['Sec-WebSocket-Version', 426],
  ['Host', 400],
])('2500 fields and no %s end in a refusal, not in a crash (CVE-2024-37890)', async (missing, status) => {
  const { port, errors } = await serve({ maxHeaderBytes: 64 * 1024 });
  expect((await ask(port, { headers: { ...many, [missing]: [] } })).status).toBe(status);
  expect((await ask(port)).status).toBe(101);
  expect(errors).toEqual([]);
});

test('fields behind 2500 others still count (CVE-2024-37890)', async () => {
  const { port } = await serve({ maxHeaderBytes: 64 * 1024 });
  const fields = Object.entries(many)
    .map(([name]) => `${name}: \r\n`)
    .join('');
  const request = openingRequest();
  const firstLine = request.indexOf('\r\n') + 2;
  const behind = request.slice(0, firstLine) + fields + request.slice(firstLine);
  expect((await ask(port, behind)).status).toBe(101);
  expect((await ask(port, behind.replace('localhost', 'localhost\r\nOrigin: http://evil.test'))).status).toBe(
    403,
  );
});

test.each([
  ['one long field', { 'X-Long': 'x'.repeat(20_000) }],
  ['many fields', Object.fromEntries(Object.keys(many).map((name) => [name, 'ten bytes.']))],
  ['a field of 20 MB', { 'X-Long': 'x'.repeat(20_000_000) }],
])('%s beyond maxHeaderBytes is a 431', async (_, headers) => {
  const { port, errors } = await serve();
  const response = await ask(port, { headers });
  expect([response.status, response.body]).toEqual([431, 'the head of the request is too large\n']);
  expect(errors).toEqual([]);
});

test('a target beyond maxHeaderBytes is a 431', async () => {
  const { port } = await serve();
  expect((await ask(port, { target: `/${'x'.repeat(20_000)}` })).status).toBe(431);
});

test('a head that comes byte by byte costs time in proportion to its length (CVE-2023-43669)', async () => {
  const dribble = async (length: number) => {
    const { port } = await serve({ maxHeaderBytes: 256 * 1024 });
    const client = await RawClient.connect(port);
    const bytes = Buffer.from(openingRequest({ headers: { 'X-Long': 'x'.repeat(length) } }));
    const before = process.cpuUsage();
    for (let at = 0; at < bytes.length; at += 16) {
      client.socket.write(bytes.subarray(at, at + 16));
      if (at % 512 === 0) await delay(0);
    }
    expect((await client.response()).status).toBe(101);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  await dribble(2_000);
  const short = await dribble(20_000);
  const long = await dribble(160_000);
  expect(long / short).toBeLessThan(24);
});

test('a head that never ends is a 408 when its time is up, however much of it comes (CVE-2023-43669)', async () => {
  const { port, errors } = await serve({ handshakeTimeoutMs: 300 });
  const client = await RawClient.connect(port);
  client.send('GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
  const started = Date.now();
  while (!client.pending.includes('\r\n\r\n') && Date.now() - started < 5_000) {
    client.socket.write('x');
    await delay(10);
  }
  const response = await client.response();
  expect([response.status, response.body, errors]).toEqual([408, 'the request took too long\n', []]);
  expect(Date.now() - started).toBeLessThan(1_500);
});
