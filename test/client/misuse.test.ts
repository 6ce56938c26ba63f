import { type ConnectOptions, connect } from 'ieum';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startScriptedServer } from '../support/scripted-server.js';

/** What a caller can do wrong: all of it is told before anybody is connected to. */
async function misuse(options: unknown, path = ''): Promise<unknown> {
  const server = await startScriptedServer(() => {});
  onTestFinished(() => server.close());
  const failure = await connect(server.url + path, options as ConnectOptions).then(
    () => expect.unreachable('the connection was opened'),
    (error: unknown) => error,
  );
  expect(server.accepted).toBe(0);
  return failure;
}

const usageError = (code: string) => expect.objectContaining({ name: 'UsageError', code });

describe('what could break out of its place in the request', () => {
  const forbidden: [string, string][] = [
    ['CR LF', 'a\r\nX-Injected: 1'],
    ['LF', 'a\nb'],
    ['CR', 'a\rb'],
    ['NUL', 'a\0b'],
    ['DEL', 'a\x7fb'],
    ['a wide character that ends in LF', 'a\u010ab'],
  ];

  it.each(forbidden)('is refused with %s in a header value', async (_name, text) => {
    expect(await misuse({ headers: { 'X-Header': text } })).toEqual(usageError('ERR_WS_INVALID_HEADER'));
    expect(await misuse({ headers: [['X-Header', text]] })).toEqual(usageError('ERR_WS_INVALID_HEADER'));
  });

  it.each(forbidden)('is refused with %s in a header name', async (_name, text) => {
    expect(await misuse({ headers: { [text]: 'value' } })).toEqual(usageError('ERR_WS_INVALID_HEADER'));
  });

  it.each(forbidden)('is refused with %s in a subprotocol', async (_name, text) => {
    expect(await misuse({ subprotocols: ['good', text] })).toEqual(usageError('ERR_WS_INVALID_SUBPROTOCOL'));
  });

  it.each(forbidden)('is refused with %s in the origin', async (_name, text) => {
    expect(await misuse({ origin: text })).toEqual(usageError('ERR_WS_INVALID_HEADER'));
  });

  it.each([
    'Host',
    'host',
    'Connection',
    'Upgrade',
    'Sec-WebSocket-Key',
    'Content-Length',
    'Transfer-Encoding',
    'Origin',
  ])('is refused as the header %s', async (name) => {
    expect(await misuse({ headers: { [name]: 'a' } })).toEqual(usageError('ERR_WS_INVALID_HEADER'));
  });

  it.each(['', 'a b', 'a,b', 'a"b', 'ä'])('is refused as the subprotocol %j', async (subprotocol) => {
    expect(await misuse({ subprotocols: [subprotocol] })).toEqual(usageError('ERR_WS_INVALID_SUBPROTOCOL'));
  });
});

describe('options that cannot work', () => {
  it.each<[string, unknown, string]>([
    ['a repeated subprotocol', { subprotocols: ['a', 'a'] }, 'ERR_WS_INVALID_SUBPROTOCOL'],
    ['a subprotocol that is not in an array', { subprotocols: 'chat' }, 'ERR_WS_INVALID_SUBPROTOCOL'],
    ['a header value that is a number', { headers: { 'X-Number': 1 } }, 'ERR_WS_INVALID_HEADER'],
    ['a header value that is an array', { headers: { 'X-List': ['a', 'b'] } }, 'ERR_WS_INVALID_HEADER'],
    ['a header without a value', { headers: [['X-Alone']] }, 'ERR_WS_INVALID_HEADER'],
    ['no time', { handshakeTimeoutMs: 0 }, 'ERR_WS_INVALID_OPTION'],
    ['a time that is no number', { handshakeTimeoutMs: '100' }, 'ERR_WS_INVALID_OPTION'],
    ['no room for a head', { maxHeaderBytes: 0 }, 'ERR_WS_INVALID_OPTION'],
    ['half a byte for a head', { maxHeaderBytes: 0.5 }, 'ERR_WS_INVALID_OPTION'],
    ['endless room for a head', { maxHeaderBytes: Number.POSITIVE_INFINITY }, 'ERR_WS_INVALID_OPTION'],
    ['fewer than no redirects', { maxRedirects: -1 }, 'ERR_WS_INVALID_OPTION'],
    ['uncountable redirects', { maxRedirects: Number.NaN }, 'ERR_WS_INVALID_OPTION'],
    ['messages without room', { maxMessageBytes: 0 }, 'ERR_WS_INVALID_OPTION'],
    ['an unknown policy', { sendQueue: { policy: 'hope' } }, 'ERR_WS_INVALID_OPTION'],
    ['a proxy of unknown kind', { proxy: 'ftp://127.0.0.1' }, 'ERR_WS_INVALID_OPTION'],
    ['http2 as a flag that it has not', { http2: true }, 'ERR_WS_INVALID_OPTION'],
    ['http2 as an agent of something else', { http2: {} }, 'ERR_WS_INVALID_OPTION'],
    ['a proxy and a Unix socket', { proxy: 'http://127.0.0.1', socketPath: '/x' }, 'ERR_WS_INVALID_OPTION'],
  ])('are refused: %s', async (_name, options, code) => {
    expect(await misuse(options)).toEqual(usageError(code));
  });

  it.each([
    '',
    'echo',
    '//host',
    'ftp://localhost',
    'ws://',
    'ws://a b/',
    'ws://localhost:99999',
    'ws://localhost:0',
    'ws://a%3Ab:c@localhost',
  ])('are refused: the URL %j', async (url) => {
    await expect(connect(url)).rejects.toEqual(usageError('ERR_WS_INVALID_URL'));
  });

  it('are refused: TLS keys that are none', async () => {
    await expect(connect('wss://localhost:1', { tls: { ca: 'x', cert: 'no', key: 'no' } })).rejects.toEqual(
      usageError('ERR_WS_INVALID_OPTION'),
    );
  });
});
