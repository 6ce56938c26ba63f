import { Buffer } from 'node:buffer';
import { rm } from 'node:fs/promises';
import http2 from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Case, CheckError, type CheckServerOptions, checkServer, type Report } from '@ieum/check';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { echoFrames } from '../support/echo-peer.js';
import { caseOf } from '../support/judged-peer.js';
import { listen } from '../support/listener.js';
import {
  acceptance,
  type ScriptedServer,
  type ScriptedServerOptions,
  type ServerScript,
  startScriptedServer,
} from '../support/scripted-server.js';

const echo: Case['run'] = async (wire) => {
  await wire.expectEcho('text', 'Hello');
  await wire.expectEcho('binary', Buffer.alloc(100_000, 7), { fragmentBytes: 4_000 });
  wire.sendPing('p');
  await wire.expectPong('p');
  await wire.expectCloseHandshake(1001, 'bye');
};
const echoCase = caseOf(echo, { id: 'test/echo' });

const echoScript: ServerScript = (socket, request) => {
  socket.write(acceptance(request));
  echoFrames(socket, 'server');
};

async function serveScript(script: ServerScript, options?: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

/** Answers the first connection, which only asks whether there is a server, and leaves others to a script. */
function afterProbe(script: ServerScript): ServerScript {
  let isFirst = true;
  return (socket, request) => {
    if (isFirst) socket.write(acceptance(request));
    else script(socket, request);
    isFirst = false;
  };
}

const verdictsOf = (report: Report) =>
  Object.fromEntries(report.cases.map(({ id, verdict }) => [id, verdict]));

describe('a server', () => {
  test('is judged, and the report tells by what', async () => {
    const server = await serveScript(echoScript);
    const report = await checkServer(`${server.url}/echo`, { cases: [echoCase], agent: 'me' });
    expect(report).toMatchObject({
      agent: 'me',
      peer: 'server',
      carrier: 'http1',
      url: `${server.url}/echo`,
    });
    expect(report.cases).toMatchObject([{ id: 'test/echo', verdict: 'pass', text: '', log: [] }]);
  });

  test('is asked with the fields that were given', async () => {
    const server = await serveScript(echoScript);
    const headers = [
      ['Origin', 'http://here'],
      ['X-Key', 'abc'],
    ] as const;
    await checkServer(server.url, { cases: [echoCase], headers });
    for (const request of server.requests) {
      expect([request.field('Origin'), request.field('X-Key')]).toEqual(['http://here', 'abc']);
    }
  });

  test('gets the cases that fit, each on a connection of its own', async () => {
    const server = await serveScript(echoScript);
    const cases = [
      echoCase,
      caseOf(echo, { id: 'test/client', judges: 'client' }),
      caseOf(echo, { id: 'test/http2', over: ['http2'] }),
      caseOf(echo, { id: 'test/server', judges: 'server' }),
    ];
    const report = await checkServer(server.url, { cases });
    expect(verdictsOf(report)).toEqual({ 'test/echo': 'pass', 'test/server': 'pass' });
    expect(server.accepted).toBe(3);
  });

  test('over a Unix socket is judged', async () => {
    const path = join(tmpdir(), `ieum-check-${process.pid}.sock`);
    onTestFinished(() => rm(path, { force: true }));
    await serveScript(echoScript, { path });
    const reset = caseOf((wire) => wire.reset(), { id: 'test/reset' });
    const report = await checkServer('ws://localhost/', { cases: [echoCase, reset], socketPath: path });
    expect(verdictsOf(report)).toEqual({ 'test/echo': 'pass', 'test/reset': 'pass' });
  });

  test('that hangs costs each case its time, and the run goes on', async () => {
    const server = await serveScript((socket, request) => void socket.write(acceptance(request)));
    const ids = Array.from({ length: 12 }, (_, index) => `test/${index}`);
    const startedAt = Date.now();
    const cases = ids.map((id) => caseOf(echo, { id }));
    const report = await checkServer(server.url, { cases, timeoutMs: 200, concurrency: 4 });
    expect(verdictsOf(report)).toEqual(Object.fromEntries(ids.map((id) => [id, 'fail'])));
    expect(Date.now() - startedAt).toBeLessThan(4_000);
    expect(report.cases.every(({ log }) => log.length > 1)).toBe(true);
  });

  test.each<[string, ServerScript]>([
    ['never answers', () => {}],
    ['resets', (socket) => void socket.resetAndDestroy()],
    ['ends', (socket) => void socket.end()],
    [
      'resets once open',
      (socket, request) => {
        socket.write(acceptance(request));
        setTimeout(() => socket.resetAndDestroy(), 20);
      },
    ],
    [
      'answers without end',
      (socket) => {
        const timer = setInterval(() => socket.write('HTTP/1.1 200 OK\r\nX: x\r\n'), 5);
        socket.on('close', () => clearInterval(timer));
      },
    ],
    ['says what it will', (socket) => void socket.write(Buffer.alloc(5_000, 0xff))],
    [
      'opens and says what it will',
      (socket, request) => {
        socket.write(Buffer.concat([Buffer.from(acceptance(request)), Buffer.alloc(5_000, 0xff)]));
      },
    ],
    [
      'announces 2^63 bytes',
      (socket, request) => {
        socket.write(
          Buffer.concat([Buffer.from(acceptance(request)), Buffer.from('827f8000000000000000', 'hex')]),
        );
      },
    ],
  ])('that %s fails the case and not the run', async (_what, script) => {
    const server = await serveScript(afterProbe(script));
    const report = await checkServer(server.url, { cases: [echoCase, echoCase], timeoutMs: 300 });
    expect(verdictsOf(report)).toEqual({ 'test/echo': 'fail' });
    expect(report.cases[0]?.text).not.toContain('the case itself');
  });

  test('that dies midway fails what is left', async () => {
    const server = await serveScript(
      afterProbe((socket, request) => {
        echoScript(socket, request);
        socket.on('close', () => void server.close());
      }),
    );
    const cases = ['one', 'two', 'three'].map((id) => caseOf(echo, { id }));
    const report = await checkServer(server.url, { cases, concurrency: 1 });
    expect(verdictsOf(report)).toEqual({ one: 'pass', two: 'fail', three: 'fail' });
  });

  test.each(['opened', 'connected'] as const)(
    'is not blamed for what a %s case does to it',
    async (start) => {
      const server = await serveScript(echoScript);
      const cases = [
        caseOf((wire) => wire.reset(), { id: 'reset', start, over: ['http1'] }),
        caseOf((wire) => wire.endTransport(), { id: 'end', start }),
        caseOf((wire) => wire.sendBytes(Buffer.alloc(100_000)), { id: 'leave', start }),
      ];
      expect(verdictsOf(await checkServer(server.url, { cases }))).toEqual({
        reset: 'pass',
        end: 'pass',
        leave: 'pass',
      });
    },
  );

  test('has so many cases at a time and no more', async () => {
    let open = 0;
    let most = 0;
    const server = await serveScript((socket, request) => {
      open++;
      most = Math.max(most, open);
      socket.on('close', () => open--);
      echoScript(socket, request);
    });
    const cases = Array.from({ length: 12 }, (_, index) => caseOf(echo, { id: `${index}` }));
    const report = await checkServer(server.url, { cases, concurrency: 3 });
    expect(report.cases.map(({ id }) => id)).toEqual(cases.map(({ id }) => id));
    expect(most).toBeLessThanOrEqual(4);
    expect(most).toBeGreaterThan(1);
  });

  test('is left alone once the run is aborted', async () => {
    const server = await serveScript(echoScript);
    const abort = new AbortController();
    const cases = Array.from({ length: 20 }, (_, index) => caseOf(echo, { id: `${index}` }));
    const seen: string[] = [];
    const report = await checkServer(server.url, {
      cases,
      concurrency: 1,
      signal: abort.signal,
      onResult: ({ id }) => {
        seen.push(id);
        if (seen.length === 3) abort.abort();
      },
    });
    expect(report.cases.map(({ id }) => id)).toEqual(seen);
    expect(seen.length).toBe(3);
  });

  test.each<[string, ServerScript]>([
    ['refuses', (socket) => void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')],
    ['ends', (socket) => void socket.end()],
    ['never answers', () => {}],
  ])('that %s at once cannot be judged', async (_what, script) => {
    const server = await serveScript(script);
    const checking = checkServer(server.url, { cases: [echoCase], timeoutMs: 200 });
    await expect(checking).rejects.toMatchObject({ code: 'ERR_CHECK_UNREACHABLE' });
  });

  test('that is not there cannot be judged', async () => {
    const server = await startScriptedServer(echoScript);
    await server.close();
    const checking = checkServer(server.url, { cases: [echoCase] });
    await expect(checking).rejects.toBeInstanceOf(CheckError);
  });

  test('is not judged by no case', async () => {
    const checking = checkServer('ws://localhost/', { cases: [echoCase], only: ['nothing'] });
    await expect(checking).rejects.toMatchObject({ code: 'ERR_CHECK_NO_CASES' });
  });

  test('needs a WebSocket URL', async () => {
    await expect(checkServer('ftp://localhost/')).rejects.toMatchObject({ code: 'ERR_WS_INVALID_URL' });
  });
});

describe('a server with TLS', () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await createCertificates();
  });

  const check = async (tls: CheckServerOptions['tls'], extra: readonly Case[] = []) => {
    const server = await serveScript(echoScript, { tls: certificates.server });
    return checkServer(server.url, { cases: [echoCase, ...extra], tls });
  };

  test('is judged when it is trusted, resets and half-closes included', async () => {
    const extra = [
      caseOf((wire) => wire.reset(), { id: 'reset' }),
      caseOf(
        async (wire) => {
          wire.sendMessage('text', 'last');
          wire.halfClose();
          await wire.expectMessage('text', 'last');
          await wire.expectEnd();
        },
        { id: 'half-close' },
      ),
    ];
    const report = await check({ ca: certificates.authority.cert }, extra);
    expect(verdictsOf(report)).toEqual({ 'test/echo': 'pass', reset: 'pass', 'half-close': 'pass' });
  });

  test('is judged unverified when that is asked for', async () => {
    expect(verdictsOf(await check({ rejectUnauthorized: false }))).toEqual({ 'test/echo': 'pass' });
  });

  test('is not judged when it is not trusted', async () => {
    await expect(check(undefined)).rejects.toMatchObject({ code: 'ERR_CHECK_UNREACHABLE' });
  });
});

