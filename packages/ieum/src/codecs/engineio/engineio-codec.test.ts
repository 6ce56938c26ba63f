import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { seededRandom } from '../../testing/index.js';

import {
  checkQuery,
  decodePacket,
  decodePayload,
  encodePacket,
  type Packet,
  packetSeparator,
} from './index.js';

const kinds = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop'] as const;

describe('packets', () => {
  test.each(kinds.map((type, digit) => [type, digit] as const))('%s begins with %i', (type, digit) => {
    expect(encodePacket({ type, data: 'probe' })).toBe(`${digit}probe`);
    expect(decodePacket(`${digit}probe`)).toEqual({ type, data: 'probe' });
    expect(decodePacket(String(digit))).toEqual({ type, data: '' });
  });

  test('binary messages are base64 behind a b', () => {
    const data = Uint8Array.of(1, 2, 3, 4);
    expect(encodePacket({ type: 'message', data })).toBe('bAQIDBA==');
    expect(decodePacket('bAQIDBA==')).toEqual({ type: 'message', data: Buffer.from(data) });
    expect(decodePacket('bAQIDBA')).toEqual({ type: 'message', data: Buffer.from(data) });
    expect(decodePacket('b')).toEqual({ type: 'message', data: Buffer.alloc(0) });
  });

  test('a view is encoded without what lies around it', () => {
    const data = Uint8Array.of(9, 1, 2, 9).subarray(1, 3);
    expect(encodePacket({ type: 'message', data })).toBe('bAQI=');
  });

  test.each(['', 'a', '7', '-1', '/', ':', ' 4a', 'bA', 'b====', 'b%%', 'bAQ=A', 'b AQI=', 'abc', '\u06644'])(
    '%j is no packet',
    (text) => {
      expect(decodePacket(text).type).toBe('violation');
    },
  );
});

const packets: fc.Arbitrary<Packet> = fc.oneof(
  fc.record({ type: fc.constantFrom(...kinds), data: fc.string().filter(hasNoSeparator) }),
  fc.record({
    type: fc.constant('message' as const),
    data: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  }),
);

describe('payloads', () => {
  test('give back the packets that were put in', () => {
    fc.assert(
      fc.property(fc.array(packets, { minLength: 1 }), (all) => {
        const payload = all.map(encodePacket).join(packetSeparator);
        expect([...decodePayload(payload)]).toEqual(all);
      }),
    );
  });

  test('end with the first thing that is no packet', () => {
    expect([...decodePayload('4a\u001ex\u001e4b')].map(({ type }) => type)).toEqual(['message', 'violation']);
    expect([...decodePayload('4a\u001e')].map(({ type }) => type)).toEqual(['message', 'violation']);
    expect([...decodePayload('')].map(({ type }) => type)).toEqual(['violation']);
  });

  test('of a million packets are decoded one by one', () => {
    const payload = decodePayload(`${'4\u001e'.repeat(500_000)}4`);
    expect(payload.next().value).toEqual({ type: 'message', data: '' });
    expect(payload.next().done).toBe(false);
  });
});

test('whatever text comes is decoded to packets or a violation', () => {
  const random = seededRandom(4);
  const alphabet = [
    '0',
    '1',
    '2',
    '3',
    '4',
    '5',
    '6',
    '7',
    'b',
    '\u001e',
    'A',
    '=',
    '+',
    'é',
    '\ud800',
    '{',
    '"',
  ];
  for (let round = 0; round < 3_000; round++) {
    let text = '';
    const length = random.below(30);
    for (let i = 0; i < length; i++) text += alphabet[random.below(alphabet.length)];
    const decoded = [...decodePayload(text)];
    const bad = decoded.findIndex(({ type }) => type === 'violation');
    expect([-1, decoded.length - 1]).toContain(bad);
  }
});

test.each([
  ['EIO=4&transport=polling', { type: 'query', transport: 'polling', sid: null }],
  ['EIO=4&transport=websocket&sid=a', { type: 'query', transport: 'websocket', sid: 'a' }],
  ['transport=polling&sid=a', { type: 'query', transport: 'polling', sid: 'a' }],
  ['EIO=4', 0],
  ['EIO=4&transport=', 0],
  ['EIO=4&transport=abc', 0],
  ['EIO=4&transport=webtransport', 0],
  ['EIO=4&transport=__proto__', 0],
  ['transport=polling', 5],
  ['EIO=3&transport=polling', 5],
  ['EIO=abc&transport=websocket', 5],
  ['EIO=44&transport=websocket&sid=a', 5],
])('the query %s', (query, expected) => {
  const checked = checkQuery(new URLSearchParams(query));
  expect(checked.type === 'refusal' ? checked.refusal.code : checked).toEqual(expected);
});

function hasNoSeparator(text: string): boolean {
  return !text.includes(packetSeparator);
}
