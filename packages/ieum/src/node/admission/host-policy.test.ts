import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileHostPolicy } from './host-policy.js';

const loopback = ['localhost', '127.0.0.1', '[::1]'];

test.each<[readonly string[], string | undefined, boolean]>([
  [loopback, 'localhost', true],
  [loopback, 'LOCALHOST:8080', true],
  [loopback, '127.0.0.1:8080', true],
  [loopback, '[::1]:8080', true],
  [loopback, '[0:0::0:1]', true],
  [loopback, '[::2]', false],
  [loopback, 'evil.example', false],
  [loopback, 'evil.example:8080', false],
  [loopback, 'localhost.evil.example', false],
  [loopback, 'evil.localhost', false],
  [loopback, 'localhost@evil.example', false],
  [loopback, 'localhost, evil.example', false],
  [loopback, 'localhost:99999', false],
  [loopback, '', false],
  [loopback, undefined, false],
  [['example.com:8443'], 'example.com:8443', true],
  [['example.com:8443'], 'example.com', false],
  [['example.com:80'], 'example.com', true],
  [['example.com:443'], 'example.com', false],
  [['*.example.com'], 'a.example.com', true],
  [['*.example.com'], 'a.b.example.com:1', true],
  [['*.example.com'], 'example.com', false],
  [['*.example.com'], 'notexample.com', false],
  [[], 'localhost', false],
])('with %j allowed, the host %j passes: %s', (allowedHosts, host, passes) => {
  expect(compileHostPolicy(allowedHosts)({ host, secure: false })).toBe(passes);
});

test('a port that is left out is that of the scheme', () => {
  const policy = compileHostPolicy(['example.com:443']);
  expect(policy({ host: 'example.com', secure: true })).toBe(true);
});

test('every host passes where none is named', () => {
  const policy = compileHostPolicy(undefined);
  expect([
    policy({ host: 'evil.example', secure: false }),
    policy({ host: undefined, secure: false }),
  ]).toEqual([true, true]);
});

test.each([
  '',
  '*',
  '*.',
  '*example.com',
  'a.*.example.com',
  '*.127.0.0.1',
  '*.[::1]',
  '::1',
  '[::1',
  '[::g]',
  'a b',
  'a,b',
  'a/b',
  'http://a',
  'a:',
  'a:x',
  'a:65536',
  '.a',
  'a..b',
  '한국.example',
  7,
  null,
])('the entry %j is refused', (entry) => {
  expect(() => compileHostPolicy([entry as string])).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});

test('a text in place of the list is refused', () => {
  expect(() => compileHostPolicy('localhost' as unknown as string[])).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});

test('no host throws, and none passes that is not listed', () => {
  const policy = compileHostPolicy(loopback);
  const host = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.domain(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  fc.assert(
    fc.property(host, (text) => {
      fc.pre(!/^(localhost|127\.0\.0\.1|\[[0:]+1\])(:|$)/i.test(text));
      expect(policy({ host: text, secure: false })).toBe(false);
    }),
  );
});

test.each(['a', 'a.', '%41', '[', ':', '1'])('64 KiB of %j in a host are read in linear time', (unit) => {
  const policy = compileHostPolicy(['*.example.com', ...loopback]);
  const host = unit.repeat(65536 / unit.length);
  const start = performance.now();
  for (const text of [host, `${host}:`, `${host} `, `[${host}]`]) {
    expect(policy({ host: text, secure: false })).toBe(false);
  }
  expect(performance.now() - start).toBeLessThan(5000);
});
