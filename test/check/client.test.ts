import http2 from 'node:http2';
import net from 'node:net';

import { type Case, type CheckClientOptions, checkClient, driveClient, type Report } from '@ieum/check';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import WsWebSocket from 'ws';

import { createCertificates } from '../support/certificates.js';
import { launchChromium } from '../support/chromium.js';
import { driveChromium, driveIeum, driveWs } from '../support/client-drivers.js';
import { echoFrames } from '../support/echo-peer.js';
import { caseOf } from '../support/judged-peer.js';

const wrongAccept: Case['run'] = (wire) => {
  wire.sendOpening({ headers: { 'Sec-WebSocket-Accept': 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=' } });
  return wire.expectRefused();
};

/** Some that a right client passes. */
const cases: readonly Case[] = [
  caseOf(
    async (wire) => {
      await wire.expectEcho('text', 'grüße');
      await wire.expectEcho('binary', new Uint8Array(200_000).fill(9), { fragmentBytes: 9_999 });
      wire.sendPing('p');
      await wire.expectPong('p');
      await wire.expectCloseHandshake();
    },
    { id: 'echo' },
  ),
  caseOf((wire) => wire.sendFrame({ opcode: 1, rsv: 2 }), { id: 'reserved-bit/left' }),
  caseOf(
    async (wire) => {
      wire.sendFrame({ opcode: 1, rsv: 2 });
      await wire.expectFailure({ codes: [1002], allowNoClose: true });
    },
    { id: 'reserved-bit/judged' },
  ),
  caseOf((wire) => wire.reset(), { id: 'reset' }),
  caseOf(wrongAccept, { id: 'opening/wrong-accept', start: 'connected' }),
  caseOf((wire) => wire.reset(), { id: 'opening/reset', start: 'connected' }),
  caseOf((wire) => wire.expectCloseHandshake(), { id: 'server-only', judges: 'server' }),
];
const passed = Object.fromEntries(
  ['echo', 'reserved-bit/left', 'reserved-bit/judged', 'reset', 'opening/wrong-accept', 'opening/reset'].map(
    (id) => [id, 'pass'],
  ),
);

/** Listens, has a client driven, and gives the report. */
async function check(
  drive: (base: string) => Promise<unknown>,
  options: CheckClientOptions = {},
): Promise<Report> {
  let driving: Promise<unknown> = Promise.resolve();
  const report = await checkClient({
    cases,
    ...options,
    onListening: (url) => {
      driving = drive(url);
    },
  });
  await driving;
  return report;
}

const verdictsOf = (report: Report) =>
  Object.fromEntries(report.cases.map(({ id, verdict }) => [id, verdict]));

describe('clients that follow the protocol', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  test.each<[string, (base: string) => Promise<void>]>([
    ['ieum', (base) => driveIeum(base)],
    ['ws', (base) => driveWs(base)],
    ['chromium', (base) => driveChromium(base, browser)],
  ])('%s is judged', async (agent, drive) => {
    const report = await check(drive);
    expect(report).toMatchObject({ agent, peer: 'client', carrier: 'http1' });
    expect(verdictsOf(report)).toEqual(passed);
  });

  test.each<[string, (base: string, ca: string) => Promise<void>]>([
    ['ieum', (base, ca) => driveIeum(base, { tls: { ca } })],
    ['ws', (base, ca) => driveWs(base, { ca })],
    ['chromium', (base) => driveChromium(base, browser)],
  ])('%s is judged with TLS', async (_agent, drive) => {
    const { authority, server } = await createCertificates();
    expect(verdictsOf(await check((base) => drive(base, authority.cert), { tls: server }))).toEqual(passed);
  });
});

describe('a client', () => {
  const driveAs = (base: string, agent: string, echoes = true) =>
    driveClient(base, agent, (url) => {
      const socket = new WsWebSocket(url);
      if (!echoes) socket.send = () => {};
      return socket;
    });

  test('has the name that is given in place of its own', async () => {
    expect((await check((base) => driveAs(base, 'x'), { agent: 'y' })).agent).toBe('y');
  });

  test('that does not echo fails what wants an echo, and the run goes on', async () => {
    const report = await check((base) => driveAs(base, 'mute', false), { timeoutMs: 200 });
    expect(verdictsOf(report)).toEqual({ ...passed, echo: 'fail' });
  });

  test('that never comes for a case fails it', async () => {
    const report = await check(async (base) => {
      await converse(`${base}/case/reset?agent=lazy`);
      await converse(`${base}/done?agent=lazy`);
    });
    const others = Object.keys(passed).filter((id) => id !== 'reset');
    expect(verdictsOf(report)).toEqual({
      ...Object.fromEntries(others.map((id) => [id, 'fail'])),
      reset: 'pass',
    });
  });

  test('that goes away counts as gone after a while, with what it did', async () => {
    const report = await check((base) => converse(`${base}/case/reset?agent=gone`), { idleTimeoutMs: 300 });
    expect(report.agent).toBe('gone');
    expect(verdictsOf(report)).toMatchObject({ reset: 'pass', echo: 'fail' });
  });

  test('that never comes at all cannot be judged', async () => {
    const checking = checkClient({ cases, signal: AbortSignal.timeout(50) });
    await expect(checking).rejects.toMatchObject({ code: 'ERR_CHECK_NO_CLIENT' });
  });

  test('that asks for something else is told so', async () => {
    const report = await check(
      async (base) => {
        for (const path of ['/', '/case/server-only', '/case/none', '/case/%']) {
          expect(await statusOf(base + path)).toBe(404);
        }
        await converse(`${base}/case/echo?agent=x`);
        await converse(`${base}/done?agent=x`);
      },
      { timeoutMs: 100 },
    );
    expect(verdictsOf(report)).toMatchObject({ reset: 'fail' });
  });

  test('that speaks no HTTP does no harm', async () => {
    const report = await check(async (base) => {
      const socket = net.connect(Number(new URL(base).port), '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      socket.write('\x16\x03\x01\x02 no HTTP\r\n\r\n');
      await driveAs(base, 'x');
    });
    expect(verdictsOf(report)).toEqual(passed);
  });

  test('is judged over HTTP/2', async () => {
    const report = await check(driveHttp2, { carrier: 'http2', cases: [...cases, refusalOverHttp2] });
    expect(report).toMatchObject({ agent: 'h2', carrier: 'http2' });
    expect(verdictsOf(report)).toEqual({
      echo: 'pass',
      'reserved-bit/left': 'pass',
      'reserved-bit/judged': 'pass',
      reset: 'pass',
      'http2/refused': 'pass',
    });
  });
});

const refusalOverHttp2 = caseOf(
  (wire) => {
    wire.sendOpening({ status: 403 });
    return wire.expectRefused();
  },
  { id: 'http2/refused', start: 'connected', over: ['http2'] },
);

/** A client over HTTP/2 that follows the protocol. */
async function driveHttp2(base: string): Promise<void> {
  const session = http2.connect(base.replace('ws', 'http'));
  session.on('error', () => {});
  const ids = JSON.parse(await askOverHttp2(session, '/cases')) as string[];
  for (const id of ids) await askOverHttp2(session, `/case/${id}?agent=h2`);
  await askOverHttp2(session, '/done?agent=h2');
  session.destroy();
}

/** Echoes until the stream is closed, and gives the first message. */
function askOverHttp2(session: http2.ClientHttp2Session, path: string): Promise<string> {
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': path },
    { endStream: false },
  );
  let first = '';
  stream.on('data', (chunk: Buffer) => {
    if (first === '') first = chunk.subarray(chunk[1] === 126 ? 4 : 2).toString();
  });
  stream.on('response', (headers) => {
    if (headers[':status'] === 200) echoFrames(stream, 'client');
    else stream.close();
  });
  return new Promise((resolve) => {
    stream.on('error', () => {});
    stream.on('close', () => resolve(first.slice(0, first.indexOf(']') + 1)));
  });
}

function converse(url: string): Promise<void> {
  const socket = new WsWebSocket(url);
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.on('close', () => resolve());
  });
}

function statusOf(url: string): Promise<number> {
  const socket = new WsWebSocket(url);
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => {
      resolve(statusCode);
      socket.terminate();
    });
  });
}
