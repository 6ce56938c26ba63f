import { expect, test } from 'vitest';

import { EchoMatcher } from './echo-matcher.js';

test('measures from when the same text was sent', () => {
  const echoes = new EchoMatcher();
  echoes.handleSent('a', 100);
  echoes.handleSent('b', 110);
  expect(echoes.handleReceived('b', 115)).toBe(5);
  expect(echoes.handleReceived('a', 130)).toBe(30);
});

test('answers the oldest of several equal messages first, and each once', () => {
  const echoes = new EchoMatcher();
  echoes.handleSent('a', 100);
  echoes.handleSent('a', 150);
  expect(echoes.handleReceived('a', 160)).toBe(60);
  expect(echoes.handleReceived('a', 160)).toBe(10);
  expect(echoes.handleReceived('a', 160)).toBeUndefined();
});

test('tells text from bytes and compares bytes by content', () => {
  const echoes = new EchoMatcher();
  echoes.handleSent(Uint8Array.of(0x61, 0x62), 0);
  expect(echoes.handleReceived('ab', 1)).toBeUndefined();
  expect(echoes.handleReceived(Uint8Array.of(0x61, 0x63), 2)).toBeUndefined();
  expect(echoes.handleReceived(Uint8Array.of(0x61, 0x62), 3)).toBe(3);
});

test('matches an empty message', () => {
  const echoes = new EchoMatcher();
  echoes.handleSent('', 5);
  expect(echoes.handleReceived('', 6)).toBe(1);
});

test('forgets the oldest beyond its limit', () => {
  const echoes = new EchoMatcher({ maxWaiting: 2 });
  for (const text of ['a', 'b', 'c']) echoes.handleSent(text, 0);
  expect(echoes.handleReceived('a', 1)).toBeUndefined();
  expect(echoes.handleReceived('b', 1)).toBe(1);
});

test('forgets what is older than its limit', () => {
  const echoes = new EchoMatcher({ maxAgeMs: 1_000 });
  echoes.handleSent('a', 0);
  echoes.handleSent('a', 500);
  expect(echoes.handleReceived('a', 1_001)).toBe(501);
  expect(echoes.handleReceived('a', 1_001)).toBeUndefined();
});

test('forgets the oldest when all together are too long, and counts what it forgot', () => {
  const echoes = new EchoMatcher({ maxWaitingLength: 5 });
  echoes.handleSent('abc', 0);
  echoes.handleSent('def', 0);
  expect(echoes.handleReceived('abc', 1)).toBeUndefined();
  expect(echoes.handleReceived('def', 1)).toBe(1);
  echoes.handleSent('abcde', 2);
  expect(echoes.handleReceived('abcde', 3)).toBe(1);
});
