import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

import type { ExchangeRequest, HttpExchange, HttpHandlers } from 'ieum';
import { afterEach, describe, expect, test } from 'vitest';

import { Http2Client } from '../support/http2-client.js';
import { serve } from '../support/serve.js';

const routes = { '/chat/*': { message: () => {} } };

async function served(
  http: HttpHandlers,
  more: object = {},
): Promise<{ port: number; errors: readonly unknown[] }> {
  const { port, errors } = await serve({ routes, http, ...more });
  return { port, errors };
}

const agents: http.Agent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
});

interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function ask(
  port: number,
  path: string,
  options: http.RequestOptions & { body?: string } = {},
): Promise<Reply> {
  const { body, ...rest } = options;
  const request = http.request({ port, host: '127.0.0.1', path, ...rest });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

test('a handler sees what is asked for, and answers', async () => {
  const seen: ExchangeRequest[] = [];
  const { port } = await served({
    '/poll/*': (exchange) => {
      seen.push(exchange.request);
      exchange.respond({
        status: 201,
        headers: [
          ['X-A', '1'],
          ['X-A', '2'],
        ],
        body: 'hällo',
      });
    },
  });
  const reply = await ask(port, '/poll/a?b=c%20d', {
    headers: { Cookie: 'x=1; y=%32', 'X-Two': ['a', 'b'], Origin: 'http://o' },
  });
  expect([reply.status, reply.headers['x-a'], reply.headers['content-length'], reply.body]).toEqual([
    201,
    '1, 2',
    '6',
    'hällo',
  ]);
  const [request] = seen as [ExchangeRequest];
  expect([
    request.method,
    request.path,
    request.query.get('b'),
    request.cookie('y'),
    request.header('x-two'),
  ]).toEqual(['GET', '/poll/a', 'c d', '2', 'a, b']);
  expect([request.origin, request.address, request.secure, request.host, request.httpVersion]).toEqual([
    'http://o',
    '127.0.0.1',
    false,
    `127.0.0.1:${port}`,
    '1.1',
  ]);
});

test('the longest path wins, a route below it keeps its upgrades, and all else is 404', async () => {
  const say = (body: string) => (exchange: HttpExchange) =>
    exchange.respond({ status: 200, headers: [], body });
  const { port } = await served({
    '/chat/*': say('chat'),
    '/chat/info': say('info'),
    '/x/y/*': say('y'),
    '/x/*': say('x'),
  });
  const bodies = await Promise.all(
    ['/chat/info', '/chat/else', '/x/y/z', '/x/z', '/none'].map((path) => ask(port, path)),
  );
  expect(bodies.map(({ status, body }) => (status === 200 ? body : status))).toEqual([
    'info',
    'chat',
    'y',
    'x',
    404,
  ]);
  const socket = net.connect(port, '127.0.0.1');
  socket.write(
    'GET /chat/info HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  expect(head.toString()).toMatch(/^HTTP\/1\.1 101 /);
  socket.destroy();
});

describe('bodies', () => {
  const echo: HttpHandlers = {
    '/echo': async (exchange) => {
      const body = await exchange.readBody(1_000);
      if (body === 'gone') return;
      if (body === 'too-large') exchange.respond({ status: 413, headers: [], body: 'too large' });
      else exchange.respond({ status: 200, headers: [], body });
    },
  };

  test('are read whole, up to the limit', async () => {
    const { port } = await served(echo);
    expect((await ask(port, '/echo', { method: 'POST', body: 'x'.repeat(1_000) })).body).toBe(
      'x'.repeat(1_000),
    );
    expect((await ask(port, '/echo')).body).toBe('');
  });

  test('that are announced too large are not read at all', async () => {
    const { port } = await served(echo);
    const socket = net.connect(port, '127.0.0.1');
    socket.write('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close[\s\S]*too large$/i);
  });

  test('that grow too large are cut off while they come', async () => {
    const { port } = await served(echo);
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = `200\r\n${'x'.repeat(512)}\r\n`;
    socket.write(chunk + chunk);
    let text = '';
    for await (const piece of socket) text += piece;
    expect(text).toMatch(/^HTTP\/1\.1 413 [\s\S]*Connection: close/i);
  });

  test('of clients that leave are gone', async () => {
    const outcomes: unknown[] = [];
    const { port } = await served({
      '/echo': async (exchange) => {
        outcomes.push(await exchange.readBody(1_000));
        outcomes.push(exchange.signal.aborted);
        exchange.respond({ status: 200, headers: [], body: 'for nobody' });
      },
    });
    const socket = net.connect(port, '127.0.0.1');
    socket.write('POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await expect.poll(() => outcomes).toEqual(['gone', true]);
  });
});

describe('streams', () => {
  test('leave piece by piece, each at once', async () => {
    let push = (_: string) => {};
    const { port } = await served({
      '/stream': (exchange) => {
        const body = exchange.begin(200, [['Content-Type', 'text/plain']]);
        push = (piece) => (piece === '' ? body.end() : void body.write(piece));
      },
    });
    const request = http.get({ port, host: '127.0.0.1', path: '/stream' });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    for (const piece of ['one', 'two']) {
      push(piece);
      expect(String((await once(response, 'data'))[0])).toBe(piece);
    }
    push('');
    await once(response.resume(), 'end');
    expect(response.complete).toBe(true);
  });

  test('wait for a reader who is slow, and say when one has gone', async () => {
    const log: string[] = [];
    const { port } = await served({
      '/stream': async (exchange) => {
        const body = exchange.begin(200, []);
        for (;;) {
          const outcome = body.write(new Uint8Array(256 * 1024));
          log.push(typeof outcome === 'string' ? outcome : await outcome);
          if (log.at(-1) === 'closed') break;
        }
        log.push(`aborted ${exchange.signal.aborted}`, `late ${await body.write('x')}`);
        body.end();
        body.abort();
      },
    });
    const request = http.get({ port, host: '127.0.0.1', path: '/stream' });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stalled = log.length;
    expect(stalled).toBeLessThan(60);
    response.destroy();
    await expect.poll(() => log.slice(-3)).toEqual(['closed', 'aborted true', 'late closed']);
  });

  test('that are aborted are seen to be cut', async () => {
    const { port } = await served({
      '/stream': (exchange) => {
        const body = exchange.begin(200, []);
        void body.write('half');
        setTimeout(() => body.abort(), 20);
      },
    });
    const request = http.get({ port, host: '127.0.0.1', path: '/stream' });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    await expect(once(response.resume(), 'end')).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});

test('a handler that throws is reported, and its client told no more than 500', async () => {
  const { port, errors } = await served({
    '/fail': () => {
      throw new Error('secret');
    },
    '/late': async (exchange) => {
      exchange.begin(200, []);
      throw new Error('late');
    },
  });
  const reply = await ask(port, '/fail');
  expect([reply.status, reply.body.includes('secret')]).toEqual([500, false]);
  await expect(ask(port, '/late')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(errors).toHaveLength(2);
});

test('requests over HTTP/2 are the same', async () => {
  const { port } = await served({
    '/echo': async (exchange) => {
      const body = (await exchange.readBody(100)) as Uint8Array;
      const { method, httpVersion, host, path } = exchange.request;
      const text = [method, httpVersion, host.split(':')[0], path, Buffer.from(body)].join(' ');
      exchange.respond({ status: 200, headers: [], body: text });
    },
  });
  const client = await Http2Client.connect(port);
  const stream = client.session.request({ ':method': 'POST', ':path': '/echo' });
  stream.end('body');
  stream.setEncoding('utf8');
  let text = '';
  for await (const chunk of stream) text += chunk;
  expect(text).toBe('POST 2.0 localhost /echo body');
});

test('a host that is not ours is refused here too, and one that is none', async () => {
  const say: HttpHandlers = { '/x': (exchange) => exchange.respond({ status: 200, headers: [] }) };
  const { port } = await served(say, { allowedHosts: ['localhost'] });
  const status = async (Host: string) => (await ask(port, '/x', { headers: { Host } })).status;
  expect(await Promise.all(['localhost', 'evil.example', 'a b'].map(status))).toEqual([200, 403, 400]);
});

test.each([[{ x: () => {} }], [{ '/a*/b': () => {} }], [{ '/a': 'page' }], ['/a']])(
  '%j are no handlers',
  async (http) => {
    await expect(serve({ routes, http: http as never })).rejects.toMatchObject({
      code: 'ERR_WS_INVALID_OPTION',
    });
  },
);
