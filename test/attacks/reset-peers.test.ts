import { accept, type Peer } from 'ieum';
import { describe, expect, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';
import { countServerSockets } from '../support/socket-count.js';

const block = Buffer.alloc(64 * 1024);
/** More turns than a loop can take whose peer is gone. */
const turnLimit = 2_000;

async function pumpMessages(peer: Peer<undefined>): Promise<number> {
  let turns = 0;
  while (peer.state === 'open' && turns < turnLimit) {
    turns++;
    await peer.send(block);
  }
  return turns;
}

async function pumpStream(peer: Peer<undefined>): Promise<number> {
  const writer = peer.stream().writable.getWriter();
  writer.closed.catch(() => {});
  let turns = 0;
  while (peer.state === 'open' && turns < turnLimit) {
    turns++;
    await writer.write(block).catch(() => {});
  }
  return turns;
}

const cases = [
  ['peer.send', 'before it begins', pumpMessages, 0],
  ['peer.send', 'behind some messages', pumpMessages, 3],
  ['a writable stream', 'before it begins', pumpStream, 0],
  ['a writable stream', 'behind some messages', pumpStream, 3],
] as const;

test.each(cases)(
  'a loop over %s while the peer is open ends when the client resets %s',
  async (_way, _when, pump, sendsBefore) => {
    const clients: RawClient[] = [];
    const turns: number[] = [];
    const { server, port, errors } = await serve({
      routes: {
        '/': { message: (peer, message) => peer.send(message) },
        '/pump': {
          open: async (peer) => {
            for (let i = 0; i < sendsBefore; i++) await peer.send(block);
            // The reset arrives at once, and nobody is told of it before this turn of the event loop is over.
            for (const client of clients) client.reset();
            turns.push(await pump(peer));
          },
        },
      },
    });
    const client = await RawClient.connect(port);
    clients.push(client);
    client.send(openingRequest({ target: '/pump' }));
    await expect.poll(() => turns.length).toBe(1);
    expect(turns[0]).toBeLessThan(turnLimit);
    await expect.poll(() => server.peers.size).toBe(0);

    const other = await RawClient.open(port);
    other.send(text('still there?'));
    expect([await other.frame(), errors]).toEqual(['text still there?', []]);
  },
);

describe.each(['direct', 'public'] as const)(
  'with %s access, a client that resets behind',
  (socketAccess) => {
    test.each([
      ['its opening handshake', 0],
      ['one that it cut', 20],
    ])('%s is nobody without an address', async (_, cutAt) => {
      const addresses = new Set<string>();
      const { port, server, errors } = await serve<undefined>({
        socketAccess,
        routes: { '/': {} },
        authenticate: ({ address }) => {
          addresses.add(address);
          return accept(undefined);
        },
      });
      const sockets = countServerSockets();
      for (let i = 0; i < 20; i++) {
        const client = await RawClient.connect(port);
        const head = openingRequest();
        if (cutAt > 0) {
          client.send(head.slice(0, cutAt));
          await client.until(() => sockets.count > i, 'a socket');
        }
        client.send(head.slice(cutAt));
        client.reset();
      }
      // Those before have been dealt with when this one is.
      const last = await RawClient.open(port);
      await expect.poll(() => server.peers.size).toBe(1);
      last.reset();
      expect([[...addresses], errors]).toEqual([['127.0.0.1'], []]);
    });
  },
);
