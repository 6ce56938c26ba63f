import type { ServerOptions } from 'ieum';
import { beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { text } from '../support/client-frames.js';
import { openConnections } from '../support/held-resources.js';
import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

type Way = readonly [
  name: string,
  options: () => Partial<ServerOptions<undefined>>,
  target: (port: number) => Parameters<typeof RawClient.connect>[0],
];

const overTls = (port: number) => ({ port, servername: 'localhost', ca: certificates.authority.cert });

/** Each way for a connection of HTTP/1.1 to come to the server that also speaks HTTP/2. */
const ways: readonly Way[] = [
  ['over TLS', () => ({ tls: certificates.server }), overTls],
  [
    'over TLS, by ALPN',
    () => ({ tls: certificates.server }),
    (port) => ({ ...overTls(port), ALPNProtocols: ['http/1.1'] }),
  ],
  ['over TLS without HTTP/2', () => ({ tls: certificates.server, http2: false }), overTls],
  ['in the clear', () => ({}), (port) => port],
  ['in the clear, by public access', () => ({ socketAccess: 'public' }), (port) => port],
  ['in the clear without HTTP/2', () => ({ socketAccess: 'public', http2: false }), (port) => port],
  ['behind a proxy', () => ({ proxyProtocol: true }), (port) => port],
];

const idle = openConnections();

describe.each(ways)('HTTP/1.1 %s', (_name, options, target) => {
  test.each([
    ['nothing', ''],
    ['half a head', openingRequest().slice(0, 40)],
    ['half a request line', 'GE'],
  ])('who says %s is told 408 when handshakeTimeoutMs is up', async (_said, said) => {
    const { port } = await serve({ ...options(), handshakeTimeoutMs: 200 });
    const client = await RawClient.connect(target(port));
    client.send(said);
    expect((await client.response()).status).toBe(408);
    await client.end();
  });

  test('a head that is too large is 431', async () => {
    const { port } = await serve({ ...options(), maxHeaderBytes: 2_000 });
    for (const large of [2_500, 40_000]) {
      const response = await ask(target(port), { headers: { 'X-Large': 'x'.repeat(large) } });
      expect([response.status, response.field('Connection')]).toEqual([431, 'close']);
    }
  });

  test('a socket that does nothing has a minute, and is used a hundred times', async () => {
    const timeouts = new Set<number | undefined>();
    const { port } = await serve({
      ...options(),
      request: (request, response) => {
        timeouts.add(request.socket.timeout);
        response.end('ok');
      },
    });
    const client = await RawClient.connect(target(port));
    let last = await (await asked(client)).response();
    for (let i = 2; i <= 100; i++) last = await (await asked(client)).response();
    expect([last.status, last.field('Connection'), [...timeouts]]).toEqual([200, 'close', [60_000]]);
    await client.end();
  });

  test('connections that are kept alive end with the server, and nothing stays open', async () => {
    await expect.poll(openConnections).toBe(idle);
    const { port, server } = await serve({ ...options(), request: (_request, response) => response.end() });
    const client = await RawClient.connect(target(port));
    await (await asked(client)).response();
    const silent = await RawClient.connect(target(port));
    await server.close();
    await Promise.all([client.end(), silent.end()]);
    for (const { socket } of [client, silent]) socket.destroy();
    await expect.poll(openConnections).toBe(idle);
  });

  test('an expectation, a CONNECT and what is no HTTP are answered as ever', async () => {
    const { port } = await serve({ ...options(), request: (_request, response) => response.end('ok') });
    const expecting = 'GET /x HTTP/1.1\r\nHost: a\r\nExpect: wonders\r\n\r\n';
    expect((await ask(target(port), expecting)).status).toBe(417);
    expect((await ask(target(port), 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n')).status).toBe(405);
    expect((await ask(target(port), '\x16\x03\x01 nonsense\r\n\r\n')).status).toBe(400);
    expect((await ask(target(port), 'GET /x HTTP/1.1\r\n\r\n')).status).toBe(400);
  });

  test('requests before an upgrade on the same connection are answered first', async () => {
    const { port } = await serve({ ...options(), request: (_request, response) => response.end('ok') });
    const client = await RawClient.connect(target(port));
    client.send('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n', openingRequest(), text('last'));
    expect((await client.response()).status).toBe(200);
    expect((await client.response()).status).toBe(101);
    expect(await client.frame()).toBe('text last');
  });
});

/** Sends a request that leaves the connection open. */
async function asked(client: RawClient): Promise<RawClient> {
  client.send('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return client;
}
