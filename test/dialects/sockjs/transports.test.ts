import { once } from 'node:events';
import net from 'node:net';

import { describe, expect, test } from 'vitest';

import { closeService, type Reply, serveSockJs } from '../../support/sockjs-wire.js';

const javascript = 'application/javascript; charset=UTF-8';
const plain = 'text/plain; charset=UTF-8';
const form = 'application/x-www-form-urlencoded';
const origin = { Origin: 'http://test' };

function expectUncached({ headers }: Pick<Reply, 'headers'>): void {
  expect(headers['cache-control']).toBe('no-store, no-cache, must-revalidate, max-age=0');
  expect([headers.expires, headers['last-modified']]).toEqual([undefined, undefined]);
}

function expectCors({ headers }: Pick<Reply, 'headers'>): void {
  expect(headers['access-control-allow-origin']).toBe('http://test');
  expect(headers['access-control-allow-credentials']).toBe('true');
}

describe('xhr', () => {
  test('carries messages both ways', async () => {
    const { wire } = await serveSockJs();
    const opened = await wire.post('/s/000/x/xhr', '', origin);
    expect([opened.status, opened.body, opened.headers['content-type']]).toEqual([200, 'o\n', javascript]);
    expectCors(opened);
    expectUncached(opened);
    const sent = await wire.post('/s/000/x/xhr_send', '["x"]', origin);
    expect([sent.status, sent.body, sent.headers['content-type']]).toEqual([204, '', plain]);
    expectCors(sent);
    expectUncached(sent);
    expect((await wire.post('/s/000/x/xhr')).body).toBe('a["x"]\n');
  });

  test('knows a session by its name alone, whatever the server part says', async () => {
    const { wire } = await serveSockJs();
    expect((await wire.post('/s/000/x/xhr')).body).toBe('o\n');
    expect((await wire.post('/s/111/x/xhr_send', '["a"]')).status).toBe(204);
    expect((await wire.post('/s/999/x/xhr')).body).toBe('a["a"]\n');
    expect((await wire.post('/s/000/y/xhr')).body).toBe('o\n');
  });

  test('waits for a message, and brings all that wait in one frame', async () => {
    const { wire } = await serveSockJs();
    await wire.post('/s/000/x/xhr');
    const waiting = wire.post('/s/000/x/xhr');
    await wire.post('/s/000/x/xhr_send', '["1"]');
    expect((await waiting).body).toBe('a["1"]\n');
    for (const body of ['["2"]', '[]', '["3","4"]']) {
      expect((await wire.post('/s/000/x/xhr_send', body)).status).toBe(204);
    }
    expect((await wire.post('/s/000/x/xhr')).body).toBe('a["2","3","4"]\n');
  });

  test('takes messages with any content type', async () => {
    const { wire } = await serveSockJs();
    await wire.post('/s/000/x/xhr');
    const types = [
      'text/plain',
      'T',
      'application/json',
      'application/xml',
      '',
      'application/json; charset=utf-8',
    ];
    for (const type of types) {
      const { status, body } = await wire.post('/s/000/x/xhr_send', '["a"]', { 'Content-Type': type });
      expect([status, body]).toEqual([204, '']);
    }
    expect((await wire.post('/s/000/x/xhr')).body).toBe(`a[${types.map(() => '"a"').join(',')}]\n`);
  });

  test.each<[body: string | Uint8Array, problem: string]>([
    ['', 'Payload expected.'],
    ['{}', 'Payload expected.'],
    ['"a"', 'Payload expected.'],
    ['[1]', 'Payload expected.'],
    ['["x', 'Broken JSON encoding.'],
    [Uint8Array.of(0x5b, 0x22, 0xc3, 0x22, 0x5d), 'Broken JSON encoding.'],
  ])('answers %j with 500, and the session goes on', async (body, problem) => {
    const { wire } = await serveSockJs();
    await wire.post('/s/000/x/xhr');
    const refused = await wire.post('/s/000/x/xhr_send', body);
    expect([refused.status, refused.body]).toEqual([500, `${problem}\n`]);
    expect((await wire.post('/s/000/x/xhr_send', '["a"]')).status).toBe(204);
    expect((await wire.post('/s/000/x/xhr')).body).toBe('a["a"]\n');
  });

  test('has no session that was not opened', async () => {
    const { wire } = await serveSockJs();
    for (const path of [
      '/s/000/nobody/xhr_send',
      '/s/000/__proto__/xhr_send',
      '/s/000/constructor/jsonp_send',
    ]) {
      expect((await wire.post(path, '["x"]')).status).toBe(404);
    }
  });
});

