import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Endpoint, ProxyProtocolDecoder } from './proxy-protocol.js';

type Outcome =
  | { readonly type: 'incomplete' }
  | { readonly type: 'invalid'; readonly reason: string }
  | {
      readonly type: 'header';
      readonly source: Endpoint | null;
      readonly destination: Endpoint | null;
      readonly tls: boolean | undefined;
      readonly rest: string;
    };

/** Feeds the chunks until something is decided; what is then left counts as the rest. */
function decode(chunks: readonly Uint8Array[]): Outcome {
  const decoder = new ProxyProtocolDecoder();
  for (const [index, chunk] of chunks.entries()) {
    const progress = decoder.receive(chunk);
    if (progress.type === 'incomplete') continue;
    if (progress.type === 'invalid') return progress;
    const rest = Buffer.concat([progress.rest, ...chunks.slice(index + 1)]).toString('latin1');
    return { ...progress, rest };
  }
  return { type: 'incomplete' };
}

const line = (text: string) => Buffer.from(text, 'latin1');

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

function version2(
  family: number,
  payload: Uint8Array,
  { versionAndCommand = 0x21, length = payload.length } = {},
): Buffer {
  const head = Buffer.from([versionAndCommand, family, length >> 8, length & 0xff]);
  return Buffer.concat([signature, head, payload]);
}

const tlv = (type: number, value: Uint8Array) =>
  Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);

const ipv4Ends = Buffer.from([192, 0, 2, 1, 10, 0, 0, 1, 0xdc, 0x04, 0x01, 0xbb]);
const ipv6Ends = Buffer.from(
  '20010db8000000000000000000000001fd000000000000000000000000000002ffff0050',
  'hex',
);
const v4 = (...extensions: Uint8Array[]) => version2(0x11, Buffer.concat([ipv4Ends, ...extensions]));

const source = { address: '192.0.2.1', port: 56324 };
const destination = { address: '10.0.0.1', port: 443 };
const header = { type: 'header', source, destination, tls: undefined } as const;
const nobody = { type: 'header', source: null, destination: null, tls: undefined } as const;

const headers: [string, Buffer, object][] = [
  ['v1 TCP4', line('PROXY TCP4 192.0.2.1 10.0.0.1 56324 443\r\n'), header],
  [
    'v1 TCP6',
    line('PROXY TCP6 2001:DB8::1 fd00::2 65535 0\r\n'),
    {
      ...header,
      source: { address: '2001:db8::1', port: 65535 },
      destination: { address: 'fd00::2', port: 0 },
    },
  ],
  ['v1 TCP6, IPv4-mapped', line('PROXY TCP6 ::ffff:192.0.2.1 ::ffff:10.0.0.1 56324 443\r\n'), header],
  ['v1 UNKNOWN', line('PROXY UNKNOWN\r\n'), nobody],
  ['v1 UNKNOWN with anything', line('PROXY UNKNOWN ffff::1 what ever\r\n'), nobody],
  ['v1 of 107 bytes', line(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`), nobody],
  ['v2 TCP over IPv4', v4(), header],
  [
    'v2 TCP over IPv6',
    version2(0x21, ipv6Ends),
    {
      ...header,
      source: { address: '2001:db8::1', port: 65535 },
      destination: { address: 'fd00::2', port: 80 },
    },
  ],
  ['v2 with unknown TLVs', v4(tlv(0x04, Buffer.alloc(5)), tlv(0xee, Buffer.alloc(0))), header],
  ['v2 with TLS', v4(tlv(0x20, Buffer.from([1, 0, 0, 0, 0, 0x21, 0, 1, 0x33]))), { ...header, tls: true }],
  ['v2 without TLS', v4(tlv(0x20, Buffer.from([0, 0, 0, 0, 1]))), { ...header, tls: false }],
  ['v2 with a checksum', v4(tlv(0x03, Buffer.from('a4540656', 'hex'))), header],
  ['v2 of 4096 bytes', v4(tlv(0x04, Buffer.alloc(4096 - 16 - 12 - 3))), header],
  ['v2 LOCAL', version2(0x00, Buffer.alloc(0), { versionAndCommand: 0x20 }), nobody],
  ['v2 LOCAL with addresses', version2(0x11, ipv4Ends, { versionAndCommand: 0x20 }), nobody],
  ['v2 UNSPEC', version2(0x00, Buffer.from('anything')), nobody],
  ['v2 UNIX', version2(0x31, Buffer.alloc(216)), nobody],
  ['v2 UDP', version2(0x12, ipv4Ends), nobody],
];

describe.each(headers)('%s', (_, bytes, expected) => {
  test('is decoded, and what follows is left', () => {
    expect(decode([Buffer.concat([bytes, line('GET / HTTP/1.1\r\n')])])).toEqual({
      ...expected,
      rest: 'GET / HTTP/1.1\r\n',
    });
    expect(decode([bytes])).toEqual({ ...expected, rest: '' });
  });

  test('is decoded split at every byte, and one by one', () => {
    const whole = Buffer.concat([bytes, line('rest')]);
    for (let at = 0; at <= whole.length; at++) {
      expect(decode([whole.subarray(0, at), whole.subarray(at)])).toEqual({ ...expected, rest: 'rest' });
    }
    expect(decode([...whole].map((byte) => Buffer.of(byte)))).toEqual({ ...expected, rest: 'rest' });
  });

  test('is incomplete without its last byte', () => {
    expect(decode([bytes.subarray(0, -1)])).toEqual({ type: 'incomplete' });
  });
});

test.each<[string, Buffer]>([
  ['signature', line('GET / HTTP/1.1\r\n')],
  ['signature', line('\x16\x03\x01')],
  ['signature', line('PUT /')],
  ['signature', line('PROXY\t')],
  ['signature', line('\r\n\r\n\0\r\nQUIX')],
  ['signature', line('\n')],
  ['line', line('PROXY UNKNOWN\n')],
  ['line', line('PROXY UNKNOWN\r\r')],
  ['line', line('PROXY UNKNOWN\rx')],
  ['too-long', line(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`)],
  ['too-long', line(`PROXY ${'x'.repeat(200)}`)],
  ['family', line('PROXY \r\n')],
  ['family', line('PROXY UDP4 192.0.2.1 10.0.0.1 1 2\r\n')],
  ['family', line('PROXY unknown\r\n')],
  ['family', line('PROXY UNKNOWNS\r\n')],
  ['addresses', line('PROXY TCP4\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.1 10.0.0.1 1\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.1 10.0.0.1 1 2 3\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.1 10.0.0.1 1 2 \r\n')],
  ['addresses', line('PROXY TCP4  192.0.2.1 10.0.0.1 1 2\r\n')],
  ['addresses', line('PROXY TCP4 2001:db8::1 fd00::2 1 2\r\n')],
  ['addresses', line('PROXY TCP6 192.0.2.1 10.0.0.1 1 2\r\n')],
  ['addresses', line('PROXY TCP6 fe80::1%eth0 fd00::2 1 2\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.256 10.0.0.1 1 2\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.1 10.0.0.1 65536 2\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.1 10.0.0.1 01 2\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.1 10.0.0.1 -1 2\r\n')],
  ['addresses', line('PROXY TCP4 192.0.2.1 10.0.0.1 1 +2\r\n')],
  ['version', version2(0x11, ipv4Ends, { versionAndCommand: 0x11 })],
  ['version', version2(0x11, ipv4Ends, { versionAndCommand: 0x31 })],
  ['command', version2(0x11, ipv4Ends, { versionAndCommand: 0x22 })],
  ['family', version2(0x41, ipv4Ends)],
  ['family', version2(0x13, ipv4Ends)],
  ['too-long', version2(0x11, Buffer.alloc(0), { length: 4081 })],
  ['too-long', version2(0x11, Buffer.alloc(0), { length: 65535 })],
  ['addresses', version2(0x11, ipv4Ends.subarray(0, 11))],
  ['addresses', version2(0x21, ipv4Ends)],
  ['tlv', v4(Buffer.from([4, 0]))],
  ['tlv', v4(Buffer.from([4, 0, 2, 1]))],
  ['tlv', v4(Buffer.from([4, 255, 255]))],
  ['tlv', v4(tlv(0x20, Buffer.alloc(4)))],
  ['tlv', v4(tlv(0x03, Buffer.alloc(3)))],
  ['checksum', v4(tlv(0x03, Buffer.alloc(4)))],
])('invalid (%s): %j', (reason, bytes) => {
  const verdict = { type: 'invalid', reason };
  expect(decode([bytes])).toEqual(verdict);
  expect(decode([...bytes].map((byte) => Buffer.of(byte)))).toEqual(verdict);
});

