import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';

import { accept, type CloseRecord, type Peer, refuse, type UpgradeRequest } from 'ieum';
import { beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { binary, close, ping, text } from '../support/client-frames.js';
import { Http2Client } from '../support/http2-client.js';
import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const secure = (port: number) => ({ port, ca: certificates.authority.cert });

describe.each(['TLS', 'prior knowledge'])('over HTTP/2 with %s', (kind) => {
  const isSecure = kind === 'TLS';
  const options = () => (isSecure ? { tls: certificates.server } : {});
  const connect = (port: number) => Http2Client.connect(isSecure ? secure(port) : port);

  test('a connection is what it is over HTTP/1.1', async () => {
    const requests: UpgradeRequest[] = [];
    const records: CloseRecord[] = [];
    const { port, server, errors } = await serve({
      ...options(),
      routes: {
        '/chat/*': {
          subprotocols: ['chat'],
          open: ({ request }) => void requests.push(request),
          message: (peer, message) => peer.send(message),
          closed: (_peer, record) => void records.push(record),
        },
      },
    });
    const client = await connect(port);
    expect(client.session.remoteSettings).toMatchObject({
      enableConnectProtocol: true,
      maxConcurrentStreams: 100,
      maxHeaderListSize: 16_384,
    });
    const peer = await client.open({
      ':path': '/chat/1?a=b',
      'sec-websocket-protocol': 'superchat, chat',
      origin: `${isSecure ? 'https' : 'http'}://localhost:${port}`,
      cookie: ['a=1', 'b=2'],
    });
    peer.send(text('hello'), ping('hi'), binary(Buffer.from([1, 2])), close(1000, 'bye'));
    expect(await Promise.all([peer.frame()])).toEqual(['text hello']);
    expect([await peer.frame(), await peer.frame(), await peer.frame()]).toEqual([
      'pong 6869',
      'binary 0102',
      'close 1000',
    ]);
    await peer.end();
    peer.stream.end();
    expect(await peer.closed()).toBe(constants.NGHTTP2_NO_ERROR);
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]).toMatchObject({ wasClean: true, code: 1000, reason: 'bye' });
    const [request] = requests as [UpgradeRequest];
    expect({
      ...pick(request, ['target', 'path', 'host', 'secure', 'address', 'origin', 'subprotocols']),
      url: request.url.href,
      cookies: [request.cookie('a'), request.cookie('b')],
      fields: [request.headers.get('Host'), request.headers.has(':path')],
    }).toEqual({
      target: '/chat/1?a=b',
      path: '/chat/1',
      host: `localhost:${port}`,
      secure: isSecure,
      address: '127.0.0.1',
      origin: `${isSecure ? 'https' : 'http'}://localhost:${port}`,
      subprotocols: ['superchat', 'chat'],
      url: `${isSecure ? 'wss' : 'ws'}://localhost:${port}/chat/1?a=b`,
      cookies: ['1', '2'],
      fields: [`localhost:${port}`, false],
    });
    expect([server.peers.size, errors]).toEqual([0, []]);
  });

  test('what was agreed on is in the response', async () => {
    const { port } = await serve({
      ...options(),
      routes: { '/': { subprotocols: ['chat'] } },
      authenticate: () =>
        accept(undefined, [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ]),
    });
    const client = await connect(port);
    const stream = client.request({ 'sec-websocket-protocol': 'chat' });
    const [headers] = await once(stream, 'response');
    expect(headers).toMatchObject({
      ':status': 200,
      'sec-websocket-protocol': 'chat',
      'set-cookie': ['a=1', 'b=2'],
    });
    expect(Object.keys(headers)).not.toContain('sec-websocket-accept');
  });

  test('many connections and requests share one, and none waits for another', async () => {
    const { port, server } = await serve({
      ...options(),
      request: (request, response) => response.end(`${request.httpVersion} ${request.method} ${request.url}`),
    });
    const client = await connect(port);
    const peers = await Promise.all(Array.from({ length: 50 }, () => client.open()));
    expect(server.peers.size).toBe(50);
    peers.forEach((peer, i) => {
      peer.send(text(`message ${i}`));
    });
    expect(await Promise.all(peers.map((peer) => peer.frame()))).toEqual(
      peers.map((_, i) => `text message ${i}`),
    );
    expect(await client.get('/page')).toMatchObject({ status: 200, body: '2.0 GET /page' });
    peers[7]?.stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => server.peers.size).toBe(49);
    peers[8]?.send(text('still there'));
    expect(await peers[8]?.frame()).toBe('text still there');
  });

  test('HTTP/1.1 is served on the same port', async () => {
    const { port } = await serve({
      ...options(),
      request: (request, response) => response.end(request.httpVersion),
    });
    const target = isSecure
      ? { ...secure(port), servername: 'localhost', ALPNProtocols: ['http/1.1'] }
      : port;
    const client = await RawClient.open(target, { headers: { Origin: [] } });
    client.send(text('as ever'));
    expect(await client.frame()).toBe('text as ever');
    expect(await ask(target, 'GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatchObject({
      status: 200,
    });
  });

  test('a large message goes through whole, both ways', async () => {
    const { port } = await serve(options());
    const peer = await (await connect(port)).open();
    const sent = 'x'.repeat(900_000);
    peer.send(text(sent));
    const [frame] = await peer.frames(1);
    expect(frame?.text === sent).toBe(true);
  });
});