describe('texts', () => {
  const escaped = /[\u200c-\u200f\u2028-\u202f\u2060-\u206f\ufff0-\uffff]/;
  const everyUnit = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit));

  test('come back escaped to the letter', async () => {
    const { wire } = await serveSockJs();
    await wire.post('/s/000/x/xhr');
    const text = everyUnit.filter((unit) => escaped.test(unit)).join('');
    expect((await wire.post('/s/000/x/xhr_send', `["${text}"]`)).status).toBe(204);
    const expected = [...text].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    expect((await wire.post('/s/000/x/xhr')).body).toBe(`a["${expected.join('')}"]\n`);
  });

  test('come back whole, halves of pairs included', async () => {
    const { wire } = await serveSockJs();
    await wire.post('/s/000/x/xhr');
    const text = everyUnit.join('');
    const sent = `["${everyUnit.map((_, unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"]`;
    expect((await wire.post('/s/000/x/xhr_send', sent)).status).toBe(204);
    const { body } = await wire.post('/s/000/x/xhr');
    expect(JSON.parse(body.slice(1))[0] === text).toBe(true);
  });
});

describe('xhr_streaming', () => {
  test('begins with 2 KiB, and brings frame after frame', async () => {
    const { wire } = await serveSockJs();
    const stream = await wire.stream('POST', '/s/000/x/xhr_streaming', { headers: origin });
    expect([stream.status, stream.headers['content-type']]).toEqual([200, javascript]);
    expectCors(stream);
    expectUncached(stream);
    expect(stream.headers['x-accel-buffering']).toBe('no');
    expect(await stream.take()).toBe(`${'h'.repeat(2048)}\n`);
    expect(await stream.take()).toBe('o\n');
    for (const message of ['x', 'y']) {
      expect((await wire.post('/s/000/x/xhr_send', `["${message}"]`)).status).toBe(204);
      expect(await stream.take()).toBe(`a["${message}"]\n`);
    }
  });

  test('ends when it has brought enough, and the client comes again', async () => {
    const { wire } = await serveSockJs({ maxResponseBytes: 4096 });
    const stream = await wire.stream('POST', '/s/000/x/xhr_streaming');
    await stream.take();
    expect(await stream.take()).toBe('o\n');
    const message = `["${'x'.repeat(128)}"]`;
    for (let i = 0; i < 31; i++) {
      expect((await wire.post('/s/000/x/xhr_send', message)).status).toBe(204);
      expect(await stream.take()).toBe(`a${message}\n`);
    }
    await stream.ended;
    expect((await wire.post('/s/000/x/xhr_send', '["later"]')).status).toBe(204);
    const next = await wire.stream('POST', '/s/000/x/xhr_streaming');
    await next.take();
    expect(await next.take()).toBe('a["later"]\n');
  });

  test('has 128 KiB by default', async () => {
    const { wire } = await serveSockJs();
    const stream = await wire.stream('POST', '/s/000/x/xhr_streaming');
    await stream.take();
    await stream.take();
    const message = `["${'x'.repeat(65_528)}"]`;
    for (let i = 0; i < 2; i++) {
      await wire.post('/s/000/x/xhr_send', message);
      expect((await stream.take()).length).toBe(65_534);
    }
    await wire.post('/s/000/x/xhr_send', '["y"]');
    expect(await stream.take()).toBe('a["y"]\n');
    await stream.ended;
  });
});

describe('eventsource', () => {
  test('brings events', async () => {
    const { wire } = await serveSockJs();
    const stream = await wire.stream('GET', '/s/000/x/eventsource');
    expect([stream.status, stream.headers['content-type']]).toEqual([
      200,
      'text/event-stream; charset=UTF-8',
    ]);
    expectUncached(stream);
    expect(await stream.take('\r\n')).toBe('\r\n');
    expect(await stream.take('\r\n\r\n')).toBe('data: o\r\n\r\n');
    await wire.post('/s/000/x/xhr_send', '["x"]');
    expect(await stream.take('\r\n\r\n')).toBe('data: a["x"]\r\n\r\n');
    await wire.post('/s/000/x/xhr_send', '["  \\u0000\\n\\r "]');
    expect(await stream.take('\r\n\r\n')).toBe('data: a["  \\u0000\\n\\r "]\r\n\r\n');
  });

  test('ends when it has brought enough', async () => {
    const { wire } = await serveSockJs({ maxResponseBytes: 4096 });
    const stream = await wire.stream('GET', '/s/000/x/eventsource');
    await stream.take('data: o\r\n\r\n');
    const message = `["${'x'.repeat(4096)}"]`;
    await wire.post('/s/000/x/xhr_send', message);
    expect(await stream.take('\r\n\r\n')).toBe(`data: a${message}\r\n\r\n`);
    await stream.ended;
  });
});

