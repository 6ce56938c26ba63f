import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PeerHandlers, refuse, type ServerOptions } from 'ieum';
import { FakeClock } from 'ieum/testing';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { clientFrame, close, text } from '../../../../test/support/client-frames.js';
import { openConnections } from '../../../../test/support/held-resources.js';
import { ask, openingRequest, RawClient } from '../../../../test/support/raw-client.js';
import { serve } from '../../../../test/support/serve.js';
import { countServerSockets } from '../../../../test/support/socket-count.js';
import { requireNativeHandles } from '../../../../test/support/transport-pairs.js';
import { turns } from '../../../../test/support/transport-sink.js';

const idle = openConnections();

const echo: PeerHandlers<unknown> = { message: (peer, message) => peer.send(message) };

function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ieum-listener-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'socket');
}

/** Starts a server in one of the places where one can listen; gives where a client connects to. */
async function serveAt(place: 'TCP' | 'IPv6' | 'Unix socket', options: Parameters<typeof serve>[0] = {}) {
  const path = socketPath();
  const where = { TCP: {}, IPv6: { host: '::1' }, 'Unix socket': { path } }[place];
  const served = await serve<unknown>(options, where);
  const target = place === 'Unix socket' ? { path } : { port: served.port, ...where };
  return { ...served, target };
}

describe('a whole opening handshake in the first chunk', () => {
  test.each(['TCP', 'IPv6', 'Unix socket'] as const)('is served over %s without a socket', async (place) => {
    const { target, server } = await serveAt(place);
    const sockets = countServerSockets();
    const client = await RawClient.open(target);
    client.send(text('echo'));
    expect(await client.frame()).toBe('text echo');
    expect([server.peers.size, sockets.count]).toEqual([1, 0]);
    const [peer] = server.peers;
    expect(peer?.request.address).toBe({ TCP: '127.0.0.1', IPv6: '::1', 'Unix socket': 'unknown' }[place]);

    client.send(close(1000));
    expect(await client.frame()).toBe('close 1000');
    await client.end();
    client.socket.end();
    await expect.poll(() => server.peers.size).toBe(0);
  });

  test('with frames behind it, whole ones and one that is cut', async () => {
    const { port } = await serve();
    const sockets = countServerSockets();
    const client = await RawClient.connect(port);
    const cut = text('and a third');
    client.send(openingRequest(), text('one'), text('two'), cut.subarray(0, 9));
    expect((await client.response()).status).toBe(101);
    expect((await client.frames(2)).map((frame) => frame.text)).toEqual(['one', 'two']);
    client.send(cut.subarray(9));
    expect(await client.frame()).toBe('text and a third');
    expect(sockets.count).toBe(0);
  });

  test('with more frames behind it than one chunk holds', async () => {
    const { port } = await serve();
    const client = await RawClient.connect(port);
    const messages = Array.from({ length: 5_000 }, (_, i) => `message ${i} ${'x'.repeat(i % 300)}`);
    client.send(openingRequest(), ...messages.map((message) => text(message)));
    expect((await client.response()).status).toBe(101);
    expect((await client.frames(messages.length)).map((frame) => frame.text)).toEqual(messages);
  });

  test('with a long head', async () => {
    const { port, server } = await serve();
    const sockets = countServerSockets();
    const value = 'v'.repeat(100);
    const headers = Object.fromEntries(Array.from({ length: 90 }, (_, i) => [`X-Field-${i}`, value]));
    await RawClient.open(port, { headers });
    const [peer] = server.peers;
    expect([peer?.request.headers.get('x-field-89'), sockets.count]).toEqual([value, 0]);
  });
});

