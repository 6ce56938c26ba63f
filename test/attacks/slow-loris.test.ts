import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { type CloseRecord, createServer, type ServerOptions } from 'ieum';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { clientFrame, close, text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve, stop } from '../support/serve.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const stuckClients = 100;

/** Sockets that say `bytes` and then nothing, and go when the server ends or drops them. */
async function stickAt(port: number, bytes: string | Uint8Array): Promise<{ gone: () => number }> {
  let gone = 0;
  const sockets: Socket[] = [];
  for (let i = 0; i < stuckClients; i++) {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => gone++);
    socket.resume();
    await once(socket, 'connect');
    socket.write(bytes);
    sockets.push(socket);
  }
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return { gone: () => gone };
}

describe('before the handshake is done, who does not go on is gone when handshakeTimeoutMs is up', () => {
  const half = openingRequest().slice(0, 40);
  const cases: readonly (readonly [string, () => Partial<ServerOptions<undefined>>, string | Uint8Array])[] =
    [
      ['no byte at all', () => ({}), ''],
      ['half a request line', () => ({}), 'GE'],
      ['half a head', () => ({}), half],
      ['half a TLS handshake', () => ({ tls: certificates.server }), Buffer.from('160301', 'hex')],
      ['no TLS handshake', () => ({ tls: certificates.server }), ''],
      ['no PROXY header', () => ({ proxyProtocol: true, trustedProxies: ['loopback'] }), ''],
      [
        'half a PROXY header',
        () => ({ proxyProtocol: true, trustedProxies: ['loopback'] }),
        'PROXY TCP4 192',
      ],
      [
        'half a head behind a PROXY header',
        () => ({ proxyProtocol: true, trustedProxies: ['loopback'] }),
        `PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\n${half}`,
      ],
      [
        'no TLS behind a PROXY header',
        () => ({ proxyProtocol: true, trustedProxies: ['loopback'], tls: certificates.server }),
        'PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\n',
      ],
      [
        'an undecided authenticate',
        () => ({ authenticate: () => new Promise<never>(() => {}) }),
        openingRequest(),
      ],
    ];

  test.each(cases)('%s', async (_, options, bytes) => {
    const { server, port, errors } = await serve<undefined>({
      ...options(),
      handshakeTimeoutMs: 300,
      maxConnections: stuckClients,
    });
    const { gone } = await stickAt(port, bytes);
    await expect.poll(gone, { timeout: 4_000 }).toBe(stuckClients);
    expect([server.peers.size, errors]).toEqual([0, []]);
  });
});

/** A server whose open sockets can be counted. */
async function countedServer(options: Partial<ServerOptions<undefined>>) {
  const records: CloseRecord[] = [];
  const server = http.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets = createServer<undefined>({
    routes: { '/': { closed: (_peer, record) => void records.push(record) } },
    maxConnections: stuckClients,
    keepalive: false,
    ...options,
  });
  sockets.attach(server);
  onTestFinished(async () => {
    await stop(sockets);
    server.close();
  });
  const open = () =>
    new Promise<number>((resolve) => server.getConnections((_error, count) => resolve(count)));
  return { sockets, port: (server.address() as AddressInfo).port, open, records };
}

describe('after it, who does not go on is gone by the deadline of what is missing', () => {
  const cases: readonly {
    readonly missing: string;
    readonly options: Partial<ServerOptions<undefined>>;
    readonly bytes?: Uint8Array;
    readonly reads?: boolean;
    readonly act?: (peers: Iterable<{ close(): unknown; send(data: Uint8Array): unknown }>) => void;
    readonly cause: object;
  }[] = [
    {
      missing: 'the pong',
      options: { keepalive: { intervalMs: 100, graceMs: 100 } },
      cause: { type: 'timeout', deadline: 'keepalive' },
    },
    {
      missing: 'the other half of a frame',
      options: { keepalive: { intervalMs: 100, graceMs: 100 } },
      bytes: text('half a frame').subarray(0, 9),
      cause: { type: 'timeout', deadline: 'keepalive' },
    },
    {
      missing: 'the rest of a message',
      options: { idleTimeoutMs: 200, closeTimeoutMs: 200 },
      bytes: clientFrame(1, 'first fragment', { fin: false }),
      cause: { type: 'idle' },
    },
    {
      missing: 'the answer to our Close frame',
      options: { closeTimeoutMs: 200 },
      act: (peers) => {
        for (const peer of peers) peer.close();
      },
      cause: { type: 'timeout', deadline: 'closing-handshake' },
    },
    {
      missing: 'the end of the connection behind a closing handshake',
      options: { closeTimeoutMs: 200 },
      bytes: close(1000),
      cause: { type: 'closing-handshake' },
    },
    {
      missing: 'the end of the connection behind a violation',
      options: { closeTimeoutMs: 200 },
      bytes: clientFrame(5, 'reserved'),
      cause: expect.objectContaining({ type: 'violation' }),
    },
    {
      missing: 'somebody who reads',
      options: { sendTimeoutMs: 300 },
      reads: false,
      act: (peers) => {
        for (const peer of peers) for (let i = 0; i < 10; i++) peer.send(Buffer.alloc(1_000_000));
      },
      cause: { type: 'timeout', deadline: 'send' },
    },
  ];

  test.each(cases)('$missing', async ({ options, bytes, reads = true, act, cause }) => {
    const { sockets, port, open, records } = await countedServer(options);
    const count = reads ? stuckClients : 8;
    const clients: RawClient[] = [];
    for (let i = 0; i < count; i++) {
      // Their sockets stay half open: they never send a FIN.
      const client = await RawClient.open(port);
      if (!reads) client.socket.pause();
      if (bytes !== undefined) client.send(bytes);
      clients.push(client);
    }
    act?.(sockets.peers);
    await expect.poll(() => sockets.peers.size, { timeout: 4_000 }).toBe(0);
    await expect.poll(open, { timeout: 4_000 }).toBe(0);
    expect(records).toEqual(Array(count).fill(expect.objectContaining({ cause })));
  });
});

test('a client that dribbles a frame is alive, and its message arrives', async () => {
  const seen: unknown[] = [];
  const { sockets, port } = await countedServer({
    keepalive: { intervalMs: 120, graceMs: 120 },
    routes: { '/': { message: (_peer, message) => void seen.push(message.data) } },
  });
  const client = await RawClient.open(port);
  for (const byte of text('slow')) {
    client.socket.write(Buffer.from([byte]));
    await delay(60);
  }
  await expect.poll(() => seen).toEqual(['slow']);
  expect(sockets.peers.size).toBe(1);
});
