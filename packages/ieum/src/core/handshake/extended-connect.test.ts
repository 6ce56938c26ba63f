import { describe, expect, test } from 'vitest';

import {
  checkConnectRequest,
  checkConnectResponse,
  createConnectRequest,
  formatConnectAnswer,
  formatConnectRefusal,
} from './extended-connect.js';
import { type HeaderField, HeaderFields } from './header-fields.js';
import { refuse } from './refusal.js';
import { parseWebSocketUri } from './websocket-uri.js';

const correct: Readonly<Record<string, string>> = {
  ':method': 'CONNECT',
  ':protocol': 'websocket',
  ':scheme': 'https',
  ':authority': 'example.com:8443',
  ':path': '/chat?room=1',
  'sec-websocket-version': '13',
};

/** A request, right unless changed; an empty list leaves a field out. */
function request(changes: Readonly<Record<string, string | readonly string[]>> = {}): HeaderFields {
  const fields = Object.entries({ ...correct, ...changes });
  return new HeaderFields(
    fields.flatMap(([name, values]) => [values].flat().map((value): HeaderField => [name, value])),
  );
}

describe('a request over HTTP/2', () => {
  test('asks for what an Upgrade asks for', () => {
    const check = checkConnectRequest(
      request({
        origin: 'https://example.com',
        'sec-websocket-protocol': 'chat, superchat',
        'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits',
      }),
    );
    expect(check).toMatchObject({
      type: 'opening',
      request: {
        host: 'example.com:8443',
        path: '/chat?room=1',
        origin: 'https://example.com',
        subprotocols: ['chat', 'superchat'],
        extensions: [{ name: 'permessage-deflate' }],
      },
    });
  });

  test('has the fields that it would have had over HTTP/1.1', () => {
    const check = checkConnectRequest(request({ cookie: ['a=1', 'b=2'], 'x-own': ['1', '2'] }));
    expect(check.type === 'opening' && [...check.request.headers]).toEqual([
      ['host', 'example.com:8443'],
      ['sec-websocket-version', '13'],
      ['x-own', '1'],
      ['x-own', '2'],
      ['cookie', 'a=1; b=2'],
    ]);
  });

  const welcome: readonly (readonly [string, Record<string, string | string[]>])[] = [
    ['with :protocol in other letters', { ':protocol': 'WebSocket' }],
    ['with the scheme of cleartext', { ':scheme': 'http' }],
    ['with a Host in place of :authority', { ':authority': [], host: 'example.com:8443' }],
    ['with a Host that says the same', { host: 'EXAMPLE.com:8443' }],
    ['with a body of no bytes', { 'content-length': '0' }],
    ['with the key of HTTP/1.1, which means nothing here', { 'sec-websocket-key': 'not a key' }],
  ];

  test.each(welcome)('is well-formed %s', (_name, changes) => {
    expect(checkConnectRequest(request(changes)).type).toBe('opening');
  });

  const refused: readonly (readonly [string, Record<string, string | string[]>, number])[] = [
    ['without :protocol', { ':protocol': [] }, 405],
    ['with another method', { ':method': 'GET' }, 405],
    ['for another protocol', { ':protocol': 'connect-udp' }, 501],
    ['with another scheme', { ':scheme': 'wss' }, 400],
    ['without a scheme', { ':scheme': [] }, 400],
    ['without :authority and Host', { ':authority': [] }, 400],
    ['with userinfo in :authority', { ':authority': 'me@example.com' }, 400],
    ['with an empty :authority', { ':authority': '' }, 400],
    ['with two hosts in :authority', { ':authority': 'a.example, b.example' }, 400],
    ['with another Host', { host: 'other.example' }, 400],
    ['with Host twice', { host: ['example.com:8443', 'example.com:8443'] }, 400],
    ['without :path', { ':path': [] }, 400],
    ['with an absolute :path', { ':path': 'https://example.com/' }, 400],
    ['with *', { ':path': '*' }, 400],
    ['with a fragment', { ':path': '/#a' }, 400],
    ['with a space in :path', { ':path': '/ x' }, 400],
    ['with a body', { 'content-length': '5' }, 413],
    ['without a version', { 'sec-websocket-version': [] }, 426],
    ['with version 8', { 'sec-websocket-version': '8' }, 426],
    ['with a bad subprotocol', { 'sec-websocket-protocol': 'a b' }, 400],
    ['with bad extensions', { 'sec-websocket-extensions': ';' }, 400],
    ['with Origin twice', { origin: ['https://a.example', 'https://b.example'] }, 400],
  ];

  test.each(refused)('%s is refused', (_name, changes, status) => {
    expect(checkConnectRequest(request(changes))).toMatchObject({ type: 'refused', refusal: { status } });
  });
});