describe('htmlfile', () => {
  const head = `<!doctype html>
<html><head>
  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.callback;
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>`;

  test('brings scripts', async () => {
    const { wire } = await serveSockJs();
    const stream = await wire.stream('GET', '/s/000/x/htmlfile?c=%63allback');
    expect([stream.status, stream.headers['content-type']]).toEqual([200, 'text/html; charset=UTF-8']);
    expectUncached(stream);
    const prelude = await stream.take('\r\n\r\n');
    expect(prelude.trim()).toBe(head);
    expect(prelude.length).toBeGreaterThan(2048);
    expect(await stream.take('</script>\r\n')).toBe('<script>\np("o");\n</script>\r\n');
    await wire.post('/s/000/x/xhr_send', '["x"]');
    expect(await stream.take('</script>\r\n')).toBe('<script>\np("a[\\"x\\"]");\n</script>\r\n');
  });

  test('ends when it has brought enough', async () => {
    const { wire } = await serveSockJs({ maxResponseBytes: 4096 });
    const stream = await wire.stream('GET', '/s/000/x/htmlfile?c=callback');
    await stream.take('p("o");\n</script>\r\n');
    await wire.post('/s/000/x/xhr_send', `["${'x'.repeat(4096)}"]`);
    expect(await stream.take('</script>\r\n')).toContain('xxx\\"]");');
    await stream.ended;
  });
});

describe('jsonp', () => {
  test('carries messages both ways', async () => {
    const { wire } = await serveSockJs();
    const opened = await wire.get('/s/000/x/jsonp?c=%63allback');
    expect([opened.status, opened.body]).toEqual([200, 'callback("o");\r\n']);
    expect(opened.headers).toMatchObject({ 'content-type': javascript, 'x-content-type-options': 'nosniff' });
    expectUncached(opened);
    const sent = await wire.post('/s/000/x/jsonp_send', 'd=%5B%22x%22%5D', { 'Content-Type': form });
    expect([sent.status, sent.body, sent.headers['content-type']]).toEqual([200, 'ok', plain]);
    expectUncached(sent);
    const received = await wire.get('/s/000/x/jsonp?c=%63allback');
    expect([received.status, received.body]).toEqual([200, 'callback("a[\\"x\\"]");\r\n']);
  });

  test('takes messages in a form, and as they are', async () => {
    const { wire } = await serveSockJs();
    await wire.get('/s/000/x/jsonp?c=x');
    const sends = [
      ['d=%5B%22abc%22%5D', form],
      ['["%61bc"]', 'text/plain'],
      ['d=%5B%5D', form],
    ];
    for (const [body, type] of sends) {
      expect((await wire.post('/s/000/x/jsonp_send', body, { 'Content-Type': type })).body).toBe('ok');
    }
    expect((await wire.get('/s/000/x/jsonp?c=x')).body).toBe('x("a[\\"abc\\",\\"%61bc\\"]");\r\n');
  });

  test.each([
    ['d=%5B%22x', 'Broken JSON encoding.'],
    ['', 'Payload expected.'],
    ['d=', 'Payload expected.'],
    ['p=p', 'Payload expected.'],
  ])('answers %j with 500', async (body, problem) => {
    const { wire } = await serveSockJs();
    await wire.get('/s/000/x/jsonp?c=x');
    const refused = await wire.post('/s/000/x/jsonp_send', body, { 'Content-Type': form });
    expect([refused.status, refused.body]).toEqual([500, `${problem}\n`]);
  });
});