test('nothing is decided on without bytes', () => {
  expect(decode([Buffer.alloc(0), Buffer.alloc(0)])).toEqual({ type: 'incomplete' });
});

test('a decoder that has decided takes no more', () => {
  for (const bytes of ['PROXY UNKNOWN\r\n', 'GET']) {
    const decoder = new ProxyProtocolDecoder();
    decoder.receive(line(bytes));
    expect(() => decoder.receive(line('x'))).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_STATE' }),
    );
  }
});

test('the rest is not copied', () => {
  const chunk = line('PROXY UNKNOWN\r\nrest');
  const progress = new ProxyProtocolDecoder().receive(chunk);
  expect(progress.type === 'header' && progress.rest.buffer).toBe(chunk.buffer);
});

const nearlyValid = fc
  .tuple(fc.constantFrom(...headers), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }))
  .map(([[, bytes], changes]) => {
    const changed = Uint8Array.from(bytes);
    for (const [index, value] of changes) changed[index % changed.length] = value;
    return changed;
  });

test('no bytes throw, and chunks are decoded as the whole is', () => {
  const cuts = fc.array(fc.nat(200), { maxLength: 8 });
  fc.assert(
    fc.property(fc.oneof(nearlyValid, fc.uint8Array({ maxLength: 300 })), cuts, (bytes, sizes) => {
      const chunks: Uint8Array[] = [];
      let start = 0;
      for (const size of sizes) {
        chunks.push(bytes.subarray(start, start + size));
        start += size;
      }
      chunks.push(bytes.subarray(start));
      expect(decode(chunks)).toEqual(decode([bytes]));
    }),
    { numRuns: 500 },
  );
});

test('any pair of IPv4 ends is read back by both versions', () => {
  const end = fc.record({ address: fc.ipV4(), port: fc.nat(65535) });
  const bytesOf = (address: string) => address.split('.').map(Number);
  fc.assert(
    fc.property(end, end, (from, to) => {
      const text = `PROXY TCP4 ${from.address} ${to.address} ${from.port} ${to.port}\r\n`;
      const ports = [from.port >> 8, from.port & 0xff, to.port >> 8, to.port & 0xff];
      const binary = Buffer.from([...bytesOf(from.address), ...bytesOf(to.address), ...ports]);
      const expected = { type: 'header', source: from, destination: to, tls: undefined, rest: '' };
      expect(decode([line(text)])).toEqual(expected);
      expect(decode([version2(0x11, binary)])).toEqual(expected);
    }),
  );
});
