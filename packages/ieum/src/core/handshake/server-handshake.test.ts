import { describe, expect, it } from 'vitest';

import { requestDecoder, responseDecoder } from './head-decoder.js';
import { type HeaderField, HeaderFields } from './header-fields.js';
import type { Answer } from './negotiation.js';
import {
  checkOpeningRequest,
  formatSwitchingProtocols,
  type OpeningRequest,
  type OpeningRequestShape,
} from './server-handshake.js';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const valid: readonly HeaderField[] = [
  ['Host', 'server.example.com'],
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
  ['Sec-WebSocket-Key', key],
  ['Sec-WebSocket-Version', '13'],
];

const shape = (
  headers: readonly HeaderField[],
  others: Partial<OpeningRequestShape> = {},
): OpeningRequestShape => ({
  method: 'GET',
  target: '/chat',
  version: '1.1',
  headers: new HeaderFields(headers),
  ...others,
});
const without = (name: string): HeaderField[] => valid.filter(([other]) => other !== name);
/** The valid request with other lines for one field. */
const replacing = (name: string, ...values: string[]): HeaderField[] => [
  ...without(name),
  ...values.map((value): HeaderField => [name, value]),
];
const check = (request: OpeningRequestShape): OpeningRequest | number => {
  const result = checkOpeningRequest(request);
  return result.type === 'opening' ? result.request : result.refusal.status;
};
const refusalFields = (request: OpeningRequestShape): readonly HeaderField[] => {
  const result = checkOpeningRequest(request);
  return result.type === 'refused' ? result.refusal.headers : [];
};

describe('a valid opening request', () => {
  it('yields what it asks for', () => {
    const request = shape([
      ...valid,
      ['Origin', 'http://example.com'],
      ['Sec-WebSocket-Protocol', 'chat, superchat'],
      ['Sec-WebSocket-Protocol', 'v12.stomp'],
      ['Sec-WebSocket-Extensions', 'a; b'],
      ['Sec-WebSocket-Extensions', 'c'],
    ]);
    expect(check(request)).toEqual({
      key,
      host: 'server.example.com',
      path: '/chat',
      origin: 'http://example.com',
      subprotocols: ['chat', 'superchat', 'v12.stomp'],
      extensions: [
        { name: 'a', params: [['b', true]] },
        { name: 'c', params: [] },
      ],
    });
  });

  it('need not have an origin, subprotocols or extensions', () => {
    expect(check(shape(valid))).toMatchObject({ origin: undefined, subprotocols: [], extensions: [] });
  });

  it('may have its fields in any order, and others', () => {
    const fields: HeaderField[] = [['Cookie', 'a=b'], ...[...valid].reverse(), ['X-Other', 'c']];
    expect(check(shape(fields))).toMatchObject({ key });
  });

  it('can come from the decoder', () => {
    const text = `GET /chat HTTP/1.1\r\n${valid.map(([name, value]) => `${name}:  ${value} `).join('\r\n')}\r\n\r\n`;
    const step = requestDecoder().receive(new TextEncoder().encode(text));
    if (step.type !== 'head') throw new Error(step.type);
    expect(check(step.head)).toMatchObject({ key, path: '/chat' });
  });

  it.each<[string, string, ...string[]]>([
    ['another case of Upgrade', 'Upgrade', 'WebSocket'],
    ['an Upgrade list', 'Upgrade', 'h2c, HTTP/3.0, websocket'],
    ['two Upgrade lines', 'Upgrade', 'h2c', 'websocket'],
    ['another case of Connection', 'Connection', 'upgrade'],
    ['a Connection list', 'Connection', 'keep-alive, Upgrade'],
    ['two Connection lines', 'Connection', 'keep-alive', 'UPGRADE'],
    ['an empty list element', 'Connection', ', Upgrade ,'],
    ['a port in Host', 'Host', 'a:8080'],
    ['an IPv6 Host', 'Host', '[::1]:8080'],
    ['a Content-Length of zero', 'Content-Length', '0'],
    ['an empty element among subprotocols', 'Sec-WebSocket-Protocol', ', a'],
    ['an opaque origin', 'Origin', 'null'],
  ])('may have %s', (_, name, ...values) => {
    expect(check(shape(replacing(name, ...values)))).toMatchObject({ key });
  });

  it('may spell field names in any case', () => {
    const shouted = valid.map(([name, value]): HeaderField => [name.toUpperCase(), value]);
    const whispered = valid.map(([name, value]): HeaderField => [name.toLowerCase(), value]);
    expect(check(shape(shouted))).toMatchObject({ key });
    expect(check(shape(whispered))).toMatchObject({ key });
  });

  it('may have a later minor version of HTTP/1', () => {
    expect(check(shape(valid, { version: '1.2' }))).toMatchObject({ key });
  });

  it('may have an absolute target, whose host counts more than Host (RFC 9112 §3.2.2)', () => {
    const request = shape(valid, { target: 'http://other.example:81/chat?a' });
    expect(check(request)).toMatchObject({ host: 'other.example:81', path: '/chat?a' });
  });

  it('may be for a well-known path (RFC 8307)', () => {
    expect(check(shape(valid, { target: '/.well-known/core' }))).toMatchObject({ path: '/.well-known/core' });
  });
});

