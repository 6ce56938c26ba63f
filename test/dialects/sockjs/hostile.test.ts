import { once } from 'node:events';
import net from 'node:net';

import { seededRandom } from 'ieum/testing';
import { describe, expect, test } from 'vitest';

import { closeService, serveSockJs } from '../../support/sockjs-wire.js';

describe('a body that is too large (CVE-2020-36048)', () => {
  test.each(['xhr_send', 'jsonp_send'])('of %s gets 413, and the session goes on', async (transport) => {
    const { wire } = await serveSockJs({ maxBodyBytes: 1_000 });
    await wire.post('/s/000/x/xhr');
    const exact = JSON.stringify(['x'.repeat(996)]);
    expect((await wire.post(`/s/000/x/${transport}`, exact)).status).toBeLessThan(300);
    expect((await wire.post(`/s/000/x/${transport}`, `${exact} `)).status).toBe(413);
    expect((await wire.post('/s/000/x/xhr')).body).toBe(`a${exact}\n`);
  });

  test('is cut off while it streams', async () => {
    const { wire, port } = await serveSockJs({ maxBodyBytes: 1_000 });
    await wire.post('/s/000/x/xhr');
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /s/000/x/xhr_send HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    const closed = once(socket, 'close');
    // It never ends by itself.
    const chunk = `200\r\n${'x'.repeat(512)}\r\n`;
    const timer = setInterval(() => socket.write(chunk), 1);
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 413 /);
    clearInterval(timer);
    socket.destroy();
    await closed;
    expect((await wire.post('/s/000/x/xhr_send', '["a"]')).status).toBe(204);
  });

  test('whose sender leaves is forgotten', async () => {
    const { wire, port } = await serveSockJs();
    await wire.post('/s/000/x/xhr');
    for (let i = 0; i < 20; i++) {
      const socket = net.connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write('POST /s/000/x/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n["a"');
      await once(socket, 'connect');
      socket.destroy();
    }
    await expect.poll(async () => (await wire.post('/s/000/x/xhr_send', '["b"]')).status).toBe(204);
    expect((await wire.post('/s/000/x/xhr')).body).toMatch(/^a\["b"/);
  });
});

test('a million messages in a body cost no more than their bytes', async () => {
  let count = 0;
  const service = { message: () => void count++ };
  const { wire } = await serveSockJs({ service });
  await wire.post('/s/000/x/xhr');
  const body = `[${Array.from({ length: 340_000 }, () => '""').join(',')}]`;
  expect((await wire.post('/s/000/x/xhr_send', body)).status).toBe(204);
  expect(count).toBe(340_000);
});

test('a body is the same however it is cut', async () => {
  const { wire, port } = await serveSockJs();
  await wire.post('/s/000/x/xhr');
  const body = Buffer.from('["é😀","b"]');
  for (let at = 1; at < body.length; at++) {
    const socket = net.connect(port, '127.0.0.1').setNoDelay(true);
    socket.write(
      `POST /s/000/x/xhr_send HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
    );
    await once(socket, 'connect');
    socket.write(body.subarray(0, at));
    await new Promise(setImmediate);
    socket.write(body.subarray(at));
    const [reply] = await once(socket, 'data');
    expect(String(reply)).toMatch(/^HTTP\/1\.1 204 /);
    socket.destroy();
  }
  const { body: received } = await wire.post('/s/000/x/xhr');
  expect(JSON.parse(received.slice(1))).toEqual(
    Array.from({ length: body.length - 1 }, () => ['é😀', 'b']).flat(),
  );
});

test('forged names of sessions find nothing (CVE-2017-16031)', async () => {
  const { wire, sockJs } = await serveSockJs();
  await wire.post('/s/000/right/xhr');
  for (const name of ['wrong', 'righ', 'right%00', 'RIGHT', 'toString', '__proto__', '%72ight']) {
    expect((await wire.post(`/s/000/${name}/xhr_send`, '["x"]')).status).toBe(404);
  }
  expect((await wire.post('/s/000/right/xhr_send', '["x"]')).status).toBe(204);
  expect(sockJs.httpSessions).toBe(1);
});

test.each(['/s/a/b/xhr_send', '/s/info', '/s/a/b/nothing', '/s', '/s/iframe.html', '/s/websocket'])(
  'malformed upgrades at %s harm nobody (CVE-2020-7693)',
  async (path) => {
    const { wire, port, errors } = await serveSockJs();
    const heads = [
      'Upgrade: websocket\r\nConnection: Upgrade',
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13',
      'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x',
      'Upgrade: \r\nConnection: Upgrade',
      'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk',
      'Upgrade: websocket, websocket\r\nConnection: upgrade\r\nSec-WebSocket-Key1: 4 @1\r\nSec-WebSocket-Key2: 1 2',
    ];
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      for (const head of heads) {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('error', () => {});
        socket.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${head}\r\n\r\n`);
        const [reply] = await once(socket, 'data');
        expect(String(reply)).toMatch(/^HTTP\/1\.1 [2-5]\d\d /);
        socket.destroy();
      }
    }
    expect((await wire.post('/s/000/after/xhr')).body).toBe('o\n');
    expect(errors).toEqual([]);
  },
);

