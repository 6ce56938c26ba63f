import { describe, expect, test } from 'vitest';

import { type Reply, serveSockJs } from '../../support/sockjs-wire.js';

const year = 'public, max-age=31536000';

function expectNoCookie({ headers }: Reply): void {
  expect(headers['set-cookie']).toBeUndefined();
}

describe('the greeting', () => {
  test.each(['/s', '/s/'])('is at %s', async (path) => {
    const { wire } = await serveSockJs();
    const reply = await wire.get(path);
    expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([
      200,
      'text/plain; charset=UTF-8',
      'Welcome to SockJS!\n',
    ]);
    expectNoCookie(reply);
  });

  test('is nowhere else', async () => {
    const { wire } = await serveSockJs();
    for (const tail of ['/a', '/a.html', '//', '///', '/a/a', '/a/a/', '/a/', '/..', '/%2e', '/index.html']) {
      expect((await wire.get(`/s${tail}`)).status).toBe(404);
    }
  });
});

describe('the iframe page', () => {
  test.each(['.html', '-a.html', '-.html', '-0.1.2.html', '-0.1.2abc-dirty.2144.html', '-0.1.2.html?t=123'])(
    'is at /iframe%s',
    async (suffix) => {
      const { wire } = await serveSockJs({ clientUrl: 'https://cdn.example/sockjs.js?a=1&b=2' });
      const reply = await wire.get(`/s/iframe${suffix}`);
      expect([reply.status, reply.headers['content-type'], reply.headers['cache-control']]).toEqual([
        200,
        'text/html; charset=UTF-8',
        year,
      ]);
      expect(Date.parse(String(reply.headers.expires)) - Date.now()).toBeGreaterThan(364 * 86_400_000);
      expect(reply.headers.etag).toMatch(/^"[\x21\x23-\x7e]+"$/);
      expect(reply.headers['last-modified']).toBeUndefined();
      expectNoCookie(reply);
      expect(reply.body.split('\n')).toMatchObject([
        '<!DOCTYPE html>',
        '<html>',
        '<head>',
        '  <meta http-equiv="X-UA-Compatible" content="IE=edge" />',
        '  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />',
        '  <script>',
        '    document.domain = document.domain;',
        '    _sockjs_onload = function(){SockJS.bootstrap_iframe();};',
        '  </script>',
        '  <script src="https://cdn.example/sockjs.js?a=1&amp;b=2"></script>',
        '</head>',
        '<body>',
        "  <h2>Don't panic!</h2>",
        "  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>",
        '</body>',
        '</html>',
      ]);
    },
  );

  test.each([
    '/iframe.htm',
    '/iframe',
    '/IFRAME.HTML',
    '/IFRAME',
    '/iframe.HTML',
    '/iframe.xml',
    '/iframe-/.html',
  ])('is not at %s', async (tail) => {
    const { wire } = await serveSockJs();
    expect((await wire.get(`/s${tail}`)).status).toBe(404);
  });

  test('is not sent to who has it', async () => {
    const { wire } = await serveSockJs();
    const first = await wire.get('/s/iframe.html');
    const etag = String(first.headers.etag);
    expect((await wire.get('/s/iframe-1.html')).headers.etag).toBe(etag);
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const reply = await wire.get('/s/iframe.html', { headers: { 'If-None-Match': known } });
      expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([304, undefined, '']);
    }
    const changed = await wire.get('/s/iframe.html', { headers: { 'If-None-Match': '"other"' } });
    expect(changed.status).toBe(200);
  });

  test('has another tag when it has another client', async () => {
    const tags = await Promise.all(
      ['/a.js', '/b.js'].map(async (clientUrl) => {
        const { wire } = await serveSockJs({ clientUrl });
        return (await wire.get('/s/iframe.html')).headers.etag;
      }),
    );
    expect(tags[0]).not.toBe(tags[1]);
  });
});

