import type { SockJsOptions, SockJsRequest } from 'ieum/dialects/sockjs';
import { describe, expect, test } from 'vitest';

import { serveSockJs } from '../../support/sockjs-wire.js';

/** A service that remembers who opened its sessions. */
async function served(options: Partial<SockJsOptions>) {
  const requests: SockJsRequest[] = [];
  const service = { open: ({ request }: { readonly request: SockJsRequest }) => void requests.push(request) };
  const { wire, port, ...rest } = await serveSockJs({ service, allowOrigin: 'same-origin', ...options });
  return { wire, port, own: `http://127.0.0.1:${port}`, requests, ...rest };
}

const evil = { Origin: 'http://evil.example', Cookie: 'login=ann' };

describe('by default (CVE-2020-28481: no answer for pages of other origins)', () => {
  test.each([
    ['GET', '/s/info'],
    ['OPTIONS', '/s/info'],
    ['POST', '/s/a/b/xhr'],
    ['OPTIONS', '/s/a/b/xhr'],
    ['POST', '/s/a/b/xhr_streaming'],
    ['POST', '/s/a/b/xhr_send'],
    ['GET', '/s/a/b/eventsource'],
    ['GET', '/s/a/b/htmlfile?c=x'],
    ['GET', '/s/a/b/jsonp?c=x'],
    ['POST', '/s/a/b/jsonp_send'],
  ])('%s %s is refused', async (method, path) => {
    const { wire, sockJs } = await served({});
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:1', 'https://127.0.0.1', '']) {
      const reply = await wire.ask(method, path, { headers: { ...evil, Origin: origin } });
      expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([403, undefined]);
    }
    expect(sockJs.httpSessions).toBe(0);
  });

  test('a page of ours may, and clients that are no browsers', async () => {
    const { wire, own } = await served({});
    const reply = await wire.post('/s/a/b/xhr', '', { Origin: own });
    expect([reply.body, reply.headers['access-control-allow-origin']]).toEqual(['o\n', own]);
    expect((await wire.post('/s/a/c/xhr')).body).toBe('o\n');
    expect((await wire.get('/s/a/d/jsonp?c=x')).body).toBe('x("o");\r\n');
  });

  test.each<[headers: Record<string, string>, status: number]>([
    [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ 'Sec-Fetch-Site': 'same-site' }, 403],
    [{ 'Sec-Fetch-Site': 'cross-site', Referer: 'http://evil.example/page' }, 403],
    [{ Referer: 'http://evil.example/' }, 403],
    [{ 'Sec-Fetch-Site': 'same-origin' }, 200],
    [{ 'Sec-Fetch-Site': 'none' }, 200],
    [{ Referer: 'OWN/page?x' }, 200],
    [{ Referer: 'no url' }, 200],
  ])('a script with %j gets %d', async (headers, status) => {
    const { wire, own } = await served({});
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('OWN', own)]),
    );
    expect((await wire.get('/s/a/b/jsonp?c=x', { headers: sent })).status).toBe(status);
  });

  test('only pages of ours may have the iframe page, which could speak for others', async () => {
    const { wire } = await served({});
    const { status, headers } = await wire.get('/s/iframe.html', { headers: evil });
    expect([status, headers['content-security-policy']]).toEqual([200, "frame-ancestors 'self'"]);
  });
});

