import { connect, createServer, type DeflateOptions, type Peer, type ServerOptions } from 'ieum';
import { describe, expect, it, onTestFinished } from 'vitest';

import { ask, openingRequest, RawClient } from '../support/raw-client.js';

async function serve(
  permessageDeflate: DeflateOptions | boolean,
  more: Partial<ServerOptions<unknown>> = {},
) {
  const extensions: string[] = [];
  const server = createServer<unknown>({
    permessageDeflate,
    routes: { '/': { open: (peer) => void extensions.push(peer.extensions) } },
    ...more,
  });
  onTestFinished(() => server.close());
  const { port } = await server.listen();
  return { server, port, extensions };
}

const offering = (...offers: readonly string[]) => ({ headers: { 'Sec-WebSocket-Extensions': offers } });

const open: DeflateOptions = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
};
const granted =
  'permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12';

describe('a server', () => {
  it.each<[options: DeflateOptions | boolean, offers: readonly string[], answer: string | undefined]>([
    [true, ['permessage-deflate'], granted],
    [{}, ['permessage-deflate; client_max_window_bits'], granted],
    [true, [], undefined],
    [false, ['permessage-deflate'], undefined],
    [open, ['permessage-deflate; client_max_window_bits'], 'permessage-deflate'],
    [open, ['permessage-deflate; server_max_window_bits=8'], undefined],
    [open, ['permessage-deflate; unknown'], undefined],
    [open, ['permessage-deflate; server_max_window_bits=010'], undefined],
    [open, ['permessage-deflate; server_no_context_takeover; server_no_context_takeover'], undefined],
    [open, ['permessage-deflate; unknown, permessage-deflate'], 'permessage-deflate'],
    [open, ['permessage-deflate; unknown', 'permessage-deflate'], 'permessage-deflate'],
    [open, ['x-webkit-deflate-frame', 'x-other; a="b"'], undefined],
    [
      open,
      ['permessage-deflate; server_max_window_bits=9; client_max_window_bits="9"'],
      'permessage-deflate; server_max_window_bits=9; client_max_window_bits=9',
    ],
    [
      { ...open, clientMaxWindowBits: 9 },
      ['permessage-deflate; client_max_window_bits, permessage-deflate'],
      'permessage-deflate; client_max_window_bits=9',
    ],
  ])('told %o and offered %j answers %s', async (options, offers, answer) => {
    const { port, extensions } = await serve(options);
    const response = await ask(port, offering(...offers));
    expect([response.status, response.field('Sec-WebSocket-Extensions')]).toEqual([101, answer]);
    expect(extensions).toEqual([answer ?? '']);
  });

  it.each(['permessage-deflate;', 'permessage-deflate; =1', ', ', 'permessage-deflate; a=b=c', 'a b'])(
    'refuses an offer without grammar: %s',
    async (offer) => {
      const { port, extensions } = await serve(true);
      expect((await ask(port, offering(offer))).status).toBe(400);
      expect(extensions).toEqual([]);
    },
  );

  it('has routes with settings of their own', async () => {
    const { port } = await serve(true, {
      routes: {
        '/as-server': {},
        '/not': { permessageDeflate: false },
        '/other': { permessageDeflate: open },
      },
    });
    const answers: unknown[] = [];
    for (const target of ['/as-server', '/not', '/other']) {
      const response = await ask(port, { target, ...offering('permessage-deflate') });
      answers.push(response.field('Sec-WebSocket-Extensions'));
    }
    expect(answers).toEqual([granted, undefined, 'permessage-deflate']);
  });

  it('answers the same to requests that node:http reads', async () => {
    const { port } = await serve(true, { socketAccess: 'public' });
    const response = await ask(port, offering('permessage-deflate'));
    expect(response.field('Sec-WebSocket-Extensions')).toBe(granted);
  });
});

/** Two windows of 2^9 bytes, each of which may take twice that. */
const oneConnection = 2 * 2 * 2 ** 9;
const small: DeflateOptions = {
  ...open,
  serverMaxWindowBits: 9,
  clientMaxWindowBits: 9,
  thresholdBytes: 0,
};
const smallOffer = {
  headers: {
    'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits',
    'Sec-WebSocket-Protocol': 'any',
  },
};

