import { setImmediate as turn } from 'node:timers/promises';

import { connect, type Message, type Peer, type PeerHandlers, WebSocket } from 'ieum';
import { seededRandom } from 'ieum/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';
import { createTraffic, sendInPieces, type Traffic } from '../support/traffic.js';

/** What a connection was given, kept as it was given and looked at when all is over. */
interface Kept {
  readonly messages: Uint8Array[];
  readonly pings: Uint8Array[];
}

type Handlers = (kept: Kept) => PeerHandlers<undefined>;

const keepPings = (kept: Kept) => ({
  ping: (_peer: unknown, payload: Uint8Array) => void kept.pings.push(payload),
});

const ways: Readonly<Record<string, Handlers>> = {
  'keeps messages for later': (kept) => ({
    ...keepPings(kept),
    message: (_peer, message) => void kept.messages.push(message.bytes),
  }),
  'handles one message at a time, each for a while': (kept) => ({
    ...keepPings(kept),
    message: async (_peer, message) => {
      await turn();
      kept.messages.push(message.bytes);
      await turn();
    },
  }),
  'pauses at every message': (kept) => ({
    ...keepPings(kept),
    message: (peer, message) => {
      kept.messages.push(message.bytes);
      peer.pause();
      setImmediate(() => peer.resume());
    },
  }),
  'pauses at every ping': (kept) => ({
    ping: (peer, payload) => {
      kept.pings.push(payload);
      peer.pause();
      setImmediate(() => peer.resume());
    },
    message: (_peer, message) => void kept.messages.push(message.bytes),
  }),
  'iterates over messages, slowly': (kept) => ({
    ...keepPings(kept),
    open: (peer) => void iterate(peer, kept),
  }),
  'sends everything on': (kept) => ({
    ...keepPings(kept),
    message: (peer, message) => {
      kept.messages.push(message.bytes);
      void peer.send(message);
    },
  }),
  'is slow to open': (kept) => ({
    ...keepPings(kept),
    open: async () => {
      for (let i = 0; i < 20; i++) await turn();
    },
    message: (_peer, message) => void kept.messages.push(message.bytes),
  }),
};

async function iterate(peer: Peer<undefined>, kept: Kept): Promise<void> {
  for await (const message of peer) {
    await turn();
    kept.messages.push((message as Message).bytes);
  }
}

describe.each(['direct', 'public'] as const)('%s access', (socketAccess) => {
  test.each(Object.entries(ways))('nothing changes any more for who %s', async (_, handlersFor) => {
    const kept = [0, 1, 2].map((): Kept => ({ messages: [], pings: [] }));
    const { port, errors } = await serve<undefined>({
      socketAccess,
      routes: Object.fromEntries(kept.map((each, i) => [`/${i}`, handlersFor(each)])),
    });
    const traffic = kept.map((__, i) => createTraffic(17 + i, 60));
    await Promise.all(
      traffic.map(async ({ bytes }, i) => {
        const client = await RawClient.open(port, { target: `/${i}` });
        client.socket.resume();
        await sendInPieces(client.socket, bytes, seededRandom(99 + i));
      }),
    );
    for (const [i, each] of kept.entries()) await expectKept(each, traffic[i] as Traffic);
    expect(errors).toEqual([]);
  });

  test('nor for a client, whatever face it has', async () => {
    const traffic = createTraffic(5, 80);
    const { url } = await serve<undefined>({
      routes: {
        '/': {
          open: async (peer) => {
            for (const message of traffic.messages) {
              void peer.send(message);
              if (message.length % 3 === 0) await turn();
            }
          },
        },
      },
    });
    const byHandler: Uint8Array[] = [];
    const byIteration: Uint8Array[] = [];
    const byEvent: ArrayBuffer[] = [];
    const first = await connect(url, {
      socketAccess,
      message: (_peer, message) => void byHandler.push(message.bytes),
    });
    const second = await connect(url, { socketAccess });
    const third = new WebSocket(url, { socketAccess });
    third.binaryType = 'arraybuffer';
    third.addEventListener('message', ({ data }) => byEvent.push(data as ArrayBuffer));
    onTestFinished(() => {
      for (const peer of [first, second]) peer.terminate();
      third.close();
    });
    for await (const message of second) {
      byIteration.push(message.bytes);
      await turn();
      if (byIteration.length === traffic.messages.length) break;
    }
    await expect.poll(() => byEvent.length).toBe(traffic.messages.length);
    await expect.poll(() => byHandler.length).toBe(traffic.messages.length);
    for (const [i, message] of traffic.messages.entries()) {
      for (const bytes of [byHandler[i], byIteration[i], new Uint8Array(byEvent[i] as ArrayBuffer)]) {
        expect(message.equals(bytes as Uint8Array)).toBe(true);
      }
    }
  });
});

async function expectKept(kept: Kept, traffic: Traffic): Promise<void> {
  await expect.poll(() => kept.messages.length, { timeout: 10_000 }).toBe(traffic.messages.length);
  await expect.poll(() => kept.pings.length).toBe(traffic.pings.length);
  const isSame = (bytes: Uint8Array, i: number) => traffic.messages[i]?.equals(bytes);
  expect(kept.messages.map(isSame)).toEqual(traffic.messages.map(() => true));
  expect(kept.pings.map((bytes) => Buffer.from(bytes))).toEqual(traffic.pings);
}

test.each([1, 2, 3, 4, 5, 6])(
  'both kinds of access answer the same, however the input is cut (%i)',
  async (seed) => {
    const traffic = createTraffic(seed, 40);
    const answers = await Promise.all(
      (['direct', 'public'] as const).map(async (socketAccess) => {
        const { port } = await serve<undefined>({ socketAccess });
        const client = await RawClient.open(port);
        await sendInPieces(client.socket, traffic.bytes, seededRandom(seed));
        return client.frames(traffic.messages.length + traffic.pings.length);
      }),
    );
    for (const frames of answers) {
      const isPong = ({ opcode }: { opcode: number }) => opcode === 10;
      const messages = frames.filter((frame) => !isPong(frame));
      const areSame = (sent: readonly Buffer[], echoed: typeof frames) =>
        sent.map((payload, i) => echoed[i]?.payload.equals(payload));
      expect(areSame(traffic.messages, messages)).toEqual(traffic.messages.map(() => true));
      expect(areSame(traffic.pings, frames.filter(isPong))).toEqual(traffic.pings.map(() => true));
    }
  },
);