describe('a list of origins', () => {
  const allowOrigin = ['https://good.example', 'https://*.good.example:8443', 'null'];

  test.each<[origin: string, status: number]>([
    ['https://good.example', 200],
    ['https://a.good.example:8443', 200],
    ['null', 200],
    ['OWN', 200],
    ['http://good.example', 403],
    ['https://good.example:8443', 403],
    ['https://a.good.example', 403],
    ['https://evilgood.example:8443', 403],
    ['https://good.example.evil.example', 403],
    ['not an origin', 403],
  ])('answers %s with %d', async (origin, status) => {
    const { wire, own } = await served({ allowOrigin });
    const headers = { Origin: origin.replace('OWN', own) };
    expect((await wire.get('/s/info', { headers })).status).toBe(status);
  });

  test('is who may have the iframe page', async () => {
    const { wire } = await served({ allowOrigin });
    expect((await wire.get('/s/iframe.html')).headers['content-security-policy']).toBe(
      "frame-ancestors 'self' https://good.example https://*.good.example:8443",
    );
    const any = await served({ allowOrigin: 'any' });
    expect((await any.wire.get('/s/iframe.html')).headers['content-security-policy']).toBeUndefined();
  });

  test('is judged for scripts by where they come from', async () => {
    const { wire } = await served({ allowOrigin });
    const ask = (headers: Record<string, string>) => wire.get('/s/a/b/jsonp?c=x', { headers });
    expect((await ask({ 'Sec-Fetch-Site': 'cross-site', Referer: 'https://good.example/' })).status).toBe(
      200,
    );
    expect((await ask({ 'Sec-Fetch-Site': 'cross-site', Referer: 'https://bad.example/' })).status).toBe(403);
  });
});

test('a function decides on all, and one that throws lets nobody in', async () => {
  const asked: (string | undefined)[] = [];
  const { wire, errors } = await served({
    allowOrigin: (origin) => {
      asked.push(origin);
      if (origin === 'http://c.example') throw new Error('no');
      return origin === 'http://a.example';
    },
  });
  const statuses = [];
  for (const origin of ['http://a.example', 'http://b.example', 'http://c.example', undefined]) {
    const headers = origin === undefined ? {} : { Origin: origin };
    statuses.push((await wire.get('/s/info', { headers })).status);
  }
  expect(statuses).toEqual([200, 403, 403, 403]);
  expect(asked).toEqual(['http://a.example', 'http://b.example', 'http://c.example', undefined]);
  expect(errors).toHaveLength(1);
});

describe('cookies and Authorization', () => {
  const secrets = { Cookie: 'login=ann', Authorization: 'Basic abc', 'X-Other': 'y' };
  const seen = ({ header, cookie }: SockJsRequest) => [
    cookie('login'),
    header('cookie'),
    header('Authorization'),
    header('x-other'),
  ];

  test.each<[transport: string, headers: Record<string, string>, isSeen: boolean]>([
    ['xhr', {}, true],
    ['xhr', { Origin: 'OWN' }, true],
    ['xhr', { Origin: 'http://evil.example' }, false],
    ['xhr', { Origin: 'null' }, false],
    ['eventsource', { Origin: 'http://evil.example' }, false],
    ['jsonp', {}, false],
    ['jsonp', { 'Sec-Fetch-Site': 'same-origin' }, true],
    ['jsonp', { 'Sec-Fetch-Site': 'cross-site' }, false],
    ['jsonp', { Referer: 'OWN/' }, true],
    ['jsonp', { Referer: 'http://evil.example/' }, false],
    ['htmlfile', {}, false],
  ])('of %s with %j: seen is %s', async (transport, headers, isSeen) => {
    const { wire, own, requests } = await served({ allowOrigin: 'any' });
    const sent = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, value.replace('OWN', own)]),
    );
    const method = transport === 'xhr' ? 'POST' : 'GET';
    const stream = await wire.stream(method, `/s/a/b/${transport}?c=x`, { headers: { ...secrets, ...sent } });
    expect(stream.status).toBe(200);
    expect(seen(requests[0] as SockJsRequest)).toEqual(
      isSeen ? ['ann', 'login=ann', 'Basic abc', 'y'] : [undefined, undefined, undefined, 'y'],
    );
  });

  test('are seen where the options say so', async () => {
    const { wire, requests } = await served({ allowOrigin: 'any', credentials: 'include' });
    await wire.post('/s/a/b/xhr', '', { ...secrets, Origin: 'http://other.example' });
    expect(seen(requests[0] as SockJsRequest)).toEqual(['ann', 'login=ann', 'Basic abc', 'y']);
  });
});
