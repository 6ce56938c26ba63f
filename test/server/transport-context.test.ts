import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';

import {
  accept,
  type CloseRecord,
  createServer,
  type Peer,
  type PeerHandlers,
  type ServerOptions,
} from 'ieum';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { close, ping, text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve, stop } from '../support/serve.js';

/** Exceptions and rejections that nobody handled. */
const unhandled: unknown[] = [];
const note = (error: unknown) => void unhandled.push(error);

beforeEach(() => {
  unhandled.length = 0;
  process.on('uncaughtException', note).on('unhandledRejection', note);
});

afterEach(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

const accesses = ['direct', 'public'] as const;

describe.each(accesses)('async context with %s access', (socketAccess) => {
  test('of one connection is not seen by another', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: string[] = [];
    const look = (where: string) => {
      seen.push(`${where}: ${storage.getStore()}`);
      storage.enterWith(`of ${where}`);
    };
    const routes: ServerOptions<undefined>['routes'] = Object.fromEntries(
      ['a', 'b'].map((name): [string, PeerHandlers<undefined>] => [
        `/${name}`,
        {
          open: () => look(`${name} open`),
          message: async (peer, message) => {
            look(`${name} message`);
            await turn();
            expect(storage.getStore()).toBe(`of ${name} message`);
            void peer.send(message);
          },
          ping: () => look(`${name} ping`),
          closed: () => look(`${name} closed`),
        },
      ]),
    );
    const { port } = await serve<undefined>({ routes, socketAccess });
    const clients = {
      a: await RawClient.open(port, { target: '/a' }),
      b: await RawClient.open(port, { target: '/b' }),
    };
    for (const name of ['a', 'b', 'b', 'a'] as const) {
      clients[name].send(text(name));
      expect(await clients[name].frame()).toBe(`text ${name}`);
    }
    clients.a.send(ping());
    await clients.a.frame();
    clients.b.send(close(1000));
    await clients.b.end();
    clients.b.socket.end();
    clients.a.reset();
    await expect.poll(() => seen.length).toBe(9);
    expect(seen.filter((line) => /^a .*: of b|^b .*: of a/.test(line))).toEqual([]);
  });

  test('survives a wait for room', async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const large = Buffer.alloc(20 * 1024 * 1024);
    const { port } = await serve<undefined>({
      socketAccess,
      routes: {
        '/*': {
          message: (peer) =>
            storage.run(peer.request.path, async () => {
              void peer.send(large);
              await peer.send('behind it');
              seen.push(storage.getStore());
            }),
        },
      },
    });
    const clients = await Promise.all(['/a', '/b'].map((target) => RawClient.open(port, { target })));
    for (const client of clients) {
      client.socket.pause();
      client.send(text('go'));
    }
    await turn();
    for (const client of clients.toReversed()) client.socket.resume();
    await expect.poll(() => seen.length).toBe(2);
    expect(seen.sort()).toEqual(['/a', '/b']);
  });
});

const failures: readonly (readonly [string, PeerHandlers<undefined>])[] = [
  ['open', { open: () => fail() }],
  ['open, later', { open: async () => fail() }],
  ['message', { message: () => fail() }],
  ['message, later', { message: async () => fail() }],
  ['ping', { ping: () => fail() }],
  ['pong', { pong: () => fail() }],
  ['closed', { closed: () => fail() }],
];

class Mishap extends Error {}

function fail(): never {
  throw new Mishap();
}

describe.each(accesses)('what handlers throw with %s access', (socketAccess) => {
  test.each(failures)('is reported once when it is %s, and the others go on', async (_, handlers) => {
    const { port, errors, server } = await serve<undefined>({
      socketAccess,
      routes: { '/': { message: (peer, message) => peer.send(message) }, '/failing': handlers },
    });
    const bystander = await RawClient.open(port);
    const client = await RawClient.connect(port);
    client.send(
      openingRequest({ target: '/failing' }),
      text('x'),
      ping('y'),
      Buffer.from('8a8000000000', 'hex'),
    );
    expect((await client.response()).status).toBe(101);
    client.send(close(1000));
    await client.end();
    client.socket.end();
    await expect.poll(() => server.peers.size).toBe(1);
    expect(errors).toEqual([expect.any(Mishap)]);
    bystander.send(text('still here'));
    expect(await bystander.frame()).toBe('text still here');
  });

  test('is survived even when the reporter throws', async () => {
    const write = vi.spyOn(console, 'error').mockImplementation(() => {});
    onTestFinished(() => write.mockRestore());
    const { port } = await serve<undefined>({
      socketAccess,
      reportError: fail,
      routes: { '/': { message: () => fail() } },
    });
    for (let i = 0; i < 2; i++) {
      const client = await RawClient.open(port);
      client.send(text('x'));
      expect(await client.frame()).toBe('close 1011');
    }
  });

  test.each<[string, Partial<ServerOptions<undefined>>]>([
    ['allowOrigin', { allowOrigin: () => fail() }],
    ['authenticate', { authenticate: () => fail() }],
    ['authenticate, later', { authenticate: async () => fail() }],
    ['authenticate, after the client said more', { authenticate: () => turn().then(fail) }],
  ])('is a 500 when it is %s', async (_, options) => {
    const { port, errors, server } = await serve<undefined>({ socketAccess, maxConnections: 1, ...options });
    for (let i = 1; i <= 3; i++) {
      const client = await RawClient.connect(port);
      client.send(openingRequest({ headers: { Origin: 'http://localhost' } }), text('early'));
      expect((await client.response()).status).toBe(500);
      await client.end();
      expect(errors.length).toBe(i);
    }
    expect(server.peers.size).toBe(0);
  });
});

describe.each(accesses)('a socket of an application server with %s access', (socketAccess) => {
  async function attached() {
    const records: CloseRecord[] = [];
    const server = http.createServer().listen(0, '127.0.0.1');
    const sockets = createServer<undefined>({
      socketAccess,
      authenticate: async () => {
        await turn();
        return accept(undefined);
      },
      routes: {
        '/': {
          message: (peer, message) => peer.send(message),
          closed: (_peer, record) => void records.push(record),
        },
      },
    });
    sockets.attach(server);
    const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
    await new Promise((resolve) => server.once('listening', resolve));
    onTestFinished(async () => {
      await stop(sockets);
      server.close();
    });
    const client = await RawClient.connect((server.address() as AddressInfo).port);
    client.send(openingRequest(), text('early'));
    expect((await client.response()).status).toBe(101);
    expect(await client.frame()).toBe('text early');
    return { sockets, client, socket: await accepted, records };
  }

  test('can be destroyed by the application', async () => {
    const { sockets, client, socket, records } = await attached();
    const [peer] = sockets.peers as Iterable<Peer<undefined>>;
    socket.destroy();
    expect(peer?.send('into the void')).toBe('closed');
    await client.end();
    await expect.poll(() => records.length).toBe(1);
    expect([records[0]?.code, records[0]?.cause.type, sockets.peers.size]).toEqual([
      1006,
      'end-of-stream',
      0,
    ]);
  });

  test('can be destroyed by the application with an error, which is the cause then', async () => {
    const { socket, records } = await attached();
    const error = new Mishap();
    socket.destroy(error);
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]?.cause).toEqual({ type: 'transport', error });
  });

  test('that is reset tells so', async () => {
    const { client, records } = await attached();
    client.reset();
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]?.cause).toMatchObject({ type: 'transport', error: { code: 'ECONNRESET' } });
  });
});