describe('a server over HTTP/2', () => {
  const http2Case = caseOf(echo, { id: 'test/http2', over: ['http2'] });

  async function serveHttp2(settings: http2.Settings, keys?: { cert: string; key: string }): Promise<number> {
    const server =
      keys === undefined ? http2.createServer({ settings }) : http2.createSecureServer({ ...keys, settings });
    server.on('stream', (stream, headers) => {
      if (
        headers[':method'] !== 'CONNECT' ||
        headers[':protocol'] !== 'websocket' ||
        headers[':path'] !== '/echo'
      ) {
        stream.respond({ ':status': 404 }, { endStream: true });
        return;
      }
      stream.respond({
        ':status': 200,
        ...(headers['x-subprotocol'] ? { 'sec-websocket-protocol': 'none' } : {}),
      });
      echoFrames(stream, 'server');
    });
    const { port, close } = await listen(server as Parameters<typeof listen>[0]);
    onTestFinished(close);
    return port;
  }

  test('is judged, by prior knowledge without TLS', async () => {
    const port = await serveHttp2({ enableConnectProtocol: true });
    const cases = [
      http2Case,
      caseOf((wire) => wire.reset(), { id: 'reset' }),
      caseOf(
        async (wire) => {
          wire.halfClose();
          await wire.expectEnd();
        },
        { id: 'half-close' },
      ),
      caseOf(
        (wire) => {
          wire.sendOpening({ pseudo: { ':protocol': 'chat' } });
          return wire.expectRefused({ statuses: [404] });
        },
        { id: 'protocol', start: 'connected', over: ['http2'] },
      ),
      caseOf(echo, { id: 'subprotocol', opening: { headers: { 'x-subprotocol': '1' } } }),
    ];
    const report = await checkServer(`ws://127.0.0.1:${port}/echo`, { cases, carrier: 'http2' });
    expect(verdictsOf(report)).toEqual({
      'test/http2': 'pass',
      reset: 'pass',
      'half-close': 'pass',
      protocol: 'pass',
      subprotocol: 'fail',
    });
  });

  test('is judged with TLS', async () => {
    const { authority, server } = await createCertificates();
    const port = await serveHttp2({ enableConnectProtocol: true }, server);
    const options = { cases: [http2Case], carrier: 'http2', tls: { ca: authority.cert } } as const;
    const report = await checkServer(`wss://localhost:${port}/echo`, options);
    expect(verdictsOf(report)).toEqual({ 'test/http2': 'pass' });
  });

  test('that does not announce extended CONNECT cannot be judged', async () => {
    const port = await serveHttp2({});
    const checking = checkServer(`ws://127.0.0.1:${port}/echo`, { cases: [http2Case], carrier: 'http2' });
    await expect(checking).rejects.toMatchObject({ code: 'ERR_CHECK_UNREACHABLE' });
  });

  test('that speaks HTTP/1.1 only cannot be judged', async () => {
    const server = await serveScript((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const checking = checkServer(server.url, { cases: [http2Case], carrier: 'http2', timeoutMs: 500 });
    await expect(checking).rejects.toMatchObject({ code: 'ERR_CHECK_UNREACHABLE' });
  });
});
