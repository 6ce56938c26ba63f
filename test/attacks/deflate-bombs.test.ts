import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { constants, deflateRawSync } from 'node:zlib';

import { describe, expect, it, onTestFinished } from 'vitest';

import { clientFrame } from '../support/client-frames.js';
import { RawClient } from '../support/raw-client.js';

interface Figures {
  readonly rssBytes: number;
  /** Processor time that the event loop was kept from everybody else at a time, at most. */
  readonly longestTurnMs: number;
  /** All processor time of the event loop's thread. */
  readonly cpuMs: number;
  readonly messages: number;
  readonly bytes: number;
}

/** A server in a process of its own, whose memory and event loop are watched. */
class WatchedServer {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(options: object = {}): Promise<WatchedServer> {
    const program = fileURLToPath(new URL('../support/deflate-server.mjs', import.meta.url));
    const child = fork(program, [JSON.stringify(options)], { execArgv: ['--max-semi-space-size=1'] });
    onTestFinished(() => {
      child.kill();
    });
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new WatchedServer(child, port);
  }

  /** Since the last call. */
  async figures(): Promise<Figures> {
    this.#child.send('figures');
    const [figures] = (await once(this.#child, 'message')) as [Figures];
    return figures;
  }
}

const withTakeover = 'permessage-deflate; client_max_window_bits';
const offer = { headers: { 'Sec-WebSocket-Extensions': withTakeover } };
const mebibyte = 1024 * 1024;
const gigabyteOfZeros = bombOf(1024 * mebibyte);
const accesses = ['direct', 'public'] as const;
/** Several times what is needed. It is processor time: other work on the machine does not count. */
const mostTurnMs = 100;
/**
 * What a turn may take where much was sent at once: a share of all the time it took, so that it holds on any machine. About a
 * third of this is needed, and twice this where messages are inflated as they come.
 */
const fairTurnMs = (cpuMs: number): number => 20 + cpuMs / 12;

it('the bomb is one: 1 GiB in about 1 MB', () => {
  expect(gigabyteOfZeros.length).toBeLessThan(1.1 * mebibyte);
});

describe.each(accesses)('a server with zlibAccess %s', (zlibAccess) => {
  const start = (options = {}, limits = {}) =>
    WatchedServer.start({ permessageDeflate: { zlibAccess, ...options }, ...limits });

  it.each<[string, number]>([
    ['in one frame', gigabyteOfZeros.length],
    ['in 100 fragments', Math.ceil(gigabyteOfZeros.length / 100)],
    ['in 1,000 fragments', Math.ceil(gigabyteOfZeros.length / 1_000)],
  ])('fails a bomb %s with 1009, and its memory stays flat', async (_what, fragmentBytes) => {
    // A limit above what is on the wire, so that inflating has to find it out.
    const server = await start({}, { maxMessageBytes: 4 * mebibyte });
    const first = await RawClient.open(server.port, offer);
    first.send(...fragments(bombOf(8 * mebibyte), fragmentBytes));
    expect(await first.frame()).toMatch(/^close 1009/);
    const before = await server.figures();
    const clients = await Promise.all(Array.from({ length: 8 }, () => RawClient.open(server.port, offer)));
    for (const client of clients) client.send(...fragments(gigabyteOfZeros, fragmentBytes));
    for (const client of clients) expect(await client.frame()).toMatch(/^close 1009/);
    const after = await server.figures();
    expect(after.messages).toBe(0);
    // Eight times what may come out of it, twice because it is put together, and what the collector leaves.
    expect(after.rssBytes - before.rssBytes).toBeLessThan(160 * mebibyte);
    expect(after.longestTurnMs).toBeLessThan(mostTurnMs);
  });

  it('fails bombs on 100 connections at once with the memory of a few', async () => {
    const server = await start({}, { maxMessageBytes: 16 * mebibyte });
    const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(server.port, offer)));
    const before = await server.figures();
    const bomb = fragments(bombOf(64 * mebibyte), mebibyte);
    for (const client of clients) client.send(...bomb);
    for (const client of clients) expect(await client.frame()).toMatch(/^close 1009/);
    const after = await server.figures();
    expect(after.rssBytes - before.rssBytes).toBeLessThan(500 * mebibyte);
  }, 30_000);

  it('fails small bombs that come by the hundred without standing still', async () => {
    const server = await start();
    const bomb = clientFrame(2, bombOf(2 * mebibyte), { rsv: 4 });
    const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.open(server.port, offer)));
    await server.figures();
    for (const client of clients) client.send(bomb);
    for (const client of clients) expect(await client.frame()).toMatch(/^close 1009/);
    expect((await server.figures()).longestTurnMs).toBeLessThan(mostTurnMs);
  });

  it('takes many small messages from which much comes, with flat memory and without standing still', async () => {
    const server = await start();
    const client = await RawClient.open(server.port, offer);
    const inflated = 200 * 1024;
    const frame = clientFrame(2, bombOf(inflated), { rsv: 4 });
    client.send(...Array.from({ length: 200 }, () => frame), clientFrame(9));
    expect(await client.frame()).toBe('pong');
    const before = await server.figures();
    client.send(...Array.from({ length: 2_000 }, () => frame), clientFrame(9, 'done'));
    let highest = 0;
    let longest = 0;
    let messages = 0;
    while (messages < 2_000) {
      const figures = await server.figures();
      messages += figures.messages;
      highest = Math.max(highest, figures.rssBytes);
      longest = Math.max(longest, figures.longestTurnMs);
    }
    expect(await client.frame()).toBe(`pong ${Buffer.from('done').toString('hex')}`);
    expect(highest - before.rssBytes).toBeLessThan(128 * mebibyte);
    expect(longest).toBeLessThan(mostTurnMs);
  });

  it.each<[string, Buffer]>([
    ['tiny messages', Buffer.from('f248cdc9c90700', 'hex')],
    ['messages of final blocks', Buffer.from(`${'0300'.repeat(7)}00`, 'hex')],
    ['small messages that grow', bombOf(20_000)],
  ])(
    'takes 1 MB of %s in turns with others, with context takeover and without',
    async (_what, payload) => {
      for (const takeover of [false, true]) {
        const server = await start({
          serverNoContextTakeover: !takeover,
          clientNoContextTakeover: !takeover,
        });
        const client = await RawClient.open(server.port, offer);
        const frame = clientFrame(2, payload, { rsv: 4 });
        const count = Math.floor(1_000_000 / frame.length);
        await server.figures();
        client.send(...Array.from({ length: count }, () => frame), clientFrame(9));
        // It takes a second of a processor of its own.
        await client.until(() => client.pending.length > 0, 'the pong', 50_000);
        expect(await client.frame()).toBe('pong');
        const { messages, longestTurnMs, cpuMs } = await server.figures();
        expect(messages).toBe(count);
        expect(longestTurnMs).toBeLessThan(fairTurnMs(cpuMs));
      }
    },
    120_000,
  );

  it.each<[string, number]>([
    ['a small', 1_000],
    ['what is inflated at once, the largest', 256 * 1024],
    ['what is inflated later, the smallest', 256 * 1024 + 1],
    ['a large', 3 * mebibyte],
  ])('keeps to the limit exactly: %s', async (_what, limit) => {
    const server = await start({}, { maxMessageBytes: limit });
    const noise = deflateRawSync(Buffer.alloc(limit), { level: 0, finishFlush: constants.Z_SYNC_FLUSH });
    const client = await RawClient.open(server.port, offer);
    const exactly = [bombOf(limit), noise.subarray(0, -4)];
    for (const payload of exactly) client.send(clientFrame(2, payload, { rsv: 4 }));
    client.send(clientFrame(2, Buffer.alloc(limit)), clientFrame(9));
    expect(await client.frame()).toBe('pong');
    expect(await server.figures()).toMatchObject({ messages: 3, bytes: 3 * limit });
    client.send(clientFrame(2, bombOf(limit + 1), { rsv: 4 }));
    expect(await client.frame()).toMatch(/^close 1009/);
    const other = await RawClient.open(server.port, offer);
    other.send(clientFrame(2, Buffer.alloc(limit + 1)));
    expect(await other.frame()).toMatch(/^close 1009/);
    expect(await server.figures()).toMatchObject({ messages: 0 });
  });

  it.each<[string, Buffer, boolean]>([
    ['garbage', Buffer.from('ffffffffffffffff', 'hex'), false],
    ['data that was cut', Buffer.from('f248cdc9', 'hex'), false],
    ['data behind a final block', Buffer.from('f348cdc9c9070000f248', 'hex'), false],
    ['a reference to before the first message', Buffer.from('f200110000', 'hex'), false],
    ['much garbage', Buffer.alloc(100_000, 0xff), false],
    ['much data that was cut', bombOf(40 * 1024 * 1024).subarray(0, 40_000), false],
    ['text that is no UTF-8', deflated(Buffer.from([0x61, 0xff])), true],
    ['a long text that is no UTF-8', deflated(Buffer.alloc(300_000, 0xff)), true],
  ])('fails %s with 1007, and nobody else suffers', async (_what, payload, isText) => {
    const server = await start({}, { maxMessageBytes: 64 * mebibyte });
    const good = await RawClient.open(server.port, offer);
    for (let i = 0; i < 3; i++) {
      const client = await RawClient.open(server.port, offer);
      client.send(clientFrame(isText ? 1 : 2, payload, { rsv: 4 }));
      expect(await client.frame()).toMatch(/^close 1007/);
      await client.end();
      good.send(clientFrame(1, Buffer.from('f248cdc9c90700', 'hex'), { rsv: 4 }), clientFrame(9));
      expect(await good.frame()).toBe('pong');
    }
    expect(await server.figures()).toMatchObject({ messages: 3, bytes: 15 });
  });

  it('handles a peer that resets while much of its is inflated', async () => {
    const server = await start({}, { maxMessageBytes: 64 * mebibyte });
    const frame = clientFrame(2, bombOf(16 * mebibyte), { rsv: 4 });
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.open(server.port, offer);
      client.send(frame, frame);
      await new Promise((resolve) => setTimeout(resolve, i));
      client.reset();
    }
    const client = await RawClient.open(server.port, offer);
    client.send(clientFrame(9));
    expect(await client.frame()).toBe('pong');
  });
});

function bombOf(byteLength: number): Buffer {
  return deflated(Buffer.alloc(byteLength));
}

function deflated(data: Uint8Array): Buffer {
  const options = { level: 9, memLevel: 9, finishFlush: constants.Z_SYNC_FLUSH };
  return deflateRawSync(data, options).subarray(0, -4);
}

function fragments(payload: Buffer, fragmentBytes: number): Buffer[] {
  const count = Math.max(1, Math.ceil(payload.length / fragmentBytes));
  return Array.from({ length: count }, (_, i) =>
    clientFrame(i === 0 ? 2 : 0, payload.subarray(i * fragmentBytes, (i + 1) * fragmentBytes), {
      rsv: i === 0 ? 4 : 0,
      fin: i === count - 1,
    }),
  );
}
