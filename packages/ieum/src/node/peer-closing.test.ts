import { Buffer } from 'node:buffer';

import { describe, expect, test } from 'vitest';

import { clientFrame, close, pong, text } from '../../../../test/support/client-frames.js';
import { MemoryPeer, type MemoryPeerOptions, settle } from '../../../../test/support/memory-peer.js';
import type { CloseRecord } from '../core/close-record.js';

/** What happens, the record that says so, and what the client saw. */
interface Ending {
  readonly name: string;
  readonly options?: MemoryPeerOptions;
  readonly run: (memory: MemoryPeer) => unknown;
  readonly record: Partial<CloseRecord>;
  readonly sent: readonly string[];
}

const advance = async (memory: MemoryPeer, ms: number) => {
  memory.clock.advance(ms);
  await settle();
};

const endings: readonly Ending[] = [
  {
    name: 'a closing handshake that the client began',
    run: async ({ far, receive }) => {
      await receive(close(3000, 'bye'));
      far.end();
    },
    record: {
      code: 3000,
      reason: 'bye',
      received: { code: 3000, reason: 'bye' },
      sent: { code: 3000, reason: '' },
      first: 'received',
      wasClean: true,
      cause: { type: 'closing-handshake' },
    },
    sent: ['close 3000'],
  },
  {
    name: 'a closing handshake that we began',
    run: async ({ peer, far, receive }) => {
      void peer.close(4001, 'enough');
      await settle();
      await receive(close(4001));
      far.end();
    },
    record: {
      code: 4001,
      sent: { code: 4001, reason: 'enough' },
      first: 'sent',
      wasClean: true,
      cause: { type: 'closing-handshake' },
    },
    sent: ['close 4001 enough'],
  },
  {
    name: 'a client that closes without a code',
    run: async ({ far, receive }) => {
      await receive(close());
      far.end();
    },
    record: { code: 1005, wasClean: true, first: 'received' },
    sent: ['close without code'],
  },
  {
    name: 'a violation of the protocol',
    run: async ({ far, receive }) => {
      await receive(clientFrame(3, 'reserved'));
      far.end();
    },
    record: {
      code: 1006,
      received: null,
      first: 'sent',
      wasClean: false,
      cause: {
        type: 'violation',
        violation: expect.objectContaining({ code: 'ERR_WS_RESERVED_OPCODE', closeCode: 1002 }),
      },
    },
    sent: ['close 1002 the opcode is reserved'],
  },
  {
    name: 'a violation by a client that ends nothing itself',
    run: async (memory) => {
      await memory.receive(clientFrame(3, 'reserved'));
      await advance(memory, 5_100);
    },
    record: { code: 1006, cause: expect.objectContaining({ type: 'violation' }) },
    sent: ['close 1002 the opcode is reserved'],
  },
  {
    name: 'silence after a Ping',
    options: { keepalive: { intervalMs: 1_000, graceMs: 400 } },
    run: (memory) => advance(memory, 1_800),
    record: { code: 1006, sent: null, first: null, cause: { type: 'timeout', deadline: 'keepalive' } },
    sent: [],
  },
  {
    name: 'no answer to our Close frame',
    options: { closeTimeoutMs: 2_000 },
    run: async (memory) => {
      void memory.peer.close();
      await settle();
      await advance(memory, 2_100);
    },
    record: { code: 1006, first: 'sent', cause: { type: 'timeout', deadline: 'closing-handshake' } },
    sent: ['close 1000'],
  },
  {
    name: 'an answer to our Close frame, but no end of the connection',
    run: async (memory) => {
      void memory.peer.close();
      await settle();
      await memory.receive(close(1000));
      await advance(memory, 5_100);
    },
    record: { code: 1000, wasClean: true, cause: { type: 'closing-handshake' } },
    sent: ['close 1000'],
  },
  {
    name: 'no message for idleTimeoutMs, whatever pongs came',
    options: { idleTimeoutMs: 10_000 },
    run: async (memory) => {
      await advance(memory, 6_000);
      await memory.receive(text('there'));
      await advance(memory, 6_000);
      await memory.receive(pong());
      await advance(memory, 4_100);
      await memory.receive(close(1001));
      memory.far.end();
    },
    record: { code: 1001, first: 'sent', cause: { type: 'idle' } },
    sent: ['close 1001 idle'],
  },
  {
    name: 'the end of the stream without a Close frame',
    run: ({ far }) => far.end(),
    record: { code: 1006, received: null, sent: null, first: null, cause: { type: 'end-of-stream' } },
    sent: [],
  },
  {
    name: 'a reset',
    run: ({ far }) => far.reset(),
    record: {
      code: 1006,
      cause: { type: 'transport', error: expect.objectContaining({ code: 'ECONNRESET' }) },
    },
    sent: [],
  },
  {
    name: 'terminate',
    run: ({ peer }) => peer.terminate(),
    record: { code: 1006, first: null, cause: { type: 'terminated' } },
    sent: [],
  },
  {
    name: 'a Close frame and the end in one chunk with what came before',
    run: async ({ far }) => {
      far.end(Buffer.concat([text('last words'), close(1000)]));
    },
    record: { code: 1000, wasClean: true, first: 'received', cause: { type: 'closing-handshake' } },
    sent: ['close 1000'],
  },
];

