import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

import { createServer } from 'ieum';
import { describe, expect, onTestFinished, test } from 'vitest';

import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve, stop } from '../support/serve.js';

const plain = (...fields: string[]): string =>
  `GET /page HTTP/1.1\r\n${['Host: localhost', ...fields].join('\r\n')}\r\n\r\n`;

describe('a head is as large as all of its bytes', () => {
  const tiny = Array<string>(16_200).fill('a:');

  test.each([
    [
      'an upgrade',
      openingRequest({ headers: { a: [] } }).replace('\r\n\r\n', `\r\n${tiny.join('\r\n')}\r\n\r\n`),
    ],
    ['another request', plain(...tiny)],
  ])('%s with thousands of empty fields gets 431', async (_, request) => {
    const { server, port } = await serve({ request: (_request, response) => response.end('page') });
    expect([(await ask(port, request)).status, server.peers.size]).toEqual([431, 0]);
  });

  test('what fits is served, however many fields it has', async () => {
    const { port } = await serve({ request: (_request, response) => response.end('page') });
    const fields = Array<string>(1_000).fill('a:');
    expect((await ask(port, plain(...fields))).body).toBe('page');
  });
});

test('an expectation that nobody meets gets 417, and the application does not see the request', async () => {
  const seen: unknown[] = [];
  const { port } = await serve({
    request: ({ url }, response) => {
      seen.push(url);
      response.end();
    },
  });
  expect([(await ask(port, plain('Expect: foo'))).status, seen]).toEqual([417, []]);
  expect([(await ask(port, plain())).status, seen]).toEqual([200, ['/page']]);
});

test('a request that is no upgrade on a WebSocket path is told what to upgrade to', async () => {
  const { port } = await serve();
  const response = await ask(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect([
    response.status,
    response.field('Upgrade')?.toLowerCase(),
    response.field('Sec-WebSocket-Version'),
  ]).toEqual([426, 'websocket', '13']);
});

test('a decision that takes too long is a 503 that says when to come back', async () => {
  const { port } = await serve<undefined>({
    authenticate: () => new Promise(() => {}),
    handshakeTimeoutMs: 100,
  });
  const response = await ask(port);
  expect([response.status, Number(response.field('Retry-After'))]).toEqual([503, 5]);
});

describe('of two servers on one HTTP server', () => {
  const attachTwo = async (handshakeTimeoutMs: number): Promise<number> => {
    const server = http.createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    for (const path of ['/one', '/two']) {
      const sockets = createServer({
        routes: { [path]: { open: (peer) => void peer.send(path) } },
        handshakeTimeoutMs,
      });
      sockets.attach(server);
      onTestFinished(() => stop(sockets));
    }
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return (server.address() as AddressInfo).port;
  };

  test('each serves its paths, for longer than a handshake may take', async () => {
    const port = await attachTwo(100);
    const clients = [
      await RawClient.open(port, { target: '/one' }),
      await RawClient.open(port, { target: '/two' }),
    ];
    expect(await Promise.all(clients.map((client) => client.frame()))).toEqual(['text /one', 'text /two']);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(clients.map(({ hasEnded, pending }) => [hasEnded, pending.length])).toEqual([
      [false, 0],
      [false, 0],
    ]);
  });

  test('an upgrade for a path of neither gets one 404 when handshakeTimeoutMs is up', async () => {
    const port = await attachTwo(100);
    const client = await RawClient.connect(port);
    client.send(openingRequest({ target: '/three' }));
    expect((await client.response()).status).toBe(404);
    await client.end();
    expect(client.pending.length).toBe(0);
  });
});
