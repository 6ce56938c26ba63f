import { expect, test } from 'vitest';

import { PolicyTable } from './policy-table.js';

const sized = (maxPayloadBytes: number) => ({ maxPayloadBytes });

test('the most specific namespace holds, whatever the order it was written in', () => {
  const table = new PolicyTable({
    '**': sized(1),
    'chat/**': sized(2),
    'chat/*': sized(3),
    'chat/*/log': sized(4),
    'chat/main': sized(5),
    '*/main': sized(6),
  });
  const sizes = ['x', 'chat/a/b', 'chat/a', 'chat/a/log', 'chat/main', 'x/main', 'chat/**', 'chat/*'].map(
    (name) => table.of(name).maxPayloadBytes,
  );
  expect(sizes).toEqual([1, 2, 3, 4, 5, 6, 2, 3]);
});

test.each(['other', 'chat', 'chat/a/b', 'chat/**', '**', '*'])('%s is in no namespace', (name) => {
  const table = new PolicyTable({ 'chat/*': {} });
  expect(() => table.of(name)).toThrow(expect.objectContaining({ code: 'ERR_HUB_UNKNOWN_TOPIC' }));
});

test('a namespace that is no pattern is named', () => {
  expect(() => new PolicyTable({ 'a//b': {} })).toThrow(
    expect.objectContaining({
      code: 'ERR_HUB_INVALID_PATTERN',
      message: expect.stringContaining('topics["a//b"]'),
    }),
  );
});

test('what is left out has its default, with a little history', () => {
  expect(new PolicyTable({ '**': { history: { maxMessages: 5 } } }).of('a')).toEqual({
    retention: { history: { maxMessages: 5, maxAgeMs: 300_000 }, idempotencyMs: 120_000 },
    presence: false,
    slowReader: 'wait',
    maxQueuedBytes: 1024 * 1024,
    maxPayloadBytes: 64 * 1024,
    schema: null,
    snapshot: null,
  });
});

test.each([
  [{ histroy: false }],
  [{ history: true }],
  [{ history: { maxMessages: 0 } }],
  [{ history: { maxAge: 5 } }],
  [{ presence: 1 }],
  [{ slowReader: 'block' }],
  [{ maxPayloadBytes: -1 }],
  [{ snapshot: 'all' }],
  [{ schema: {} }],
  ['none'],
])('%j is no policy', (policy) => {
  expect(() => new PolicyTable({ a: policy as object })).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});
