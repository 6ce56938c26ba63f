import { once } from 'node:events';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import {
  type AddressInfo,
  connect as connectTcp,
  createServer as createTcpServer,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import {
  accept,
  type ConnectOptions,
  connect,
  type HandshakeError,
  refuse,
  SharedConnections,
  WebSocket,
  WebSocketStream,
} from 'ieum';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { openConnections } from '../support/held-resources.js';
import { startHttpProxy } from '../support/http-proxy.js';
import { startObservedServer } from '../support/observed-server.js';
import { serve } from '../support/serve.js';

let certificates: Certificates;
let tls: { ca: string };

beforeAll(async () => {
  certificates = await createCertificates();
  tls = { ca: certificates.authority.cert };
});

const idle = openConnections();
beforeEach(() => expect.poll(openConnections).toBe(idle));

/** A server of ours that echoes, over TLS. */
function serveEcho(options: Parameters<typeof serve<undefined>>[0] = {}) {
  return serve<undefined>({
    tls: certificates.server,
    ...options,
    routes: { '/': { subprotocols: ['chat'], message: (peer, message) => peer.send(message) } },
  });
}

/** A server of `node:http2` over TLS, with what it saw. */
async function serveHttp2(
  handle: (stream: ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => void,
  settings: http2.Settings = { enableConnectProtocol: true },
) {
  const server = http2.createSecureServer({ ...certificates.server, allowHTTP1: true, settings });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    handle(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { server, sessions, url: `wss://127.0.0.1:${port}/` };
}

const failure = (url: string, options: ConnectOptions = {}): Promise<HandshakeError> =>
  connect(url, { tls, ...options }).then(
    () => {
      throw new Error('connected');
    },
    (error: HandshakeError) => error,
  );

describe('a client with a server that takes WebSocket connections over HTTP/2', () => {
  test('connects over it, and is what it is over HTTP/1.1', async () => {
    const seen: unknown[] = [];
    const { url, server } = await serve({
      tls: certificates.server,
      authenticate: ({ headers, origin, host, target }) => {
        seen.push(headers.has('Sec-WebSocket-Key'), headers.get('X-Own'), origin, host, target);
        return accept(undefined);
      },
      allowOrigin: 'any',
      routes: { '/chat': { subprotocols: ['chat'], message: (peer, message) => peer.send(message) } },
    });
    const peer = await connect(`${url}/chat?a=b`, {
      tls,
      subprotocols: ['other', 'chat'],
      origin: 'https://example.com',
      headers: { 'X-Own': 'yes' },
    });
    expect(peer.subprotocol).toBe('chat');
    expect([peer.request.secure, peer.request.address]).toEqual([true, '127.0.0.1']);
    peer.send('hello');
    peer.send(new Uint8Array([1, 2]));
    const messages = peer[Symbol.asyncIterator]();
    expect((await messages.next()).value?.data).toBe('hello');
    expect([...(await messages.next()).value.data]).toEqual([1, 2]);
    peer.close(1000, 'bye');
    expect(await peer.closed).toMatchObject({ wasClean: true, code: 1000, first: 'sent' });
    await expect.poll(() => server.peers.size).toBe(0);
    expect(seen).toEqual([false, 'yes', 'https://example.com', new URL(url).host, '/chat?a=b']);
  });

  test('may be a WebSocket', async () => {
    const { url } = await serveEcho();
    const socket = new WebSocket(url, { tls, protocols: ['chat'] });
    await once(socket, 'open');
    expect(socket.protocol).toBe('chat');
    socket.send('hello');
    const [event] = await once(socket, 'message');
    expect(event.data).toBe('hello');
    socket.close(1000);
    const [closed] = await once(socket, 'close');
    expect([closed.code, closed.wasClean]).toEqual([1000, true]);
  });

  test('may be a WebSocketStream', async () => {
    const { url } = await serveEcho();
    const stream = new WebSocketStream(url, { tls });
    const { readable, writable } = await stream.opened;
    await writable.getWriter().write('hello');
    expect((await readable.getReader().read()).value).toBe('hello');
    stream.close({ closeCode: 1000 });
    expect(await stream.closed).toMatchObject({ closeCode: 1000 });
  });

  test('sends and receives large messages whole', async () => {
    const { url } = await serveEcho();
    const peer = await connect(url, { tls });
    const sent = 'x'.repeat(900_000);
    peer.send(sent);
    const { value } = await peer[Symbol.asyncIterator]().next();
    expect(value?.data === sent).toBe(true);
  });

  test('is told why it is refused, as over HTTP/1.1', async () => {
    const { url } = await serve({
      tls: certificates.server,
      authenticate: () => refuse(401, 'who are you?', [['WWW-Authenticate', 'Bearer']]),
    });
    const error = await failure(url);
    expect([error.code, error.status, error.body, error.headers?.get('WWW-Authenticate')]).toEqual([
      'ERR_WS_HANDSHAKE_REFUSED',
      401,
      'who are you?\n',
      'Bearer',
    ]);
    await expect.poll(openConnections).toBe(idle + 1);
  });

  test('through a proxy', async () => {
    const { url } = await serveEcho();
    const proxy = await startHttpProxy();
    onTestFinished(() => proxy.close());
    const peer = await connect(url, { tls, proxy: `http://127.0.0.1:${proxy.port}` });
    peer.send('hello');
    expect((await peer[Symbol.asyncIterator]().next()).value?.data).toBe('hello');
    peer.close();
    await peer.closed;
  });

  test('leaves nothing open behind', async () => {
    const { url } = await serveEcho();
    const peer = await connect(url, { tls });
    expect(openConnections()).toBeGreaterThan(idle + 1);
    peer.close();
    await peer.closed;
    await expect.poll(openConnections).toBe(idle + 1);
    const given = await connect(url, { tls });
    given.terminate();
    await given.closed;
    await expect.poll(openConnections).toBe(idle + 1);
  });

  test('that is given up tells the server by CANCEL', async () => {
    const codes: unknown[] = [];
    const { url } = await serveHttp2((stream) => {
      stream.respond({ ':status': 200 });
      stream.resume();
      stream.on('close', () => codes.push(stream.rstCode));
    });
    const peer = await connect(url, { tls });
    peer.terminate();
    await expect.poll(() => codes).toEqual([http2.constants.NGHTTP2_CANCEL]);
  });
});

describe('a client falls back to HTTP/1.1', () => {
  test('with a server that speaks HTTP/1.1 alone, on the same connection', async () => {
    const server = await startObservedServer({ keyPair: certificates.server });
    onTestFinished(() => server.close());
    const peer = await connect(server.url, { tls });
    expect([server.requests[0]?.httpVersion, server.accepted]).toEqual(['1.1', 1]);
    peer.close();
    await peer.closed;
  });

  test('with a server that chooses HTTP/2 and does not announce the setting', async () => {
    let requests = 0;
    const { server, url, sessions } = await serveHttp2(() => requests++, {});
    const upgrades = once(server, 'upgrade');
    const attempt = connect(url, { tls, handshakeTimeoutMs: 5_000 });
    const [message, socket] = (await upgrades) as [{ httpVersion: string }, Socket];
    expect([message.httpVersion, requests]).toEqual(['1.1', 0]);
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    await expect(attempt).rejects.toMatchObject({ status: 403 });
    await expect.poll(() => sessions.every((session) => session.destroyed)).toBe(true);
  });

  test.each(['NGHTTP2_REFUSED_STREAM', 'NGHTTP2_HTTP_1_1_REQUIRED'] as const)(
    'with a server that answers with %s',
    async (name) => {
      const { server, url } = await serveHttp2((stream) => stream.close(http2.constants[name]));
      const upgrades = once(server, 'upgrade');
      const attempt = connect(url, { tls });
      const [, socket] = (await upgrades) as [unknown, Socket];
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
      await expect(attempt).rejects.toMatchObject({ status: 403 });
    },
  );

  test('when it is told to', async () => {
    let requests = 0;
    const { server, url } = await serveHttp2(() => requests++);
    const upgrades = once(server, 'upgrade');
    const attempt = connect(url, { tls, http2: false });
    const [, socket] = (await upgrades) as [unknown, Socket];
    socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    await expect(attempt).rejects.toMatchObject({ status: 403 });
    expect(requests).toBe(0);
  });
});

describe('a client that a server answers wrongly over HTTP/2', () => {
  const answers: readonly (readonly [string, (stream: ServerHttp2Stream) => void, string])[] = [
    [
      'with a subprotocol that was not offered',
      (stream) => stream.respond({ ':status': 200, 'sec-websocket-protocol': 'other' }),
      'ERR_WS_HANDSHAKE_SUBPROTOCOL',
    ],
    [
      'with an extension that was not offered',
      (stream) => stream.respond({ ':status': 200, 'sec-websocket-extensions': 'x-own' }),
      'ERR_WS_HANDSHAKE_EXTENSIONS',
    ],
    ['with a reset', (stream) => stream.close(http2.constants.NGHTTP2_CANCEL), 'ERR_WS_HANDSHAKE_ENDED'],
    [
      'with a reset for an error',
      (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR),
      'ERR_WS_HANDSHAKE_ENDED',
    ],
    ['with the end of the connection', (stream) => stream.session?.destroy(), 'ERR_WS_HANDSHAKE_ENDED'],
    [
      'with 404',
      (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
      'ERR_WS_HANDSHAKE_REFUSED',
    ],
    ['not at all', () => {}, 'ERR_WS_HANDSHAKE_TIMEOUT'],
    [
      'with a head that is too large',
      (stream) => stream.respond({ ':status': 200, 'x-large': 'x'.repeat(30_000) }),
      'ERR_WS_HANDSHAKE_HTTP',
    ],
  ];

  test.each(answers)('%s rejects', async (_name, answer, code) => {
    const { url } = await serveHttp2(answer);
    const error = await failure(url, { handshakeTimeoutMs: 300 });
    expect(error.code).toBe(code);
    await expect.poll(openConnections).toBe(idle + 1);
  });

  test('before there are settings rejects', async () => {
    const server = createTlsServer({ ...certificates.server, ALPNProtocols: ['h2'] }, (socket) => {
      socket.on('error', () => {}).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    expect((await failure(`wss://127.0.0.1:${port}/`)).code).toBe('ERR_WS_HANDSHAKE_ENDED');
  });

  test('is not waited for when the signal says so', async () => {
    const { url } = await serveHttp2(() => {});
    const controller = new AbortController();
    const attempt = failure(url, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    expect((await attempt).message).toBe('enough');
    await expect.poll(openConnections).toBe(idle + 1);
  });

  test('with a redirect is followed', async () => {
    const { url: target } = await serveEcho();
    const { url } = await serveHttp2((stream) =>
      stream.respond({ ':status': 307, location: target }, { endStream: true }),
    );
    const peer = await connect(url, { tls, maxRedirects: 1 });
    expect(peer.request.host).toBe(new URL(target).host);
    peer.close();
    await peer.closed;
    expect((await failure(url)).status).toBe(307);
  });

  test('in the middle of a connection sees it lost', async () => {
    const { url, sessions } = await serveHttp2((stream) => stream.respond({ ':status': 200 }));
    const peer = await connect(url, { tls });
    sessions[0]?.destroy();
    expect(await peer.closed).toMatchObject({ wasClean: false, code: 1006 });
  });
});

describe('SharedConnections', () => {
  /** How many TCP connections a server of ours accepts. */
  async function counted(options: Parameters<typeof serve<undefined>>[0] = {}) {
    const { port, server } = await serveEcho(options);
    let accepted = 0;
    const front = createTcpServer((socket) => {
      accepted++;
      const onward = connectTcp(port, '127.0.0.1');
      socket.on('error', () => onward.destroy()).on('close', () => onward.destroy());
      onward.on('error', () => socket.destroy()).on('close', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    front.listen(0, '127.0.0.1');
    await once(front, 'listening');
    onTestFinished(() => {
      front.close();
    });
    const url = `wss://127.0.0.1:${(front.address() as AddressInfo).port}/`;
    return { url, server, accepted: () => accepted };
  }

  test('have many WebSocket connections on one TCP connection', async () => {
    const { url, server, accepted } = await counted();
    const options = { tls, http2: new SharedConnections() };
    const peers = await Promise.all(Array.from({ length: 20 }, () => connect(url, options)));
    peers.push(await connect(url, options));
    expect([accepted(), server.peers.size]).toEqual([1, 21]);
    peers[0]?.terminate();
    await peers[0]?.closed;
    peers[1]?.send('still there');
    expect((await peers[1]?.[Symbol.asyncIterator]().next())?.value?.data).toBe('still there');
    for (const peer of peers) peer.close();
    await Promise.all(peers.map((peer) => peer.closed));
  });

  test('end with the last, and begin anew', async () => {
    const { url, accepted } = await counted();
    const options = { tls, http2: new SharedConnections() };
    for (let round = 1; round <= 2; round++) {
      const peers = await Promise.all([connect(url, options), connect(url, options)]);
      expect(accepted()).toBe(round);
      for (const peer of peers) peer.close();
      await Promise.all(peers.map((peer) => peer.closed));
      await expect.poll(openConnections).toBe(idle + 2);
    }
  });

  test('are not shared by other TLS options, nor without being asked for', async () => {
    const { url, accepted } = await counted();
    const http2 = new SharedConnections();
    await connect(url, { tls, http2 });
    await connect(url, { tls: { ...tls }, http2 });
    expect(accepted()).toBe(2);
    await connect(url, { tls });
    expect(accepted()).toBe(3);
    await connect(url, { tls, http2: new SharedConnections() });
    expect(accepted()).toBe(4);
  });

  test('open another one when a server takes no more on one', async () => {
    const { url, server, accepted } = await counted();
    const options = { tls, http2: new SharedConnections() };
    const first = await Promise.all(Array.from({ length: 100 }, () => connect(url, options)));
    const last = await connect(url, options);
    expect([accepted(), server.peers.size, first.length, last.state]).toEqual([2, 101, 100, 'open']);
  });

  test('remember a server that takes none', async () => {
    const { url, accepted } = await counted({ http2: false });
    const options = { tls, http2: new SharedConnections() };
    await Promise.all([connect(url, options), connect(url, options), connect(url, options)]);
    await connect(url, options);
    expect(accepted()).toBe(4);
  });

  test('outlive the attempt that began them', async () => {
    const { url, accepted } = await counted();
    const http2 = new SharedConnections();
    const controller = new AbortController();
    const first = connect(url, { tls, http2, signal: controller.signal });
    const second = connect(url, { tls, http2 });
    controller.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    const peer = await second;
    expect([peer.state, accepted() <= 2]).toEqual(['open', true]);
  });

  test('are left by those that a server tells to go away', async () => {
    const { url, server, accepted } = await counted();
    const options = { tls, http2: new SharedConnections() };
    await connect(url, options);
    void server.drain({ timeoutMs: 300 });
    await expect(connect(url, options)).rejects.toMatchObject({ status: 503 });
    expect(accepted()).toBe(2);
  });
});

test('a connection on which nothing can be asked for is ended', async () => {
  const { url } = await serveEcho();
  const open = openConnections();
  const headers: [string, string][] = [
    ['Authorization', 'Bearer a'],
    ['Authorization', 'Bearer b'],
  ];
  const error = await failure(url, { headers });
  expect(error.code).toBe('ERR_WS_INVALID_HEADER');
  await expect.poll(openConnections, { timeout: 5_000 }).toBe(open);
});
