import { describe, expect, test } from 'vitest';

import type { ServeFlags } from '../serve-options.js';

import { metricsAccess } from './metrics-access.js';

const flags = (some: Partial<ServeFlags>): ServeFlags => ({ host: '127.0.0.1', ...some }) as ServeFlags;

test.each<[Partial<ServeFlags>, boolean]>([
  [{}, true],
  [{ host: 'localhost' }, true],
  [{ host: '::1' }, true],
  [{ host: '0.0.0.0' }, false],
  [{ host: '192.0.2.1' }, false],
  [{ trustedProxies: ['loopback'] }, false],
  [{ metrics: false }, false],
  [{ host: '0.0.0.0', metrics: true }, true],
  [{ trustedProxies: ['loopback'], metrics: true }, true],
  [{ host: '0.0.0.0', metricsAllow: ['private'] }, true],
  [{ metrics: false, metricsAllow: ['private'] }, false],
])('with %j there are metrics: %s', (some, isOn) => {
  expect(metricsAccess(flags(some)) !== null).toBe(isOn);
});

test.each<[readonly string[], string | undefined, boolean]>([
  [['10.0.0.0/8'], '10.1.2.3', true],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['192.0.2.7', '::1'], '192.0.2.7', true],
  [['192.0.2.7', '::1'], '::1', true],
  [['192.0.2.7'], '192.0.2.8', false],
  [['loopback'], '127.0.0.9', true],
  [['loopback'], '10.0.0.1', false],
  [['private'], '172.31.0.1', true],
  [['private'], 'fe80::1%eth0', true],
  [['private'], '8.8.8.8', false],
  [['fd00::/8'], 'fd00::7', true],
  [['private'], undefined, false],
])('to %j belongs %s: %s', (metricsAllow, address, isAllowed) => {
  expect(metricsAccess(flags({ metricsAllow }))?.({ address, isForwarded: true })).toBe(isAllowed);
});

test.each<[Partial<ServeFlags>, boolean]>([
  [{}, false],
  [{ metrics: true }, true],
])('with %j who comes by a proxy may ask: %s', (some, isAllowed) => {
  expect(metricsAccess(flags(some))?.({ address: '127.0.0.1', isForwarded: true })).toBe(isAllowed);
  expect(metricsAccess(flags(some))?.({ address: '127.0.0.1', isForwarded: false })).toBe(true);
});

describe('what is no address', () => {
  test.each(['everyone', '10.0.0.0/33', '10.0.0.0/', '10.0.0/8', '::/129', '1.2.3.4/x'])('%s', (entry) => {
    expect(() => metricsAccess(flags({ metricsAllow: [entry] }))).toThrow(
      expect.objectContaining({ exitStatus: 2 }),
    );
  });
});
