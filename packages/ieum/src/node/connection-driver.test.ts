import { Buffer } from 'node:buffer';

import { expect, test } from 'vitest';

import { binary, close, ping, text } from '../../../../test/support/client-frames.js';
import { MemoryPeer, settle } from '../../../../test/support/memory-peer.js';
import type { Message } from '../core/message.js';

/** A handler whose promise a test settles, and what it was called with. */
function slowHandler() {
  const seen: string[] = [];
  const waiting: (() => void)[] = [];
  const message = (_peer: unknown, received: Message) => {
    seen.push(received.type === 'text' ? received.data : `${received.bytes.length} bytes`);
    return new Promise<void>((resolve) => waiting.push(resolve));
  };
  const finishOne = async () => {
    waiting.shift()?.();
    await settle();
  };
  return { message, seen, waiting, finishOne };
}

test('all replies to one chunk of input leave in one write, pongs included', async () => {
  const memory = new MemoryPeer({ message: (peer, message) => peer.send(message) });
  await memory.receive(...Array.from({ length: 50 }, (_, i) => text(`message ${i}`)), ping('p'));
  expect(memory.near.writeCount).toBe(1);
  const sent = await memory.sent();
  expect([sent.length, sent[0], sent[49], sent[50]]).toEqual([
    51,
    'text message 0',
    'text message 49',
    'pong 70',
  ]);
});

test('what is sent outside of a read is gathered in one write per tick', async () => {
  const memory = new MemoryPeer();
  for (let i = 0; i < 100; i++) memory.peer.send(`${i}`);
  void memory.peer.ping('x');
  memory.peer.pong('y');
  expect(memory.near.writeCount).toBe(0);
  await settle();
  expect(memory.near.writeCount).toBe(1);
  expect((await memory.sent()).length).toBe(102);
  memory.peer.send('later');
  await settle();
  expect(memory.near.writeCount).toBe(2);
});

test('what several promises send in one turn is one write', async () => {
  const memory = new MemoryPeer();
  await Promise.all(
    Array.from({ length: 10 }, async (_, i) => {
      await null;
      memory.peer.send(`${i}`);
    }),
  );
  await settle();
  expect(memory.near.writeCount).toBe(1);
});

test('large payloads are handed on in the same write without a copy', async () => {
  const memory = new MemoryPeer({}, { highWaterMark: 1 << 20 });
  memory.peer.send('before');
  memory.peer.send(Buffer.alloc(20_000, 7));
  memory.peer.send('after');
  await settle();
  expect(memory.near.writeCount).toBe(1);
  expect((await memory.sent()).map((line) => line.slice(0, 12))).toEqual([
    'text before',
    'binary 07070',
    'text after',
  ]);
});

test('messages reach the handler one at a time and in order, and what it sends keeps that order', async () => {
  const { message, seen, finishOne } = slowHandler();
  const memory = new MemoryPeer({
    message: async (peer, received) => {
      await message(peer, received);
      peer.send(received);
    },
  });
  await memory.receive(text('1'), text('2'), text('3'));
  expect(seen).toEqual(['1']);
  await finishOne();
  expect(seen).toEqual(['1', '2']);
  await finishOne();
  await finishOne();
  expect([seen, await memory.sent()]).toEqual([
    ['1', '2', '3'],
    ['text 1', 'text 2', 'text 3'],
  ]);
});

test('the socket is paused while sixteen messages wait, and read again when there is room', async () => {
  const { message, seen, finishOne } = slowHandler();
  const memory = new MemoryPeer({ message });
  for (let i = 0; i < 16; i++) await memory.receive(text(`${i}`));
  expect(memory.near.isPaused()).toBe(false);
  await memory.receive(text('16'));
  expect(memory.near.isPaused()).toBe(true);
  await memory.receive(...Array.from({ length: 100 }, (_, i) => text(`${17 + i}`)));
  await finishOne();
  expect([memory.near.isPaused(), seen.length]).toEqual([true, 2]);
  for (let i = 0; i < 200; i++) await finishOne();
  expect([memory.near.isPaused(), seen]).toEqual([false, Array.from({ length: 117 }, (_, i) => `${i}`)]);
});

test('the socket is paused while a mebibyte waits, however few messages that are', async () => {
  const { message, seen, finishOne } = slowHandler();
  const memory = new MemoryPeer({ message });
  const half = binary(Buffer.alloc(512 * 1024));
  await memory.receive(text('busy'), half);
  expect(memory.near.isPaused()).toBe(false);
  await memory.receive(half, text('last'));
  expect(memory.near.isPaused()).toBe(true);
  for (let i = 0; i < 4; i++) await finishOne();
  expect(seen).toEqual(['busy', '524288 bytes', '524288 bytes', 'last']);
  expect(memory.near.isPaused()).toBe(false);
});

