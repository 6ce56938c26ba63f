import { type CloseRecord, createServer, type Peer } from 'ieum';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ForeignClient, ForeignConnection } from './foreign.js';
import { Mailbox } from './mailbox.js';
import { payloads } from './payloads.js';

/** What the standards leave to an implementation; a browser's API has neither. */
export interface ForeignAbilities {
  readonly sendFragments: boolean;
  readonly ping: boolean;
}

/** What every client that is not ours must be able to do with our server, which also has a page for browsers. */
export function testForeignClient(
  name: string,
  start: (origin: string) => ForeignClient | Promise<ForeignClient>,
  can: ForeignAbilities = { sendFragments: true, ping: true },
): void {
  describe(`${name} as a client of our server`, () => {
    const peers = new Mailbox<Peer>();
    const records = new Mailbox<CloseRecord>();
    /** Of the last message that the server received. */
    let fragments = 0;
    const server = createServer<unknown>({
      request: (_request, response) => void response.end('<!doctype html><title>ieum</title>'),
      routes: {
        '/echo': {
          subprotocols: ['second', 'first'],
          open: (peer) => peers.put(peer),
          message(peer, message) {
            fragments = message.fragments;
            return peer.send(message);
          },
          closed: (_peer, record) => records.put(record),
        },
      },
    });
    let client: ForeignClient;
    let url: string;

    beforeAll(async () => {
      const { port } = await server.listen();
      url = `ws://127.0.0.1:${port}/echo`;
      client = await start(`http://127.0.0.1:${port}`);
    });

    afterAll(async () => {
      await client?.stop();
      await server.close();
    });

    /** Connects, has something done, closes. */
    async function converse(
      act: (connection: ForeignConnection, peer: Peer) => Promise<void>,
      subprotocols?: readonly string[],
    ): Promise<void> {
      const connection = await client.connect(url, subprotocols);
      const peer = await peers.next();
      await act(connection, peer);
      if (peer.state === 'open') connection.close(1000, '');
      await connection.nextClose();
      await records.next();
    }

    it.each(payloads)('gets %s back', (_name, data) =>
      converse(async (connection) => {
        connection.send(data);
        const message = await connection.nextMessage();
        if (typeof data === 'string') expect(message === data).toBe(true);
        else expect(Buffer.from(message as Uint8Array).equals(data)).toBe(true);
      }),
    );

    it('gets 1,000 messages back in order', () =>
      converse(async (connection) => {
        const sent = Array.from({ length: 1_000 }, (_, index) => `message ${index}`);
        for (const text of sent) connection.send(text);
        const received: unknown[] = [];
        while (received.length < sent.length) received.push(await connection.nextMessage());
        expect(received).toEqual(sent);
      }));

    if (can.sendFragments)
      it('may send a message in fragments', () =>
        converse(async (connection) => {
          connection.sendFragments?.(['one ', 'zwei 이음 ', 'three']);
          expect(await connection.nextMessage()).toBe('one zwei 이음 three');
          expect(fragments).toBeGreaterThan(1);
        }));

    it('agrees on a subprotocol', () =>
      converse(
        async (connection, peer) => {
          expect(connection.subprotocol).toBe('second');
          expect(peer.subprotocol).toBe('second');
        },
        ['first', 'second'],
      ));

    it('answers our Ping', () =>
      converse(async (_connection, peer) => {
        expect(await peer.ping('ieum')).toMatchObject({ type: 'pong' });
      }));

    if (can.ping)
      it('gets its Ping answered', () =>
        converse(async (connection) => {
          await connection.ping?.();
        }));

    it('may close', async () => {
      const connection = await client.connect(url);
      await peers.next();
      connection.close(4001, 'grüße');
      expect(await records.next()).toMatchObject({
        received: { code: 4001, reason: 'grüße' },
        first: 'received',
        wasClean: true,
      });
      expect((await connection.nextClose()).code).toBe(4001);
    });

    it('may be closed', async () => {
      const connection = await client.connect(url);
      const record = (await peers.next()).close(4002, 'bye');
      expect(await connection.nextClose()).toEqual({ code: 4002, reason: 'bye' });
      expect(await record).toMatchObject({ received: { code: 4002 }, first: 'sent', wasClean: true });
      await records.next();
    });
  });
}
