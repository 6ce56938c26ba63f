import { SocketAddress } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressHolding, canonicalAddress } from './ip-address.js';

test.each([
  ['127.0.0.1', '127.0.0.1'],
  ['::', '::'],
  ['::1', '::1'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['2001:DB8::00A0', '2001:db8::a0'],
  ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['1::', '1::'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:C000:0201', '192.0.2.1'],
  ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
  ['::192.0.2.1', '::c000:201'],
  ['', null],
  ['localhost', null],
  ['127.0.0.01', null],
  ['127.0.0.1:80', null],
  ['[::1]', null],
  ['1:2:3:4:5:6:7:8:9', null],
  [' ::1', null],
])('the address %j is canonically %j', (text, canonical) => {
  expect(canonicalAddress(text)).toBe(canonical);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['::1', '::/64'],
  ['unknown', 'unknown'],
])('%s is held as %s', (text, holding) => {
  expect(addressHolding(text)).toBe(holding);
});

test('a canonical address names the same address and is its own canonical form', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const canonical = canonicalAddress(text) as string;
      expect(canonicalAddress(canonical)).toBe(canonical);
      expect(socketForm(canonical)).toBe(socketForm(text));
    }),
  );
});

test('no text throws', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0f:.%') })), (text) => {
      expect(typeof addressHolding(text)).toBe('string');
      expect(canonicalAddress(canonicalAddress(text) ?? '::')).not.toBeNull();
    }),
  );
});

/** The platform's spelling, IPv4 as IPv4-mapped IPv6. */
function socketForm(address: string): string {
  const mapped = address.includes(':') ? address : `::ffff:${address}`;
  return new SocketAddress({ address: mapped, family: 'ipv6' }).address;
}