describe('memory for context takeover', () => {
  it('is agreed to as far as the budget goes, and given back when connections are gone', async () => {
    const { port } = await serve({ ...small, maxMemoryBytes: 2 * oneConnection + 100 });
    const one = await RawClient.connect(port);
    const answerOf = async (client: RawClient) => {
      client.send(openingRequest(smallOffer));
      return (await client.response()).field('Sec-WebSocket-Extensions');
    };
    const with_ = 'permessage-deflate; server_max_window_bits=9; client_max_window_bits=9';
    expect(await answerOf(one)).toBe(with_);
    expect(await answerOf(await RawClient.connect(port))).toBe(with_);
    expect(await answerOf(await RawClient.connect(port))).toBeUndefined();
    const thrifty = offering('permessage-deflate; server_no_context_takeover; client_no_context_takeover');
    expect((await ask(port, thrifty)).field('Sec-WebSocket-Extensions')).toContain('permessage-deflate');
    one.reset();
    await expect.poll(async () => answerOf(await RawClient.connect(port))).toBe(with_);
  });

  it('is given back however connections end, and handshakes fail', async () => {
    const limit = { ...small, maxMemoryBytes: 50 * oneConnection };
    let fails = false;
    const { port, server } = await serve(limit, {
      routes: {
        '/': {
          subprotocols: () => {
            if (fails) throw new Error('no choice');
            return undefined;
          },
        },
      },
      reportError: () => {},
      closeTimeoutMs: 100,
    });
    const ends: ((client: RawClient) => void)[] = [
      (client) => client.reset(),
      (client) => client.socket.destroy(),
      (client) => client.socket.end(),
      (client) => client.send(Uint8Array.of(0x88, 0x80, 0, 0, 0, 0)),
      (client) => client.send(Uint8Array.of(0xc1, 0x81, 0, 0, 0, 0, 0xff)),
      (client) => client.send(Uint8Array.of(0xff, 0x80, 0, 0, 0, 0)),
    ];
    for (let round = 0; round < 20; round++) {
      const clients = await Promise.all(ends.map(() => RawClient.open(port, smallOffer)));
      for (const [i, end] of ends.entries()) end(clients[i] as RawClient);
      await expect.poll(() => server.peers.size, { interval: 2 }).toBe(0);
      for (const client of clients) client.socket.destroy();
    }
    for (const left of [0, 1, 2]) {
      const client = await RawClient.connect(port);
      client.send(openingRequest(smallOffer));
      if (left === 1) client.reset();
      if (left === 2) client.socket.destroy();
    }
    fails = true;
    for (let i = 0; i < 60; i++) expect((await ask(port, smallOffer)).status).toBe(500);
    fails = false;
    await expect.poll(() => server.peers.size).toBe(1);
    for (const peer of server.peers) peer.terminate();
    const all = await Promise.all(Array.from({ length: 50 }, () => ask(port, smallOffer)));
    expect(all.filter((response) => response.field('Sec-WebSocket-Extensions') === undefined)).toEqual([]);
  });

  it('is all there again after 1,000 connections of our own client', async () => {
    // Both ends are in this process: each connection counts twice.
    const permessageDeflate = { ...small, maxMemoryBytes: 100 * oneConnection };
    const { port, server } = await serve(permessageDeflate, {
      routes: { '/': { message: (peer, message) => peer.send(message) } },
    });
    const meet = () => connect(`ws://127.0.0.1:${port}`, { permessageDeflate });
    for (let round = 0; round < 25; round++) {
      const peers = await Promise.all(Array.from({ length: 40 }, meet));
      expect(peers.filter((peer) => peer.extensions === '')).toEqual([]);
      for (const [i, peer] of peers.entries()) {
        peer.send(`message of ${i}, message of ${i}`);
        if (i % 2 === 0) void peer.close();
        else peer.terminate();
      }
      await Promise.all(peers.map((peer) => peer.closed));
      await expect.poll(() => server.peers.size, { interval: 2 }).toBe(0);
    }
    const peers: Peer<undefined>[] = [];
    for (let i = 0; i < 50; i++) peers.push(await meet());
    expect(peers.every((peer) => peer.extensions !== '')).toBe(true);
    expect((await meet()).extensions).toBe('');
    for (const peer of peers) peer.terminate();
  });

  it('is not asked of a server when there is none', async () => {
    const { port, extensions } = await serve(true);
    const permessageDeflate = { ...small, maxMemoryBytes: oneConnection - 1 };
    const peer = await connect(`ws://127.0.0.1:${port}`, { permessageDeflate });
    expect([peer.extensions, ...extensions]).toEqual(['', '']);
    peer.terminate();
  });
});
