import { createServer as createTcpServer } from 'node:net';

import { type ConnectOptions, connect, type HandshakeErrorCode } from 'ieum';
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { listen } from '../support/listener.js';
import {
  acceptance,
  answer,
  type ReceivedRequest,
  type ScriptedServer,
  type ServerScript,
  startScriptedServer,
} from '../support/scripted-server.js';

async function start(script: ServerScript): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  return server;
}

/** What comes of a connection to a server with such a script; no socket may be left. */
async function failureOf(script: ServerScript, options: ConnectOptions = {}): Promise<unknown> {
  const server = await start(script);
  const failure = await connect(server.url, options).then(
    () => expect.unreachable('the connection was opened'),
    (error: unknown) => error,
  );
  await vi.waitUntil(() => server.open === 0, { interval: 2 });
  return failure;
}

const failed = (code: HandshakeErrorCode, fields: object = {}) =>
  expect.objectContaining({ name: 'HandshakeError', code, ...fields });

const deflate = 'permessage-deflate';

describe('a 101 that breaks RFC 6455 §4.1', () => {
  const changes: [string, Record<string, string | string[]>, HandshakeErrorCode][] = [
    ['another Accept', { 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }, 'ERR_WS_HANDSHAKE_ACCEPT'],
    ['no Accept', { 'Sec-WebSocket-Accept': [] }, 'ERR_WS_HANDSHAKE_ACCEPT'],
    ['no Upgrade', { Upgrade: [] }, 'ERR_WS_HANDSHAKE_UPGRADE'],
    ['another Upgrade', { Upgrade: 'h2c' }, 'ERR_WS_HANDSHAKE_UPGRADE'],
    ['two Upgrades', { Upgrade: 'websocket, h2c' }, 'ERR_WS_HANDSHAKE_UPGRADE'],
    ['no Connection', { Connection: [] }, 'ERR_WS_HANDSHAKE_CONNECTION'],
    ['Connection without Upgrade', { Connection: 'keep-alive' }, 'ERR_WS_HANDSHAKE_CONNECTION'],
    ['an unrequested subprotocol', { 'Sec-WebSocket-Protocol': 'other' }, 'ERR_WS_HANDSHAKE_SUBPROTOCOL'],
    ['two subprotocols', { 'Sec-WebSocket-Protocol': ['a', 'b'] }, 'ERR_WS_HANDSHAKE_SUBPROTOCOL'],
    ['two subprotocols in a line', { 'Sec-WebSocket-Protocol': 'a, b' }, 'ERR_WS_HANDSHAKE_SUBPROTOCOL'],
    ['a subprotocol in other case', { 'Sec-WebSocket-Protocol': 'A' }, 'ERR_WS_HANDSHAKE_SUBPROTOCOL'],
    ['an unrequested extension', { 'Sec-WebSocket-Extensions': deflate }, 'ERR_WS_HANDSHAKE_EXTENSIONS'],
    [
      'unrequested extensions in several lines',
      { 'Sec-WebSocket-Extensions': [deflate, 'constructor; a=1'] },
      'ERR_WS_HANDSHAKE_EXTENSIONS',
    ],
    ['malformed extensions', { 'Sec-WebSocket-Extensions': ';;"' }, 'ERR_WS_HANDSHAKE_EXTENSIONS'],
    ['a body with a length', { 'Content-Length': '5' }, 'ERR_WS_HANDSHAKE_BODY'],
    ['a chunked body', { 'Transfer-Encoding': 'chunked' }, 'ERR_WS_HANDSHAKE_BODY'],
  ];

  it.each(changes)('fails with %s', async (_name, fields, code) => {
    const script: ServerScript = (socket, request) => socket.write(acceptance(request, fields));
    expect(await failureOf(script, { subprotocols: ['a', 'b'] })).toEqual(failed(code));
  });

  it('fails with two Accepts, even equal ones', async () => {
    const script: ServerScript = (socket, request) =>
      socket.write(acceptance(request, { 'Sec-WebSocket-Accept': [request.accept, request.accept] }));
    expect(await failureOf(script)).toEqual(failed('ERR_WS_HANDSHAKE_ACCEPT'));
  });

  it('fails in HTTP/1.0', async () => {
    const script: ServerScript = (socket, request) =>
      socket.write(acceptance(request).replace('HTTP/1.1', 'HTTP/1.0'));
    expect(await failureOf(script)).toEqual(failed('ERR_WS_HANDSHAKE_HTTP_VERSION'));
  });
});

describe('a 101 that is unusual and correct', () => {
  const scripts: [string, ServerScript][] = [
    [
      'in other case and with more tokens',
      (socket, request) =>
        socket.write(acceptance(request, { Upgrade: 'WebSocket', Connection: ['keep-alive', 'x, upGRADE'] })),
    ],
    [
      'with Content-Length: 0',
      (socket, request) => socket.write(acceptance(request, { 'Content-Length': '0' })),
    ],
    [
      'behind interim responses',
      (socket, request) =>
        socket.write(
          `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${acceptance(request)}`,
        ),
    ],
    [
      'without a reason phrase',
      (socket, request) => socket.write(acceptance(request).replace(' Switching Protocols', ' ')),
    ],
    ['one byte at a time', (socket, request) => dribble(socket, acceptance(request))],
  ];

  it.each(scripts)('opens the connection: %s', async (_name, script) => {
    const server = await start(script);
    const peer = await connect(server.url);
    expect(peer.state).toBe('open');
    peer.terminate();
  });
});

