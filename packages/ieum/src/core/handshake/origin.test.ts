import { describe, expect, it } from 'vitest';

import { isSameOrigin } from './origin.js';

describe('isSameOrigin', () => {
  it.each<[string, string, boolean]>([
    ['http://a.example', 'a.example', false],
    ['https://a.example', 'a.example', true],
    ['http://a.example:80', 'a.example', false],
    ['http://a.example', 'a.example:80', false],
    ['http://a.example', 'a.example:', false],
    ['https://a.example', 'a.example:443', true],
    ['http://a.example:8080', 'a.example:8080', false],
    ['HTTP://A.Example', 'a.eXAMPLE', false],
    ['http://[::1]:3000', '[::1]:3000', false],
    ['http://[::1]', '[0:0:0:0:0:0:0:1]', false],
    ['http://[2001:DB8::A]', '[2001:db8::a]', false],
    ['http://127.0.0.1', '127.0.0.1', false],
    ['http://xn--bcher-kva.example', 'XN--BCHER-kva.example', false],
  ])('%s is the origin of %s (secure: %j)', (origin, host, secure) => {
    expect(isSameOrigin(origin, host, secure)).toBe(true);
  });

  it.each<[string, string, boolean]>([
    ['https://a.example', 'a.example', false],
    ['http://a.example', 'a.example', true],
    ['http://a.example', 'b.example', false],
    ['http://evil.a.example', 'a.example', false],
    ['http://a.example.evil', 'a.example', false],
    ['http://a.example.', 'a.example', false],
    ['http://a.example:81', 'a.example', false],
    ['http://a.example:443', 'a.example', false],
    ['https://a.example:80', 'a.example', true],
    ['http://localhost', '127.0.0.1', false],
    ['http://[::1]', '127.0.0.1', false],
    ['null', 'null', false],
    ['', '', false],
    ['null', '', false],
    ['http://', '', false],
    ['file://', '', false],
    ['file:///a', 'a', false],
    ['ws://a', 'a', false],
    ['chrome-extension://abc', 'abc', false],
    ['data:text/html,x', 'a', false],
    ['a.example', 'a.example', false],
    ['//a.example', 'a.example', false],
    ['http:a.example', 'a.example', false],
    ['http:/a.example', 'a.example', false],
    ['http:\\\\a.example', 'a.example', false],
    ['http://a.example/', 'a.example', false],
    ['http://a.example/', 'a.example/', false],
    ['http://a.example?', 'a.example?', false],
    ['http://a.example#', 'a.example#', false],
    ['http://u@a.example', 'a.example', false],
    ['http://a.example@evil', 'evil', false],
    ['http://a.example\\@evil', 'a.example', false],
    [' http://a.example', 'a.example', false],
    ['http://a.example ', 'a.example', false],
    ['http://a.\texample', 'a.example', false],
    ['http://a.example http://b.example', 'a.example', false],
    ['http://a.example, http://a.example', 'a.example', false],
    ['http://a:99999', 'a:99999', false],
    ['http://[:::]', '[:::]', false],
    ['http://a b', 'a b', false],
  ])('"%s" is not the origin of "%s" (secure: %j)', (origin, host, secure) => {
    expect(isSameOrigin(origin, host, secure)).toBe(false);
  });
});
