import { once } from 'node:events';
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../../../../test/support/certificates.js';

import { readerFor, type SocketAccess } from './socket-reader.js';

let certificates: Certificates;
const sockets: Socket[] = [];
const servers: net.Server[] = [];

beforeAll(async () => {
  certificates = await createCertificates();
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

afterAll(() => {
  for (const server of servers.splice(0)) server.close();
});

describe.each<[SocketAccess, 'tcp' | 'tls']>([
  ['direct', 'tcp'],
  ['direct', 'tls'],
  ['public', 'tcp'],
  ['public', 'tls'],
])('%s access to %s', (access, transport) => {
  test('gives every byte in order, those that came before it began too', async () => {
    const { near, far } = await pair(transport);
    far.write('before ');
    await once(near, 'readable');
    const sink = new Sink();
    readerFor(near, access).start(near, sink);
    far.write('after');
    await sink.receives(12);
    expect(sink.text).toBe('before after');
  });

  test('reads nothing more while paused, and everything once resumed', async () => {
    const { near, far } = await pair(transport);
    const sink = new Sink();
    const reader = readerFor(near, access);
    reader.start(near, sink);
    far.write('x');
    await sink.receives(1);

    sink.reads = false;
    reader.pause(near);
    const flood = Buffer.alloc(16 * 1024 * 1024, 'y');
    far.write(flood);
    await oneTurn(20);
    expect(sink.byteLength).toBeLessThan(1024 * 1024);
    expect(far.writableLength).toBeGreaterThan(0);

    sink.reads = true;
    reader.resume(near);
    await sink.receives(1 + flood.length);
    expect(far.writableLength).toBe(0);
  });

  test('pauses from within a chunk, again and again', async () => {
    const { near, far } = await pair(transport);
    const sink = new Sink();
    const reader = readerFor(near, access);
    sink.handleChunk = () => {
      sink.reads = false;
      reader.pause(near);
      setImmediate(() => {
        sink.reads = true;
        reader.resume(near);
      });
    };
    reader.start(near, sink);
    far.write(Buffer.alloc(1024 * 1024));
    await sink.receives(1024 * 1024);
  });

  test('tells the end behind the last byte', async () => {
    const { near, far } = await pair(transport);
    const sink = new Sink();
    readerFor(near, access).start(near, sink);
    far.end('bye');
    await sink.ended;
    expect(sink.text).toBe('bye');
  });

  test('tells the end behind what came before it began', async () => {
    const { near, far } = await pair(transport);
    far.end('bye');
    await once(near, 'readable');
    await oneTurn(20);
    const sink = new Sink();
    readerFor(near, access).start(near, sink);
    await sink.ended;
    expect(sink.text).toBe('bye');
  });
});

class Sink {
  #chunks: Uint8Array[] = [];
  #waiting: { byteLength: number; resolve: () => void } | null = null;
  #end: () => void = () => {};
  readonly ended = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  byteLength = 0;
  reads = true;
  handleChunk: () => void = () => {};

  get text(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  handleEnd(): void {
    this.#end();
  }

  handleData(chunk: Uint8Array): boolean {
    this.#chunks.push(chunk);
    this.byteLength += chunk.length;
    this.handleChunk();
    if (this.#waiting !== null && this.byteLength >= this.#waiting.byteLength) this.#waiting.resolve();
    return this.reads;
  }

  receives(byteLength: number): Promise<void> {
    if (this.byteLength >= byteLength) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting = { byteLength, resolve };
    });
  }
}

async function pair(transport: 'tcp' | 'tls'): Promise<{ near: Socket; far: Socket }> {
  const { server: certificate, authority } = certificates;
  const server =
    transport === 'tcp' ? net.createServer({ allowHalfOpen: true }) : tls.createServer({ ...certificate });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const accepted = once(server, transport === 'tcp' ? 'connection' : 'secureConnection');
  const far =
    transport === 'tcp'
      ? net.connect(port, '127.0.0.1')
      : tls.connect({ port, host: '127.0.0.1', ca: authority.cert });
  const [near] = (await accepted) as [Socket];
  for (const socket of [near, far]) socket.on('error', () => {});
  sockets.push(near, far);
  return { near, far };
}

/** Lets the event loop turn: what could be read in that time would have been. */
async function oneTurn(times: number): Promise<void> {
  for (let i = 0; i < times; i++) await new Promise((resolve) => setImmediate(resolve));
}