describe.each(endings)('$name', ({ options, run, record, sent }) => {
  test('has its record, once, and leaves no timer, socket or unsettled promise', async () => {
    const memory = new MemoryPeer({ message: () => {} }, options);
    const { closed, signal } = memory.peer;
    const pinged = memory.peer.ping('never answered');
    const receive = memory.receive.bind(memory);
    await run(Object.assign(memory, { receive }));
    const received = (await memory.sent()).filter((line) => !line.startsWith('ping'));
    expect(memory.records).toEqual([expect.objectContaining(record)]);
    expect(received).toEqual(sent);
    expect([await closed, signal.reason]).toEqual([memory.records[0], memory.records[0]]);
    expect([signal.aborted, await pinged, memory.errors]).toEqual([true, { type: 'closed' }, []]);
    await advance(memory, 10_000);
    expect([memory.near.destroyed, memory.clock.pendingTimers]).toEqual([true, 0]);
  });
});

test('after the end every method is a no-op whose result says so', async () => {
  const memory = new MemoryPeer();
  memory.far.end();
  await settle();
  const { peer } = memory;
  const writes = memory.near.writeCount;
  expect(peer.send('x')).toBe('closed');
  expect(peer.pong()).toBe(false);
  expect(await peer.ping()).toEqual({ type: 'closed' });
  expect(await peer.close(1000)).toBe(await peer.closed);
  peer.pause();
  peer.resume();
  peer.terminate();
  const iterated: unknown[] = [];
  for await (const message of peer) iterated.push(message);
  expect([iterated, memory.near.writeCount, peer.state, peer.bufferedBytes]).toEqual([
    [],
    writes,
    'closed',
    0,
  ]);
  expect(memory.records.length).toBe(1);
});

test('misuse throws in every state, before anything is sent', async () => {
  const memory = new MemoryPeer();
  for (const end of [() => {}, () => memory.far.end()]) {
    end();
    await settle();
    expect(() => memory.peer.send(7 as never)).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_DATA' }),
    );
    expect(() => memory.peer.pong('x'.repeat(126))).toThrow(
      expect.objectContaining({ code: 'ERR_WS_CONTROL_PAYLOAD_TOO_LONG' }),
    );
    expect(() => memory.peer.close(1005)).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_CLOSE_CODE' }),
    );
    expect(() => memory.peer.close(1000, 'x'.repeat(124))).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_CLOSE_REASON' }),
    );
  }
  expect(memory.near.writeCount).toBe(0);
});

test('closing twice gives the same end, with the first code', async () => {
  const memory = new MemoryPeer();
  const closings = [memory.peer.close(4000), memory.peer.close(4001), memory.peer.closed];
  expect(await memory.sent()).toEqual(['close 4000']);
  await memory.receive(close(4000));
  memory.far.end();
  const [first, second, third] = await Promise.all(closings);
  expect([first === second, second === third]).toEqual([true, true]);
});

test('messages that come behind our Close frame are still delivered', async () => {
  const seen: unknown[] = [];
  const memory = new MemoryPeer({ message: (_peer, message) => void seen.push(message.data) });
  void memory.peer.close();
  await memory.receive(text('crossed'), close(1000), text('forbidden'));
  expect(seen).toEqual(['crossed']);
});

test('a client that goes on sending after its violation is read no further and let go in time', async () => {
  const seen: unknown[] = [];
  const memory = new MemoryPeer({ message: (_peer, message) => void seen.push(message.data) });
  await memory.receive(clientFrame(1, 'unmasked', { masked: false }), text('after'));
  for (let i = 0; i < 6; i++) {
    await memory.receive(text('more'));
    await advance(memory, 1_000);
  }
  expect([seen, memory.near.destroyed]).toEqual([[], true]);
});