describe('the information', () => {
  test('tells what the service does', async () => {
    const { wire } = await serveSockJs();
    const reply = await wire.get('/s/info', { headers: { Origin: 'http://test' } });
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json; charset=UTF-8',
      'cache-control': 'no-store, no-cache, must-revalidate, max-age=0',
      'access-control-allow-origin': 'http://test',
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    expect([reply.headers.expires, reply.headers['last-modified']]).toEqual([undefined, undefined]);
    expectNoCookie(reply);
    const info = JSON.parse(reply.body);
    expect(info).toEqual({
      websocket: true,
      origins: ['*:*'],
      cookie_needed: false,
      entropy: expect.any(Number),
    });
  });

  test('has entropy that is another each time, of 32 bits', async () => {
    const { wire } = await serveSockJs();
    const replies = await Promise.all(Array.from({ length: 20 }, () => wire.get('/s/info')));
    const entropies = replies.map(({ body }) => JSON.parse(body).entropy as number);
    expect(new Set(entropies).size).toBeGreaterThan(15);
    expect(entropies.every((entropy) => Number.isInteger(entropy) && entropy >= 0 && entropy < 2 ** 32)).toBe(
      true,
    );
  });

  test('tells that there is no WebSocket, and that a cookie is needed', async () => {
    const { wire } = await serveSockJs({ webSocket: false, cookieNeeded: true });
    const reply = await wire.get('/s/info');
    expect(JSON.parse(reply.body)).toMatchObject({ websocket: false, cookie_needed: true });
    expectNoCookie(reply);
  });

  test.each<[acceptEncoding: string | undefined, cacheControl: string]>([
    [undefined, 'no-store, no-cache, must-revalidate, max-age=0'],
    ['identity', 'no-store, no-cache, must-revalidate, max-age=0'],
    ['identity;q=1, ', 'no-store, no-cache, must-revalidate, max-age=0'],
    ['gzip, deflate, br', 'no-store, no-cache, no-transform, must-revalidate, max-age=0'],
  ])('for who takes the codings %j has Cache-Control: %s', async (acceptEncoding, cacheControl) => {
    const { wire } = await serveSockJs();
    const headers = acceptEncoding === undefined ? {} : { 'Accept-Encoding': acceptEncoding };
    expect((await wire.get('/s/info', { headers })).headers['cache-control']).toBe(cacheControl);
  });
});

describe('OPTIONS', () => {
  const urls: [path: string, methods: string][] = [
    ['/s/info', 'OPTIONS, GET'],
    ['/s/abc/abc/xhr', 'OPTIONS, POST'],
    ['/s/abc/abc/xhr_send', 'OPTIONS, POST'],
    ['/s/abc/abc/xhr_streaming', 'OPTIONS, POST'],
  ];

  test.each(urls)('of %s says %s, for a year', async (path, methods) => {
    const { wire } = await serveSockJs();
    for (const origin of ['http://test', 'test', 'null', undefined]) {
      const headers = origin === undefined ? {} : { Origin: origin };
      const reply = await wire.ask('OPTIONS', path, { headers });
      expect([reply.status, reply.body]).toEqual([204, '']);
      expect(reply.headers).toMatchObject({
        'cache-control': year,
        'access-control-max-age': '31536000',
        'access-control-allow-methods': methods,
        'access-control-allow-origin': origin === undefined || origin === 'null' ? '*' : origin,
        'access-control-allow-credentials': 'true',
      });
      expect(Date.parse(String(reply.headers.expires))).toBeGreaterThan(Date.now());
    }
  });

  test('before a request of any origin promises no credentials, which browsers would take for a refusal', async () => {
    const { wire } = await serveSockJs();
    const headers = { Origin: 'null', 'Access-Control-Request-Method': 'POST' };
    const reply = await wire.ask('OPTIONS', '/s/info', { headers });
    expect(reply.headers['access-control-allow-origin']).toBe('*');
    expect(reply.headers['access-control-allow-credentials']).toBeUndefined();
  });

  test.each([
    ['a, b, c', 'a, b, c'],
    ['', undefined],
    [undefined, undefined],
  ])('and POST allow the fields asked for: %j', async (wanted, allowed) => {
    const { wire } = await serveSockJs();
    const headers = {
      Origin: 'http://test',
      ...(wanted !== undefined && { 'Access-Control-Request-Headers': wanted }),
    };
    for (const method of ['OPTIONS', 'POST']) {
      const reply = await wire.ask(method, `/s/000/${method}/xhr`, { headers });
      expect(reply.headers['access-control-allow-headers']).toBe(allowed);
      expect(reply.headers['access-control-allow-origin']).toBe('http://test');
    }
  });
});