describe('everything else becomes a socket, and is answered by node:http', () => {
  const routes = { '/': echo, '/public': { ...echo, socketAccess: 'public' as const } };
  const request: NonNullable<ServerOptions['request']> = async (message, response) => {
    let body = '';
    for await (const chunk of message) body += chunk;
    response.end(`${message.method} ${message.url} ${body}`);
  };
  const hello = Buffer.from('16030100050100000100', 'hex').toString('latin1');

  test.each<[string, string, number]>([
    ['an upgrade for a route with public access', openingRequest({ target: '/public' }), 101],
    ['an upgrade with a Content-Length', openingRequest({ headers: { 'Content-Length': '0' } }), 101],
    ['an upgrade without a route', openingRequest({ target: '/nowhere' }), 404],
    [
      'an upgrade that is no GET',
      openingRequest({ method: 'POST', headers: { 'Content-Length': '0' } }),
      405,
    ],
    ['an upgrade to something else', openingRequest({ headers: { Upgrade: 'h2c' } }), 426],
    ['a field line that is none', `GET / HTTP/1.1\r\nUpgrade: websocket\r\nno field\r\n\r\n`, 400],
    ['TLS', hello, 400],
    ['garbage that begins like a GET', 'GETTING NOWHERE\r\n\r\n', 400],
    ['a head beyond the limit', openingRequest({ headers: { 'X-Long': 'x'.repeat(20_000) } }), 431],
  ])('%s', async (_, bytes, status) => {
    const { port } = await serve<unknown>({ routes, request });
    const sockets = countServerSockets();
    expect((await ask(port, bytes)).status).toBe(status);
    expect(sockets.count).toBe(1);
  });

  test('requests with and without a body, one behind the other, and an upgrade behind them', async () => {
    const { port } = await serve<unknown>({ routes, request });
    const client = await RawClient.connect(port);
    client.send(
      'GET /a HTTP/1.1\r\nHost: localhost\r\n\r\n',
      'POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody',
      'GET /c HTTP/1.1\r\nHost: localhost\r\n\r\n',
      openingRequest(),
      text('echo'),
    );
    const bodies: string[] = [];
    for (let i = 0; i < 3; i++) bodies.push((await client.response()).body);
    expect(bodies).toEqual(['GET /a ', 'POST /b body', 'GET /c ']);
    expect((await client.response()).status).toBe(101);
    expect(await client.frame()).toBe('text echo');
  });

  test('a body that comes in later chunks', async () => {
    const { port } = await serve<unknown>({ routes, request });
    const client = await RawClient.connect(port);
    client.send('POST /b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345');
    await turns();
    client.send('67890');
    expect((await client.response()).body).toBe('POST /b 1234567890');
  });

  test('a request of HTTP/1.0', async () => {
    const { port } = await serve<unknown>({ routes, request });
    const client = await RawClient.connect(port);
    client.send('GET /old HTTP/1.0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
    await client.end();
    expect(client.pending.toString()).toBe('GET /old ');
  });

  test('an opening handshake cut anywhere, with a frame behind it', async () => {
    const { port, errors } = await serve();
    const sockets = countServerSockets();
    const head = openingRequest();
    for (let at = 1; at < head.length; at++) {
      const client = await RawClient.connect(port);
      client.send(head.slice(0, at));
      // As soon as there is a socket, the first part was read by itself.
      await client.until(() => sockets.count === at, `socket ${at}`);
      client.send(head.slice(at), text(`cut at ${at}`));
      expect((await client.response()).status).toBe(101);
      expect(await client.frame()).toBe(`text cut at ${at}`);
      client.socket.destroy();
    }
    expect(errors).toEqual([]);
  });
});

describe('a client that says nothing', () => {
  // What the tests before have left is on its way out.
  beforeEach(() => expect.poll(openConnections).toBe(idle));

  test('gets 408 when handshakeTimeoutMs is up, and is gone', async () => {
    const clock = new FakeClock(1_000);
    const { port } = await serve({ clock, handshakeTimeoutMs: 3_000 });
    const client = await RawClient.connect(port);
    await client.until(() => clock.pendingTimers > 0, 'the deadline');
    clock.advance(2_900);
    await turns();
    expect([client.pending.length, client.hasEnded]).toEqual([0, false]);
    clock.advance(150);
    expect((await client.response()).status).toBe(408);
    await client.end();
  });

  test('is excused for the time in which the process stood still', async () => {
    const clock = new FakeClock(1_000);
    const { port } = await serve({ clock, handshakeTimeoutMs: 3_000 });
    const before = openConnections();
    const early = await RawClient.connect(port);
    await early.until(() => openConnections() === before + 2, 'both ends');
    clock.advance(1_000);
    const late = await RawClient.connect(port);
    await late.until(() => openConnections() === before + 4, 'both ends');
    clock.stall(60_000);
    clock.advance(1);
    expect((await early.response()).status).toBe(408);
    expect(late.hasEnded).toBe(false);
    late.send(openingRequest());
    expect((await late.response()).status).toBe(101);
  });

  test('is not timed any more once it has spoken', async () => {
    const clock = new FakeClock(1_000);
    const { port } = await serve({ clock, handshakeTimeoutMs: 3_000, keepalive: false });
    const client = await RawClient.open(port);
    clock.advance(60_000);
    client.send(text('still there'));
    expect(await client.frame()).toBe('text still there');
  });

  const departures: readonly (readonly [string, (client: RawClient) => void])[] = [
    ['ends its side', (client) => client.socket.end()],
    ['goes', (client) => client.socket.destroy()],
    ['resets the connection', (client) => client.reset()],
  ];
  test.each(departures)('and %s, leaves nothing behind', async (_, depart) => {
    const { port, errors } = await serve();
    const before = openConnections();
    const sockets = countServerSockets();
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(port)));
    // Both ends are in this process.
    await expect.poll(openConnections).toBe(before + 40);
    for (const client of clients) depart(client);
    await expect.poll(openConnections).toBe(before);
    expect([sockets.count, errors]).toEqual([0, []]);
  });

  test.each(['drain', 'close'] as const)('does not hold up %s', async (how) => {
    const { server, port } = await serve();
    const before = openConnections();
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(port)));
    await expect.poll(openConnections).toBe(before + 40);
    const startedAt = performance.now();
    await server[how]();
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    await Promise.all(clients.map((client) => client.end()));
  });
});

