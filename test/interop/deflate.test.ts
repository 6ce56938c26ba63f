import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { connect, createServer, type DeflateOptions, type Message, type Peer } from 'ieum';
import { seededRandom } from 'ieum/testing';
import { WebSocket as UndiciWebSocket } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type PerMessageDeflateOptions, WebSocketServer } from 'ws';

import { WebSocketClient } from '../support/web-socket-client.js';

/** Messages of all sizes in which much is said again, and some that cannot be compressed. */
function conversation(seed: number, count: number): Buffer[] {
  const random = seededRandom(seed);
  const words = Array.from({ length: 60 }, (_, i) => `"word ${i * 7919}"`);
  return Array.from({ length: count }, (_, i) => {
    const length = [0, 3, 60, 500, 4_000, 33_000, 120_000][random.below(7)] as number;
    if (random.below(8) === 0) return random.bytes(length);
    let text = `${i}:`;
    while (text.length < length) text += words[random.below(words.length)];
    return Buffer.from(length === 0 ? '' : text);
  });
}

const takeovers: readonly [name: string, server: boolean, client: boolean][] = [
  ['no context takeover', true, true],
  ['context takeover of the server', false, true],
  ['context takeover of the client', true, false],
  ['context takeover of both', false, false],
];
const windows = [9, 10, 12, 15] as const;

const settings = takeovers.flatMap(([name, serverNoContextTakeover, clientNoContextTakeover]) =>
  windows.map((bits): [string, DeflateOptions, PerMessageDeflateOptions] => {
    const agreed = {
      serverNoContextTakeover,
      clientNoContextTakeover,
      serverMaxWindowBits: bits,
      clientMaxWindowBits: bits,
    };
    return [`${name}, ${bits} bits`, { ...agreed, thresholdBytes: 0 }, { ...agreed, threshold: 0 }];
  }),
);

async function serve(permessageDeflate: DeflateOptions | boolean) {
  const peers: Peer<unknown>[] = [];
  const server = createServer<unknown>({
    permessageDeflate,
    routes: {
      '/': { open: (peer) => void peers.push(peer), message: (peer, message) => peer.send(message) },
    },
  });
  onTestFinished(() => server.close());
  const { port } = await server.listen();
  return { url: `ws://127.0.0.1:${port}`, peers };
}

/** `ws` as an echo server. */
async function serveForeign(perMessageDeflate: PerMessageDeflateOptions): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => {});
  });
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('ws as a client of our server', () => {
  it.each(settings)('%s', async (_name, ours, theirs) => {
    const { url } = await serve(ours);
    const client = await WebSocketClient.connect(url, { perMessageDeflate: theirs });
    onTestFinished(() => client.socket.terminate());
    expect(client.socket.extensions).toContain('permessage-deflate');
    const messages = conversation(1, 60);
    for (const [i, message] of messages.entries()) {
      // Now and then one that is not compressed, and a Ping.
      if (i % 10 === 3) client.socket.ping('p');
      client.socket.send(message, { binary: true, compress: i % 7 !== 5 });
    }
    for (const [i, message] of messages.entries()) {
      const { data } = await client.take();
      expect([i, Buffer.compare(data, message)]).toEqual([i, 0]);
    }
  });

  it.each([8, 9])('that is told a window of %i bits for itself, with context takeover', async (bits) => {
    const { url } = await serve({ serverNoContextTakeover: false, clientNoContextTakeover: false });
    const client = await WebSocketClient.connect(url, {
      perMessageDeflate: { clientMaxWindowBits: bits, threshold: 0 },
    });
    onTestFinished(() => client.socket.terminate());
    const random = seededRandom(bits);
    for (let i = 0; i < 100; i++) {
      const message = Buffer.concat([random.bytes(5), Buffer.from(`${'abcdefgh'.repeat(random.below(50))}`)]);
      client.socket.send(message);
      expect(Buffer.compare((await client.take()).data, message)).toBe(0);
    }
  });

  it('gets what cannot be compressed, up to the limit exactly', async () => {
    const { url } = await serve({ thresholdBytes: 0 });
    const client = await WebSocketClient.connect(url, { perMessageDeflate: { threshold: 0 } });
    onTestFinished(() => client.socket.terminate());
    const message = seededRandom(5).bytes(1024 * 1024);
    client.socket.send(message);
    expect(Buffer.compare((await client.take()).data, message)).toBe(0);
    client.socket.send(Buffer.concat([message, Buffer.alloc(1)]));
    expect(await client.closed).toBe(1009);
  });

  it('may send compressed messages in fragments', async () => {
    const { url } = await serve({ serverNoContextTakeover: false, clientNoContextTakeover: false });
    const client = await WebSocketClient.connect(url, { perMessageDeflate: { threshold: 0 } });
    onTestFinished(() => client.socket.terminate());
    for (let i = 0; i < 20; i++) {
      const parts = ['one '.repeat(i * 100), 'zwei 이음 '.repeat(2_000), '', `${i}`];
      for (const [n, part] of parts.entries()) {
        client.socket.send(part, { fin: n === parts.length - 1 });
        if (n === 1) client.socket.ping();
      }
      expect((await client.take()).data.toString() === parts.join('')).toBe(true);
    }
  });
});

describe('ws as a server of our client', () => {
  it.each(settings)('%s', async (_name, ours, theirs) => {
    const url = await serveForeign(theirs);
    const received: Message[] = [];
    const messages = conversation(2, 60);
    const { promise, resolve } = deferred();
    const peer = await connect(url, {
      permessageDeflate: ours,
      message: (_peer, message) => {
        if (received.push(message) === messages.length) resolve();
      },
    });
    onTestFinished(() => peer.terminate());
    expect(peer.extensions).toContain('permessage-deflate');
    for (const [i, message] of messages.entries()) {
      if (i % 10 === 3) void peer.ping();
      await peer.send(message, { compress: i % 7 !== 5, secret: i % 11 === 1 });
    }
    await promise;
    for (const [i, message] of messages.entries()) {
      expect([i, Buffer.compare(received[i]?.bytes ?? Buffer.alloc(0), message)]).toEqual([i, 0]);
    }
  });
});

describe('undici as a client of our server', () => {
  it.each<DeflateOptions>([
    { thresholdBytes: 0 },
    { thresholdBytes: 0, serverNoContextTakeover: false, clientNoContextTakeover: false },
    { thresholdBytes: 0, serverNoContextTakeover: false, serverMaxWindowBits: 15 },
  ])('%o', async (options) => {
    const { url } = await serve(options);
    const socket = new UndiciWebSocket(url);
    socket.binaryType = 'arraybuffer';
    const messages = conversation(3, 60);
    const received: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        for (const message of messages) socket.send(message);
      });
      socket.addEventListener('message', ({ data }: { data: ArrayBuffer }) => {
        if (received.push(Buffer.from(data)) === messages.length) resolve();
      });
      socket.addEventListener('close', ({ code }) => reject(new Error(`closed with ${code}`)));
    });
    expect(socket.extensions).toContain('permessage-deflate');
    for (const [i, message] of messages.entries()) {
      expect([i, Buffer.compare(received[i] ?? Buffer.alloc(0), message)]).toEqual([i, 0]);
    }
    socket.close();
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
