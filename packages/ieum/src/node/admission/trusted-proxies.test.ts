import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TrustedProxies } from './trusted-proxies.js';

test.each([
  ['10.0.0.7', '10.0.0.7', true],
  ['10.0.0.7', '10.0.0.8', false],
  ['10.0.0.7', '::ffff:10.0.0.7', true],
  ['::ffff:10.0.0.7', '10.0.0.7', true],
  ['::ffff:10.0.0.0/104', '10.200.0.1', true],
  ['::ffff:10.0.0.0/104', '11.0.0.1', false],
  ['10.0.0.0/8', '10.255.255.255', true],
  ['10.0.0.0/8', '11.0.0.0', false],
  ['10.1.2.3/8', '10.9.9.9', true],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['0.0.0.0/0', '2001:db8::1', false],
  ['::/0', '2001:db8::1', true],
  ['::/0', '203.0.113.9', false],
  ['2001:db8::/32', '2001:DB8:0:0::5', true],
  ['2001:db8::/32', '2001:db9::5', false],
  ['fe80::1', 'fe80::1%eth0', true],
  ['loopback', '127.8.9.10', true],
  ['loopback', '::1', true],
  ['loopback', '::ffff:127.0.0.1', true],
  ['loopback', '10.0.0.1', false],
  ['private', '10.0.0.1', true],
  ['private', '172.16.0.1', true],
  ['private', '172.32.0.1', false],
  ['private', '192.168.1.1', true],
  ['private', 'fd12::1', true],
  ['private', '127.0.0.1', false],
  ['private', '169.254.1.1', false],
  ['private', 'fe80::1', false],
  ['loopback', '', false],
  ['loopback', 'localhost', false],
  ['loopback', 'unknown', false],
])('trusting %s, %s is trusted: %s', (entry, address, trusted) => {
  expect(new TrustedProxies([entry]).has(address)).toBe(trusted);
});

test('nobody is trusted without entries, and no unknown address ever', () => {
  expect(new TrustedProxies().has('127.0.0.1')).toBe(false);
  expect(new TrustedProxies(['0.0.0.0/0', '::/0']).has(undefined)).toBe(false);
});

test('entries add up', () => {
  const trusted = new TrustedProxies(['loopback', '203.0.113.0/24']);
  expect([trusted.has('127.0.0.1'), trusted.has('203.0.113.5'), trusted.has('203.0.114.5')]).toEqual([
    true,
    true,
    false,
  ]);
});

test.each([
  '',
  'localhost',
  'Loopback',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/',
  '10.0.0.0/08',
  '10.0.0.0/8/8',
  '10.0.0.0/255.0.0.0',
  '10.0.0',
  '::1/129',
  '::ffff:10.0.0.0/95',
  'fe80::1%eth0',
  '[::1]',
  '10.0.0.1 ',
])('the entry %j is refused', (entry) => {
  expect(() => new TrustedProxies([entry])).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});

test.each([[[7]], [[null]], ['loopback'], [null]])('what is no list of strings is refused: %j', (entries) => {
  expect(() => new TrustedProxies(entries as unknown as string[])).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});

test('no question throws', () => {
  const trusted = new TrustedProxies(['loopback', 'private', '::/0']);
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (address) => {
      expect(typeof trusted.has(address)).toBe('boolean');
    }),
  );
});