describe('a response over HTTP/2', () => {
  const offer = { subprotocols: ['chat'], extensions: [] };

  test('accepts with 200 and what was agreed on, in lower case', () => {
    const headers: HeaderField[] = [
      ['Set-Cookie', 'a=1'],
      ['Keep-Alive', 'timeout=5'],
    ];
    expect(formatConnectAnswer(offer, { subprotocol: 'chat', headers })).toEqual([
      [':status', '200'],
      ['sec-websocket-protocol', 'chat'],
      ['set-cookie', 'a=1'],
    ]);
  });

  test('grants nothing that was not offered', () => {
    expect(() => formatConnectAnswer(offer, { subprotocol: 'other' })).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_SUBPROTOCOL' }),
    );
  });

  test('refuses with the status, the reason as the body, and no field of HTTP/1.1 connections', () => {
    const refusal = refuse(503, 'come later', [
      ['Retry-After', '5'],
      ['Connection', 'close'],
    ]);
    const { fields, body } = formatConnectRefusal(refusal);
    expect(fields).toEqual([
      [':status', '503'],
      ['retry-after', '5'],
      ['content-type', 'text/plain; charset=utf-8'],
      ['content-length', '11'],
    ]);
    expect(Buffer.from(body).toString()).toBe('come later\n');
    expect(formatConnectRefusal(refuse(304, 'not modified'))).toEqual({
      fields: [[':status', '304']],
      body: new Uint8Array(),
    });
  });

  test.each([200, 201, 299])('%i is accepted', (status) => {
    const fields = new HeaderFields([
      [':status', String(status)],
      ['sec-websocket-protocol', 'chat'],
    ]);
    expect(checkConnectResponse(fields, offer)).toEqual({
      type: 'accepted',
      subprotocol: 'chat',
      extensions: [],
    });
  });

  test.each([101, 301, 401, 404, 500])('%i is not', (status) => {
    const fields = new HeaderFields([
      [':status', String(status)],
      ['location', '/x'],
    ]);
    const check = checkConnectResponse(fields, offer);
    expect(check).toMatchObject({ type: 'refused', status });
    expect(check.type === 'refused' && [...check.headers]).toEqual([['location', '/x']]);
  });

  test('with a subprotocol that was not offered is invalid', () => {
    const fields = new HeaderFields([
      [':status', '200'],
      ['sec-websocket-protocol', 'other'],
    ]);
    expect(checkConnectResponse(fields, offer)).toMatchObject({ code: 'ERR_WS_HANDSHAKE_SUBPROTOCOL' });
  });
});

describe('what a client sends', () => {
  test('is an extended CONNECT that the server understands', () => {
    const fields = createConnectRequest({
      uri: parseWebSocketUri('wss://user:secret@example.com/chat?a=b'),
      subprotocols: ['chat'],
      origin: 'https://example.com',
      headers: [
        ['X-Own', ' 1\t'],
        ['Keep-Alive', 'x'],
      ],
    });
    expect(fields).toEqual([
      [':method', 'CONNECT'],
      [':protocol', 'websocket'],
      [':scheme', 'https'],
      [':authority', 'example.com'],
      [':path', '/chat?a=b'],
      ['sec-websocket-version', '13'],
      ['sec-websocket-protocol', 'chat'],
      ['origin', 'https://example.com'],
      ['x-own', '1'],
      ['authorization', `Basic ${Buffer.from('user:secret').toString('base64')}`],
    ]);
    expect(checkConnectRequest(new HeaderFields(fields)).type).toBe('opening');
  });

  test('has no field that the handshake writes itself', () => {
    const uri = parseWebSocketUri('wss://example.com/');
    for (const name of ['Host', 'Upgrade', 'Sec-WebSocket-Protocol', ':authority']) {
      expect(() => createConnectRequest({ uri, headers: [[name, 'x']] })).toThrow(
        expect.objectContaining({ code: 'ERR_WS_INVALID_HEADER' }),
      );
    }
  });
});
