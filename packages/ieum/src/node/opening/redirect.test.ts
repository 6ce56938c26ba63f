import { describe, expect, it } from 'vitest';

import { HeaderFields } from '../../core/handshake/header-fields.js';
import { parseWebSocketUri } from '../../core/handshake/websocket-uri.js';
import { isFollowed, isSameServer, redirectTarget, withoutCredentials } from './redirect.js';

const targetOf = (from: string, location?: string) =>
  redirectTarget(
    parseWebSocketUri(from),
    new HeaderFields(location === undefined ? [] : [['Location', location]]),
  );

describe('where a redirect leads', () => {
  it.each([
    ['ws://a.example/x/y?q', 'z', 'ws://a.example/x/z'],
    ['ws://a.example/x/y', '/z?r', 'ws://a.example/z?r'],
    ['ws://a.example/x', '//b.example/z', 'ws://b.example/z'],
    ['ws://a.example/x', 'http://b.example:8080/', 'ws://b.example:8080/'],
    ['ws://a.example/x', 'https://a.example/x', 'wss://a.example/x'],
    ['wss://a.example/x', 'https://b.example/#f', 'wss://b.example/'],
    ['ws://user:secret@a.example/', '/z', 'ws://user:secret@a.example/z'],
    ['ws://user:secret@a.example/', '//b.example/', 'ws://b.example/'],
  ])('from %s to %j is %s', (from, location, to) => {
    expect(targetOf(from, location).href).toBe(to);
  });

  it.each([
    ['ws://a.example/', undefined],
    ['ws://a.example/', 'ftp://a.example/'],
    ['ws://a.example/', 'http://[::1'],
    ['ws://a.example/', 'ws://a.example:0/'],
    ['wss://a.example/', 'ws://a.example/'],
    ['wss://a.example/', 'http://b.example/'],
  ])('from %s to %j is nowhere', (from, location) => {
    expect(() => targetOf(from, location)).toThrow(
      expect.objectContaining({ name: 'HandshakeError', code: 'ERR_WS_REDIRECT' }),
    );
  });
});

it.each([
  ['ws://a.example/x', 'ws://a.example:80/y', true],
  ['ws://a.example/', 'ws://A.EXAMPLE/', true],
  ['ws://a.example/', 'ws://a.example:81/', false],
  ['ws://a.example/', 'wss://a.example/', false],
  ['ws://a.example/', 'ws://www.a.example/', false],
  ['ws://localhost/', 'ws://127.0.0.1/', false],
])('%s and %s: the same server is %s', (a, b, isSame) => {
  expect(isSameServer(parseWebSocketUri(a), parseWebSocketUri(b))).toBe(isSame);
});

it('credentials are told by their names, in any case', () => {
  const fields = [
    ['AUTHORIZATION', '1'],
    ['Cookie', '2'],
    ['proxy-Authorization', '3'],
    ['X-Cookie', '4'],
  ] as const;
  expect(withoutCredentials(fields)).toEqual([['X-Cookie', '4']]);
});

it('304 asks for nothing, and neither does 300', () => {
  const followed = (maxRedirects: number) =>
    [200, 300, 301, 302, 303, 304, 305, 307, 308].filter((status) => isFollowed(status, { maxRedirects }));
  expect(followed(1)).toEqual([301, 302, 303, 307, 308]);
  expect(followed(0)).toEqual([]);
});