describe('an opening request is refused', () => {
  it.each<[number, string]>([
    [400, 'Host'],
    [426, 'Upgrade'],
    [400, 'Connection'],
    [400, 'Sec-WebSocket-Key'],
    [426, 'Sec-WebSocket-Version'],
  ])('with %d without %s', (status, name) => {
    expect(check(shape(without(name)))).toBe(status);
    expect(check(shape(replacing(name, '')))).toBe(status);
  });

  it.each<[number, string, ...string[]]>([
    [400, 'Host', 'server.example.com', 'server.example.com'],
    [400, 'Host', 'a', 'b'],
    [400, 'Host', 'a, b'],
    [400, 'Host', 'a/b'],
    [400, 'Host', 'user@a'],
    [426, 'Upgrade', 'h2c'],
    [426, 'Upgrade', 'websocket2'],
    [426, 'Upgrade', 'websocket/13'],
    [426, 'Upgrade', '"websocket"'],
    [426, 'Upgrade', 'websocket h2c'],
    [400, 'Connection', 'keep-alive'],
    [400, 'Connection', 'close'],
    [400, 'Connection', 'Upgraded'],
    [400, 'Connection', 'keep-alive Upgrade'],
    [413, 'Content-Length', '1'],
    [413, 'Content-Length', '99999999999999999999'],
    [400, 'Content-Length', '-1'],
    [400, 'Content-Length', '0x1'],
    [400, 'Content-Length', ''],
    [400, 'Content-Length', '0', '0'],
    [400, 'Content-Length', '0, 5'],
    [413, 'Transfer-Encoding', 'chunked'],
    [413, 'Transfer-Encoding', 'identity'],
    [426, 'Sec-WebSocket-Version', '8'],
    [426, 'Sec-WebSocket-Version', '14'],
    [426, 'Sec-WebSocket-Version', '013'],
    [426, 'Sec-WebSocket-Version', '13, 8'],
    [426, 'Sec-WebSocket-Version', '13', '13'],
    [426, 'Sec-WebSocket-Version', '13', '8'],
    [400, 'Sec-WebSocket-Key', key, key],
    [400, 'Sec-WebSocket-Key', `${key}, ${key}`],
    [400, 'Sec-WebSocket-Key', 'AQIDBAUGBwgJCgsMDQ4PEC=='],
    [400, 'Sec-WebSocket-Key', 'c2hvcnQ='],
    [400, 'Sec-WebSocket-Key', 'constructor'],
    [400, 'Sec-WebSocket-Protocol', ''],
    [400, 'Sec-WebSocket-Protocol', 'a b'],
    [400, 'Sec-WebSocket-Protocol', 'a, a'],
    [400, 'Sec-WebSocket-Protocol', 'a', 'a'],
    [400, 'Sec-WebSocket-Extensions', ''],
    [400, 'Sec-WebSocket-Extensions', 'a;'],
    [400, 'Sec-WebSocket-Extensions', 'a; b="c d"'],
    [400, 'Origin', 'http://a', 'http://a'],
  ])('with %d when %s is %j %j', (status, name, ...values) => {
    expect(check(shape(replacing(name, ...values)))).toBe(status);
  });

  it.each<[number, Partial<OpeningRequestShape>]>([
    [405, { method: 'POST' }],
    [405, { method: 'CONNECT' }],
    [405, { method: 'get' }],
    [400, { version: '1.0' }],
    [400, { version: '0.9' }],
    [505, { version: '2.0' }],
    [400, { version: '' }],
    [505, { version: '3.0' }],
    [400, { version: 'HTTP/1.1' }],
    [400, { target: '*' }],
    [400, { target: 'a.example:80' }],
    [400, { target: 'ftp://a/b' }],
    [400, { target: '/a#b' }],
    [400, { target: '/a b' }],
    [400, { target: '' }],
  ])('with %d for %j', (status, others) => expect(check(shape(valid, others))).toBe(status));

  it('with 426 rather than 400 when an older draft has another version and no key (RFC 6455 §4.4)', () => {
    const fields = replacing('Sec-WebSocket-Version', '0').filter(([name]) => name !== 'Sec-WebSocket-Key');
    expect(check(shape(fields))).toBe(426);
  });

  it('with Allow when the method is wrong (RFC 9110 §15.5.6)', () => {
    expect(refusalFields(shape(valid, { method: 'POST' }))).toEqual([['Allow', 'GET']]);
  });

  it('with what to upgrade to in a 426 (RFC 9110 §15.5.22)', () => {
    const upgrade: HeaderField[] = [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
    ];
    for (const missing of ['Upgrade', 'Sec-WebSocket-Version']) {
      expect(refusalFields(shape(without(missing)))).toEqual([...upgrade, ['Sec-WebSocket-Version', '13']]);
    }
  });

  it('even with thousands of fields and none that matter', () => {
    const fields = Array.from({ length: 4_000 }, (_, i): HeaderField => [`X-${i}`, 'a']);
    expect(check(shape(fields))).toBe(400);
    expect(check(shape([...fields, ['Host', 'a']]))).toBe(426);
  });

  it.each(['__proto__', 'constructor', 'toString'])('or not, whatever %s is', (name) => {
    expect(check(shape([...valid, [name, name]]))).toMatchObject({ key });
    expect(check(shape(replacing('Sec-WebSocket-Extensions', name)))).toMatchObject({
      extensions: [{ name, params: [] }],
    });
    expect(check(shape(replacing('Upgrade', name)))).toBe(426);
  });
});