test('random requests are answered as the protocol says, and the service goes on', async () => {
  const { wire, errors } = await serveSockJs({ disconnectDelayMs: 200 });
  const random = seededRandom(20_261_121);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)] as T;
  const methods = ['GET', 'POST', 'OPTIONS', 'PUT', 'HEAD'];
  const transports = ['xhr', 'xhr_send', 'jsonp', 'jsonp_send', 'websocket', 'nothing', ''];
  const bodies = [
    '',
    '[]',
    '["a"]',
    '["a',
    '{}',
    'd=%5B%22a%22%5D',
    'd=%',
    '\0',
    '["\\ud800"]',
    'x'.repeat(5_000),
  ];
  const queries = ['', '?c=cb', '?c=%3C', '?callback=cb', '?c', '?%ff=%', '?c=cb&c=%20'];
  const statuses = new Set<number>();
  for (let i = 0; i < 40; i++) {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const path = `/s/${pick(['000', 'a.', '%'])}/${pick(['x', 'y', 'z', '__proto__', ''])}/${pick(transports)}${pick(queries)}`;
        const headers = pick([
          {},
          { 'Content-Type': 'application/x-www-form-urlencoded' },
          { Origin: 'null' },
        ]);
        const stream = await wire.stream(pick(methods), path, { body: pick(bodies), headers });
        statuses.add(stream.status);
        expect([200, 204, 400, 404, 405, 500]).toContain(stream.status);
        await stream.take('\n');
      }).map((request) => Promise.race([request, new Promise((resolve) => setTimeout(resolve, 30))])),
    );
  }
  expect([...statuses].sort()).toEqual([200, 204, 400, 404, 405, 500]);
  expect(errors).toEqual([]);
  expect((await wire.post('/s/000/after/xhr')).body).toBe('o\n');
});

test('clients that leave at any moment leave nothing behind', async () => {
  const { wire, port, sockJs, errors } = await serveSockJs({ disconnectDelayMs: 50, service: closeService });
  for (let i = 0; i < 60; i++) {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    const transport = ['xhr', 'xhr_streaming', 'eventsource', 'htmlfile?c=x', 'jsonp?c=x'][i % 5];
    const method = i % 5 < 2 ? 'POST' : 'GET';
    socket.write(`${method} /s/000/${i}/${transport} HTTP/1.1\r\nHost: a\r\n\r\n`);
    if (i % 3 > 0) await once(socket, 'connect');
    if (i % 3 > 1) await once(socket, 'data');
    if (i % 2 === 0) socket.resetAndDestroy();
    else socket.destroy();
  }
  expect((await wire.post('/s/000/after/xhr')).status).toBe(200);
  await expect.poll(() => sockJs.httpSessions, { timeout: 5_000 }).toBe(0);
  expect(errors).toEqual([]);
});
