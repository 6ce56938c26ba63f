import { describe, expect, it, onTestFinished } from 'vitest';

import { startScriptedServer } from '../../../../test/support/scripted-server.js';
import { type ConnectOptions, connect } from './connect.js';

/** What `connect` rejects with, before anybody is connected to. */
async function misuse(options: unknown): Promise<Error> {
  const server = await startScriptedServer(() => {});
  onTestFinished(() => server.close());
  const error = await connect(server.url, options as ConnectOptions).then(
    () => expect.unreachable('the connection was opened'),
    (failure: Error) => failure,
  );
  expect(server.accepted).toBe(0);
  return error;
}

const usageError = (code = 'ERR_WS_INVALID_OPTION') => expect.objectContaining({ name: 'UsageError', code });

describe('connect refuses', () => {
  it.each<[string, unknown]>([
    ['null', null],
    ['a subprotocol alone', 'chat'],
    ['subprotocols alone', ['chat']],
    ['a function', () => {}],
    ['a signal that is a number', { signal: 1 }],
    ['a signal that is null', { signal: null }],
    ['a controller for a signal', { signal: new AbortController() }],
    ['open that is no function', { open: 5 }],
    ['message that is no function', { message: 5 }],
    ['closed that is no function', { closed: null }],
    ['reportError that is no function', { reportError: 'log' }],
    ['an origin that is a URL', { origin: new URL('https://example.com') }],
    ['tls that is a flag', { tls: true }],
    ['proxyTls that is null', { proxyTls: null }],
    ['an environment that is null', { environment: null }],
    ['a proxy that is a flag', { proxy: true }],
    ['a proxy that is null', { proxy: null }],
    ['a proxy that is an agent', { proxy: { host: 'localhost' } }],
    ['an unknown family', { family: 5 }],
    ['a local address that is null', { localAddress: null }],
    ['a socket path that is a number', { socketPath: 5 }],
    ['half a fragment', { maxFragments: 1.5 }],
    ['a send queue that is a policy', { sendQueue: 'wait' }],
  ])('%s', async (_name, options) => {
    expect(await misuse(options)).toEqual(usageError());
  });

  it.each<[string, unknown]>([
    ['a number', 5],
    ['null', null],
    ['a text', 'Cookie: a=b'],
    ['a flag', true],
  ])('headers that are %s', async (_name, headers) => {
    expect(await misuse({ headers })).toEqual(usageError('ERR_WS_INVALID_HEADER'));
  });

  it.each([
    ['perMessageDeflate', 'write permessageDeflate'],
    ['protocols', 'subprotocols'],
    ['rejectUnauthorized', 'tls: {'],
    ['ca', 'tls: {'],
    ['cert', 'tls: {'],
    ['key', 'tls: {'],
    ['maxPayload', 'maxMessageBytes'],
    ['handshakeTimeout', 'handshakeTimeoutMs'],
    ['followRedirects', 'maxRedirects'],
    ['header', 'headers'],
    ['onmessage', 'message'],
  ])('the option %s and points to %s', async (name, words) => {
    const error = await misuse({ [name]: 1 });
    expect(error).toEqual(usageError());
    expect(error.message).toContain(words);
  });
});

it('an option that is undefined counts as absent, whether it is known or not', async () => {
  const reason = new Error('enough');
  const names = ['headers', 'tls', 'proxy', 'family', 'message', 'keepalive', 'maxFragments', 'protocols'];
  const absent = Object.fromEntries(names.map((name) => [name, undefined]));
  const attempt = connect('ws://127.0.0.1:1', { ...absent, signal: AbortSignal.abort(reason) });
  await expect(attempt).rejects.toBe(reason);
});