describe('an opening handshake over HTTP/2', () => {
  const refusals: readonly (readonly [string, Record<string, string | string[] | undefined>, number])[] = [
    ['for another path', { ':path': '/elsewhere' }, 404],
    ['for another protocol', { ':protocol': 'connect-udp' }, 501],
    ['of another origin', { origin: 'https://evil.test' }, 403],
    ['of an opaque origin', { origin: 'null' }, 403],
    ['for another host', { ':authority': 'evil.test' }, 403],
    ['for a host that is none', { ':authority': 'localhost:99999' }, 400],
    ['of version 8', { 'sec-websocket-version': '8' }, 426],
    ['without a version', { 'sec-websocket-version': undefined }, 426],
    ['with a bad subprotocol', { 'sec-websocket-protocol': 'a b' }, 400],
    ['with bad extensions', { 'sec-websocket-extensions': ';' }, 400],
    ['that is a GET', { ':method': 'GET', ':protocol': undefined }, 405],
    ['that is a POST', { ':method': 'POST', ':protocol': undefined }, 405],
    [
      'that is a CONNECT without :protocol',
      { ':protocol': undefined, ':scheme': undefined, ':path': undefined, ':authority': 'evil.test:443' },
      405,
    ],
    ['that the application turns away', { 'x-token': 'wrong' }, 401],
  ];

  test.each(refusals)('%s is refused, and nothing else is lost', async (_name, headers, status) => {
    const { port, server, errors } = await serve({
      allowedHosts: ['localhost'],
      maxConnections: 1,
      authenticate: ({ headers: fields }) =>
        fields.get('x-token') === 'wrong'
          ? refuse(401, 'who are you?', [
              ['WWW-Authenticate', 'Bearer'],
              ['Keep-Alive', 'timeout=5'],
            ])
          : accept(undefined),
    });
    const client = await Http2Client.connect(port);
    const response = await client.ask(headers);
    expect(response.status).toBe(status);
    expect(response.body).toMatch(/^[^\n]+\n$/);
    expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
    if (status === 401) expect(response.headers['www-authenticate']).toBe('Bearer');
    if (status === 405) expect(response.headers['allow']).toBe('CONNECT');
    if (status === 426) expect(response.headers['sec-websocket-version']).toBe('13');
    expect([server.peers.size, errors]).toEqual([0, []]);
    const peer = await client.open();
    peer.send(text('welcome'));
    expect(await peer.frame()).toBe('text welcome');
  });

  test('counts for the limits on connections as one over HTTP/1.1 does', async () => {
    const { port, server } = await serve({ maxConnections: 2 });
    const client = await Http2Client.connect(port);
    const first = await client.open();
    await RawClient.open(port);
    const refused = await client.ask();
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect((await ask(port)).status).toBe(503);
    first.stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => server.peers.size).toBe(1);
    await client.open();
  });

  test('may not take longer than its deadline', async () => {
    const { port, server } = await serve({
      handshakeTimeoutMs: 150,
      authenticate: () => new Promise<never>(() => {}),
    });
    const client = await Http2Client.connect(port);
    expect(await client.ask()).toMatchObject({ status: 503 });
    expect(server.peers.size).toBe(0);
  });

  test('that its client takes back frees its place and tells the application', async () => {
    let aborted: unknown;
    const { port } = await serve({
      maxConnections: 1,
      authenticate: (request, signal) => {
        if (request.path !== '/' || request.query.has('now')) return accept(undefined);
        return new Promise<never>(() => {
          signal.addEventListener('abort', () => {
            aborted = signal.reason;
          });
        });
      },
    });
    const client = await Http2Client.connect(port);
    const stream = client.request();
    await expect.poll(() => stream.pending).toBe(false);
    expect((await client.ask({ ':path': '/?now' })).status).toBe(503);
    stream.close(constants.NGHTTP2_CANCEL);
    await expect.poll(() => aborted).toBe('gone');
    await client.open({ ':path': '/?now' });
  });

  test('may be followed by messages that do not wait for the answer', async () => {
    const { port } = await serve({
      authenticate: async () => {
        await new Promise((resolve) => setTimeout(resolve, 50));
        return accept(undefined);
      },
    });
    const client = await Http2Client.connect(port);
    const opening = client.open();
    const stream = client.request();
    stream.write(text('early'));
    await opening;
    const [chunk] = (await once(stream, 'data')) as [Buffer];
    expect(chunk.subarray(2).toString()).toBe('early');
  });

  test('with END_STREAM is no connection', async () => {
    const gone: CloseRecord[] = [];
    const { port, server } = await serve({
      routes: { '/': { closed: (_peer, record) => void gone.push(record) } },
    });
    const client = await Http2Client.connect(port);
    const stream = client.request({}, { endStream: true });
    stream.resume();
    await once(stream, 'close');
    await expect.poll(() => server.peers.size).toBe(0);
    expect(gone.every(({ wasClean }) => !wasClean)).toBe(true);
  });

  test("knows the client's certificate", async () => {
    const { authority, server, client } = certificates;
    const names: unknown[] = [];
    const { port } = await serve({
      tls: { ...server, ca: authority.cert, requestCert: true },
      authenticate: ({ clientCertificate }) => {
        names.push(clientCertificate?.subject.CN);
        return accept(undefined);
      },
    });
    await (await Http2Client.connect({ ...secure(port), ...client })).open();
    expect(names).toEqual(['client']);
  });

  test('behind a proxy has the address that the proxy tells', async () => {
    const addresses: string[] = [];
    const routes = { '/': { open: ({ request }: Peer<undefined>) => void addresses.push(request.address) } };
    const { port } = await serve({ routes, trustedProxies: ['loopback'] });
    await (await Http2Client.connect(port)).open({ 'x-forwarded-for': '192.0.2.1' });
    const { port: proxied } = await serve({ routes, trustedProxies: ['loopback'], proxyProtocol: true });
    const socket = net.connect(proxied, '127.0.0.1');
    socket.write('PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\n');
    await (await Http2Client.connect(proxied, { createConnection: () => socket })).open();
    expect(addresses).toEqual(['192.0.2.1', '192.0.2.7']);
  });

  test('behind a PROXY header goes through TLS', async () => {
    const addresses: unknown[] = [];
    const { port } = await serve({
      tls: certificates.server,
      trustedProxies: ['loopback'],
      proxyProtocol: true,
      routes: { '/': { open: ({ request }) => void addresses.push(request.address, request.secure) } },
    });
    const raw = net.connect(port, '127.0.0.1');
    raw.write('PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\n');
    const socket = tls.connect({
      socket: raw,
      ca: certificates.authority.cert,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
    });
    await (await Http2Client.connect(secure(port), { createConnection: () => socket })).open();
    expect(addresses).toEqual(['192.0.2.7', true]);
  });
});

