import { HeaderFields } from 'ieum/core';
import { describe, expect, test } from 'vitest';

import { readHead, requestHead, responseHead } from './head.js';
import { changedFields, type OpeningChanges } from './opening-changes.js';
import { encodeOpeningRequest } from './opening-request.js';
import { encodeOpeningResponse } from './opening-response.js';

describe('header fields', () => {
  const fields = [
    ['Host', 'x'],
    ['Upgrade', 'websocket'],
  ] as const;

  test.each<[OpeningChanges['headers'], string[]]>([
    [undefined, ['Host: x', 'Upgrade: websocket']],
    [{ Host: 'y' }, ['Host: y', 'Upgrade: websocket']],
    [{ host: 'y' }, ['host: y', 'Upgrade: websocket']],
    [{ HOST: null }, ['Upgrade: websocket']],
    [{ Host: [] }, ['Upgrade: websocket']],
    [{ Upgrade: ['a', 'b'] }, ['Host: x', 'Upgrade: a', 'Upgrade: b']],
    [{ Origin: 'o' }, ['Host: x', 'Upgrade: websocket', 'Origin: o']],
    [{ Origin: null }, ['Host: x', 'Upgrade: websocket']],
    [{ 'Bad Name': ' v\t' }, ['Host: x', 'Upgrade: websocket', 'Bad Name:  v\t']],
  ])('changed by %j', (changes, lines) => {
    expect(changedFields(fields, changes).map(([name, value]) => `${name}: ${value}`)).toEqual(lines);
  });
});

describe('an opening request', () => {
  const to = { authority: 'h:1', target: '/a?b', secure: false, headers: [['Origin', 'o']] as const };
  const linesOf = (changes?: OpeningChanges) =>
    encodeOpeningRequest(to, changes).bytes.toString('latin1').split('\r\n');

  test('is right by default, with a key of 16 bytes that is never the same', () => {
    const [startLine, host, upgrade, connection, key, version, ...rest] = linesOf();
    expect([startLine, host, upgrade, connection]).toEqual([
      'GET /a?b HTTP/1.1',
      'Host: h:1',
      'Upgrade: websocket',
      'Connection: Upgrade',
    ]);
    expect(key).toMatch(/^Sec-WebSocket-Key: [A-Za-z0-9+/]{21}[AQgw]==$/);
    expect(linesOf()[4]).not.toBe(key);
    expect([version, ...rest]).toEqual(['Sec-WebSocket-Version: 13', 'Origin: o', '', '']);
  });

  test.each<[OpeningChanges, string]>([
    [{ method: 'POST' }, 'POST /a?b HTTP/1.1'],
    [{ target: '*' }, 'GET * HTTP/1.1'],
    [{ version: '1.0' }, 'GET /a?b HTTP/1.0'],
    [{ startLine: 'whatever' }, 'whatever'],
  ])('with %j begins %j', (changes, startLine) => {
    expect(linesOf(changes)[0]).toBe(startLine);
  });

  test('may have another line end, and something after the head', () => {
    const { bytes } = encodeOpeningRequest(to, { lineEnd: '\n', body: 'after' });
    expect(bytes.toString()).toMatch(/^GET \/a\?b HTTP\/1\.1\nHost: h:1\n[^\r]*\n\nafter$/);
  });

  test('knows what it asked for', () => {
    const headers = {
      'Sec-WebSocket-Key': 'k',
      'sec-websocket-protocol': ['a, b', 'c'],
      'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits, other',
    };
    expect(encodeOpeningRequest(to, { headers }).asked).toEqual({
      key: 'k',
      subprotocols: ['a', 'b', 'c'],
      extensions: ['permessage-deflate', 'other'],
    });
  });
});

describe('an opening response', () => {
  const key: [string, string] = ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='];
  const request = requestHead('GET / HTTP/1.1', new HeaderFields([key]));

  test('answers the key', () => {
    expect(encodeOpeningResponse(request).toString().split('\r\n')).toEqual([
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
      '',
      '',
    ]);
  });

  test('may say something else, frames after it included', () => {
    const text = encodeOpeningResponse(request, {
      status: 503,
      headers: { Upgrade: null, 'Retry-After': '1' },
      body: new Uint8Array([0x81, 0]),
    }).toString('latin1');
    expect(text).toMatch(/^HTTP\/1\.1 503 [^\r]+\r\nConnection: [\s\S]*Retry-After: 1\r\n\r\n\x81\0$/);
  });
});

describe('a head', () => {
  test('is read when it is whole, and as far as it goes', () => {
    const bytes = Buffer.from('A b c\r\nName:  value \r\nnocolon\r\n\r\nrest', 'latin1');
    expect(readHead(bytes.subarray(0, 20))).toBe(null);
    const head = readHead(bytes);
    expect(head?.startLine).toBe('A b c');
    expect([...(head?.headers ?? [])]).toEqual([
      ['Name', 'value'],
      ['nocolon', ''],
    ]);
    expect(bytes.subarray(head?.length).toString()).toBe('rest');
  });

  test.each([
    ['HTTP/1.1 101 Switching Protocols', 101],
    ['HTTP/1.0 200', 200],
    ['HTTP/1.1 99 x', 0],
    ['HTTP/1.1 1010 x', 0],
    ['HTTP/2 200', 0],
    ['', 0],
    ['SSH-2.0-x', 0],
  ])('that begins %j has status %i', (startLine, status) => {
    expect(responseHead(startLine, new HeaderFields()).status).toBe(status);
  });
});
