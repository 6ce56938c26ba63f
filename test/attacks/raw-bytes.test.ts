import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { accept, createServer, refuse } from 'ieum';
import { type SeededRandom, seededRandom } from 'ieum/testing';
import { afterAll, afterEach, beforeAll, beforeEach, expect, type MockInstance, test, vi } from 'vitest';

import { clientFrame, close, text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { stop } from '../support/serve.js';

/** Exceptions and rejections that nobody handled. */
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);
let consoleError: MockInstance<typeof console.error>;

beforeAll(() => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
});

beforeEach(() => {
  consoleError = vi.spyOn(console, 'error').mockImplementation(() => {});
});

afterEach(() => {
  consoleError.mockRestore();
});

afterAll(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
});

const durationMs = 2_500;
const places = 64;

/** A server that uses everything a request and a message tell, as an application would. */
function curiousServer() {
  return createServer<string>({
    maxConnections: places,
    handshakeTimeoutMs: 500,
    closeTimeoutMs: 200,
    trustedProxies: ['loopback'],
    authenticate: async (request) => {
      const name = request.query.get('name') ?? request.cookie('name') ?? request.url.href;
      if (request.headers.get('X-Refuse') !== undefined) return refuse(401, 'no');
      if (request.headers.has('X-Slow')) await delay(5);
      return accept(name);
    },
    routes: {
      '/*': {
        subprotocols: ['chat'],
        message: (peer, message) => (message.type === 'text' ? peer.send(message.data) : peer.send(message)),
        ping: (_peer, payload) => void payload.length,
      },
    },
  });
}

/** Connections with bytes of `generate`, several at a time, until the time is up; how many there were. */
async function attack(
  port: number,
  seed: number,
  generate: (random: SeededRandom) => Buffer,
): Promise<number> {
  const random = seededRandom(seed);
  const until = Date.now() + durationMs;
  let connections = 0;
  const attackers = Array.from({ length: 12 }, async () => {
    while (Date.now() < until) {
      connections++;
      await attackOnce(port, random, generate(random));
    }
  });
  await Promise.all(attackers);
  return connections;
}

async function attackOnce(port: number, random: SeededRandom, bytes: Buffer): Promise<void> {
  const socket = net.connect(port, '127.0.0.1');
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  if (random.below(4) > 0) socket.resume();
  const cut = random.below(bytes.length + 1);
  socket.write(bytes.subarray(0, cut));
  if (random.below(2) === 0) await delay(random.below(4));
  socket.write(bytes.subarray(cut));
  await Promise.race([closed, delay(1 + random.below(12))]);
  const ways = [() => socket.resetAndDestroy(), () => socket.destroy(), () => socket.end().destroySoon()];
  ways[random.below(ways.length)]?.();
  await closed;
}

/** Flips, removes, repeats and inserts. */
function mutate(random: SeededRandom, bytes: Buffer): Buffer {
  let mutated = Buffer.from(bytes);
  for (let i = random.below(6); i > 0; i--) {
    const at = random.below(mutated.length + 1);
    const to = Math.min(mutated.length, at + random.below(20));
    const scrap = Buffer.from(scraps[random.below(scraps.length)] ?? '', 'latin1');
    const change = random.below(5);
    if (change === 0 && at < mutated.length) mutated[at] = (mutated[at] as number) ^ (1 << random.below(8));
    else if (change === 1) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(to)]);
    else if (change === 2) mutated = Buffer.concat([mutated.subarray(0, to), mutated.subarray(at)]);
    else if (change === 3)
      mutated = Buffer.concat([mutated.subarray(0, at), random.bytes(random.below(9)), mutated.subarray(at)]);
    else mutated = Buffer.concat([mutated.subarray(0, at), scrap, mutated.subarray(at)]);
  }
  return mutated;
}

/** No place may be lost, and nothing may have been thrown, reported or left behind. */
async function expectUnharmed(server: ReturnType<typeof curiousServer>, port: number): Promise<void> {
  await expect.poll(() => server.peers.size, { timeout: 5_000 }).toBe(0);
  await expect
    .poll(
      async () => {
        const clients = await Promise.allSettled(Array.from({ length: places }, () => RawClient.open(port)));
        for (const { value } of clients as PromiseFulfilledResult<RawClient>[]) value?.socket.destroy();
        return clients.filter(({ status }) => status === 'fulfilled').length;
      },
      { timeout: 5_000, interval: 250 },
    )
    .toBe(places);
  expect([unhandled, consoleError.mock.calls]).toEqual([[], []]);
}

