import { describe, expect, test } from 'vitest';

import { CommandFailure } from './command-failure.js';
import { originPolicyFor } from './origin-list.js';

const own = { host: 'realtime.example.com:8080', secure: false };

function allows(entries: readonly string[], origin: string | undefined, request = own): boolean {
  const policy = originPolicyFor(entries);
  if (typeof policy !== 'function') throw new Error('no function');
  return policy(origin, { ...request, origin });
}

describe('a list of origins', () => {
  test('nothing listed is same-origin, any is any', () => {
    expect(originPolicyFor([])).toBe('same-origin');
    expect(originPolicyFor(['https://a.example', 'any'])).toBe('any');
  });

  test.each([
    ['clients that are no browsers', undefined, true],
    ['the own origin', 'http://realtime.example.com:8080', true],
    ['the own origin with another scheme', 'https://realtime.example.com:8080', false],
    ['a listed origin', 'https://a.example', true],
    ['a listed origin in capitals with its default port', 'HTTPS://A.EXAMPLE:443', true],
    ['a listed origin with another scheme', 'http://a.example', false],
    ['a listed origin with another port', 'https://a.example:444', false],
    ['a name below a wildcard', 'https://x.y.b.example', true],
    ['the name of a wildcard itself', 'https://b.example', false],
    ['a name that only ends like one', 'https://evilb.example', false],
    ['an opaque origin', 'null', false],
    ['what is no origin', 'a.example', false],
    ['a URL with userinfo', 'https://a.example@evil.example', false],
  ])('%s', (_name, origin, isAllowed) => {
    expect(allows(['https://a.example', 'https://*.b.example'], origin)).toBe(isAllowed);
  });

  test('null has to be listed', () => {
    expect(allows(['null'], 'null')).toBe(true);
    expect(allows(['null'], 'https://a.example')).toBe(false);
  });

  test('a request with a broken host has no own origin', () => {
    expect(allows(['https://a.example'], 'http://x', { host: 'a b', secure: false })).toBe(false);
  });

  test.each(['a.example', 'https://', 'https://a.example/path', 'https://*', '*', 'https://a.*.example'])(
    '%s is refused',
    (entry) => {
      expect(() => originPolicyFor([entry])).toThrow(CommandFailure);
    },
  );
});
