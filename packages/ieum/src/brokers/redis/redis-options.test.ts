import { describe, expect, test } from 'vitest';

import { checkOptions, type RedisBrokerOptions } from './redis-options.js';

describe('a URL names', () => {
  test.each([
    [
      'redis://127.0.0.1',
      { servers: { type: 'standalone', address: { host: '127.0.0.1', port: 6379 } }, tls: false },
    ],
    [
      'rediss://me:s%40cret@cache.example:7000/3',
      {
        servers: { type: 'standalone', address: { host: 'cache.example', port: 7000 } },
        login: { username: 'me', password: 's@cret', database: 3 },
        tls: true,
      },
    ],
    ['redis://:a:b@[::1]:1', { login: { username: undefined, password: 'a:b', database: 0 } }],
    [
      'redis+cluster://a:1,b,[::1]:3',
      {
        servers: {
          type: 'cluster',
          seeds: [
            { host: 'a', port: 1 },
            { host: 'b', port: 6379 },
            { host: '::1', port: 3 },
          ],
        },
      },
    ],
    [
      'rediss+sentinel://:pw@a,b:2/my%20master/4',
      {
        servers: {
          type: 'sentinel',
          sentinels: [
            { host: 'a', port: 26379 },
            { host: 'b', port: 2 },
          ],
          master: 'my master',
        },
        login: { username: undefined, password: 'pw', database: 4 },
        tls: true,
      },
    ],
  ])('%s', (url, expected) => {
    expect(checkOptions(url)).toMatchObject(expected);
  });
});

test('what stands beside a URL overrides it', () => {
  const settings = checkOptions({
    url: 'redis://me:old@host/1',
    password: 'new',
    database: 2,
    tls: { servername: 'other' },
  });
  expect(settings).toMatchObject({
    login: { username: 'me', password: 'new', database: 2 },
    tls: { servername: 'other' },
  });
});

test('what is left out has its default', () => {
  expect(checkOptions('redis://host')).toMatchObject({
    prefix: 'ieum:',
    nodeLeaseMs: 15_000,
    commandTimeoutMs: 5_000,
    connectTimeoutMs: 5_000,
    maxRetryDelayMs: 5_000,
  });
});

describe('refuses', () => {
  const url = 'redis://host';
  const address = { host: 'a', port: 1 };
  test.each<[string, RedisBrokerOptions | string]>([
    ['nothing', {}],
    ['two places', { url, servers: { type: 'standalone', address } }],
    ['another scheme', 'http://host'],
    ['several hosts of one server', 'redis://a,b'],
    ['a port that is none', 'redis://a:99999'],
    ['a database that is none', 'redis://a/x'],
    ['a longer path', 'redis://a/1/2'],
    ['an escape that is none', 'redis://%zz@a'],
    ['Sentinels without the name of a master', 'redis+sentinel://a,b'],
    ['a database of a Cluster', 'redis+cluster://a/1'],
    ['no server at all', { servers: { type: 'cluster', seeds: [] } }],
    ['a type of servers that there is not', { servers: { type: 'other' } as never }],
    ['a prefix that would break hash tags', { url, prefix: 'a{b' }],
    ['a lease that nobody could keep', { url, nodeLeaseMs: 1 }],
    ['a time that is none', { url, commandTimeoutMs: Number.NaN }],
  ])('%s', (_name, options) => {
    expect(() => checkOptions(options)).toThrow(expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }));
  });
});
