import { describe, expect, it } from 'vitest';

import { type Environment, proxyFor } from './index.js';

const choose = (url: string, environment: Environment) => {
  const { protocol, hostname, port } = new URL(url);
  const secure = protocol === 'wss:';
  const target = { hostname, port: Number(port || (secure ? 443 : 80)), secure };
  return proxyFor(target, environment)?.variable;
};

describe('the variable that decides', () => {
  const [a, b] = ['http://a', 'http://b'];

  it.each<[string, string, Environment, string | undefined]>([
    ['nothing set', 'ws://x.test', {}, undefined],
    ['http_proxy for ws', 'ws://x.test', { http_proxy: a }, 'http_proxy'],
    ['HTTP_PROXY for ws', 'ws://x.test', { HTTP_PROXY: a }, 'HTTP_PROXY'],
    ['lower case first for ws', 'ws://x.test', { HTTP_PROXY: a, http_proxy: b }, 'http_proxy'],
    ['not https_proxy for ws', 'ws://x.test', { https_proxy: a, HTTPS_PROXY: b }, undefined],
    ['https_proxy for wss', 'wss://x.test', { https_proxy: a }, 'https_proxy'],
    ['HTTPS_PROXY for wss', 'wss://x.test', { HTTPS_PROXY: a }, 'HTTPS_PROXY'],
    ['lower case first for wss', 'wss://x.test', { HTTPS_PROXY: a, https_proxy: b }, 'https_proxy'],
    ['not http_proxy for wss', 'wss://x.test', { http_proxy: a, HTTP_PROXY: b }, undefined],
    ['all_proxy for ws', 'ws://x.test', { all_proxy: a, ALL_PROXY: b }, 'all_proxy'],
    ['ALL_PROXY for wss', 'wss://x.test', { ALL_PROXY: a }, 'ALL_PROXY'],
    ['the scheme before all', 'ws://x.test', { all_proxy: a, HTTP_PROXY: b }, 'HTTP_PROXY'],
    ['an empty one is absent', 'ws://x.test', { http_proxy: '', HTTP_PROXY: ' ', ALL_PROXY: a }, 'ALL_PROXY'],
    ['CGI: HTTP_PROXY is a header', 'ws://x.test', { HTTP_PROXY: a, REQUEST_METHOD: 'GET' }, undefined],
    ['CGI: http_proxy is not', 'ws://x.test', { http_proxy: a, REQUEST_METHOD: 'GET' }, 'http_proxy'],
    [
      'CGI: all_proxy is not',
      'ws://x.test',
      { HTTP_PROXY: a, all_proxy: b, REQUEST_METHOD: 'GET' },
      'all_proxy',
    ],
    ['CGI: HTTPS_PROXY is not', 'wss://x.test', { HTTPS_PROXY: a, REQUEST_METHOD: 'GET' }, 'HTTPS_PROXY'],
    [
      'no_proxy before NO_PROXY',
      'ws://x.test',
      { ALL_PROXY: a, no_proxy: 'y.test', NO_PROXY: '*' },
      'ALL_PROXY',
    ],
    ['NO_PROXY alone', 'ws://x.test', { ALL_PROXY: a, NO_PROXY: '*' }, undefined],
    ['NO_PROXY after an empty one', 'ws://x.test', { ALL_PROXY: a, no_proxy: '', NO_PROXY: '*' }, undefined],
    ['localhost is direct', 'ws://localhost', { ALL_PROXY: a }, undefined],
    ['LOCALHOST. is direct', 'ws://LOCALHOST.', { ALL_PROXY: a }, undefined],
    ['below localhost is direct', 'wss://app.localhost', { ALL_PROXY: a }, undefined],
    ['127.0.0.0/8 is direct', 'ws://127.8.9.1', { ALL_PROXY: a }, undefined],
    ['::1 is direct', 'ws://[::1]', { ALL_PROXY: a }, undefined],
    ['a name that ends alike is not', 'ws://notlocalhost', { ALL_PROXY: a }, 'ALL_PROXY'],
    ['a private address is not', 'ws://10.0.0.1', { ALL_PROXY: a }, 'ALL_PROXY'],
  ])('%s', (_, url, environment, variable) => {
    expect(choose(url, environment)).toBe(variable);
  });

  it('comes with its value, trimmed and otherwise unread', () => {
    const target = { hostname: 'x.test', port: 80, secure: false };
    expect(proxyFor(target, { all_proxy: ' proxy:3128 ' })).toEqual({
      variable: 'all_proxy',
      value: 'proxy:3128',
    });
  });
});

