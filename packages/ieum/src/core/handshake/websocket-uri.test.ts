import { describe, expect, it } from 'vitest';

import { parseWebSocketUri, type WebSocketUri } from './websocket-uri.js';

describe('parseWebSocketUri', () => {
  it.each<[string, Partial<WebSocketUri>]>([
    [
      'ws://a.example',
      {
        href: 'ws://a.example/',
        secure: false,
        hostname: 'a.example',
        port: 80,
        host: 'a.example',
        target: '/',
      },
    ],
    ['wss://a.example', { secure: true, port: 443, host: 'a.example' }],
    ['WSS://A.Example/B', { href: 'wss://a.example/B', secure: true, target: '/B' }],
    ['ws://a:80/', { port: 80, host: 'a' }],
    ['wss://a:443/', { port: 443, host: 'a' }],
    ['ws://a:443/', { port: 443, host: 'a:443', secure: false }],
    ['wss://a:80/', { port: 80, host: 'a:80', secure: true }],
    ['http://a/x', { href: 'ws://a/x', secure: false, port: 80 }],
    ['https://a/x', { href: 'wss://a/x', secure: true, port: 443 }],
    ['https://a:8443/x', { href: 'wss://a:8443/x', host: 'a:8443', port: 8443 }],
    ['ws://a?', { target: '/' }],
    ['ws://a?b=c', { target: '/?b=c' }],
    ['ws://a/b c?d e', { target: '/b%20c?d%20e' }],
    ['ws://a/\u00e9', { target: '/%C3%A9' }],
    ['ws://a//b/../c', { target: '//c' }],
    ['ws://[::1]', { hostname: '::1', host: '[::1]' }],
    ['ws://[0:0::1]:9000/', { hostname: '::1', host: '[::1]:9000', port: 9000 }],
    ['ws://b\u00fccher.example', { host: 'xn--bcher-kva.example' }],
    ['ws://a/b%23c', { target: '/b%23c' }],
    ['ws://a/b\r\nX: y', { target: '/bX:%20y' }],
    ['ws://a', { username: undefined, password: undefined }],
    ['ws://u@a', { username: 'u', password: undefined, host: 'a' }],
    ['ws://u:p%40%C3%A9@a', { username: 'u', password: 'p@\u00e9' }],
    ['ws://:p@a', { username: undefined, password: 'p' }],
  ])('understands %s', (input, expected) => {
    expect(parseWebSocketUri(input)).toMatchObject(expected);
    expect(parseWebSocketUri(new URL(input))).toEqual(parseWebSocketUri(input));
  });

  it('drops a fragment, which no request can carry (RFC 6455 §3)', () => {
    const uri = parseWebSocketUri('ws://a/b?c#d');
    expect(uri).toMatchObject({ href: 'ws://a/b?c', target: '/b?c' });
  });

  it('lets a well-known path through (RFC 8307)', () => {
    expect(parseWebSocketUri('wss://a/.well-known/core').target).toBe('/.well-known/core');
  });

  it('resolves a relative input against a base', () => {
    expect(parseWebSocketUri('/chat', 'https://a.example/page#x').href).toBe('wss://a.example/chat');
    expect(parseWebSocketUri('chat?x', new URL('http://a/b/c')).href).toBe('ws://a/b/chat?x');
  });

  it('leaves the URL object it was given as it was', () => {
    const url = new URL('http://a/#b');
    parseWebSocketUri(url);
    expect(url.href).toBe('http://a/#b');
  });

  it.each([
    '',
    'a',
    '/a',
    'ws:',
    'ws://',
    'ws://:80',
    'ws://a:99999',
    'ws://a b',
    'ftp://a',
    'mailto:a@b',
    'file:///a',
    'about:blank',
    'ws://[::1',
    'ws://a{b}',
    'ws://a,b',
    'ws://%zz@a',
    'ws://u:%ff@a',
  ])('throws on "%s"', (input) => {
    expect(() => parseWebSocketUri(input)).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_URL' }));
  });

  it('throws on a base that is none', () => {
    expect(() => parseWebSocketUri('a', 'b')).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_URL' }),
    );
  });
});
