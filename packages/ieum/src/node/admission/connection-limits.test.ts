import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AdmissionTicket, ConnectionLimits } from './connection-limits.js';

function admit(limits: ConnectionLimits, address: string): AdmissionTicket {
  const ticket = limits.tryAdmit(address);
  if (typeof ticket === 'string') throw new Error(`refused: ${ticket}`);
  return ticket;
}

test('as many connections are admitted as the limit says, and another when one is released', () => {
  const limits = new ConnectionLimits({ maxConnections: 2 });
  const first = admit(limits, '192.0.2.1');
  admit(limits, '192.0.2.2');
  expect(limits.tryAdmit('192.0.2.3')).toBe('total');
  first.release();
  expect(limits.tryAdmit('192.0.2.3')).toBeTypeOf('object');
  expect(limits.connections).toBe(2);
});

test('one address takes no more than its share', () => {
  const limits = new ConnectionLimits({ maxConnections: 10, maxConnectionsPerAddress: 2 });
  const first = admit(limits, '192.0.2.1');
  admit(limits, '::ffff:192.0.2.1');
  expect(limits.connectionsFrom('192.0.2.1')).toBe(2);
  expect(limits.tryAdmit('192.0.2.1')).toBe('address');
  expect(limits.tryAdmit('192.0.2.2')).toBeTypeOf('object');
  first.release();
  expect(limits.tryAdmit('192.0.2.1')).toBeTypeOf('object');
});

test('the total is reported when both limits are reached', () => {
  const limits = new ConnectionLimits({ maxConnections: 1, maxConnectionsPerAddress: 1 });
  admit(limits, '192.0.2.1');
  expect(limits.tryAdmit('192.0.2.1')).toBe('total');
});

test.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff', 'address'],
  ['2001:db8:1:2::1', '2001:DB8:1:2::2%eth0', 'address'],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', 'admitted'],
  ['192.0.2.1', '192.0.2.2', 'admitted'],
  ['unknown', 'unknown', 'address'],
  ['unknown', '_hidden', 'admitted'],
])('after %s, one from %s is refused for its address or admitted: %s', (first, second, outcome) => {
  const limits = new ConnectionLimits({ maxConnectionsPerAddress: 1 });
  admit(limits, first);
  const admitted = limits.tryAdmit(second);
  expect(typeof admitted === 'string' ? admitted : 'admitted').toBe(outcome);
});

test('releasing again changes nothing', () => {
  const limits = new ConnectionLimits({ maxConnectionsPerAddress: 2 });
  const first = admit(limits, '192.0.2.1');
  admit(limits, '192.0.2.1');
  first.release();
  first.release();
  expect([limits.connections, limits.connectionsFrom('192.0.2.1')]).toEqual([1, 1]);
});

test('a refusal counts nothing', () => {
  const limits = new ConnectionLimits({ maxConnections: 1 });
  admit(limits, '192.0.2.1');
  limits.tryAdmit('192.0.2.2');
  expect([limits.connections, limits.addresses, limits.connectionsFrom('192.0.2.2')]).toEqual([1, 1, 0]);
});

test('nothing is limited by default', () => {
  const limits = new ConnectionLimits();
  for (let i = 0; i < 1000; i++) admit(limits, '192.0.2.1');
  expect(limits.connectionsFrom('192.0.2.1')).toBe(1000);
});

test('counts always match the tickets that are held, and released addresses leave nothing behind', () => {
  const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2', '2001:db8:0:1::1');
  const step = fc.record({ address, release: fc.boolean(), index: fc.nat(50) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const limits = new ConnectionLimits({ maxConnections: 6, maxConnectionsPerAddress: 3 });
      const held: AdmissionTicket[] = [];
      for (const { address, release, index } of steps) {
        if (release) {
          held.splice(index % Math.max(1, held.length), 1)[0]?.release();
          continue;
        }
        const ticket = limits.tryAdmit(address);
        if (typeof ticket !== 'string') held.push(ticket);
        expect(limits.connectionsFrom(address)).toBeLessThanOrEqual(3);
      }
      expect(limits.connections).toBe(held.length);
      for (const ticket of held) ticket.release();
      expect([limits.connections, limits.addresses]).toEqual([0, 0]);
    }),
  );
});

test.each([0, -1, 1.5, Number.NaN, '5', null])('the limit %j is refused', (limit) => {
  for (const name of ['maxConnections', 'maxConnectionsPerAddress']) {
    expect(() => new ConnectionLimits({ [name]: limit })).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
  }
});
