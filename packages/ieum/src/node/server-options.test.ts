import { beforeAll, describe, expect, it } from 'vitest';

import { type Certificates, createCertificates } from '../../../../test/support/certificates.js';
import type { OriginPolicy } from './admission/origin-policy.js';
import type { ServerOptions } from './server-options.js';
import type { UpgradeRequest } from './upgrade-request.js';
import { createServer } from './websocket-server.js';

const routes = { '/': {} };

/** What `createServer` throws. */
function misuse(options?: unknown): Error {
  try {
    createServer(options as ServerOptions);
  } catch (error) {
    return error as Error;
  }
  return expect.unreachable('the server was made');
}

const usageError = (code = 'ERR_WS_INVALID_OPTION') => expect.objectContaining({ name: 'UsageError', code });

describe('createServer refuses', () => {
  it.each<[string, unknown]>([
    ['no argument', undefined],
    ['null', null],
    ['a port', 8080],
    ['a list', []],
    ['a function', () => {}],
    ['no routes', {}],
    ['undefined routes', { routes: undefined }],
    ['routes that are null', { routes: null }],
    ['routes in a Map', { routes: new Map([['/', {}]]) }],
    ['routes in a list', { routes: [] }],
    ['handlers in place of routes', { routes: { message: () => {} } }],
    ['authenticate as a value', { routes, authenticate: true }],
    ['request as a value', { routes, request: {} }],
    ['reportError as a value', { routes, reportError: 'log' }],
    ['allowOrigin that is null', { routes, allowOrigin: null }],
    ['an unknown origin policy', { routes, allowOrigin: 'same-site' }],
    ['allowedHosts as a text', { routes, allowedHosts: 'example.com' }],
    ['trustedProxies as a flag', { routes, trustedProxies: true }],
    ['an unknown forwarding', { routes, forwarding: 'x-real-ip' }],
    ['proxyProtocol as a version', { routes, proxyProtocol: 2 }],
    ['http2 as a version', { routes, http2: 2 }],
    ['half a connection', { routes, maxConnections: 1.5 }],
    ['half a byte for a head', { routes, maxHeaderBytes: 1.5 }],
    ['no time', { routes, handshakeTimeoutMs: 0 }],
    ['more time than a timer counts', { routes, handshakeTimeoutMs: 2 ** 31 }],
    ['a clock without timers', { routes, clock: { now: () => 0 } }],
    ['a clock that is null', { routes, clock: null }],
    ['a peer option that cannot work', { routes, maxFragments: 1.5 }],
    ['tls as a flag', { routes, tls: true }],
    ['tls without a certificate', { routes, tls: {} }],
    ['a certificate that is none', { routes, tls: { cert: 'x', key: 'y' } }],
    ['a name without a certificate', { routes, tls: { sni: { 'example.com': null } } }],
    [
      'a named certificate that is none',
      { routes, tls: { sni: { 'example.com': { cert: 'x', key: 'y' } } } },
    ],
  ])('%s', (_name, options) => {
    expect(misuse(options)).toEqual(usageError());
  });

  it.each([
    ['perMessageDeflate', 'write permessageDeflate'],
    ['port', 'listen('],
    ['host', 'listen('],
    ['path', 'routes'],
    ['server', 'attach('],
    ['noServer', 'attach('],
    ['verifyClient', 'authenticate'],
    ['handleProtocols', 'subprotocols'],
    ['protocols', 'subprotocols'],
    ['maxPayload', 'maxMessageBytes'],
    ['handshakeTimeout', 'handshakeTimeoutMs'],
    ['rejectUnauthorized', 'tls: {'],
    ['ca', 'tls: {'],
    ['cert', 'tls: {'],
    ['key', 'tls: {'],
    ['message', 'routes'],
    ['maxMesageBytes', 'maxMessageBytes'],
    ['keepAlive', 'keepalive'],
    ['alowOrigin', 'allowOrigin'],
    ['toString', 'toString'],
  ])('the option %s and points to %s', (name, words) => {
    const error = misuse({ routes, [name]: 1 });
    expect(error).toEqual(usageError());
    expect(error.message).toContain(words);
  });
});

describe('createServer refuses TLS', () => {
  let certificates: Certificates;

  beforeAll(async () => {
    certificates = await createCertificates();
  });

  it('with what the platform says of it as the cause', () => {
    expect(misuse({ routes, tls: { cert: 'x', key: 'y' } }).cause).toBeInstanceOf(Error);
  });

  it('with a certificate that has no key, or the key of another', () => {
    const { server, client } = certificates;
    expect(misuse({ routes, tls: { cert: server.cert } })).toEqual(usageError());
    expect(misuse({ routes, tls: { cert: server.cert, key: client.key } })).toEqual(usageError());
  });

  it('but not with a pair, alone or by name', () => {
    const { server } = certificates;
    expect(createServer({ routes, tls: server }).isDraining).toBe(false);
    expect(createServer({ routes, tls: { sni: { localhost: server } } }).isDraining).toBe(false);
  });
});

it('an option that is undefined counts as absent, whether it is known or not', () => {
  const names = [
    'maxConnections',
    'tls',
    'clock',
    'request',
    'sendQueue',
    'perMessageDeflate',
    'verifyClient',
  ];
  const absent = Object.fromEntries(names.map((name) => [name, undefined]));
  expect(createServer({ routes, ...absent }).peers.size).toBe(0);
});

it('options may be an instance of a class with fields of its own', () => {
  class Settings {
    readonly stage = 'test';
    readonly routes = routes;
  }
  expect(createServer(new Settings()).peers.size).toBe(0);
});

it('a function that decides on origins is given the whole request', () => {
  const allowOrigin: OriginPolicy<UpgradeRequest> = (_origin, request) => request.path === '/';
  expect(createServer({ routes, allowOrigin }).peers.size).toBe(0);
});
