import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import type { Clock } from '../../channel/clock.js';
import { ProxiedConnections } from './proxied-connections.js';
import { ProxyProtocolListener } from './proxy-protocol-listener.js';
import { TrustedProxies } from './trusted-proxies.js';

const version1 = Buffer.from('PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n');
const version2 = Buffer.concat([
  Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x14', 'latin1'),
  Buffer.from([192, 0, 2, 1, 10, 0, 0, 1, 0xdc, 0x04, 0x01, 0xbb, 0x20, 0, 5, 1, 0, 0, 0, 0]),
]);
const local = Buffer.from('PROXY UNKNOWN\r\n');
const request = Buffer.from(
  'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello',
);

/** Time that passes when a test says so. */
class ManualClock implements Clock {
  readonly #timers = new Map<() => void, number>();

  get pending(): readonly number[] {
    return [...this.#timers.values()];
  }

  now(): number {
    return 0;
  }

  setTimer(callback: () => void, delayMs: number): () => void {
    this.#timers.set(callback, delayMs);
    return () => this.#timers.delete(callback);
  }

  fire(): void {
    for (const callback of this.#timers.keys()) callback();
  }
}

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

interface Front {
  readonly port: number;
  readonly clock: ManualClock;
  readonly connections: ProxiedConnections;
  readonly listener: ProxyProtocolListener;
  /** The sockets that the listener was given. */
  readonly accepted: readonly Socket[];
}

async function startFront(
  handOn: (socket: Socket) => void,
  trusted: readonly string[] = ['loopback'],
): Promise<Front> {
  const clock = new ManualClock();
  const connections = new ProxiedConnections();
  const options = { trusted: new TrustedProxies(trusted), deadlineMs: 1234, clock, connections, handOn };
  const listener = new ProxyProtocolListener(options);
  const accepted: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    cleanUps.push(() => socket.destroy());
    listener.accept(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => server.close());
  return { port: (server.address() as AddressInfo).port, clock, connections, listener, accepted };
}

/** Answers with the source, whether it spoke TLS, and the body that it sent. */
function answering(connections: () => ProxiedConnections): RequestListener {
  return async (incoming, response) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const header = connections().get(incoming.socket);
    response.end(`${header?.source?.address ?? 'direct'}:${header?.source?.port} ${header?.tls} ${body}`);
  };
}

const psk = { psk: Buffer.alloc(32, 7), identity: 'test' };
const tlsOptions = { ciphers: 'PSK', maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;

/** What stands behind the front, and how a client speaks to it over a socket that sent its header. */
const backends = {
  http: {
    create: (listener: RequestListener): HttpServer => createHttpServer(listener),
    speak: (socket: Duplex): Duplex => socket,
  },
  https: {
    create: (listener: RequestListener): HttpServer =>
      createHttpsServer({ ...tlsOptions, pskCallback: () => psk.psk }, listener),
    speak: (socket: Duplex): Duplex =>
      connectTls({ ...tlsOptions, socket, pskCallback: () => psk, checkServerIdentity: () => undefined }),
  },
};

async function startBackend(kind: keyof typeof backends, trusted?: readonly string[]): Promise<Front> {
  const server = backends[kind].create(answering(() => front.connections));
  const front: Front = await startFront((socket) => void server.emit('connection', socket), trusted);
  return front;
}

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  cleanUps.push(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

async function readAll(socket: Duplex): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += chunk;
  return text;
}

/** Looks again whenever the event loop has turned; a test that waits in vain runs into its own time limit. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

/** A stream over `socket` that sends `header` in one piece with the first bytes that are written. */
function prefixed(socket: Socket, header: Uint8Array): Duplex {
  let prefix = header;
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk: Uint8Array, _, callback) => {
      socket.write(Buffer.concat([prefix, chunk]), callback);
      prefix = Buffer.alloc(0);
    },
    final: (callback) => void socket.end(callback),
  });
  socket.on('data', (chunk) => stream.push(chunk)).on('end', () => stream.push(null));
  return stream;
}

