import type { OriginPolicy } from 'ieum';
import { beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { ask } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const headersOf = (origin: string | undefined, host: string) => ({
  Host: host,
  Cookie: 'session=victim',
  Origin: origin === undefined ? [] : origin,
});

describe('by default a page connects to its own server only (CVE-2020-28481, GHSA-cf66-xwfp-gvc4)', () => {
  test.each([
    [undefined, 'example.test', 101],
    ['http://example.test', 'example.test', 101],
    ['http://example.test:80', 'example.test', 101],
    ['http://example.test', 'example.test:80', 101],
    ['http://EXAMPLE.test', 'example.TEST', 101],
    ['http://127.0.0.1:8080', '127.0.0.1:8080', 101],
    ['http://[::1]:8080', '[::1]:8080', 101],
    ['https://example.test', 'example.test', 403],
    ['http://example.test:81', 'example.test', 403],
    ['http://evil.test', 'example.test', 403],
    ['http://example.test.evil.test', 'example.test', 403],
    ['http://evil-example.test', 'example.test', 403],
    ['http://www.example.test', 'example.test', 403],
    ['http://127.0.0.1:8080', 'localhost:8080', 403],
    ['http://127.0.0.2:8080', '127.0.0.1:8080', 403],
    ['http://[::1]', '127.0.0.1', 403],
    ['null', 'example.test', 403],
    ['null', 'null', 403],
    ['', 'example.test', 403],
    ['http://', 'example.test', 403],
    ['http://example.test/', 'example.test', 403],
    ['http://example.test http://evil.test', 'example.test', 403],
    ['http://example.test, http://evil.test', 'example.test', 403],
    ['http://user@example.test', 'example.test', 403],
    ['file://', 'example.test', 403],
    ['chrome-extension://example.test', 'example.test', 403],
    ['ws://example.test', 'example.test', 403],
  ])('Origin %s to Host %s: %i', async (origin, host, status) => {
    const opened: unknown[] = [];
    const { port } = await serve({ routes: { '/': { open: (peer) => void opened.push(peer) } } });
    const response = await ask(port, { headers: headersOf(origin, host) });
    expect([response.status, opened.length]).toEqual([status, status === 101 ? 1 : 0]);
  });

  test.each([
    ['https://example.test', 101],
    ['https://example.test:443', 101],
    ['http://example.test', 403],
    ['http://example.test:443', 403],
    ['https://example.test:444', 403],
    ['null', 403],
  ])('over TLS Origin %s: %i', async (origin, status) => {
    const { port } = await serve({ tls: certificates.server });
    const target = { port, servername: 'localhost', ca: certificates.authority.cert };
    expect((await ask(target, { headers: headersOf(origin, 'example.test') })).status).toBe(status);
  });

  test('the scheme is that of the browser when a trusted proxy ends TLS', async () => {
    const { port } = await serve({ trustedProxies: ['loopback'] });
    const proxied = (origin: string) => ({
      ...headersOf(origin, 'example.test'),
      'X-Forwarded-For': '192.0.2.1',
      'X-Forwarded-Proto': 'https',
    });
    expect((await ask(port, { headers: proxied('https://example.test') })).status).toBe(101);
    expect((await ask(port, { headers: proxied('http://example.test') })).status).toBe(403);
  });

  test('nobody else can say so', async () => {
    const { port } = await serve();
    const headers = { ...headersOf('http://evil.test', 'example.test'), 'X-Forwarded-Host': 'evil.test' };
    expect((await ask(port, { headers })).status).toBe(403);
  });
});

describe('allowOrigin', () => {
  const policies: readonly (readonly [
    string,
    OriginPolicy,
    readonly string[],
    readonly (string | undefined)[],
  ])[] = [
    ['any', 'any', ['http://evil.test', 'null'], []],
    [
      'a list',
      ['https://a.test', 'https://*.b.test:8443'],
      ['https://a.test', 'https://x.b.test:8443'],
      ['http://a.test', 'https://b.test:8443', 'https://x.b.test', 'http://localhost', 'null'],
    ],
    ['a function', (origin) => origin === 'app://mine', ['app://mine'], [undefined, 'http://localhost']],
    ['a function that gives no boolean', (() => 'yes') as never, [], ['http://localhost']],
    ['a function that gives a promise', (async () => true) as never, [], ['http://localhost']],
  ];

  test.each(policies)('%s', async (_, allowOrigin, allowed, refused) => {
    const { port } = await serve({ allowOrigin });
    const statuses = async (origins: readonly (string | undefined)[]) =>
      Promise.all(
        origins.map(async (origin) => (await ask(port, { headers: headersOf(origin, 'localhost') })).status),
      );
    expect(await statuses(allowed)).toEqual(allowed.map(() => 101));
    expect(await statuses(refused)).toEqual(refused.map(() => 403));
  });

  test('a function that throws is reported, and lets nobody in', async () => {
    const { port, errors, server } = await serve({ allowOrigin: () => expect.unreachable() });
    expect((await ask(port)).status).toBe(500);
    expect([errors.length, server.peers.size]).toEqual([1, 0]);
  });
});

describe('a name that was made to point here, DNS rebinding (CVE-2025-24010)', () => {
  test.each([
    ['localhost:8080', 101],
    ['127.0.0.1', 101],
    ['[::1]:1', 101],
    ['evil.test', 403],
    ['localhost.evil.test', 403],
    ['169.254.169.254', 403],
  ])('Host %s: %i', async (host, status) => {
    const { port } = await serve({ allowedHosts: ['localhost', '127.0.0.1', '[::1]'] });
    expect((await ask(port, { headers: headersOf(`http://${host}`, host) })).status).toBe(status);
    const absolute = { target: `http://${host}/`, headers: headersOf(`http://${host}`, 'localhost') };
    expect((await ask(port, absolute)).status).toBe(status);
  });
});
