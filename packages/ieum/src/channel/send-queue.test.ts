import { describe, expect, test } from 'vitest';

import { SendQueue, type SendQueueOptions } from './send-queue.js';

const queueOf = (options: Partial<SendQueueOptions> = {}) =>
  new SendQueue<string>({ maxQueuedBytes: 1_000, maxWaitingBytes: 1_000, policy: 'wait', ...options });

const drain = (queue: SendQueue<string>): string[] => {
  const items: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) items.push(item);
  return items;
};

test('messages are taken in the order they came, and counted by their payload', () => {
  const queue = queueOf();
  expect(['a', 'b', 'c'].map((item) => queue.offer(item, 100, 0))).toEqual(['queued', 'queued', 'queued']);
  expect([queue.byteLength, queue.isEmpty]).toEqual([300, false]);
  expect(drain(queue)).toEqual(['a', 'b', 'c']);
  expect([queue.byteLength, queue.isEmpty, queue.take()]).toEqual([0, true, undefined]);
});

test('bytes that wait further down are part of the budget', () => {
  expect(queueOf({ policy: 'drop-newest' }).offer('a', 100, 700)).toBe('queued');
  expect(queueOf({ policy: 'drop-newest' }).offer('a', 100, 800)).toBe('dropped');
});

test.each(['drop-newest', 'drop-oldest', 'close', 'wait'] as const)(
  'with %s messages without payload do not wait without limit',
  (policy) => {
    const queue = queueOf({ policy });
    let refused = 0;
    for (let i = 0; i < 1_000; i++) if (queue.offer('', 0, 0) === 'overflow') refused++;
    const waiting = drain(queue).length;
    expect(waiting).toBeLessThan(20);
    expect(refused + queue.droppedMessages).toBeGreaterThan(980);
    expect(refused + queue.droppedMessages + waiting).toBe(1_000);
  },
);

test('drop-newest drops what does not fit', () => {
  const queue = queueOf({ policy: 'drop-newest' });
  const results = ['a', 'b', 'c'].map((item) => queue.offer(item, 300, 0));
  expect(results).toEqual(['queued', 'queued', 'dropped']);
  expect([drain(queue), queue.droppedMessages]).toEqual([['a', 'b'], 1]);
});

test('drop-oldest makes room, and takes a message that is larger than the budget when nothing else waits', () => {
  const queue = queueOf({ policy: 'drop-oldest' });
  const results = ['a', 'b', 'c'].map((item) => queue.offer(item, 300, 0));
  expect(results).toEqual(['queued', 'queued', 'queued']);
  expect([drain(queue), queue.droppedMessages]).toEqual([['b', 'c'], 1]);
  expect([queue.offer('huge', 5_000, 0), drain(queue)]).toEqual(['queued', ['huge']]);
});

test('close says so at once', () => {
  const queue = queueOf({ policy: 'close' });
  expect(['a', 'b', 'c', 'd'].map((item) => queue.offer(item, 300, 0))).toEqual([
    'queued',
    'queued',
    'overflow',
    'overflow',
  ]);
  expect(drain(queue)).toEqual(['a', 'b']);
});

describe('wait', () => {
  test('gives a promise that settles when the message is taken', async () => {
    const queue = queueOf();
    queue.offer('a', 800, 0);
    const result = queue.offer('b', 800, 0);
    expect(result).toBeInstanceOf(Promise);
    expect(queue.take()).toBe('a');
    expect(queue.take()).toBe('b');
    expect(await result).toBe('written');
  });

  test('bounds what senders pile up who do not await', () => {
    const queue = queueOf();
    queue.offer('a', 800, 0);
    expect(queue.offer('b', 500, 0)).toBeInstanceOf(Promise);
    expect(queue.offer('c', 700, 0)).toBe('overflow');
  });

  test('settles with closed when the queue is cleared', async () => {
    const queue = queueOf();
    queue.offer('a', 800, 0);
    const result = queue.offer('b', 800, 0);
    expect(queue.clear()).toBe(2);
    expect([await result, queue.byteLength, queue.isEmpty]).toEqual(['closed', 0, true]);
  });
});

test('a queue that is never empty keeps order, and nothing that was taken', () => {
  const queue = new SendQueue<object>({ maxQueuedBytes: 1e9, maxWaitingBytes: 1e9, policy: 'wait' });
  const items = Array.from({ length: 5_000 }, (_, i) => ({ i }));
  let next = 0;
  queue.offer(items[next++] as object, 1, 0);
  for (let taken = 0; taken < 4_000; taken++) {
    queue.offer(items[next++] as object, 1, 0);
    expect(queue.take()).toBe(items[taken]);
  }
  expect([queue.byteLength, queue.clear(), queue.clear()]).toEqual([1, 1, 0]);
});
