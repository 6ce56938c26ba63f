import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeaderFields } from '../../core/handshake/header-fields.js';
import { type ClientAddress, type ForwardingConvention, resolveClient } from './forwarded.js';
import { TrustedProxies } from './trusted-proxies.js';

const trusted = new TrustedProxies(['10.0.0.0/8', 'fd00::/8']);

interface Question {
  readonly remoteAddress?: string | undefined;
  readonly secure?: boolean;
  readonly convention?: ForwardingConvention;
}

function resolve(
  fields: readonly (readonly [string, string])[],
  { remoteAddress = '10.0.0.1', secure = false, convention }: Question = {},
): ClientAddress {
  const request = { remoteAddress, secure, host: 'inner', headers: new HeaderFields(fields) };
  return resolveClient(request, trusted, convention);
}

const direct: ClientAddress = { address: '10.0.0.1', secure: false, host: 'inner', via: [] };

describe('Forwarded', () => {
  test.each<[string, Partial<ClientAddress>]>([
    ['for=192.0.2.1', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['for="192.0.2.1:8080"', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['for="192.0.2.1:_port"', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['for="[2001:DB8::0:1]"', { address: '2001:db8::1', via: ['10.0.0.1'] }],
    ['for="[2001:db8::1]:443"', { address: '2001:db8::1', via: ['10.0.0.1'] }],
    ['for="[::ffff:192.0.2.1]"', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['for=_gazonk', { address: '_gazonk', via: ['10.0.0.1'] }],
    ['for="_SEVKISEK:_x"', { address: '_SEVKISEK', via: ['10.0.0.1'] }],
    ['for=Unknown', { address: 'unknown', via: ['10.0.0.1'] }],
    ['for=192.0.2.9, for=192.0.2.1', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['for=192.0.2.1, for=10.0.0.2', { address: '192.0.2.1', via: ['10.0.0.1', '10.0.0.2'] }],
    ['for=192.0.2.1, for="[fd00::2]"', { address: '192.0.2.1', via: ['10.0.0.1', 'fd00::2'] }],
    ['for=10.0.0.3, for=10.0.0.2', { address: '10.0.0.3', via: ['10.0.0.1', '10.0.0.2'] }],
    ['for=10.0.0.9, for=unknown', { address: 'unknown', via: ['10.0.0.1'] }],
    [
      'for=192.0.2.1;proto=https;host=example.com',
      {
        address: '192.0.2.1',
        secure: true,
        host: 'example.com',
        via: ['10.0.0.1'],
      },
    ],
    ['proto=https', { secure: true }],
    ['PROTO=WSS;Host="example.com:8443"', { secure: true, host: 'example.com:8443' }],
    [
      'for=192.0.2.1;proto=https;host=outer, for=10.0.0.2;proto=http;host=middle',
      {
        address: '192.0.2.1',
        secure: true,
        host: 'outer',
        via: ['10.0.0.1', '10.0.0.2'],
      },
    ],
    ['for=10.0.0.9;proto=https;host=evil, for=192.0.2.1', { address: '192.0.2.1', via: ['10.0.0.1'] }],
  ])('%s is resolved', (field, client) => {
    expect(resolve([['Forwarded', field]])).toEqual({ ...direct, ...client });
  });

  test.each([
    'for=',
    'for=192.0.2.1:80',
    'for="192.0.2.1:"',
    'for="192.0.2.1:123456"',
    'for=192.0.2.256',
    'for="2001:db8::1"',
    'for="[2001:db8::1"',
    'for="[fe80::1%25eth0]"',
    'for="[192.0.2.1]"',
    'for=example.com',
    'for=_',
    'for="_a b"',
    'for="unknown" x',
    `for=_${'a'.repeat(300)}`,
    'for=192.0.2.1;for=192.0.2.2',
    'proto=gopher',
    'host="a b"',
    'host="a,b"',
    `host=${'a'.repeat(300)}`,
    'for="',
    '',
  ])('%j is ignored', (field) => {
    expect(resolve([['Forwarded', field]])).toEqual(direct);
  });

  test('several fields are one list', () => {
    const fields = [
      ['forwarded', 'for=192.0.2.1'],
      ['FORWARDED', 'for=10.0.0.2'],
    ] as const;
    expect(resolve(fields).address).toBe('192.0.2.1');
  });

  test('whatever a client sends, the address that the trusted proxy appended is the one', () => {
    const claim = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'",;=\\') }),
      fc.constantFrom('for=10.0.0.9;proto=https;host=evil', 'for="', 'for="\\'),
    );
    fc.assert(
      fc.property(claim, (text) => {
        const appended = 'for="[2001:db8::7]:1"';
        const client = { ...direct, address: '2001:db8::7', via: ['10.0.0.1'] };
        expect(resolve([['forwarded', `${text}, ${appended}`]])).toEqual(client);
        expect(
          resolve([
            ['forwarded', text],
            ['forwarded', appended],
          ]),
        ).toEqual(client);
      }),
    );
  });
});

describe('X-Forwarded-For', () => {
  test.each<[string, Partial<ClientAddress>]>([
    ['192.0.2.1', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['192.0.2.1:8080', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['2001:db8::1', { address: '2001:db8::1', via: ['10.0.0.1'] }],
    ['[2001:db8::1]:80', { address: '2001:db8::1', via: ['10.0.0.1'] }],
    ['unknown', { address: 'unknown', via: ['10.0.0.1'] }],
    ['192.0.2.9 , 192.0.2.1', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['192.0.2.1,,10.0.0.2', { address: '192.0.2.1', via: ['10.0.0.1', '10.0.0.2'] }],
    ['10.0.0.9, 192.0.2.1, 10.0.0.2', { address: '192.0.2.1', via: ['10.0.0.1', '10.0.0.2'] }],
    ['10.0.0.3', { address: '10.0.0.3', via: ['10.0.0.1'] }],
    ['garbage, 192.0.2.1', { address: '192.0.2.1', via: ['10.0.0.1'] }],
    ['192.0.2.1, garbage', {}],
    ['192.0.2.1 192.0.2.2', {}],
    ['', {}],
    [' , ', {}],
  ])('%j is resolved', (field, client) => {
    expect(resolve([['X-Forwarded-For', field]])).toEqual({ ...direct, ...client });
  });

  test.each<[string | null, string, boolean, string]>([
    [null, 'https', true, 'without addresses'],
    ['192.0.2.1', 'https', true, 'set by the one proxy'],
    ['192.0.2.1', 'http, https', true, 'claimed by the client, then appended'],
    ['192.0.2.1', 'https, http', false, 'claimed by the client, then appended'],
    ['192.0.2.1, 10.0.0.2', 'https', true, 'set by the outer of two proxies'],
    ['192.0.2.1, 10.0.0.2', 'https, http', true, 'appended by both'],
    ['192.0.2.1, 10.0.0.2', 'http, https, http', true, 'claimed, then appended by both'],
    ['192.0.2.1', 'gopher', false, 'meaningless'],
  ])('with X-Forwarded-For %j, the protocol %j means secure: %s (%s)', (addresses, protocol, secure) => {
    const fields: [string, string][] = [['X-Forwarded-Proto', protocol]];
    if (addresses !== null) fields.push(['X-Forwarded-For', addresses]);
    expect(resolve(fields).secure).toBe(secure);
  });

  test('the host is taken from the same hop', () => {
    const fields: [string, string][] = [
      ['X-Forwarded-For', '192.0.2.1, 10.0.0.2'],
      ['X-Forwarded-Host', 'evil, outer.example:8443, middle'],
    ];
    expect(resolve(fields).host).toBe('outer.example:8443');
  });

  test('a proxy that encrypts does not make a client secure that did not', () => {
    expect(resolve([['X-Forwarded-Proto', 'http']], { secure: true }).secure).toBe(false);
  });
});

describe('who is believed', () => {
  const fields: [string, string][] = [
    ['Forwarded', 'for=192.0.2.1;proto=https;host=evil'],
    ['X-Forwarded-For', '192.0.2.2'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Host', 'evil'],
  ];

  test('nothing is believed of a peer that is no trusted proxy', () => {
    expect(resolve(fields, { remoteAddress: '::ffff:203.0.113.5' })).toEqual({
      ...direct,
      address: '203.0.113.5',
    });
  });

  test('a peer without an address is unknown and not believed', () => {
    const request = {
      remoteAddress: undefined,
      secure: true,
      host: undefined,
      headers: new HeaderFields(fields),
    };
    expect(resolveClient(request, trusted)).toEqual({
      address: 'unknown',
      secure: true,
      host: undefined,
      via: [],
    });
  });

  test.each<[ForwardingConvention | undefined, string]>([
    [undefined, '192.0.2.1'],
    ['either', '192.0.2.1'],
    ['forwarded', '192.0.2.1'],
    ['x-forwarded', '192.0.2.2'],
  ])('with the convention %s the client is %s', (convention, address) => {
    expect(resolve(fields, convention === undefined ? {} : { convention }).address).toBe(address);
  });

  test('with the convention forwarded, X-Forwarded-For is never read', () => {
    expect(resolve([['X-Forwarded-For', '192.0.2.2']], { convention: 'forwarded' })).toEqual(direct);
  });

  test('a malformed Forwarded does not bring X-Forwarded-For back', () => {
    expect(
      resolve([
        ['Forwarded', '"'],
        ['X-Forwarded-For', '192.0.2.2'],
      ]),
    ).toEqual(direct);
  });
});

test('no fields throw', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom(...'",;=\\[]:. 1f_', 'for', 'proto', 'host') }),
    fc.ipV4(),
    fc.ipV6(),
  );
  const name = fc.constantFrom('Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host');
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (fields) => {
      const { address, via } = resolve(fields);
      expect(via.length === 0 ? address : via[0]).toBe('10.0.0.1');
      expect(via.every((hop) => trusted.has(hop))).toBe(true);
    }),
  );
});

test.each([
  ['X-Forwarded-For', '10.0.0.2,'],
  ['X-Forwarded-For', ' '],
  ['X-Forwarded-For', '1'],
  ['X-Forwarded-For', ':'],
  ['X-Forwarded-Host', 'a.'],
  ['X-Forwarded-Proto', 'https,'],
  ['Forwarded', 'for=10.0.0.2,'],
  ['Forwarded', '"'],
  ['Forwarded', 'for="\\"'],
])('64 KiB of %s: %j… are read in linear time', (name, unit) => {
  const fields = [[name, unit.repeat(65536 / unit.length)]] as const;
  const start = performance.now();
  for (let i = 0; i < 10; i++) resolve(fields);
  expect(performance.now() - start).toBeLessThan(5000);
});
