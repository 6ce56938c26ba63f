import { describe, expect, it } from 'vitest';

import { createKey } from './accept-key.js';
import {
  checkOpeningResponse,
  createOpeningRequest,
  type OpeningRequestOptions,
  type OpeningResponseCheck,
} from './client-handshake.js';
import type { ExtensionOffer } from './extension-list.js';
import { type ResponseHead, requestDecoder, responseDecoder } from './head-decoder.js';
import { type HeaderField, HeaderFields } from './header-fields.js';
import { checkOpeningRequest, formatSwitchingProtocols } from './server-handshake.js';
import { parseWebSocketUri } from './websocket-uri.js';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const deflate: ExtensionOffer = { name: 'permessage-deflate', params: [['client_max_window_bits', true]] };
const options = (others: Partial<OpeningRequestOptions> = {}): OpeningRequestOptions => ({
  uri: parseWebSocketUri('ws://server.example.com/chat'),
  key,
  ...others,
});
const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const headersOf = (others: Partial<OpeningRequestOptions>): HeaderFields => {
  const step = requestDecoder().receive(bytes(createOpeningRequest(options(others)).text));
  if (step.type !== 'head') throw new Error(step.type);
  return step.head.headers;
};

describe('createOpeningRequest', () => {
  it('writes what RFC 6455 §4.1 asks for, and no more', () => {
    expect(createOpeningRequest(options()).text).toBe(
      'GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  });

  it('carries offers, origin and other headers', () => {
    const headers = headersOf({
      subprotocols: ['chat', 'superchat'],
      extensions: [deflate, { name: 'x', params: [] }],
      origin: 'http://example.com',
      headers: new Map([['Cookie', 'a=\u00e9']]),
    });
    expect(headers.getAll('Sec-WebSocket-Protocol')).toEqual(['chat, superchat']);
    expect(headers.getAll('Sec-WebSocket-Extensions')).toEqual([
      'permessage-deflate; client_max_window_bits, x',
    ]);
    expect(headers.getAll('Origin')).toEqual(['http://example.com']);
    expect(headers.getAll('Cookie')).toEqual(['a=\u00e9']);
  });

  it.each([
    ['ws://a:8080', 'a:8080'],
    ['ws://a:80', 'a'],
    ['wss://a:443', 'a'],
    ['ws://[::1]:8080', '[::1]:8080'],
  ])('names in Host of %s the port unless it is the default: %s', (url, host) => {
    expect(headersOf({ uri: parseWebSocketUri(url) }).getAll('Host')).toEqual([host]);
  });

  it.each([
    ['ws://user:pass@a', 'Basic dXNlcjpwYXNz'],
    ['ws://user@a', 'Basic dXNlcjo='],
    ['ws://:pass@a', 'Basic OnBhc3M='],
    ['ws://%C3%A9:%C3%A9@a', 'Basic w6k6w6k='],
  ])('turns the userinfo of %s into credentials (RFC 7617)', (url, authorization) => {
    expect(headersOf({ uri: parseWebSocketUri(url) }).getAll('Authorization')).toEqual([authorization]);
  });

  it('prefers credentials that are given', () => {
    const uri = parseWebSocketUri('ws://user:pass@a');
    const headers = headersOf({ uri, headers: [['authorization', 'Bearer x']] });
    expect(headers.getAll('Authorization')).toEqual(['Bearer x']);
  });

  const plain = parseWebSocketUri('ws://a/');
  it.each<[string, string, Partial<OpeningRequestOptions>]>([
    ['a header with a line break', 'ERR_WS_INVALID_HEADER', { headers: [['A', 'b\r\nC: d']] }],
    ['a header with NUL', 'ERR_WS_INVALID_HEADER', { headers: [['A', '\0']] }],
    ['a header name with a line break', 'ERR_WS_INVALID_HEADER', { headers: [['A\r\nB', 'c']] }],
    ['Host', 'ERR_WS_INVALID_HEADER', { headers: [['host', 'a']] }],
    ['Upgrade', 'ERR_WS_INVALID_HEADER', { headers: [['Upgrade', 'h2c']] }],
    ['Connection', 'ERR_WS_INVALID_HEADER', { headers: [['CONNECTION', 'close']] }],
    ['Sec-WebSocket-Key', 'ERR_WS_INVALID_HEADER', { headers: [['Sec-WebSocket-Key', key]] }],
    ['Sec-WebSocket-Version', 'ERR_WS_INVALID_HEADER', { headers: [['Sec-WebSocket-Version', '8']] }],
    ['Origin among headers', 'ERR_WS_INVALID_HEADER', { headers: [['Origin', 'http://a']] }],
    ['Content-Length', 'ERR_WS_INVALID_HEADER', { headers: [['Content-Length', '5']] }],
    ['Transfer-Encoding', 'ERR_WS_INVALID_HEADER', { headers: [['Transfer-Encoding', 'chunked']] }],
    ['Expect', 'ERR_WS_INVALID_HEADER', { headers: [['Expect', '100-continue']] }],
    ['an origin with a line break', 'ERR_WS_INVALID_HEADER', { origin: 'http://a\r\nB: c' }],
    ['an empty origin', 'ERR_WS_INVALID_HEADER', { origin: '' }],
    ['a repeated subprotocol', 'ERR_WS_INVALID_SUBPROTOCOL', { subprotocols: ['a', 'a'] }],
    ['a subprotocol that is no token', 'ERR_WS_INVALID_SUBPROTOCOL', { subprotocols: ['a\r\nB: c'] }],
    ['a bad extension', 'ERR_WS_INVALID_EXTENSION', { extensions: [{ name: 'a b', params: [] }] }],
    ['a bad key', 'ERR_WS_INVALID_OPTION', { key: 'x' }],
    ['a user name with a colon', 'ERR_WS_INVALID_URL', { uri: parseWebSocketUri('ws://a%3Ab:c@d') }],
    ['a home-made target', 'ERR_WS_INVALID_URL', { uri: { ...plain, target: '/ HTTP/1.1\r\nA: b' } }],
    ['a home-made host', 'ERR_WS_INVALID_URL', { uri: { ...plain, host: 'a\r\nB: c' } }],
  ])('throws on %s', (_, code, others) => {
    expect(() => createOpeningRequest(options(others))).toThrow(expect.objectContaining({ code }));
  });
});

const valid: readonly HeaderField[] = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Accept', 's3pPLMBiTxaQ9kYGzzhZRbK+xOo='],
];
const { expectation } = createOpeningRequest(
  options({ subprotocols: ['chat', 'superchat'], extensions: [deflate, { name: 'x', params: [] }] }),
);
const head = (headers: readonly HeaderField[], others: Partial<ResponseHead> = {}): ResponseHead => ({
  version: '1.1',
  status: 101,
  reason: 'Switching Protocols',
  headers: new HeaderFields(headers),
  ...others,
});
const replacing = (name: string, ...values: string[]): HeaderField[] => [
  ...valid.filter(([other]) => other !== name),
  ...values.map((value): HeaderField => [name, value]),
];
const check = (response: ResponseHead): OpeningResponseCheck => checkOpeningResponse(response, expectation);

describe('an opening response is accepted', () => {
  it('without any choice of the server', () => {
    expect(check(head(valid))).toEqual({ type: 'accepted', subprotocol: undefined, extensions: [] });
  });

  it('with an offered subprotocol and offered extensions, also in several lines (erratum 3433)', () => {
    const fields: HeaderField[] = [
      ...valid,
      ['Sec-WebSocket-Protocol', 'superchat'],
      ['Sec-WebSocket-Extensions', 'x'],
      ['Sec-WebSocket-Extensions', 'permessage-deflate; client_max_window_bits="10"'],
    ];
    expect(check(head(fields))).toEqual({
      type: 'accepted',
      subprotocol: 'superchat',
      extensions: [
        { name: 'x', params: [] },
        { name: 'permessage-deflate', params: [['client_max_window_bits', '10']] },
      ],
    });
  });

  it.each<[string, ...string[]]>([
    ['Upgrade', 'WebSocket'],
    ['Upgrade', ' websocket,'],
    ['Connection', 'UPGRADE'],
    ['Connection', 'keep-alive, upgrade'],
    ['Connection', 'keep-alive', 'Upgrade'],
    ['Content-Length', '0'],
    ['Set-Cookie', 'a=b', 'c=d'],
  ])('with %s: %j %j', (name, ...values) => {
    expect(check(head(replacing(name, ...values)))).toMatchObject({ type: 'accepted' });
  });

  it('whatever its reason phrase and the case of its names', () => {
    const fields = valid.map(([name, value]): HeaderField => [name.toLowerCase(), value]);
    expect(check(head(fields, { reason: '' }))).toMatchObject({ type: 'accepted' });
  });
});

describe('an opening response is invalid', () => {
  it.each<[string, string, ...string[]]>([
    ['ERR_WS_HANDSHAKE_UPGRADE', 'Upgrade'],
    ['ERR_WS_HANDSHAKE_UPGRADE', 'Upgrade', ''],
    ['ERR_WS_HANDSHAKE_UPGRADE', 'Upgrade', 'h2c'],
    ['ERR_WS_HANDSHAKE_UPGRADE', 'Upgrade', 'websocket, h2c'],
    ['ERR_WS_HANDSHAKE_UPGRADE', 'Upgrade', 'websocket', 'websocket'],
    ['ERR_WS_HANDSHAKE_UPGRADE', 'Upgrade', 'websocket/13'],
    ['ERR_WS_HANDSHAKE_CONNECTION', 'Connection'],
    ['ERR_WS_HANDSHAKE_CONNECTION', 'Connection', ''],
    ['ERR_WS_HANDSHAKE_CONNECTION', 'Connection', 'keep-alive'],
    ['ERR_WS_HANDSHAKE_CONNECTION', 'Connection', 'not Upgrade'],
    ['ERR_WS_HANDSHAKE_ACCEPT', 'Sec-WebSocket-Accept'],
    ['ERR_WS_HANDSHAKE_ACCEPT', 'Sec-WebSocket-Accept', ''],
    ['ERR_WS_HANDSHAKE_ACCEPT', 'Sec-WebSocket-Accept', key],
    ['ERR_WS_HANDSHAKE_ACCEPT', 'Sec-WebSocket-Accept', expectation.accept.toLowerCase()],
    ['ERR_WS_HANDSHAKE_ACCEPT', 'Sec-WebSocket-Accept', expectation.accept, expectation.accept],
    ['ERR_WS_HANDSHAKE_ACCEPT', 'Sec-WebSocket-Accept', `${expectation.accept}, ${expectation.accept}`],
    ['ERR_WS_HANDSHAKE_SUBPROTOCOL', 'Sec-WebSocket-Protocol', 'other'],
    ['ERR_WS_HANDSHAKE_SUBPROTOCOL', 'Sec-WebSocket-Protocol', 'Chat'],
    ['ERR_WS_HANDSHAKE_SUBPROTOCOL', 'Sec-WebSocket-Protocol', ''],
    ['ERR_WS_HANDSHAKE_SUBPROTOCOL', 'Sec-WebSocket-Protocol', 'chat, superchat'],
    ['ERR_WS_HANDSHAKE_SUBPROTOCOL', 'Sec-WebSocket-Protocol', 'chat', 'chat'],
    ['ERR_WS_HANDSHAKE_SUBPROTOCOL', 'Sec-WebSocket-Protocol', 'constructor'],
    ['ERR_WS_HANDSHAKE_EXTENSIONS', 'Sec-WebSocket-Extensions', 'y'],
    ['ERR_WS_HANDSHAKE_EXTENSIONS', 'Sec-WebSocket-Extensions', 'x', 'y'],
    ['ERR_WS_HANDSHAKE_EXTENSIONS', 'Sec-WebSocket-Extensions', 'x, x'],
    ['ERR_WS_HANDSHAKE_EXTENSIONS', 'Sec-WebSocket-Extensions', 'constructor'],
    ['ERR_WS_HANDSHAKE_EXTENSIONS', 'Sec-WebSocket-Extensions', 'x;'],
    ['ERR_WS_HANDSHAKE_EXTENSIONS', 'Sec-WebSocket-Extensions', ''],
    ['ERR_WS_HANDSHAKE_BODY', 'Content-Length', '5'],
    ['ERR_WS_HANDSHAKE_BODY', 'Transfer-Encoding', 'chunked'],
  ])('(%s) with %s: %j %j', (code, name, ...values) => {
    expect(check(head(replacing(name, ...values)))).toMatchObject({ type: 'invalid', code });
  });

  it('when it speaks HTTP/1.0', () => {
    const code = 'ERR_WS_HANDSHAKE_HTTP_VERSION';
    expect(check(head(valid, { version: '1.0' }))).toMatchObject({ type: 'invalid', code });
  });

  it('when it chooses a subprotocol or an extension and none was offered', () => {
    const nothing = createOpeningRequest(options()).expectation;
    expect(checkOpeningResponse(head(replacing('Sec-WebSocket-Protocol', 'chat')), nothing)).toMatchObject({
      code: 'ERR_WS_HANDSHAKE_SUBPROTOCOL',
    });
    expect(checkOpeningResponse(head(replacing('Sec-WebSocket-Extensions', 'x')), nothing)).toMatchObject({
      code: 'ERR_WS_HANDSHAKE_EXTENSIONS',
    });
  });
});

describe('an opening response that is plain HTTP', () => {
  it.each([200, 204, 301, 302, 401, 403, 404, 426, 503, 999])('is refused with its status %d', (status) => {
    const fields: HeaderField[] = [...valid, ['Location', '/b']];
    const result = check(head(fields, { status, reason: 'why' }));
    expect(result).toMatchObject({ type: 'refused', status, reason: 'why' });
    expect(result.type === 'refused' && result.headers.get('location')).toBe('/b');
  });

  it.each([100, 102, 103, 199])('is not yet the final one with status %d', (status) => {
    expect(check(head([], { status }))).toEqual({ type: 'interim', status });
  });
});

describe('both roles', () => {
  it('understand each other, with bytes right behind the response', () => {
    for (let i = 0; i < 256; i++) {
      const ownKey = createKey(new Uint8Array(16).fill(i));
      const sent = createOpeningRequest(
        options({
          key: ownKey,
          subprotocols: ['chat', 'superchat'],
          extensions: [deflate],
          origin: 'http://a',
        }),
      );
      const request = requestDecoder().receive(bytes(sent.text));
      if (request.type !== 'head') throw new Error(request.type);
      const opening = checkOpeningRequest(request.head);
      if (opening.type !== 'opening') throw new Error(opening.refusal.reason);
      expect(opening.request).toMatchObject({ key: ownKey, origin: 'http://a', host: 'server.example.com' });

      const answer = { subprotocol: 'superchat', extensions: opening.request.extensions };
      const text = formatSwitchingProtocols(opening.request, answer);
      const response = responseDecoder().receive(bytes(`${text}\x81\x00`));
      if (response.type !== 'head') throw new Error(response.type);
      const result = checkOpeningResponse(response.head, sent.expectation);
      expect(result).toEqual({ type: 'accepted', subprotocol: 'superchat', extensions: [deflate] });
      expect([...response.rest]).toEqual([0x81, 0]);
    }
  });
});
