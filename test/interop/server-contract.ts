import { type ConnectOptions, connect, type Peer } from 'ieum';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ForeignServer } from './foreign.js';
import { payloads } from './payloads.js';

/** What our client must be able to do with every server that is not ours. */
export function testForeignServer(name: string, start: () => Promise<ForeignServer>): void {
  describe(`our client with ${name}`, () => {
    let server: ForeignServer;

    beforeAll(async () => {
      server = await start();
    });

    afterAll(() => server?.stop());

    /** Connects, has something done, closes. */
    async function converse(
      act: (peer: Peer<undefined>) => Promise<void>,
      options?: ConnectOptions,
    ): Promise<void> {
      const peer = await connect(server.url, options);
      try {
        await act(peer);
        await peer.close();
        await server.nextClose();
      } finally {
        peer.terminate();
      }
    }

    const next = async (peer: Peer<undefined>) => (await peer[Symbol.asyncIterator]().next()).value;

    it.each(payloads)('gets %s back', (_name, data) =>
      converse(async (peer) => {
        await peer.send(data);
        const message = await next(peer);
        expect(message.type).toBe(typeof data === 'string' ? 'text' : 'binary');
        expect(Buffer.from(message.bytes).equals(Buffer.from(data as string))).toBe(true);
      }),
    );

    it('gets 1,000 messages back in order', () =>
      converse(async (peer) => {
        const sent = Array.from({ length: 1_000 }, (_, index) => `message ${index}`);
        for (const text of sent) await peer.send(text);
        const received: unknown[] = [];
        for await (const message of peer) {
          received.push(message.data);
          if (received.length === sent.length) break;
        }
        expect(received).toEqual(sent);
      }));

    it('gets a message that came in fragments', () =>
      converse(async (peer) => {
        peer.send('!fragments');
        const message = await next(peer);
        expect(message.data).toBe('one two three');
        expect(message.fragments).toBeGreaterThan(2);
      }));

    it('agrees on a subprotocol', () =>
      converse(
        async (peer) => {
          expect(['first', 'second']).toContain(peer.subprotocol);
        },
        { subprotocols: ['first', 'second'] },
      ));

    it('answers its Ping and gets its own answered', () =>
      converse(async (peer) => {
        expect(await peer.ping('ieum')).toMatchObject({ type: 'pong' });
        peer.send('!ping');
        expect((await next(peer)).data).toBe('pong');
      }));

    it('may close', async () => {
      const peer = await connect(server.url);
      const record = await peer.close(4001, 'grüße');
      expect(record).toMatchObject({
        sent: { code: 4001 },
        received: { code: 4001 },
        first: 'sent',
        wasClean: true,
      });
      expect(await server.nextClose()).toEqual({ code: 4001, reason: 'grüße' });
    });

    it('may be closed', async () => {
      const peer = await connect(server.url);
      peer.send('!close');
      expect(await peer.closed).toMatchObject({
        code: 4002,
        reason: 'bye',
        first: 'received',
        wasClean: true,
      });
      await server.nextClose();
    });
  });
}