test('a peer that is not read is not given up for its silence', async () => {
  const { message, finishOne } = slowHandler();
  const options = { keepalive: { intervalMs: 1_000, graceMs: 500 }, idleTimeoutMs: 5_000 };
  const memory = new MemoryPeer({ message }, { ...options, receiveBudget: { maxMessages: 1 } });
  await memory.receive(text('1'), text('2'), text('3'));
  memory.clock.advance(60_000);
  expect(memory.peer.state).toBe('open');
  expect(new Set(await memory.sent())).toEqual(new Set(['ping']));
  for (let i = 0; i < 3; i++) await finishOne();
  memory.clock.advance(1_300);
  expect(await memory.sent()).toEqual(['ping']);
});

test('pings are answered while a handler is busy', async () => {
  const { message, seen } = slowHandler();
  const memory = new MemoryPeer({ message });
  await memory.receive(text('slow'), ping('alive?'));
  expect([seen, await memory.sent()]).toEqual([['slow'], [`pong ${Buffer.from('alive?').toString('hex')}`]]);
});

test('no message is delivered before the promise of the open handler is settled', async () => {
  const seen: string[] = [];
  let finishOpening = () => {};
  const memory = new MemoryPeer(
    {
      open: () => new Promise<void>((resolve) => (finishOpening = resolve)),
      message: (_peer, message) => void seen.push(`${message.data}`),
      closed: () => void seen.push('closed'),
    },
    { head: text('with the handshake') },
  );
  await memory.receive(text('behind it'), close(1000));
  memory.far.end();
  await settle();
  expect(seen).toEqual([]);
  finishOpening();
  await settle();
  expect(seen).toEqual(['with the handshake', 'behind it', 'closed']);
});

test('what an open handler sends is written before any answer to the head', async () => {
  const memory = new MemoryPeer(
    { open: (peer) => void peer.send('welcome'), message: (peer, message) => peer.send(message) },
    { head: text('eager') },
  );
  await settle();
  expect([memory.near.writeCount, await memory.sent()]).toEqual([1, ['text welcome', 'text eager']]);
});

test('pause holds messages back until resume, those in the same chunk too', async () => {
  const seen: unknown[] = [];
  const memory = new MemoryPeer({
    message: (peer, message) => {
      seen.push(message.data);
      if (message.data === 'stop') peer.pause();
    },
  });
  await memory.receive(text('go'), text('stop'), text('wait'));
  await memory.receive(text('longer'));
  expect([seen, memory.near.isPaused()]).toEqual([['go', 'stop'], true]);
  memory.peer.resume();
  await settle();
  expect([seen, memory.near.isPaused()]).toEqual([['go', 'stop', 'wait', 'longer'], false]);
});

test.each([
  ['throws', () => expect.unreachable()],
  ['rejects', () => Promise.reject(new Error('no'))],
])('a message handler that %s closes with 1011, is reported, and gets no more messages', async (_, fail) => {
  let calls = 0;
  const memory = new MemoryPeer({
    message: () => {
      calls++;
      return fail();
    },
  });
  await memory.receive(text('1'), text('2'));
  await memory.receive(text('3'), close(1011));
  memory.far.end();
  expect(await memory.sent()).toEqual(['close 1011']);
  await settle();
  expect([calls, memory.errors.length]).toEqual([1, 1]);
  expect(memory.records[0]).toMatchObject({ code: 1011, wasClean: true, first: 'sent' });
  expect(memory.records[0]?.cause).toEqual({ type: 'handler', error: memory.errors[0] });
});

test.each(['open', 'ping', 'pong'] as const)(
  'an exception in the %s handler closes with 1011',
  async (name) => {
    const error = new Error(name);
    const handler = () => {
      throw error;
    };
    const memory = new MemoryPeer({ [name]: handler });
    await memory.receive(ping('a'), Buffer.from(ping('b')).fill(0x8a, 0, 1));
    expect(memory.errors).toEqual([error]);
    expect(await memory.sent()).toContain('close 1011');
  },
);

test('an exception in the closed handler is reported', async () => {
  const error = new Error('closed');
  const memory = new MemoryPeer({
    closed: () => {
      throw error;
    },
  });
  memory.far.end();
  await settle();
  expect([memory.errors, memory.peer.state]).toEqual([[error], 'closed']);
});

test('the closed handler is called once, when every message before was handled', async () => {
  const { message, seen, finishOne } = slowHandler();
  const memory = new MemoryPeer({ message, closed: () => void seen.push('closed') });
  await memory.receive(text('1'), text('2'), close(1000));
  memory.far.end();
  await settle();
  expect([memory.records.length, memory.peer.signal.aborted, seen]).toEqual([1, true, ['1']]);
  await finishOne();
  expect(seen).toEqual(['1', '2']);
  await finishOne();
  expect(seen).toEqual(['1', '2', 'closed']);
  expect(memory.clock.pendingTimers).toBeLessThanOrEqual(1);
  memory.clock.advance(60_000);
  expect([memory.clock.pendingTimers, memory.near.destroyed]).toEqual([0, true]);
});

test('terminating inside the open handler ends it there', async () => {
  const seen: string[] = [];
  const memory = new MemoryPeer({
    open: (peer) => peer.terminate(),
    message: () => void seen.push('message'),
    closed: (_peer, record) => void seen.push(record.cause.type),
  });
  await memory.receive(text('too late'));
  expect([seen, memory.near.destroyed, memory.peer.state]).toEqual([['terminated'], true, 'closed']);
});