describe('http2: false', () => {
  test('takes the preface for no request', async () => {
    const { port } = await serve({ http2: false });
    expect((await ask(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).status).toBe(400);
    expect((await ask(port)).status).toBe(101);
  });

  test('offers HTTP/1.1 alone by ALPN', async () => {
    const { port } = await serve({ http2: false, tls: certificates.server });
    const { socket } = await RawClient.open({
      ...secure(port),
      servername: 'localhost',
      ALPNProtocols: ['h2', 'http/1.1'],
    });
    expect((socket as tls.TLSSocket).alpnProtocol).toBe('http/1.1');
    const session = connectHttp2(`https://127.0.0.1:${port}`, secure(port));
    const [error] = await once(session, 'error');
    expect(error).toBeInstanceOf(Error);
  });
});

describe('the first bytes of a connection without TLS', () => {
  const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
  const settings = Buffer.from('000000040000000000', 'hex');

  test.each(['direct', 'public'] as const)('may come one by one (%s)', async (socketAccess) => {
    const { port } = await serve({ socketAccess });
    const client = await RawClient.connect(port);
    for (const letter of preface) {
      client.send(letter);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    client.send(settings);
    await client.until(() => client.pending.length >= 9, 'settings');
    expect(client.pending[3]).toBe(4);
  });

  test.each(['direct', 'public'] as const)(
    'may begin like the preface and be a request (%s)',
    async (access) => {
      const { port } = await serve({
        socketAccess: access,
        request: (request, response) => response.end(request.method),
      });
      for (const method of ['PROPFIND', 'PUT', 'POST']) {
        const client = await RawClient.connect(port);
        client.send('P');
        await new Promise((resolve) => setTimeout(resolve, 10));
        client.send(
          `${method.slice(1)} / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`.replace('/ ', '/x '),
        );
        await client.until(() => client.pending.length > 0, 'a response');
        expect(client.pending.toString()).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      }
    },
  );

  test.each(['direct', 'public'] as const)('may be the whole of an upgrade (%s)', async (socketAccess) => {
    const { port } = await serve({ socketAccess });
    const client = await RawClient.connect(port);
    client.send(openingRequest(), text('at once'));
    expect((await client.response()).status).toBe(101);
    expect(await client.frame()).toBe('text at once');
  });
});

function pick<Value extends object, Name extends keyof Value>(
  value: Value,
  names: readonly Name[],
): Pick<Value, Name> {
  return Object.fromEntries(names.map((name) => [name, value[name]])) as Pick<Value, Name>;
}
