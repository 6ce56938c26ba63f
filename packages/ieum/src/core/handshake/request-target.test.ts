import { describe, expect, it } from 'vitest';

import { parseRequestTarget } from './request-target.js';

describe('parseRequestTarget', () => {
  it.each<[string, string | undefined, string]>([
    ['/', undefined, '/'],
    ['/a?b', undefined, '/a?b'],
    ['//a', undefined, '//a'],
    ['http://a', 'a', '/'],
    ['http://a/', 'a', '/'],
    ['HTTPS://a:8080/b?c', 'a:8080', '/b?c'],
    ['http://a?b/c', 'a', '/?b/c'],
    ['http://[::1]:80/b', '[::1]:80', '/b'],
  ])('reads %s', (target, host, path) => expect(parseRequestTarget(target)).toEqual({ host, path }));

  it.each([
    '',
    '*',
    'a:80',
    'a',
    'ws://a/',
    'ftp://a/',
    'http://',
    'http:///a',
    'http://u@a/',
    '/a#b',
    '/a b',
    '/a\r\n',
    '/\u00e9',
  ])('rejects "%s"', (target) => expect(parseRequestTarget(target)).toBeNull());
});
