import { expect, test } from 'vitest';

import { close, text } from '../../../../test/support/client-frames.js';
import { MemoryPeer, settle } from '../../../../test/support/memory-peer.js';

test('a loop gets the messages in order and ends with the connection', async () => {
  const memory = new MemoryPeer();
  const seen: unknown[] = [];
  const loop = (async () => {
    for await (const message of memory.peer) seen.push(message.data);
    seen.push('end');
  })();
  await memory.receive(text('1'), text('2'));
  await memory.receive(text('3'), close(1000));
  memory.far.end();
  await loop;
  expect(seen).toEqual(['1', '2', '3', 'end']);
});

test('the peer is read only as fast as the loop turns', async () => {
  const memory = new MemoryPeer({}, { receiveBudget: { maxMessages: 4 } });
  await memory.receive(...Array.from({ length: 10 }, (_, i) => text(`${i}`)));
  expect(memory.near.isPaused()).toBe(true);
  const messages = memory.peer[Symbol.asyncIterator]();
  const seen: unknown[] = [];
  for (let i = 0; i < 10; i++) {
    expect([i, memory.near.isPaused()]).toEqual([i, i < 7]);
    seen.push((await messages.next()).value?.data);
  }
  expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `${i}`));
});

test('what arrived before the end can still be taken after it', async () => {
  const memory = new MemoryPeer();
  await memory.receive(text('1'), text('2'), close(1000));
  memory.far.end();
  await settle();
  expect(memory.peer.state).toBe('closed');
  const seen: unknown[] = [];
  for await (const message of memory.peer) seen.push(message.data);
  expect(seen).toEqual(['1', '2']);
});

test('calls ahead of the messages are answered in their order', async () => {
  const memory = new MemoryPeer();
  const messages = memory.peer[Symbol.asyncIterator]();
  const ahead = [messages.next(), messages.next(), messages.next()];
  await memory.receive(text('1'), text('2'));
  memory.peer.terminate();
  const results = await Promise.all(ahead);
  expect(results.map(({ done, value }) => (done ? 'done' : value.data))).toEqual(['1', '2', 'done']);
});

test('leaving the loop keeps the connection, and another loop goes on', async () => {
  const memory = new MemoryPeer();
  await memory.receive(text('1'), text('2'));
  for await (const message of memory.peer) {
    expect(message.data).toBe('1');
    break;
  }
  expect(memory.peer.state).toBe('open');
  for await (const message of memory.peer) {
    expect(message.data).toBe('2');
    break;
  }
});

test('a peer with a message handler is not iterated', () => {
  const memory = new MemoryPeer({ message: () => {} });
  expect(() => memory.peer[Symbol.asyncIterator]()).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_STATE' }),
  );
});