describe.each(['jsonp', 'htmlfile'])('%s', (transport) => {
  test('needs a callback', async () => {
    const { wire } = await serveSockJs();
    for (const query of ['', '?c=', '?d=x']) {
      const refused = await wire.get(`/s/a/a/${transport}${query}`);
      expect([refused.status, refused.body, refused.headers['content-type']]).toEqual([
        500,
        '"callback" parameter required\n',
        plain,
      ]);
    }
  });

  test.each([
    '%20',
    '*',
    'abc(',
    'abc%28',
    '%3Cscript%3Ealert(1)%3C/script%3E',
    'a%0aalert(1)',
    'a%e2%80%a8',
  ])('refuses %s, and does not repeat it (CVE-2020-8823)', async (callback) => {
    const { wire, sockJs } = await serveSockJs();
    const refused = await wire.get(`/s/a/a/${transport}?c=${callback}`);
    expect([refused.status, refused.body]).toEqual([500, 'invalid "callback" parameter\n']);
    expect(refused.headers).toMatchObject({ 'content-type': plain, 'x-content-type-options': 'nosniff' });
    expect(sockJs.httpSessions).toBe(0);
  });

  test('lets no message end its script', async () => {
    const { wire } = await serveSockJs();
    const path = `/s/a/a/${transport}?c=cb`;
    const stream = await wire.stream('GET', path);
    await stream.take('"o");');
    await wire.post('/s/a/a/xhr_send', JSON.stringify(['</script><script>alert(1)</script><!--']));
    const reader = transport === 'jsonp' ? await wire.stream('GET', path) : stream;
    const written = await reader.take('-"]'.replace('"', '\\"'));
    expect(written).toContain('\\u003c/script>');
    expect(written.replace('\n</script>\r\n', '').replace('<script>\n', '')).not.toContain('<');
  });
});

describe('the cookie of load balancers', () => {
  const receiving: [string, string][] = [
    ['POST', 'xhr'],
    ['POST', 'xhr_streaming'],
    ['GET', 'eventsource'],
    ['GET', 'htmlfile?c=x'],
    ['GET', 'jsonp?c=x'],
  ];

  test.each(receiving)('is set by %s %s', async (method, transport) => {
    const { wire } = await serveSockJs({ cookieNeeded: true });
    const stream = await wire.stream(method, `/s/000/x/${transport}`);
    expect(stream.headers['set-cookie']).toEqual(['JSESSIONID=dummy; path=/']);
    const sent = await wire.post('/s/000/x/jsonp_send', '["x"]');
    expect(sent.headers['set-cookie']).toEqual(['JSESSIONID=dummy; path=/']);
  });

  test.each([
    ['JSESSIONID=abcdef', 'abcdef'],
    ['a=b; JSESSIONID=abcdef; c=d', 'abcdef'],
    ['JSESSIONID=a%0d%0aX: y', 'a%0d%0aX:'],
    ['JSESSIONID="quoted"', 'dummy'],
    ['XJSESSIONID=abcdef', 'dummy'],
    ['JSESSIONID=', 'dummy'],
    [`JSESSIONID=${'x'.repeat(256)}`, 'dummy'],
  ])('of %s is %s', async (cookie, value) => {
    const { wire } = await serveSockJs({ cookieNeeded: true });
    const { headers } = await wire.post('/s/000/x/xhr', '', { Cookie: cookie });
    expect(headers['set-cookie']).toEqual([`JSESSIONID=${value}; path=/`]);
    expect(headers).not.toHaveProperty('x');
  });

  test('is not there when nobody needs it', async () => {
    const { wire } = await serveSockJs();
    const { headers } = await wire.post('/s/000/x/xhr', '', { Cookie: 'JSESSIONID=abcdef' });
    expect(headers['set-cookie']).toBeUndefined();
  });
});

describe('HTTP itself', () => {
  async function raw(port: number, head: string): Promise<string> {
    const socket = net.connect(port, '127.0.0.1');
    socket.write(`${head}\r\nHost: 127.0.0.1\r\n\r\n`);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    await once(socket, 'end');
    socket.destroy();
    return text;
  }

  test('1.1 has each frame in a chunk of its own', async () => {
    const { port } = await serveSockJs({ service: closeService });
    const head = 'POST /s/000/x/xhr_streaming HTTP/1.1\r\nContent-Length: 0\r\nConnection: close';
    const text = await raw(port, head);
    expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*Transfer-Encoding: chunked\r\n/);
    expect(text).not.toMatch(/content-length/i);
    const [, body] = text.split('\r\n\r\n801\r\n');
    expect(body).toBe(`${'h'.repeat(2048)}\n\r\n2\r\no\n\r\n13\r\nc[3000,"Go away!"]\n\r\n0\r\n\r\n`);
  });

  test('1.0 has no chunks, and the connection ends', async () => {
    const { port } = await serveSockJs({ service: closeService });
    const head = 'POST /s/000/x/xhr_streaming HTTP/1.0\r\nContent-Length: 0\r\nConnection: Keep-Alive';
    const text = await raw(port, head);
    expect(text).not.toMatch(/transfer-encoding|content-length/i);
    expect(text.split('\r\n\r\n')[1]).toBe(`${'h'.repeat(2048)}\no\nc[3000,"Go away!"]\n`);
  });
});