/** Hands every byte to the network by itself. */
async function dribble(socket: Socket, bytes: Uint8Array): Promise<void> {
  for (const byte of bytes) {
    await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.each(['http', 'https'] as const)('before a node:%s server', (kind) => {
  const { speak } = backends[kind];

  test.each([
    ['version 1', version1, '192.0.2.1:56324 undefined hello'],
    ['version 2', version2, '192.0.2.1:56324 true hello'],
    ['no source', local, 'direct:undefined undefined hello'],
  ])('a header with %s is read, and the request arrives', async (_, header, answer) => {
    const front = await startBackend(kind);
    const socket = await open(front.port);
    socket.write(header);
    const stream = speak(socket);
    stream.write(request);
    expect(await readAll(stream)).toContain(answer);
  });

  test('a dribbled header is read, and the request arrives', async () => {
    const front = await startBackend(kind);
    const socket = await open(front.port);
    await dribble(socket, version2);
    const stream = speak(socket);
    stream.write(request);
    expect(await readAll(stream)).toContain('192.0.2.1:56324 true hello');
  });

  test.each([version1, version2])('a header in one piece with what follows is read', async (header) => {
    const front = await startBackend(kind);
    const stream = speak(prefixed(await open(front.port), header));
    stream.write(request);
    expect(await readAll(stream)).toContain('192.0.2.1:56324');
  });

  test('a request longer than any buffer arrives after the header', async () => {
    const front = await startBackend(kind);
    const stream = speak(prefixed(await open(front.port), version1));
    const body = 'x'.repeat(2 ** 20);
    stream.write(
      `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    expect((await readAll(stream)).endsWith(` ${body}`)).toBe(true);
  });

  test('an untrusted peer is handed on untouched', async () => {
    const front = await startBackend(kind, ['192.0.2.0/24']);
    const stream = speak(await open(front.port));
    stream.write(request);
    expect(await readAll(stream)).toContain('direct:undefined undefined hello');
  });

  test('nothing is left behind when the connection is closed', async () => {
    const front = await startBackend(kind);
    const socket = await open(front.port);
    await dribble(socket, version1.subarray(0, 9));
    await until(() => front.listener.waiting === 1);
    expect([front.listener.waiting, front.clock.pending]).toEqual([1, [1234]]);
    socket.write(version1.subarray(9));
    const stream = speak(socket);
    stream.write(request);
    const closed = once(front.accepted[0] as Socket, 'close');
    expect(await readAll(stream)).toContain('192.0.2.1');
    stream.destroy();
    await closed;
    expect([front.listener.waiting, front.clock.pending, front.connections.size]).toEqual([0, [], 0]);
  });
});

describe('a trusted peer', () => {
  test.each([
    ['sends a request without a header', request],
    ['sends a TLS handshake', Buffer.from('16030102000100', 'hex')],
    ['sends half a signature', Buffer.from('\r\n\r\nGET')],
    ['sends a header with garbage in it', Buffer.from('PROXY TCP4 a b c d\r\n')],
    ['announces a header that is too long', Buffer.from('\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff', 'latin1')],
  ])('that %s is destroyed', async (_, bytes) => {
    const handedOn: Socket[] = [];
    const front = await startFront((socket) => void handedOn.push(socket));
    const socket = await open(front.port);
    socket.write(bytes);
    socket.on('error', () => undefined);
    await Promise.all([once(socket, 'close'), readAll(socket).catch(() => '')]);
    await until(() => front.listener.waiting === 0);
    expect([handedOn.length, front.connections.size, front.clock.pending]).toEqual([0, 0, []]);
  });

  test('that is slower than the deadline is destroyed', async () => {
    const handedOn: Socket[] = [];
    const front = await startFront((socket) => void handedOn.push(socket));
    const socket = await open(front.port);
    await dribble(socket, version1.subarray(0, -1));
    await until(() => front.listener.waiting === 1);
    front.clock.fire();
    expect(await readAll(socket)).toBe('');
    await until(() => front.listener.waiting === 0);
    expect([handedOn.length, front.clock.pending]).toEqual([0, []]);
  });

  test.each([
    ['ends', (socket: Socket) => void socket.end()],
    ['resets', (socket: Socket) => void socket.resetAndDestroy()],
  ])('that %s before its header is complete is destroyed', async (_, leave) => {
    const front = await startFront(() => undefined);
    const socket = await open(front.port);
    await dribble(socket, version2.subarray(0, 20));
    await until(() => front.listener.waiting === 1);
    leave(socket);
    await until(() => front.listener.waiting === 0);
    expect([front.accepted[0]?.destroyed, front.clock.pending]).toEqual([true, []]);
  });

  test('that waits is destroyed together with the others', async () => {
    const front = await startFront(() => undefined);
    const sockets = await Promise.all([open(front.port), open(front.port)]);
    await until(() => front.listener.waiting === 2);
    front.listener.destroyWaiting();
    expect(await Promise.all(sockets.map(readAll))).toEqual(['', '']);
    await until(() => front.listener.waiting === 0);
  });

  test('that ends after its request still has it answered', async () => {
    const front = await startBackend('http');
    const socket = connect({ port: front.port, host: '127.0.0.1', allowHalfOpen: true });
    cleanUps.push(() => socket.destroy());
    socket.end(Buffer.concat([version1, request]));
    expect(await readAll(socket)).toContain('192.0.2.1:56324 undefined hello');
  });

  test('that sent nothing but its header has no bytes handed on', async () => {
    let handedOn: Socket | undefined;
    const front = await startFront((socket) => {
      handedOn = socket;
    });
    (await open(front.port)).write(version1);
    await until(() => handedOn !== undefined);
    expect([
      handedOn?.readableLength,
      handedOn?.listenerCount('readable'),
      handedOn?.listenerCount('error'),
    ]).toEqual([0, 0, 0]);
    expect(front.connections.get(handedOn as Socket)).toEqual({
      type: 'header',
      source: { address: '192.0.2.1', port: 56324 },
      destination: { address: '10.0.0.1', port: 443 },
      tls: undefined,
    });
  });
});
