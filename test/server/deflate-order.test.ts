import {
  type ConnectOptions,
  connect,
  createServer,
  type DeflateOptions,
  type Message,
  type Peer,
  type PeerOptions,
  prepareMessage,
} from 'ieum';
import { seededRandom } from 'ieum/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ClientOptions } from 'ws';

import { clientFrame } from '../support/client-frames.js';
import { RawClient } from '../support/raw-client.js';
import { WebSocketClient } from '../support/web-socket-client.js';

const alone: DeflateOptions = { thresholdBytes: 0 };
const following: DeflateOptions = {
  thresholdBytes: 0,
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
};

async function serve(permessageDeflate: DeflateOptions | boolean, options: PeerOptions = {}) {
  const peers: Peer<unknown>[] = [];
  const received: Message[] = [];
  const server = createServer<unknown>({
    permessageDeflate,
    ...options,
    routes: {
      '/': {
        open: (peer) => void peers.push(peer),
        message: async (_peer, message) => {
          received.push(message);
          // Every third takes its time, so that others wait.
          if (received.length % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        },
      },
    },
  });
  onTestFinished(() => server.close());
  const { port } = await server.listen();
  return { server, port, url: `ws://127.0.0.1:${port}`, peers, received };
}

async function meet(url: string, options: ClientOptions = {}): Promise<WebSocketClient> {
  const client = await WebSocketClient.connect(url, options);
  onTestFinished(() => client.socket.terminate());
  return client;
}

/** Each says which it is; small and large ones, some of which cannot be compressed. */
function messages(seed: number, count: number): Buffer[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, i) => {
    const length = [1, 50, 3_000, 40_000, 200_000][random.below(5)] as number;
    const body =
      random.below(5) === 0 ? random.bytes(length) : Buffer.alloc(length, `"same words" ${i % 7} `);
    return Buffer.concat([Buffer.from(`${i}|`), body]);
  });
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

