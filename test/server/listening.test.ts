import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import http, { type Server } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import { createServer } from 'ieum';
import { describe, expect, onTestFinished, test } from 'vitest';

import { createCertificates } from '../support/certificates.js';
import { text } from '../support/client-frames.js';
import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve, stop } from '../support/serve.js';

const plainRequest = (target: string) =>
  `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

/** An existing HTTP server of an application. */
async function startHttp(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** Attaches an echo on `/chat`. */
function attachEcho(server: Server) {
  const sockets = createServer({ routes: { '/chat': { message: (peer, message) => peer.send(message) } } });
  const detach = sockets.attach(server);
  onTestFinished(() => stop(sockets));
  return { sockets, detach };
}

async function expectEcho(target: Parameters<typeof RawClient.open>[0], path = '/chat') {
  const client = await RawClient.open(target, { target: path });
  client.send(text('echo'));
  expect(await client.frame()).toBe('text echo');
  return client;
}

test('a port is chosen and told', async () => {
  const { port, url } = await serve();
  expect([port > 0, url]).toEqual([true, `ws://127.0.0.1:${port}`]);
  await expectEcho(port, '/');
});

test('one server listens on several ports', async () => {
  const { server, port } = await serve();
  const second = await server.listen();
  expect(second.port).not.toBe(port);
  for (const each of [port, second.port]) await expectEcho(each, '/');
  await server.drain({ timeoutMs: 50 });
  for (const each of [port, second.port]) await expect(RawClient.connect(each)).rejects.toThrow();
});

test('a port in use rejects with the error of the system', async () => {
  const { server, port } = await serve();
  await expect(server.listen({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  await expectEcho(port, '/');
});

test.each([{ port: -1 }, { port: 65_536 }, { port: 1.5 }, { port: '80' as never }])(
  '%o is refused',
  async (options) => {
    const { server } = await serve();
    await expect(server.listen(options)).rejects.toMatchObject({ code: 'ERR_WS_INVALID_OPTION' });
  },
);

test.each([
  { handshakeTimeoutMs: 0 },
  { handshakeTimeoutMs: Number.NaN },
  { handshakeTimeoutMs: Number.POSITIVE_INFINITY },
  { maxHeaderBytes: 2 ** 31 },
  { maxConnections: 0 },
  { keepalive: { intervalMs: -1 } },
  { sendQueue: { policy: 'never' as never } },
  { allowOrigin: ['example.com'] },
  { allowedHosts: ['a b'] },
  { trustedProxies: ['everyone'] },
])('%o is refused at once', (options) => {
  expect(() => createServer({ routes: { '/': {} }, ...options })).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});

test.each([251, 0.5, 400_000])(
  'a handshakeTimeoutMs of %d is nothing the platform minds',
  async (handshakeTimeoutMs) => {
    const { url } = await serve({ handshakeTimeoutMs });
    expect(url).toMatch(/^ws:/);
  },
);

test('a Unix socket serves as a port does', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ieum-socket-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'socket');
  const addresses: string[] = [];
  const { server, url, port } = await serve(
    {
      routes: {
        '/': {
          open: ({ request }) => void addresses.push(request.address),
          message: (peer, message) => peer.send(message),
        },
      },
    },
    { path },
  );
  expect([url, port]).toEqual([`ws+unix:${path}`, 0]);
  const client = await expectEcho({ path }, '/');
  expect(addresses).toEqual(['unknown']);
  client.socket.destroy();
  await server.close();
  await expect(RawClient.connect({ path })).rejects.toThrow();
});

test('other requests go to the request handler, in their turn', async () => {
  let answerFirst = () => {};
  const { port } = await serve({
    request: (request, response) => {
      if (request.url === '/slow') answerFirst = () => response.end('slow page');
      else response.end('page');
    },
  });
  expect((await ask(port, plainRequest('/page'))).body).toBe('page');
  const client = await RawClient.connect(port);
  client.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  setTimeout(() => answerFirst(), 50);
  expect((await client.response()).body).toBe('slow page');
  expect((await client.response()).status).toBe(426);
});

test('without a request handler they are 404', async () => {
  const { port } = await serve();
  expect(await ask(port, plainRequest('/page'))).toMatchObject({ status: 404, body: 'nothing here\n' });
});

describe('attached to a server of the application', () => {
  test.each(['http', 'https'])('it serves upgrades beside the requests of an %s server', async (scheme) => {
    const { server: keyPair, authority } = await createCertificates();
    const answer = (_request: unknown, response: http.ServerResponse) => response.end('page');
    const server = scheme === 'http' ? http.createServer(answer) : https.createServer(keyPair, answer);
    const port = await startHttp(server);
    attachEcho(server);
    const target = scheme === 'http' ? port : { port, servername: 'localhost', ca: authority.cert };
    await expectEcho(target);
    expect((await ask(target, plainRequest('/page'))).body).toBe('page');
    expect((await ask(target, plainRequest('/chat'))).body).toBe('page');
    expect((await ask(target, { target: '/other' })).status).toBe(404);
  });

  test('it leaves paths to another upgrade listener that it has no route for', async () => {
    const server = http.createServer();
    const port = await startHttp(server);
    attachEcho(server);
    server.on('upgrade', (request: http.IncomingMessage, socket: Duplex) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Other\r\nContent-Length: 0\r\n\r\n');
    });
    await expectEcho(port);
    await expectEcho(port, 'http://localhost/chat');
    expect((await ask(port, { target: '/other' })).status).toBe(418);
  });

  test('detached it takes no more upgrades, and what is open stays', async () => {
    const server = http.createServer((_request, response) => response.end('page'));
    const port = await startHttp(server);
    const { sockets, detach } = attachEcho(server);
    const client = await expectEcho(port);
    detach();
    detach();
    expect(server.listenerCount('upgrade')).toBe(0);
    expect((await ask(port, { target: '/chat' })).body).toBe('page');
    client.send(text('still here'));
    expect([await client.frame(), sockets.peers.size]).toEqual(['text still here', 1]);
  });

  test('its connections outlive the timeouts of the server', async () => {
    const server = http.createServer({ keepAliveTimeout: 100 });
    server.timeout = 150;
    const port = await startHttp(server);
    attachEcho(server);
    const client = await expectEcho(port);
    await delay(500);
    client.send(text('still here'));
    expect(await client.frame()).toBe('text still here');
  });

  test('drain leaves the server of the application running', async () => {
    const server = http.createServer((_request, response) => response.end('page'));
    const port = await startHttp(server);
    const { sockets } = attachEcho(server);
    const client = await expectEcho(port);
    const draining = sockets.drain({ timeoutMs: 100 });
    expect((await ask(port, { target: '/chat' })).status).toBe(503);
    expect(await client.frame()).toBe('close 1001');
    expect(await draining).toEqual({ closed: 0, terminated: 1 });
    expect([(await ask(port, plainRequest('/page'))).body, server.listenerCount('upgrade')]).toEqual([
      'page',
      0,
    ]);
  });
});

test('an upgrade on a keep-alive connection, behind another request, is served', async () => {
  const { port } = await serve({ request: (_request, response) => response.end('page') });
  const client = await RawClient.connect(port);
  client.send('GET /page HTTP/1.1\r\nHost: a\r\n\r\n');
  expect((await client.response()).body).toBe('page');
  client.send(openingRequest());
  expect((await client.response()).status).toBe(101);
  client.send(text('x'));
  expect(await client.frame()).toBe('text x');
});