describe('another method', () => {
  test.each<[method: string, path: string, allow: string]>([
    ['POST', '/s', 'GET'],
    ['POST', '/s/iframe.html', 'GET'],
    ['POST', '/s/info', 'OPTIONS, GET'],
    ['GET', '/s/a/b/xhr', 'OPTIONS, POST'],
    ['GET', '/s/a/b/xhr_streaming', 'OPTIONS, POST'],
    ['PUT', '/s/a/b/xhr_send', 'OPTIONS, POST'],
    ['POST', '/s/a/b/eventsource', 'GET'],
    ['DELETE', '/s/a/b/htmlfile', 'GET'],
    ['POST', '/s/a/b/jsonp', 'GET'],
    ['GET', '/s/a/b/jsonp_send', 'POST'],
    ['POST', '/s/a/b/websocket', 'GET'],
    ['POST', '/s/websocket', 'GET'],
  ])('%s %s gets 405, and %s', async (method, path, allow) => {
    const { wire } = await serveSockJs();
    const { status, headers, body } = await wire.ask(method, path);
    expect([status, headers.allow, headers['content-type'], body]).toEqual([405, allow, undefined, '']);
  });
});

describe('the place of a WebSocket', () => {
  test.each(['/s/0/0/websocket', '/s/websocket'])('at %s says what is missing', async (path) => {
    const { wire } = await serveSockJs();
    const plain = await wire.get(path);
    expect([plain.status, plain.body]).toEqual([400, 'Can "Upgrade" only to "WebSocket".\n']);
    const other = await wire.get(path, { headers: { Upgrade: 'h2c', Connection: 'close' } });
    expect([other.status, other.body]).toEqual([400, 'Can "Upgrade" only to "WebSocket".\n']);
    const closed = await wire.get(path, { headers: { Upgrade: 'WebSocket', Connection: 'close' } });
    expect([closed.status, closed.body]).toEqual([400, '"Connection" must be "Upgrade".\n']);
  });

  test('is none without WebSocket', async () => {
    const { wire } = await serveSockJs({ webSocket: false });
    expect((await wire.get('/s/0/0/websocket')).status).toBe(404);
    expect((await wire.get('/s/websocket')).status).toBe(404);
  });

  test('takes only GET, for upgrades too', async () => {
    const { wire } = await serveSockJs();
    const headers = { Upgrade: 'WebSocket', Connection: 'Upgrade' };
    const { status, headers: fields, body } = await wire.post('/s/0/0/websocket', '', headers);
    expect([status, fields.allow, fields['content-type'], body]).toEqual([405, 'GET', undefined, '']);
  });
});

describe('a path of a session', () => {
  test.each(['//', '/a./a', '/a/a.', '/./.', '/', '///', '/a'])('is not %s', async (path) => {
    const { wire } = await serveSockJs();
    expect((await wire.get(`/s${path}/xhr`)).status).toBe(404);
    expect((await wire.post(`/s${path}/xhr`)).status).toBe(404);
  });

  test.each(['/a/a', '/_/_', '/1/1', '/abcdefgh_i-j%20/abcdefg_i-j%20'])('may be %s', async (path) => {
    const { wire } = await serveSockJs();
    const { status, body } = await wire.post(`/s${path}/xhr`);
    expect([status, body]).toEqual([200, 'o\n']);
  });
});