describe.each<[string, DeflateOptions]>([
  ['each message by itself', alone],
  ['context takeover', following],
  ['context takeover, the documented zlib', { ...following, zlibAccess: 'public' }],
])('%s', (_name, settings) => {
  it('what a server sends arrives in order: compressed, opted out, secret, prepared, with Pings between', async () => {
    const { url, peers } = await serve(settings);
    const client = await meet(url, { perMessageDeflate: { threshold: 0 } });
    const [peer] = peers as [Peer];
    const all = messages(1, 150);
    for (const [i, message] of all.entries()) {
      const kind = i % 8;
      const sent =
        kind === 1
          ? peer.send(message, { compress: false })
          : kind === 2
            ? peer.send(message, { secret: true })
            : kind === 3
              ? peer.send(prepareMessage(message))
              : peer.send(message);
      if (kind === 4) void peer.ping('between');
      if (i % 20 === 0) await sent;
    }
    for (const [i, message] of all.entries()) {
      expect([i, same((await client.take()).data, message)]).toEqual([i, true]);
    }
    expect(await peer.ping()).toMatchObject({ type: 'pong' });
    expect(peer.bufferedBytes).toBe(0);
  });

  it('so it does when the peer does not read for a while', async () => {
    const { url, peers } = await serve(settings, {
      sendQueue: { maxWaitingBytes: Number.POSITIVE_INFINITY },
    });
    const client = await meet(url, { perMessageDeflate: { threshold: 0 } });
    const [peer] = peers as [Peer];
    const all = messages(2, 200);
    client.socket.pause();
    // What cannot be compressed fills the buffers of the system.
    const noise = seededRandom(9).bytes(8 * 1024 * 1024);
    peer.send(noise);
    const sent = all.map((message, i) => peer.send(message, { compress: i % 5 !== 0 }));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(peer.bufferedBytes).toBeGreaterThan(1024 * 1024);
    client.socket.resume();
    expect(same((await client.take()).data, noise)).toBe(true);
    for (const [i, message] of all.entries()) {
      expect([i, same((await client.take()).data, message)]).toEqual([i, true]);
    }
    expect(new Set(await Promise.all(sent))).toEqual(new Set(['queued', 'written']));
    await expect.poll(() => peer.bufferedBytes).toBe(0);
  });

  it.each(['drop-newest', 'drop-oldest'] as const)(
    'what %s drops leaves the others readable',
    async (policy) => {
      const { url, peers } = await serve(settings, { sendQueue: { policy, maxQueuedBytes: 300_000 } });
      const client = await meet(url, { perMessageDeflate: { threshold: 0 } });
      const [peer] = peers as [Peer];
      const all = messages(3, 200);
      for (const [i, message] of all.entries()) {
        peer.send(message);
        if (i % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      void peer.close(4000);
      expect(await client.closed).toBe(4000);
      const expected = all.length - peer.droppedMessages;
      expect(peer.droppedMessages).toBeGreaterThan(0);
      let last = -1;
      for (let n = 0; n < expected; n++) {
        const { data } = await client.take();
        const i = Number.parseInt(data.toString('latin1', 0, 4), 10);
        expect(i).toBeGreaterThan(last);
        expect(same(data, all[i] as Buffer)).toBe(true);
        last = i;
      }
    },
  );

  it('a close flushes large messages', async () => {
    const { url, peers } = await serve(settings);
    const client = await meet(url, { perMessageDeflate: { threshold: 0 } });
    const [peer] = peers as [Peer];
    const all = messages(4, 12);
    for (const message of all) void peer.send(message);
    const record = await peer.close(4001, 'done');
    expect(record).toMatchObject({ wasClean: true, code: 4001 });
    expect(await client.closed).toBe(4001);
    for (const message of all) expect(same((await client.take()).data, message)).toBe(true);
  });

  it('what our client sends arrives in order, and its close behind it', async () => {
    const { url, received, peers } = await serve(settings, { receiveBudget: { maxMessages: 3 } });
    const options: ConnectOptions = {
      permessageDeflate: settings,
      sendQueue: { maxWaitingBytes: Number.POSITIVE_INFINITY },
    };
    const peer = await connect(url, options);
    onTestFinished(() => peer.terminate());
    const all = messages(5, 150);
    for (const [i, message] of all.entries()) {
      void peer.send(message, { compress: i % 6 !== 1, secret: i % 9 === 2 });
      if (i % 10 === 0) void peer.ping();
    }
    void peer.close(4002);
    const [other] = peers as [Peer];
    expect(await other.closed).toMatchObject({ wasClean: true, code: 4002 });
    await expect.poll(() => received.length).toBe(all.length);
    for (const [i, message] of all.entries()) {
      expect([i, same(received[i]?.bytes, message)]).toEqual([i, true]);
    }
  });

  it('connections that are cut anywhere end once, and the server goes on', async () => {
    const { url, port, peers, server } = await serve(settings);
    const random = seededRandom(6);
    const all = messages(7, 20);
    for (let i = 0; i < 30; i++) {
      const client = await meet(url, { perMessageDeflate: { threshold: 0 } });
      const peer = peers.at(-1) as Peer;
      for (const message of all) {
        void peer.send(message);
        client.socket.send(message);
      }
      await new Promise((resolve) => setTimeout(resolve, random.below(8)));
      if (i % 3 === 0) peer.terminate();
      else client.socket.terminate();
      await peer.closed;
    }
    await expect.poll(() => server.peers.size).toBe(0);
    const client = await RawClient.open(port);
    client.send(clientFrame(9));
    expect(await client.frame()).toBe('pong');
  });
});

it('a peer is not read while a large message of its is inflated, and its Pings wait their turn', async () => {
  const { url, received } = await serve(alone, { maxMessageBytes: 64 * 1024 * 1024 });
  const client = await meet(url, { perMessageDeflate: { threshold: 0 } });
  const pongs: number[] = [];
  client.socket.on('pong', () => pongs.push(received.length));
  for (let i = 0; i < 4; i++) {
    client.socket.send(Buffer.alloc(8 * 1024 * 1024, 'ab'));
    client.socket.ping();
  }
  await expect.poll(() => pongs.length, { timeout: 10_000 }).toBe(4);
  expect(received.map(({ bytes }) => bytes.length)).toEqual(Array.from({ length: 4 }, () => 8 * 1024 * 1024));
});

describe('a fan-out', () => {
  const kinds: readonly (readonly [string, ClientOptions])[] = [
    ['nothing', { perMessageDeflate: false }],
    ['the server’s window', { perMessageDeflate: { threshold: 0 } }],
    ['a window of its own', { perMessageDeflate: { threshold: 0, serverMaxWindowBits: 9 } }],
    ['no context takeover', { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true } }],
  ];

  it.each<[string, DeflateOptions]>([
    ['of messages by themselves', alone],
    ['with context takeover', following],
  ])('%s reaches connections of all kinds, whole and in order', async (_name, settings) => {
    const { url, peers } = await serve(settings);
    const clients = await Promise.all(
      [...kinds, ...kinds, ...kinds].map(([, options]) => meet(url, options)),
    );
    const all = messages(8, 40);
    for (const [i, message] of all.entries()) {
      const prepared = prepareMessage(message, { compress: i % 9 !== 4, secret: i % 7 === 3 });
      for (const peer of peers) void peer.send(prepared);
      if (i % 4 === 0) for (const [n, peer] of peers.entries()) void peer.send(`own ${n % 4} ${i}`);
      if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    for (const client of clients) {
      for (const [i, message] of all.entries()) {
        expect([i, same((await client.take()).data, message)]).toEqual([i, true]);
        if (i % 4 === 0) expect((await client.take()).data.toString()).toMatch(new RegExp(`^own . ${i}$`));
      }
    }
  });

  it('of a received message has its type', async () => {
    const peers = new Set<Peer<unknown>>();
    const server = createServer<unknown>({
      permessageDeflate: alone,
      routes: {
        '/': {
          open: (peer) => void peers.add(peer),
          message: (_peer, message) => {
            const prepared = prepareMessage(message);
            for (const peer of peers) void peer.send(prepared);
          },
        },
      },
    });
    onTestFinished(() => server.close());
    const { port } = await server.listen();
    const clients = await Promise.all(kinds.map(([, options]) => meet(`ws://127.0.0.1:${port}`, options)));
    const text = 'text 이음 '.repeat(10_000);
    const bytes = Buffer.alloc(100_000, 'bytes');
    clients[1]?.socket.send(text);
    clients[1]?.socket.send(bytes);
    for (const client of clients) {
      const first = await client.take();
      expect([first.isBinary, first.data.toString() === text]).toEqual([false, true]);
      const second = await client.take();
      expect([second.isBinary, same(second.data, bytes)]).toEqual([true, true]);
    }
  });

  it.each([100, 100_000])('never compresses secrets of %i bytes, and everything else', async (length) => {
    const { port, peers } = await serve(alone);
    const offer = { headers: { 'Sec-WebSocket-Extensions': 'permessage-deflate' } };
    const clients = [await RawClient.open(port, offer), await RawClient.open(port, offer)];
    const data = Buffer.alloc(length, 'secret');
    const secret = prepareMessage(data, { secret: true });
    for (const peer of peers) {
      void peer.send(secret);
      void peer.send(data, { secret: true });
      void peer.send(data, { secret: true, compress: true });
      void peer.send(prepareMessage(secret));
      void peer.send(data, { compress: false });
      void peer.send(data);
    }
    for (const client of clients) {
      const payloads = (await client.frames(6)).map((frame) => frame.payload);
      for (const payload of payloads.slice(0, 5)) expect(same(payload, data)).toBe(true);
      expect(payloads[5]?.length).toBeLessThan(data.length / 2);
    }
  });
});
