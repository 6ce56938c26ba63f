import { describe, expect, test } from 'vitest';

import { type NatsBrokerOptions, readOptions } from './nats-options.js';

const servers = 'nats://127.0.0.1';

describe('options that nobody can honour are refused', () => {
  test.each<[string, unknown]>([
    ['no servers', {}],
    ['an empty list', { servers: [] }],
    ['no address', { servers: 'localhost' }],
    ['another scheme', { servers: 'http://localhost' }],
    ['a path', { servers: 'nats://localhost/x' }],
    ['a query', { servers: 'nats://localhost?x' }],
    ['one bad address of two', { servers: [servers, 7] }],
    ['a prefix with a dot', { servers, prefix: 'a.b' }],
    ['an empty prefix', { servers, prefix: '' }],
    ['no replicas', { servers, replicas: 0 }],
    ['too many replicas', { servers, replicas: 6 }],
    ['half a replica', { servers, replicas: 1.5 }],
    ['a time in the past', { servers, continuityMs: -1 }],
    ['no time', { servers, timeoutMs: 0 }],
    ['a number as text', { servers, nodeLeaseMs: '15000' }],
    ['a lease that nobody can keep', { servers, nodeLeaseMs: 299 }],
    ['no bytes', { servers, maxStreamBytes: 0 }],
    ['both token and user', { servers, token: 't', user: 'u' }],
  ])('%s', (_name, options) => {
    expect(() => readOptions(options as NatsBrokerOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
    );
  });
});

test('an address that is refused is not repeated, as it may hold a password', () => {
  expect(() => readOptions({ servers: 'http://ann:secret@host' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  );
});

test.each<[string, NatsBrokerOptions, object]>([
  ['a port is 4222', { servers: 'nats://host' }, { servers: ['host:4222'] }],
  ['several servers', { servers: ['nats://a:1', 'nats://b:2/'] }, { servers: ['a:1', 'b:2'] }],
  ['an address of IPv6', { servers: 'nats://[::1]:1' }, { servers: ['[::1]:1'] }],
  ['a name and a password', { servers: 'nats://a%40b:c%2F@host' }, { user: 'a@b', pass: 'c/' }],
  ['a token', { servers: 'nats://to%20ken@host' }, { token: 'to ken' }],
  ['TLS by its address', { servers: 'tls://host' }, { tls: {} }],
  ['TLS by its options', { servers, tls: { ca: 'ca' } }, { tls: { ca: 'ca' } }],
  ['the name', { servers, name: 'chat' }, { name: 'chat' }],
])('is passed on to the client: %s', (_name, options, expected) => {
  expect(readOptions(options).connection).toMatchObject(expected);
});

test('without TLS none is asked for', () => {
  expect(readOptions({ servers }).connection).not.toHaveProperty('tls');
});
