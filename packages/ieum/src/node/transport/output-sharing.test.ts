import { Buffer } from 'node:buffer';

import { expect, test } from 'vitest';

import { text } from '../../../../../test/support/client-frames.js';
import { RawClient } from '../../../../../test/support/raw-client.js';
import { serve } from '../../../../../test/support/serve.js';

const count = 2_500;

/** Tells apart every message, and every byte of it from its neighbours. */
const payloadOf = (name: string, number: number): string => `${name} ${number};`.repeat(300);

test.each(['direct', 'public'] as const)(
  'what waits for a slow reader is not written over by what others are sent (%s access)',
  async (socketAccess) => {
    const { port, server, errors } = await serve<undefined>({
      socketAccess,
      routes: {
        '/flood': {
          message: (peer) => {
            for (let i = 0; i < count; i++) void peer.send(payloadOf('flood', i));
          },
        },
        '/echo': { message: (peer, message) => peer.send(message) },
      },
    });
    const slow = await RawClient.open(port, { target: '/flood' });
    slow.socket.pause();
    slow.send(text('now'));
    await expect.poll(() => [...server.peers].some((peer) => peer.bufferedBytes > 0)).toBe(true);
    const others = await Promise.all([0, 1, 2].map(() => RawClient.open(port, { target: '/echo' })));
    for (let round = 0; round < 40; round++) {
      for (const [i, other] of others.entries()) other.send(text(payloadOf(`other ${i}`, round)));
      for (const [i, other] of others.entries()) {
        const [echo] = await other.frames(1);
        expect(echo?.payload.toString()).toBe(payloadOf(`other ${i}`, round));
      }
    }
    expect([...server.peers].some((peer) => peer.bufferedBytes > 0)).toBe(true);
    slow.socket.resume();
    const frames = await slow.frames(count);
    const wrong = frames.filter(({ payload }, i) => !payload.equals(Buffer.from(payloadOf('flood', i))));
    expect(wrong.map(({ payload }) => payload.toString('latin1', 0, 40))).toEqual([]);
    expect(errors).toEqual([]);
  },
);
