import { Buffer } from 'node:buffer';

import { describe, expect, test } from 'vitest';

import { close, ping, text } from '../../../../test/support/client-frames.js';
import { MemoryPeer, settle } from '../../../../test/support/memory-peer.js';
import type { SendQueueOptions, SendResult } from '../channel/send-queue.js';

const payload = Buffer.alloc(1_000, 1);

/** A peer whose client does not read, with room for some messages in the stream and `maxQueuedBytes` in the queue. */
function congested(sendQueue: Partial<SendQueueOptions> = {}) {
  const memory = new MemoryPeer({}, { highWaterMark: 4_000, sendTimeoutMs: 1e9, sendQueue });
  return memory;
}

/** Sends, a tick apart, and notes the results. */
async function sendMany(memory: MemoryPeer, count: number): Promise<(SendResult | 'waiting')[]> {
  const results: (SendResult | 'waiting')[] = [];
  for (let i = 0; i < count; i++) {
    const result = memory.peer.send(`${i}`.padEnd(1_000, '.'));
    results.push(result instanceof Promise ? 'waiting' : result);
    await settle();
  }
  return results;
}

const numbers = (frames: readonly string[]) =>
  frames.filter((frame) => frame.startsWith('text')).map((frame) => Number.parseInt(frame.slice(5), 10));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);

test('with a reader that keeps up every send is written', async () => {
  const memory = congested();
  await memory.sent();
  expect(new Set(await sendMany(memory, 50))).toEqual(new Set(['written']));
  expect([numbers(await memory.sent()), memory.peer.bufferedBytes]).toEqual([upTo(50), 0]);
});

test('with a reader that does not, messages are queued and arrive when it reads, in order', async () => {
  const memory = congested();
  const results = await sendMany(memory, 50);
  expect([results[0], results.at(-1)]).toEqual(['written', 'queued']);
  expect(memory.peer.bufferedBytes).toBeGreaterThan(30_000);
  expect(numbers(await memory.sent())).toEqual(upTo(50));
  expect(memory.peer.bufferedBytes).toBe(0);
});

describe('when the queue is full', () => {
  test('wait gives a promise that settles once there was room', async () => {
    const memory = congested({ maxQueuedBytes: 10_000 });
    const results = await sendMany(memory, 20);
    expect(results.at(-1)).toBe('waiting');
    const last = memory.peer.send('last');
    expect(last).toBeInstanceOf(Promise);
    expect(numbers(await memory.sent())).toEqual([...upTo(20), Number.NaN]);
    expect(await last).toBe('written');
  });

  test('drop-newest drops what does not fit, and says so', async () => {
    const memory = congested({ maxQueuedBytes: 10_000, policy: 'drop-newest' });
    const results = await sendMany(memory, 20);
    const dropped = results.filter((result) => result === 'dropped').length;
    expect([dropped > 0, memory.peer.droppedMessages]).toEqual([true, dropped]);
    expect(numbers(await memory.sent())).toEqual(upTo(20 - dropped));
  });

  test('drop-oldest drops what waits longest', async () => {
    const memory = congested({ maxQueuedBytes: 10_000, policy: 'drop-oldest' });
    const results = await sendMany(memory, 20);
    const { droppedMessages } = memory.peer;
    expect([results.includes('dropped'), droppedMessages > 0]).toEqual([false, true]);
    const received = numbers(await memory.sent());
    expect(received.length).toBe(20 - droppedMessages);
    expect(received.slice(-5)).toEqual([15, 16, 17, 18, 19]);
  });

  test('close closes with 1013, and what waited is forgotten', async () => {
    const memory = congested({ maxQueuedBytes: 10_000, policy: 'close' });
    const results = await sendMany(memory, 20);
    expect(results.at(-1)).toBe('closed');
    expect(memory.peer.state).toBe('closing');
    const sent = await memory.sent();
    expect([numbers(sent).length < 10, sent.at(-1)]).toEqual([true, 'close 1013 slow reader']);
    await memory.receive(close(1013));
    memory.far.end();
    await settle();
    expect(memory.records[0]).toMatchObject({ code: 1013, wasClean: true, cause: { type: 'slow-reader' } });
  });

  test('wait closes with 1013 when senders who do not await pile up more than they may', async () => {
    const memory = congested({ maxQueuedBytes: 10_000, maxWaitingBytes: 10_000 });
    const results = await sendMany(memory, 40);
    expect([results.includes('waiting'), results.at(-1), memory.peer.state]).toEqual([
      true,
      'closed',
      'closing',
    ]);
    expect((await memory.sent()).at(-1)).toBe('close 1013 slow reader');
  });
});

