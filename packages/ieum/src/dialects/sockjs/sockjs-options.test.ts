import { describe, expect, test } from 'vitest';

import { createSockJs, type SockJsOptions } from './index.js';

const service = { message: () => {} };

describe('createSockJs', () => {
  test('gives what a server takes, and no more', () => {
    const sockJs = createSockJs({ prefix: '/a/b', service });
    expect(Object.keys({ ...sockJs })).toEqual(['http', 'routes']);
    expect(Object.keys(sockJs.http)).toEqual(['/a/b', '/a/b/*']);
    expect(Object.keys(sockJs.routes)).toEqual(['/a/b/*']);
    expect(createSockJs({ prefix: '/a', service, webSocket: false }).routes).toEqual({});
  });

  test('takes undefined for what is left out', () => {
    const options = { prefix: '/a', service, maxSessions: undefined, sendQueue: { policy: undefined } };
    expect(() => createSockJs(options as unknown as SockJsOptions)).not.toThrow();
  });

  test.each<[name: string, options: unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['no prefix', { service }],
    ['a prefix without a slash', { prefix: 'a', service }],
    ['a prefix that ends with a slash', { prefix: '/a/', service }],
    ['a prefix with a star', { prefix: '/a/*', service }],
    ['the root', { prefix: '/', service }],
    ['no service', { prefix: '/a' }],
    ['a handler that is none', { prefix: '/a', service: { message: 'x' } }],
    ['a name that means nothing', { prefix: '/a', service, heartbeatMs: 5 }],
    ['an origin that is none', { prefix: '/a', service, allowOrigin: ['example.com'] }],
    ['an origin with a path', { prefix: '/a', service, allowOrigin: ['https://example.com/a'] }],
    ['a rule that is none', { prefix: '/a', service, allowOrigin: 'all' }],
    ['credentials that are none', { prefix: '/a', service, credentials: 'omit' }],
    ['a client that breaks out of its attribute', { prefix: '/a', service, clientUrl: '/"><script>' }],
    ['a client without a place', { prefix: '/a', service, clientUrl: 'javascript:alert(1)' }],
    ['binary messages in a way there is not', { prefix: '/a', service, binaryMessages: 'hex' }],
    ['a limit of nothing', { prefix: '/a', service, maxSessions: 0 }],
    ['a limit that is none', { prefix: '/a', service, maxBodyBytes: '1' }],
    ['a time that is none', { prefix: '/a', service, heartbeatIntervalMs: 0 }],
    ['a queue without a policy', { prefix: '/a', service, sendQueue: { policy: 'no' } }],
    ['a flag that is none', { prefix: '/a', service, webSocket: 1 }],
    ['a function that is none', { prefix: '/a', service, authenticate: true }],
  ])('refuses %s', (_name, options) => {
    expect(() => createSockJs(options as SockJsOptions)).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
  });
});