test('one server has several ports, each with handles of its own', async () => {
  const { server, port } = await serve();
  const second = await server.listen();
  const sockets = countServerSockets();
  for (const each of [port, second.port]) {
    const client = await RawClient.open(each);
    client.send(text('echo'));
    expect(await client.frame()).toBe('text echo');
  }
  expect(sockets.count).toBe(0);
});

test('places are limited, and free again once a connection is gone', async () => {
  const { port, server } = await serve({ maxConnections: 2 });
  const [first] = [await RawClient.open(port), await RawClient.open(port)];
  const refused = await ask(port);
  expect([refused.status, refused.field('Retry-After')]).toEqual([503, '5']);
  first.reset();
  await expect.poll(() => server.peers.size).toBe(1);
  await RawClient.open(port);
});

test('behind a PROXY header an opening handshake is read by node:http', async () => {
  const { port } = await serve({ proxyProtocol: true, trustedProxies: ['loopback'] });
  const sockets = countServerSockets();
  const client = await RawClient.connect(port);
  client.send('PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\n', openingRequest(), clientFrame(1, 'echo'));
  expect((await client.response()).status).toBe(101);
  expect(await client.frame()).toBe('text echo');
  expect(sockets.count).toBe(1);
});

test('with public access on every route, a client is given to node:http before it says anything', async () => {
  const { port } = await serve<unknown>({ routes: { '/': echo, '/rooms/*': echo }, socketAccess: 'public' });
  const sockets = countServerSockets();
  const client = await RawClient.connect(port);
  await client.until(() => sockets.count === 1, 'a socket');
  client.send(openingRequest(), text('echo'));
  expect((await client.response()).status).toBe(101);
  expect(await client.frame()).toBe('text echo');
});

test('bytes of a connection that a full server of node:net drops go to nobody', async () => {
  const received: string[] = [];
  const server = net.createServer((socket) => {
    socket.on('data', (bytes) => received.push(String(bytes)));
  });
  server.maxConnections = 1;
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  requireNativeHandles().accept(server, (handle, handOn) => handOn(handle, Buffer.from('first bytes ')));
  const { port } = server.address() as net.AddressInfo;
  await RawClient.connect(port);
  await expect.poll(() => received).toEqual(['first bytes ']);
  const dropped = await RawClient.connect(port);
  await dropped.end();
  server.maxConnections = 2;
  await RawClient.connect(port);
  await expect.poll(() => received).toEqual(['first bytes ', 'first bytes ']);
});

test('a server of node:net keeps what the listener does not take', async () => {
  const readBefore: number[] = [];
  const server = net.createServer((socket) => {
    readBefore.push(socket.readableLength);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  requireNativeHandles().accept(server, (handle, handOn) => handOn(handle, Buffer.from('before ')));
  const client = await RawClient.connect((server.address() as net.AddressInfo).port);
  client.send('after');
  await client.until(() => client.pending.length === 12, 'both');
  expect([client.pending.toString(), readBefore]).toEqual(['before after', [7]]);
});

test.each<[string, Partial<ServerOptions>, number]>([
  ['refused', { allowOrigin: () => false }, 403],
  [
    'turned away by authenticate',
    { allowOrigin: () => true, authenticate: async () => refuse(401, 'who are you?') },
    401,
  ],
])('who is %s is gone, whether it goes or not', async (_, options, status) => {
  const { port } = await serve<unknown>(options);
  await expect.poll(openConnections).toBe(idle + 1);
  const sockets = countServerSockets();
  const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(port)));
  for (const client of clients) {
    client.send(openingRequest({ headers: { Origin: 'https://a.example' } }));
    expect((await client.response()).status).toBe(status);
  }
  // Their own ends are all that is left, once each has had its second.
  await expect.poll(openConnections, { timeout: 5_000 }).toBe(idle + 1 + clients.length);
  expect(sockets.count).toBe(0);
});