describe('an answer that is no HTTP/1.1', () => {
  const scripts: [string, string | ((request: ReceivedRequest) => string)][] = [
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['binary', '\x15\x03\x01\x00\x02\x02\x16'],
    ['a malformed field', 'HTTP/1.1 101 Switching Protocols\r\nno colon\r\n\r\n'],
    ['a folded field', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n b\r\n\r\n'],
    ['bare line feeds', (request) => acceptance(request).replaceAll('\r\n', '\n')],
    ['a head of 64 KiB', (request) => acceptance(request, { 'X-Huge': 'x'.repeat(65_536) })],
    ['an endless status line', `HTTP/1.1 200 ${'x'.repeat(20_000)}`],
    ['a thousand fields', (request) => acceptance(request, { 'X-Many': Array<string>(1_000).fill('1') })],
    ['too many interim responses', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100)],
  ];

  it.each(scripts)('fails: %s', async (_name, text) => {
    const script: ServerScript = (socket, request) =>
      socket.write(typeof text === 'string' ? text : text(request), 'latin1');
    expect(await failureOf(script)).toEqual(failed('ERR_WS_HANDSHAKE_HTTP'));
  });

  it('may have a larger head when the caller says so', async () => {
    const server = await start((socket, request) =>
      socket.write(acceptance(request, { 'X-Huge': 'x'.repeat(65_536) })),
    );
    const peer = await connect(server.url, { maxHeaderBytes: 70_000 });
    expect(peer.state).toBe('open');
    peer.terminate();
  });
});

describe('an answer in plain HTTP', () => {
  it.each([200, 204, 301, 307, 400, 401, 403, 404, 426, 500, 503])(
    'fails with its status %i, headers and body',
    async (status) => {
      const body = status === 204 ? '' : 'why it\nis so\n';
      const failure = await failureOf((socket) => socket.end(answer(status, { 'X-Why': 'because' }, body)));
      expect(failure).toEqual(failed('ERR_WS_HANDSHAKE_REFUSED', { status, body }));
      expect((failure as { headers: Headers }).headers.get('x-why')).toBe('because');
      expect((failure as Error).message).toContain(String(status));
      if (body !== '') expect((failure as Error).message).toContain('why it');
    },
  );

  it('gives at most 4 KiB of the body', async () => {
    const failure = await failureOf((socket) => socket.end(answer(503, {}, 'x'.repeat(100_000))));
    expect((failure as { body: string }).body).toMatch(/^x{1,4096}$/);
  });

  it('waits for a body that comes behind its head', async () => {
    const failure = await failureOf((socket) => {
      const [head, body] = [answer(403, { 'Content-Length': '9' }), 'forbidden'];
      socket.write(head, () => setTimeout(() => socket.write(body), 20));
    });
    expect(failure).toEqual(failed('ERR_WS_HANDSHAKE_REFUSED', { status: 403, body: 'forbidden' }));
  });

  it('does not wait long for a body that never comes', async () => {
    const failure = await failureOf((socket) => socket.write(answer(403, { 'Content-Length': '9' })));
    expect(failure).toEqual(failed('ERR_WS_HANDSHAKE_REFUSED', { status: 403, body: '' }));
  });
});

describe('an answer that does not come', () => {
  it.each<[string, ServerScript]>([
    ['at once', (socket) => socket.end()],
    ['inside the head', (socket, request) => socket.end(acceptance(request).slice(0, 40))],
    ['behind an interim response', (socket) => socket.end('HTTP/1.1 100 Continue\r\n\r\n')],
    ['by a reset', (socket) => socket.resetAndDestroy()],
  ])('fails when the server ends %s', async (_name, script) => {
    expect(await failureOf(script)).toEqual(failed('ERR_WS_HANDSHAKE_ENDED'));
  });

  it.each<[string, ServerScript]>([
    ['says nothing', () => {}],
    ['stops inside the head', (socket, request) => socket.write(acceptance(request).slice(0, 40))],
    ['dribbles for ever', (socket) => dribble(socket, `HTTP/1.1 101 ${'x'.repeat(10_000)}`)],
  ])('fails in time when the server %s', async (_name, script) => {
    const startedAt = performance.now();
    expect(await failureOf(script, { handshakeTimeoutMs: 100 })).toEqual(failed('ERR_WS_HANDSHAKE_TIMEOUT'));
    expect(performance.now() - startedAt).toBeGreaterThan(90);
  });

  it('fails in time when TLS hangs', async () => {
    const silent = await listen(createTcpServer((socket) => socket.resume()));
    onTestFinished(() => silent.close());
    await expect(connect(`wss://localhost:${silent.port}`, { handshakeTimeoutMs: 100 })).rejects.toEqual(
      failed('ERR_WS_HANDSHAKE_TIMEOUT'),
    );
    await vi.waitUntil(() => silent.open === 0, { interval: 2 });
  });

  it('may take for ever when the caller says so', async () => {
    const server = await start((socket, request) => setTimeout(() => socket.write(acceptance(request)), 20));
    const peer = await connect(server.url, { handshakeTimeoutMs: Number.POSITIVE_INFINITY });
    expect(peer.state).toBe('open');
    peer.terminate();
  });

  it('is told apart from a server that is not there', async () => {
    const server = await start(() => {});
    await server.close();
    await expect(connect(server.url)).rejects.toMatchObject({ name: 'ConnectError', code: 'ERR_WS_CONNECT' });
  });
});

/** Writes one byte per turn of the event loop. */
function dribble(socket: { write(text: string): unknown; readonly destroyed: boolean }, text: string): void {
  let index = 0;
  const step = () => {
    if (socket.destroyed || index === text.length) return;
    socket.write(text[index++] as string);
    setImmediate(step);
  };
  step();
}
