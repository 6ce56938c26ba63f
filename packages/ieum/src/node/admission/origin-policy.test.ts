import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileHostPolicy } from './host-policy.js';
import { compileOriginPolicy, type OriginPolicy, type OriginSubject } from './origin-policy.js';

const request = (origin: string | undefined, host: string | undefined = 'example.com', secure = true) =>
  ({ origin, host, secure }) satisfies OriginSubject;

describe('a list', () => {
  test.each<[readonly string[], string, boolean]>([
    [['https://example.com'], 'https://example.com', true],
    [['https://example.com'], 'HTTPS://EXAMPLE.COM', true],
    [['HTTPS://Example.com:443'], 'https://example.com', true],
    [['https://example.com'], 'https://example.com:443', true],
    [['https://example.com'], 'http://example.com', false],
    [['https://example.com'], 'https://example.com:8443', false],
    [['https://example.com:8443'], 'https://example.com:8443', true],
    [['https://example.com'], 'https://a.example.com', false],
    [['https://example.com'], 'https://example.com.evil.example', false],
    [['https://example.com'], 'https://example.com@evil.example', false],
    [['https://example.com'], 'https://example.com/', false],
    [['https://example.com'], 'https://example.com, https://evil.example', false],
    [['https://example.com'], 'https://evil.example', false],
    [['https://*.example.com'], 'https://a.example.com', true],
    [['https://*.example.com'], 'https://a.b.example.com', true],
    [['https://*.example.com'], 'https://example.com', false],
    [['https://*.example.com'], 'https://evilexample.com', false],
    [['https://*.example.com'], 'http://a.example.com', false],
    [['https://*.example.com'], 'https://a.example.com:8443', false],
    [['https://*.example.com:8443'], 'https://a.example.com:8443', true],
    [['http://127.0.0.1:3000'], 'http://127.0.0.1:3000', true],
    [['http://[::1]:3000'], 'http://[0:0::1]:3000', true],
    [['chrome-extension://abcdef'], 'chrome-extension://abcdef', true],
    [['https://a.example', 'https://b.example'], 'https://b.example', true],
    [['null'], 'null', true],
    [['https://example.com'], 'null', false],
    [['null'], 'https://example.com', false],
    [['https://example.com'], '', false],
    [['https://example.com'], '*', false],
    [['https://*.example.com'], 'https://*.example.com.evil.example', false],
    [[], 'https://example.com', false],
  ])('%j lets %j pass: %s', (policy, origin, passes) => {
    expect(compileOriginPolicy(policy)(request(origin))).toBe(passes);
  });

  test.each([
    '',
    '*',
    'https://*',
    'https://*.',
    'https://a.*.example',
    'https://*.127.0.0.1',
    'https://',
    'https:example.com',
    'example.com',
    'https://example.com/',
    'https://example.com/path',
    'https://example.com?x',
    'https://user@example.com',
    'https://example.com:',
    'https://example.com:65536',
    'https://exa mple.com',
    'https://한국.example',
    'https://[::1',
    'NULL',
    ' https://example.com',
    7,
    null,
  ])('the entry %j is refused', (entry) => {
    expect(() => compileOriginPolicy([entry as string])).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
  });
});

test.each(['same', 'https://example.com', 7, null, undefined, {}])('the policy %j is refused', (policy) => {
  expect(() => compileOriginPolicy(policy as unknown as OriginPolicy)).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});

describe('same-origin', () => {
  test.each<[string, string, boolean, boolean]>([
    ['https://example.com', 'example.com', true, true],
    ['https://example.com', 'example.com', false, false],
    ['https://example.com:8443', 'example.com:8443', true, true],
    ['https://example.com:8443', 'example.com', true, false],
    ['https://a.example.com', 'example.com', true, false],
    ['http://127.0.0.1:8080', '127.0.0.1:8080', false, true],
    ['http://127.0.0.1:8080', 'localhost:8080', false, false],
    ['http://192.168.0.9:8080', '127.0.0.1:8080', false, false],
    ['null', 'example.com', true, false],
    ['', 'example.com', true, false],
  ])('%j on the host %j, secure: %s, passes: %s', (origin, host, secure, passes) => {
    expect(compileOriginPolicy('same-origin')(request(origin, host, secure))).toBe(passes);
  });

  test('a browser that names no host does not pass', () => {
    const subject = { origin: 'https://example.com', host: undefined, secure: true };
    expect(compileOriginPolicy('same-origin')(subject)).toBe(false);
  });
});

test.each<[OriginPolicy]>([['same-origin'], ['any'], [[]], [['https://example.com']]])(
  'a client without an origin passes %j',
  (policy) => {
    expect(compileOriginPolicy(policy)(request(undefined))).toBe(true);
  },
);

test.each(['https://evil.example', 'null', ''])('any lets %j pass', (origin) => {
  expect(compileOriginPolicy('any')(request(origin))).toBe(true);
});

describe('a function', () => {
  test('decides on every request, with or without an origin', () => {
    const asked: unknown[] = [];
    const policy = compileOriginPolicy((origin, subject) => {
      asked.push([origin, subject]);
      return origin === 'null';
    });
    const subjects = [request('null'), request(undefined), request('https://example.com')];
    expect(subjects.map(policy)).toEqual([true, false, false]);
    expect(asked).toEqual(subjects.map((subject) => [subject.origin, subject]));
  });

  test('a promise is no permission', () => {
    const policy = (async () => true) as unknown as () => boolean;
    expect(compileOriginPolicy(policy)(request('https://example.com'))).toBe(false);
  });
});

test('a rebound name passes the same-origin policy, and only the host policy refuses it', () => {
  const rebound = request('http://evil.example:8080', 'evil.example:8080', false);
  const console_ = request('http://localhost:8080', 'localhost:8080', false);
  const originPolicy = compileOriginPolicy('same-origin');
  const hostPolicy = compileHostPolicy(['localhost', '127.0.0.1', '[::1]']);
  expect([originPolicy(rebound), hostPolicy(rebound)]).toEqual([true, false]);
  expect([originPolicy(console_), hostPolicy(console_)]).toEqual([true, true]);
});

test('no origin throws, and none passes that is not listed', () => {
  const origin = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webUrl(),
    fc.domain().map((domain) => `https://${domain}`),
    fc.string({
      unit: fc.constantFrom('https://', 'example', '.', 'com', '*', ':', '/', '[', ']', '@', '4'),
    }),
  );
  const policies = [compileOriginPolicy(['https://listed.example']), compileOriginPolicy('same-origin')];
  fc.assert(
    fc.property(origin, (text) => {
      for (const policy of policies) expect(policy(request(text, 'listed.example'))).toBe(false);
    }),
  );
});
