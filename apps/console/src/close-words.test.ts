import { expect, test } from 'vitest';

import { closeWords } from './close-words.js';
import type { ClosedState } from './connection.js';

const closed = (change: Partial<ClosedState>): ClosedState => ({
  type: 'closed',
  target: { url: 'ws://other.test/', subprotocols: [] },
  code: 1006,
  reason: '',
  wasClean: false,
  closedByPage: false,
  openMs: undefined,
  httpAnswer: undefined,
  ...change,
});
const words = (change: Partial<ClosedState>) => closeWords(closed(change), 'http://page.test');

test('1006 before the connection opened is another matter than after', () => {
  expect(words({}).title).not.toBe(words({ openMs: 10 }).title);
  expect(words({}).checks.length).toBeGreaterThan(0);
  expect(words({ openMs: 10 }).checks.length).toBeGreaterThan(0);
});

test('1006 names a certificate only for wss, and subprotocols only when some were offered', () => {
  const plain = words({}).checks.length;
  const secure = { url: 'wss://other.test/', subprotocols: [] };
  const offering = { url: 'ws://other.test/', subprotocols: ['v1'] };
  expect(words({ target: secure }).checks).toHaveLength(plain + 1);
  expect(words({ target: offering }).checks).toHaveLength(plain + 1);
});

test('a server that answers a plain GET is not said to be missing, nor its certificate to be bad', () => {
  const target = { url: 'wss://other.test/nope', subprotocols: [] };
  const unknown = words({ target }).checks;
  const answered = words({ target, httpAnswer: { type: 'answered', status: 418 } }).checks;
  expect(answered).toHaveLength(unknown.length - 1);
  expect(answered).not.toContain(unknown[0]);
  expect(answered[0]).toContain('/nope');
  expect(answered[0]).toContain('418');
  expect(words({ target, httpAnswer: { type: 'silent' } }).checks).toEqual(unknown);
});

test('every code gets words of its own', () => {
  const codes = [
    1000, 1001, 1002, 1003, 1005, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 2000, 3456, 4321,
  ];
  const titles = codes.map((code) => words({ code, wasClean: true, openMs: 1 }).title);
  expect(new Set(titles).size).toBe(codes.length);
});