describe('formatSwitchingProtocols', () => {
  const offered = {
    key,
    subprotocols: ['chat', 'superchat'],
    extensions: [
      { name: 'a', params: [] },
      { name: 'b', params: [] },
    ],
  };

  it('is the least that RFC 6455 §4.2.2 asks for when nothing is chosen', () => {
    expect(formatSwitchingProtocols(offered)).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    );
  });

  it('carries what was chosen, and other headers', () => {
    const text = formatSwitchingProtocols(offered, {
      subprotocol: 'superchat',
      extensions: [{ name: 'b', params: [['c', '1']] }],
      headers: [
        ['Set-Cookie', 'd=e'],
        ['Set-Cookie', 'f=\u00e9'],
      ],
    });
    const step = responseDecoder().receive(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    if (step.type !== 'head') throw new Error(step.type);
    const { headers } = step.head;
    expect(headers.getAll('Sec-WebSocket-Protocol')).toEqual(['superchat']);
    expect(headers.getAll('Sec-WebSocket-Extensions')).toEqual(['b; c=1']);
    expect(headers.getAll('Set-Cookie')).toEqual(['d=e', 'f=\u00e9']);
    expect(step.rest.length).toBe(0);
  });

  it.each<[string, Answer]>([
    ['ERR_WS_INVALID_SUBPROTOCOL', { subprotocol: 'other' }],
    ['ERR_WS_INVALID_SUBPROTOCOL', { subprotocol: 'Chat' }],
    ['ERR_WS_INVALID_SUBPROTOCOL', { subprotocol: '' }],
    ['ERR_WS_INVALID_SUBPROTOCOL', { subprotocol: 'chat\r\nA: b' }],
    ['ERR_WS_INVALID_EXTENSION', { extensions: [{ name: 'c', params: [] }] }],
    ['ERR_WS_INVALID_EXTENSION', { extensions: [offered.extensions[0], offered.extensions[0]] as never }],
    ['ERR_WS_INVALID_EXTENSION', { extensions: [{ name: 'a', params: [['b', '\r\n']] }] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['A', 'b\r\nC: d']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['A', 'b\0']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['A\n', 'b']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['upgrade', 'h2c']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['Connection', 'close']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['sec-websocket-accept', 'x']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['Sec-WebSocket-Protocol', 'chat']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['Sec-WebSocket-Extensions', 'a']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['Content-Length', '0']] }],
    ['ERR_WS_INVALID_HEADER', { headers: [['Transfer-Encoding', 'chunked']] }],
  ])('throws %s for %j', (code, answer) => {
    expect(() => formatSwitchingProtocols(offered, answer)).toThrow(expect.objectContaining({ code }));
  });
});