const scraps = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  ',',
  ';',
  '"',
  ':',
  '\r\n\r\n',
  '\xff',
  '%',
  '__proto__',
  '\x81\xff',
  '\x88\x80\0\0\0\0',
];

/** Field lines that are odd, wrong or contradict others. */
const oddLines = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Transfer-Encoding: chunked',
  'Upgrade: h2c',
  'X-Slow: 1',
  'X-Refuse: 1',
  'Cookie: name=%E0%A4%A',
  'Cookie: =; name',
  'Origin: null',
  'X-Forwarded-For: "',
  'X-Forwarded-For: 192.0.2.1',
  'X-Forwarded-Host: a:99999',
  'X-Forwarded-Host: [::',
  'X-Forwarded-Proto: wss',
  'Forwarded: for="[::1',
  'Expect: x',
  'Forwarded: for=192.0.2.1;host="[:::]"',
  'Sec-WebSocket-Protocol: chat, __proto__',
  'Connection: close',
  ': x',
  'x',
  'Sec-WebSocket-Extensions: a; b="',
  'Expect: 100-continue',
  'Sec-WebSocket-Key: AAAA',
  ' folded',
  'X-Long: '.padEnd(9_000, 'x'),
];
const hosts = [
  'localhost',
  'localhost',
  'a:99999',
  'a%00',
  '[::::]',
  '1.2.3.4.5',
  'xn--a',
  'a:',
  '',
  'a,b',
  '%zz',
];
const targets = [
  '/',
  '/',
  '/?name=%',
  '/?name=x',
  '//',
  '/..//..',
  '/%ff',
  'http://a:99999/',
  'http://[::]/',
  '*',
  'a:1',
  '/#',
];
const methods = ['GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT', 'OPTIONS', 'PRI', 'get'];

function oddRequest(random: SeededRandom): Buffer {
  const pick = (choices: readonly string[]) => choices[random.below(choices.length)] as string;
  const options = { method: pick(methods), target: pick(targets), headers: { Host: pick(hosts) } };
  const lines = openingRequest(options).split('\r\n');
  for (let i = random.below(4); i > 0; i--)
    lines.splice(1 + random.below(lines.length - 2), 0, pick(oddLines));
  if (random.below(6) === 0) lines.splice(1 + random.below(lines.length - 2), 1);
  const request = Buffer.from(lines.join('\r\n'), 'latin1');
  return random.below(2) === 0 ? request : mutate(random, request);
}

test('whatever is sent as an upgrade, nothing is thrown, reported or lost', async () => {
  const server = curiousServer();
  const { port } = await server.listen();
  const connections = await attack(port, 1, (random) => {
    if (random.below(10) === 0) return random.bytes(random.below(300));
    return Buffer.concat([oddRequest(random), random.below(3) === 0 ? oddRequest(random) : text('x')]);
  });
  expect(connections).toBeGreaterThan(100);
  await expectUnharmed(server, port);
  await stop(server);
});

test('whatever is sent after it, nothing is thrown, reported or lost', async () => {
  const server = curiousServer();
  const { port } = await server.listen();
  const request = Buffer.from(openingRequest({ headers: { 'Sec-WebSocket-Protocol': 'chat' } }));
  const connections = await attack(port, 2, (random) => {
    const frames = Array.from({ length: 1 + random.below(12) }, () => {
      const choice = random.below(8);
      if (choice === 0) return random.bytes(random.below(200));
      if (choice === 1) return close(random.below(6_000), 'reason');
      const options = { fin: random.below(4) > 0, masked: random.below(20) > 0 };
      return clientFrame(
        random.below(20) === 0 ? random.below(16) : ([0, 1, 2, 9, 10][random.below(5)] ?? 1),
        random.bytes(random.below(400)),
        options,
      );
    });
    return Buffer.concat([request, mutate(random, Buffer.concat(frames))]);
  });
  expect(connections).toBeGreaterThan(100);
  await expectUnharmed(server, port);
  await stop(server);
});
