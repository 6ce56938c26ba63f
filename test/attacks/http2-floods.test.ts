import { randomBytes } from 'node:crypto';
import net from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, onTestFinished, test, vi } from 'vitest';

import { text } from '../support/client-frames.js';
import { Http2Client } from '../support/http2-client.js';
import {
  correctFields,
  ErrorCode,
  Flag,
  FrameType,
  fieldBlock,
  frameBytes,
  Http2Wire,
} from '../support/http2-wire.js';
import { RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heldMemory(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const mebibyte = 1024 * 1024;

async function expectServes(port: number): Promise<void> {
  const peer = await (await Http2Client.connect(port)).open();
  peer.send(text('still there?'));
  expect(await peer.frame()).toBe('text still there?');
}

/** Writes until the server has had enough, or the count is reached. */
async function flood(wire: Http2Wire, count: number, bytesFor: (i: number) => Buffer): Promise<void> {
  for (let i = 0; i < count && !wire.isClosed && !wire.hasEnded; i++) {
    wire.socket.write(bytesFor(i));
    if (i % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** RFC 9113 §7. */
const internalError = 0x2;

test('streams that are opened and reset at once end the connection (CVE-2023-44487)', async () => {
  let authenticated = 0;
  const { port, server, errors } = await serve({
    authenticate: () => {
      authenticated++;
      return new Promise<never>(() => {});
    },
  });
  const wire = await Http2Wire.connect(port);
  const cancel = Buffer.from('00000008', 'hex');
  await flood(wire, 5_000, (i) => {
    const open = frameBytes(FrameType.Headers, Flag.EndHeaders, 2 * i + 1, fieldBlock(correctFields));
    return Buffer.concat([open, frameBytes(FrameType.RstStream, 0, 2 * i + 1, cancel)]);
  });
  // Node 24 counts resets itself, and is the first to end the connection: with INTERNAL_ERROR.
  expect([ErrorCode.EnhanceYourCalm, internalError]).toContain(await wire.goAway());
  await wire.until(() => wire.hasEnded || wire.isClosed, 'the end');
  expect(authenticated).toBeLessThan(1_000);
  expect([server.peers.size, errors]).toEqual([0, []]);
});

test('connections that are opened and then reset by the hundred end theirs, and only theirs', async () => {
  const { port, server, errors } = await serve();
  const wire = await Http2Wire.connect(port);
  const cancel = Buffer.from('00000008', 'hex');
  for (let first = 1; first < 800 && !wire.hasEnded && !wire.isClosed; first += 180) {
    const ids = Array.from({ length: 90 }, (_, i) => first + 2 * i);
    const open = (id: number) =>
      frameBytes(FrameType.Headers, Flag.EndHeaders, id, fieldBlock(correctFields));
    wire.socket.write(Buffer.concat(ids.map(open)));
    await vi.waitFor(() => expect(wire.hasEnded || wire.isClosed || server.peers.size === 90).toBe(true));
    wire.socket.write(Buffer.concat(ids.map((id) => frameBytes(FrameType.RstStream, 0, id, cancel))));
    await vi.waitFor(() => expect(server.peers.size).toBe(0));
  }
  expect(await wire.goAway()).toBe(ErrorCode.EnhanceYourCalm);
  await wire.until(() => wire.hasEnded || wire.isClosed, 'the end');
  await expectServes(port);
  expect(errors).toEqual([]);
});

test('streams that our side has to reset end the connection (CVE-2025-8671)', async () => {
  const { port, server, errors } = await serve();
  const wire = await Http2Wire.connect(port);
  await flood(wire, 5_000, (i) => {
    const open = frameBytes(FrameType.Headers, Flag.EndHeaders, 2 * i + 1, fieldBlock(correctFields));
    // An increment of 0 is an error of the stream.
    return Buffer.concat([open, frameBytes(FrameType.WindowUpdate, 0, 2 * i + 1, Buffer.alloc(4))]);
  });
  await wire.until(() => wire.hasEnded || wire.isClosed, 'the end');
  await expect.poll(() => server.peers.size).toBe(0);
  expect(wire.frames.filter(({ type }) => type === FrameType.Headers).length).toBeLessThan(1_000);
  expect(errors).toEqual([]);
});

describe.each<[string, Buffer]>([
  ['pings (CVE-2019-9512)', frameBytes(FrameType.Ping, 0, 0, Buffer.alloc(8))],
  ['settings (CVE-2019-9515)', frameBytes(FrameType.Settings, 0, 0, Buffer.alloc(0))],
])('a flood of %s', (_name, frame) => {
  test('ends the connection', async () => {
    const { port } = await serve();
    const wire = await Http2Wire.connect(port);
    await flood(wire, 20_000, () => frame);
    expect(await wire.goAway()).toBe(ErrorCode.EnhanceYourCalm);
    await wire.until(() => wire.hasEnded || wire.isClosed, 'the end');
    await expectServes(port);
  });

  test('by a client that never reads is forgotten with it', async () => {
    const { port } = await serve();
    const wire = await Http2Wire.connect(port);
    wire.socket.pause();
    const before = heldMemory();
    await flood(wire, 100, () => Buffer.concat(Array(1_000).fill(frame)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heldMemory() - before - wire.socket.writableLength).toBeLessThan(8 * mebibyte);
    await expectServes(port);
  });
});

test('a few pings are answered', async () => {
  const { port } = await serve();
  const wire = await Http2Wire.connect(port);
  for (let i = 0; i < 50; i++) wire.send(FrameType.Ping, 0, 0, Buffer.alloc(8, i));
  await wire.until(() => wire.frames.filter(({ type }) => type === FrameType.Ping).length === 50, 'answers');
  await wire.opened(1);
});

test('a head that goes on for ever ends the connection (CONTINUATION flood)', async () => {
  const { port } = await serve();
  const wire = await Http2Wire.connect(port);
  const before = heldMemory();
  wire.send(FrameType.Headers, 0, 1, fieldBlock(correctFields));
  const more = fieldBlock([['x-more', 'x'.repeat(1_000)]]);
  await flood(wire, 20_000, () => frameBytes(FrameType.Continuation, 0, 1, more));
  await wire.until(() => wire.hasEnded || wire.isClosed, 'the end');
  expect(heldMemory() - before - wire.socket.writableLength).toBeLessThan(4 * mebibyte);
  await expectServes(port);
});

describe('a head that is too large', () => {
  const large = (byteLength: number): [string, string][] => {
    const rest: [string, string][] = [];
    for (let left = byteLength; left > 0; left -= 4_000) {
      rest.push([`x-${rest.length}`, randomBytes(2_000).toString('hex').slice(0, left)]);
    }
    return rest;
  };

  test('costs its stream', async () => {
    const { port, server } = await serve({ maxHeaderBytes: 8_000 });
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    wire.open(3, [...correctFields, ...large(12_000)]);
    expect(await wire.resetOf(3)).toBe(ErrorCode.EnhanceYourCalm);
    wire.send(FrameType.Data, 0, 1, text('fine'));
    await wire.until(() => wire.dataOf(1).length > 0, 'the echo');
    expect(server.peers.size).toBe(1);
  });

  test('is refused with 431 by who does not know the limit yet', async () => {
    const { port, server } = await serve({ maxHeaderBytes: 8_000 });
    const socket = net.connect(port, '127.0.0.1');
    onTestFinished(() => {
      socket.destroy();
    });
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const head = fieldBlock([...correctFields, ...large(12_000)]);
    socket.write(
      Buffer.concat([
        preface,
        frameBytes(FrameType.Settings, 0, 0, Buffer.alloc(0)),
        frameBytes(FrameType.Headers, Flag.EndHeaders, 1, head),
      ]),
    );
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
    });
    await expect.poll(() => received.includes('the head of the request is too large')).toBe(true);
    expect(server.peers.size).toBe(0);
  });

  test('with very many small fields costs its stream', async () => {
    const { port } = await serve();
    const wire = await Http2Wire.connect(port);
    const many = Array.from({ length: 2_000 }, (_, i): [string, string] => [`x${i}`, '']);
    wire.open(1, [...correctFields, ...many]);
    expect(await wire.resetOf(1)).toBe(ErrorCode.EnhanceYourCalm);
  });
});

test('streams beyond the announced limit end the connection', async () => {
  const { port, server, errors } = await serve();
  const wire = await Http2Wire.connect(port);
  for (let i = 0; i < 100; i++) wire.open(2 * i + 1);
  await expect.poll(() => server.peers.size).toBe(100);
  wire.reset(1, ErrorCode.Cancel);
  await expect.poll(() => server.peers.size).toBe(99);
  await wire.opened(201);
  wire.open(203);
  expect(await wire.goAway()).not.toBe(ErrorCode.NoError);
  await expect.poll(() => server.peers.size).toBe(0);
  await expectServes(port);
  expect(errors).toEqual([]);
});

describe('a client that does not go on', () => {
  test.each<[string, (wire: Http2Wire) => void]>([
    ['after the settings', () => {}],
    ['within a head', (wire) => wire.send(FrameType.Headers, 0, 1, fieldBlock(correctFields))],
    ['within a frame', (wire) => wire.socket.write(Buffer.from('0000ff0104', 'hex'))],
  ])('%s is gone when handshakeTimeoutMs is up', async (_name, stop) => {
    const { port } = await serve({ handshakeTimeoutMs: 200 });
    const wire = await Http2Wire.connect(port);
    stop(wire);
    await wire.until(() => wire.hasEnded || wire.isClosed, 'the end', 4_000);
  });

  test.each(['PRI * HTTP/2.0\r\n', 'P'])('within the preface (%j) is told 408', async (begun) => {
    const { port } = await serve({ handshakeTimeoutMs: 200 });
    const client = await RawClient.connect(port);
    client.send(begun);
    expect((await client.response()).status).toBe(408);
    await client.end();
  });
});
