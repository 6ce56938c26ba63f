import { describe, expect, test } from 'vitest';

import { isOwnEcho, readTarget, shortAddress } from './target.js';

const HTTP = 'http://127.0.0.1:8080/';
const HTTPS = 'https://example.test/console/';

describe('readTarget', () => {
  test.each([
    ['/echo', HTTP, 'ws://127.0.0.1:8080/echo'],
    [' /broadcast?room=1 ', HTTP, 'ws://127.0.0.1:8080/broadcast?room=1'],
    ['/echo', HTTPS, 'wss://example.test/echo'],
    ['ws://other.test:81/x', HTTP, 'ws://other.test:81/x'],
    ['http://other.test/x', HTTP, 'ws://other.test/x'],
    ['https://other.test/x', HTTP, 'wss://other.test/x'],
    ['wss://other.test/x#part', HTTP, 'wss://other.test/x'],
    ['ws://127.0.0.1:9/x', HTTPS, 'ws://127.0.0.1:9/x'],
    ['//other.test/x', HTTP, 'ws://other.test/x'],
  ])('reads %j on %s', (address, page, url) => {
    expect(readTarget(address, '', page)).toEqual({ type: 'target', target: { url, subprotocols: [] } });
  });

  test.each([
    ['', HTTP],
    ['echo', HTTP],
    ['localhost:8080/echo', HTTP],
    ['ftp://other.test/', HTTP],
    ['ws://', HTTP],
    ['ws://host:99999/', HTTP],
    ['ws://user:secret@other.test/', HTTP],
    ['ws://other.test/', HTTPS],
  ])('refuses %j on %s', (address, page) => {
    expect(readTarget(address, '', page)).toMatchObject({ type: 'invalid', field: 'url' });
  });

  test('reads subprotocols, best first', () => {
    expect(readTarget('/echo', 'v12.stomp, v11.stomp  mqtt', HTTP)).toMatchObject({
      target: { subprotocols: ['v12.stomp', 'v11.stomp', 'mqtt'] },
    });
  });

  test.each(['a, a', 'a/b', 'größe', '"quoted"'])('refuses subprotocols %j', (names) => {
    expect(readTarget('/echo', names, HTTP)).toMatchObject({ type: 'invalid', field: 'subprotocols' });
  });
});

test.each([
  ['ws://127.0.0.1:8080/echo?a=1', HTTP, '/echo?a=1'],
  ['wss://127.0.0.1:8080/echo', HTTP, 'wss://127.0.0.1:8080/echo'],
  ['ws://127.0.0.1:8081/echo', HTTP, 'ws://127.0.0.1:8081/echo'],
  ['wss://example.test/echo', HTTPS, '/echo'],
])('shortens %s on %s', (url, page, short) => {
  expect(shortAddress(url, page)).toBe(short);
});

test.each([
  ['ws://127.0.0.1:8080/echo', true],
  ['ws://127.0.0.1:8080/echo?x', true],
  ['ws://127.0.0.1:8080/broadcast', false],
  ['ws://other.test/echo', false],
])('knows whether %s is its own echo', (url, expected) => {
  expect(isOwnEcho({ url, subprotocols: [] }, HTTP)).toBe(expected);
});