describe('the exceptions', () => {
  it.each<[string, string, 'direct' | 'proxy']>([
    ['*', 'ws://x.test', 'direct'],
    ['*', 'ws://192.0.2.1', 'direct'],
    ['a.test, *', 'ws://x.test', 'direct'],
    ['x.test', 'ws://x.test', 'direct'],
    ['x.test', 'ws://a.b.x.test', 'direct'],
    ['x.test', 'ws://ax.test', 'proxy'],
    ['x.test', 'ws://test', 'proxy'],
    ['x.test', 'ws://x.test.example', 'proxy'],
    ['X.Test', 'ws://x.tEST', 'direct'],
    ['x.test.', 'ws://x.test', 'direct'],
    ['x.test', 'ws://x.test.', 'direct'],
    ['.x.test', 'ws://x.test', 'direct'],
    ['.x.test', 'ws://a.x.test', 'direct'],
    ['.x.test', 'ws://ax.test', 'proxy'],
    ['*.x.test', 'ws://a.x.test', 'direct'],
    ['*.x.test', 'ws://ax.test', 'proxy'],
    ['a.test,x.test', 'ws://x.test', 'direct'],
    ['a.test x.test', 'ws://x.test', 'direct'],
    [' ,a.test,\t, x.test ,', 'ws://x.test', 'direct'],
    [', ,', 'ws://x.test', 'proxy'],
    ['.', 'ws://x.test', 'proxy'],
    ['*.', 'ws://x.test', 'proxy'],
    ['x.test:80', 'ws://x.test', 'direct'],
    ['x.test:443', 'wss://x.test', 'direct'],
    ['x.test:8080', 'ws://x.test', 'proxy'],
    ['x.test:8080', 'ws://a.x.test:8080', 'direct'],
    ['.x.test:8080', 'ws://a.x.test:8081', 'proxy'],
    ['x.test:', 'ws://x.test', 'proxy'],
    ['192.0.2.1', 'ws://192.0.2.1', 'direct'],
    ['192.0.2.1', 'ws://192.0.2.11', 'proxy'],
    ['192.0.2.1:80', 'ws://192.0.2.1', 'direct'],
    ['192.0.2.1:81', 'ws://192.0.2.1', 'proxy'],
    ['0.2.1', 'ws://192.0.2.1', 'proxy'],
    ['.2.1', 'ws://192.0.2.1', 'proxy'],
    ['192.0.2.0/24', 'ws://192.0.2.255', 'direct'],
    ['192.0.2.0/24', 'ws://192.0.3.0', 'proxy'],
    ['192.0.2.7/24', 'ws://192.0.2.9', 'direct'],
    ['0.0.0.0/0', 'ws://192.0.2.1', 'direct'],
    ['0.0.0.0/0', 'ws://x.test', 'proxy'],
    ['192.0.2.0/33', 'ws://192.0.2.0', 'proxy'],
    ['192.0.2.0/', 'ws://192.0.2.0', 'proxy'],
    ['192.0.2.0/x', 'ws://192.0.2.0', 'proxy'],
    ['192.0.2.0/24/1', 'ws://192.0.2.0', 'proxy'],
    ['x.test/24', 'ws://x.test', 'proxy'],
    ['192.0.2.0/24', 'ws://[::ffff:192.0.2.1]', 'direct'],
    ['2001:db8::1', 'ws://[2001:db8::1]', 'direct'],
    ['2001:0DB8:0:0::1', 'ws://[2001:db8::1]', 'direct'],
    ['[2001:db8::1]', 'ws://[2001:db8::1]', 'direct'],
    ['[2001:db8::1]:80', 'ws://[2001:db8::1]', 'direct'],
    ['[2001:db8::1]:81', 'ws://[2001:db8::1]', 'proxy'],
    ['2001:db8::2', 'ws://[2001:db8::1]', 'proxy'],
    ['2001:db8::/32', 'ws://[2001:db8:ffff::1]', 'direct'],
    ['2001:db8::/32', 'ws://[2001:db9::1]', 'proxy'],
    ['2001:db8::/129', 'ws://[2001:db8::1]', 'proxy'],
  ])('%j make %s %s', (list, url, way) => {
    const variable = choose(url, { all_proxy: 'http://a', NO_PROXY: list });
    expect(variable === undefined ? 'direct' : 'proxy').toBe(way);
  });
});
