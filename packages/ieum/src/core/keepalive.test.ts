import { expect, test } from 'vitest';

import { Keepalive } from './keepalive.js';

const options = { intervalMs: 100, graceMs: 30 };

test('silence calls for a Ping, and then for giving up', () => {
  const keepalive = new Keepalive(options, 1000);
  expect(keepalive.deadline()).toBe(1100);
  expect(keepalive.check(1099)).toBe('wait');
  expect(keepalive.check(1105)).toBe('ping');
  expect(keepalive.deadline()).toBe(1135);
  expect(keepalive.check(1134)).toBe('wait');
  expect(keepalive.check(1135)).toBe('dead');
});

test('any byte counts as life, before and after the Ping', () => {
  const keepalive = new Keepalive(options, 0);
  keepalive.hear(50);
  expect(keepalive.deadline()).toBe(150);
  expect(keepalive.check(150)).toBe('ping');
  keepalive.hear(160);
  expect(keepalive.deadline()).toBe(260);
  expect(keepalive.check(260)).toBe('ping');
});

test('being told again what it knows is no new sign of life', () => {
  const keepalive = new Keepalive(options, 0);
  keepalive.hear(50);
  expect(keepalive.check(150)).toBe('ping');
  keepalive.hear(50);
  expect(keepalive.check(180)).toBe('dead');
});

test('while suspended Pings go on and nobody is given up; then silence counts from anew', () => {
  const keepalive = new Keepalive(options, 0);
  expect(keepalive.check(100)).toBe('ping');
  keepalive.suspend();
  expect(keepalive.deadline()).toBe(200);
  expect(keepalive.check(1_000_000)).toBe('ping');
  expect(keepalive.check(1_000_099)).toBe('wait');
  expect(keepalive.check(1_000_100)).toBe('ping');
  keepalive.resume(2_000_000);
  expect(keepalive.deadline()).toBe(2_000_100);
});

test('our own stall is excused, before and after the Ping', () => {
  const keepalive = new Keepalive(options, 0);
  keepalive.excuse(40);
  expect(keepalive.deadline()).toBe(140);
  expect(keepalive.check(140)).toBe('ping');
  keepalive.excuse(1000);
  expect(keepalive.deadline()).toBe(1170);
  expect(keepalive.check(1169)).toBe('wait');
});
