import { expect, test } from 'vitest';

import { classOf, classOfToken } from './retention-class.js';

test.each([
  [{ history: { maxMessages: 100, maxAgeMs: 5_000 }, idempotencyMs: 1 }, '100-5000-1'],
  [{ history: null, idempotencyMs: 120_000 }, 'v-120000'],
])('topics that are kept alike have one token, which says how', (retention, token) => {
  const known = classOf(retention);
  expect(known.token).toBe(token);
  expect(classOfToken(token)).toEqual(known);
});

test.each(['', 'v', 'v-', '1-2', '1-2-3-4', 'a-b-c', '-1-2-3', '1-2-99999999999999999'])(
  '%j is no token',
  (token) => {
    expect(classOfToken(token)).toBeNull();
  },
);