test('messages without payload are bounded too: an echo to a peer that does not read is closed', async () => {
  const memory = new MemoryPeer(
    { message: (peer, message) => void peer.send(message) },
    { highWaterMark: 1_000, sendTimeoutMs: 1e9, sendQueue: { maxQueuedBytes: 10_000, policy: 'close' } },
  );
  const flood = Buffer.concat(Array.from({ length: 1_000 }, () => text('')));
  for (let i = 0; i < 20 && memory.peer.state === 'open'; i++) await memory.receive(flood);
  expect(memory.peer.state).toBe('closing');
});

test('await send keeps the memory bounded against a slow reader, and loses nothing', async () => {
  const memory = congested({ maxQueuedBytes: 20_000 });
  let mostBuffered = 0;
  let sentAll = false;
  const sending = (async () => {
    for (let i = 0; i < 500; i++) {
      await memory.peer.send(`${i}`.padEnd(1_000, '.'));
      mostBuffered = Math.max(mostBuffered, memory.peer.bufferedBytes);
    }
    sentAll = true;
  })();
  await settle();
  expect(sentAll).toBe(false);
  const received: number[] = [];
  for (let i = 0; i < 2_000 && received.length < 500; i++) received.push(...numbers(await memory.sent()));
  await sending;
  expect(received).toEqual(upTo(500));
  // What is written in one go before the stream says that it has no room, and the queue.
  expect(mostBuffered).toBeLessThan(64 * 1024 + 30_000);
});

test('a waiting send learns that the connection closed', async () => {
  const memory = congested({ maxQueuedBytes: 5_000 });
  await sendMany(memory, 10);
  const result = memory.peer.send(payload);
  memory.peer.terminate();
  expect(await result).toBe('closed');
});

test('close leaves behind everything that was sent before it, queued or not', async () => {
  const memory = congested();
  await sendMany(memory, 30);
  void memory.peer.close(1000, 'done');
  expect(memory.peer.send('after')).toBe('closed');
  const sent = await memory.sent();
  expect([numbers(sent), sent.at(-1), sent.length]).toEqual([upTo(30), 'close 1000 done', 31]);
});

test('a peer that pings and does not read gets one pong for the latest ping, however many it sent', async () => {
  const memory = congested();
  await sendMany(memory, 30);
  const before = memory.peer.bufferedBytes;
  for (let i = 0; i < 100; i++) await memory.receive(...Array.from({ length: 50 }, () => ping(`flood ${i}`)));
  expect(memory.peer.bufferedBytes).toBe(before);
  const pongs = (await memory.sent()).filter((frame) => frame.startsWith('pong'));
  expect(pongs).toEqual([`pong ${Buffer.from('flood 99').toString('hex')}`]);
});

describe('output that is not read', () => {
  test.each([
    ['nothing else has a deadline', {}],
    ['the keepalive is far away', { keepalive: { intervalMs: 1e7, graceMs: 1e7 } }],
  ])('ends the connection after sendTimeoutMs, also when %s', async (_, options) => {
    const memory = new MemoryPeer({}, { highWaterMark: 2_000, sendTimeoutMs: 3_000, ...options });
    memory.clock.advance(1_000);
    await sendMany(memory, 10);
    memory.clock.advance(2_900);
    expect(memory.peer.state).toBe('open');
    memory.clock.advance(200);
    await settle();
    expect([memory.peer.state, memory.near.destroyed]).toEqual(['closed', true]);
    expect(memory.records[0]).toMatchObject({ code: 1006, cause: { type: 'timeout', deadline: 'send' } });
    expect(memory.clock.pendingTimers).toBeLessThanOrEqual(1);
  });

  test('does not when the reader takes some of it now and then', async () => {
    const memory = new MemoryPeer({}, { highWaterMark: 2_000, sendTimeoutMs: 3_000 });
    memory.far.pause();
    await sendMany(memory, 40);
    for (let i = 0; i < 10; i++) {
      memory.clock.advance(2_500);
      memory.far.read();
      await settle();
    }
    expect(memory.peer.state).toBe('open');
  });
});
