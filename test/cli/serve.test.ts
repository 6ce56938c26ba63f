import { once } from 'node:events';
import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type Served, startServe } from '../support/served.js';
import { WebSocketClient } from '../support/web-socket-client.js';

let served: Served;

beforeAll(async () => {
  served = await startServe();
});
afterAll(() => served.command.kill());

const ask = (path: string, init?: RequestInit) => fetch(served.url + path, init);

describe('ieum serve', () => {
  test('says that it is ready in one line on standard output, and the rest on standard error', async () => {
    expect(served.command.stdout).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    expect(served.port).toBeGreaterThan(0);
    expect(served.command.stderr).toContain('/echo');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with it
    expect(served.command.stderr).not.toMatch(/\u001b/);
  });

  test('/ is the console, with what keeps a page safe', async () => {
    const response = await ask('/');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('<title>ieum console</title>');
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': expect.stringContaining('connect-src'),
      'x-content-type-options': 'nosniff',
    });
    expect((await ask('/index.html')).status).toBe(200);
  });

  test('what the console loads is there, with its type, for ever', async () => {
    const page = await (await ask('/')).text();
    const paths = [...page.matchAll(/(?:src|href)="\.?(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(paths.length).toBeGreaterThan(1);
    const types = new Map([
      ['js', 'text/javascript; charset=utf-8'],
      ['css', 'text/css; charset=utf-8'],
      ['svg', 'image/svg+xml'],
    ]);
    for (const path of paths) {
      const response = await ask(path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-type')).toBe(types.get(path.split('.').pop() ?? ''));
      expect(response.headers.get('cache-control')).toContain('immutable');
      const etag = response.headers.get('etag') ?? '';
      expect((await ask(path, { headers: { 'If-None-Match': etag } })).status).toBe(304);
    }
  });

  test.each([
    ['/healthz', 200],
    ['/readyz', 200],
    ['/nothing', 404],
    ['/assets', 404],
    ['/main.js', 404],
    ['/echo', 426],
    ['/broadcast', 426],
  ])('GET %s is answered with %d', async (path, status) => {
    expect((await ask(path)).status).toBe(status);
  });

  test('/echo sends every message back, as the type it came as, in order', async () => {
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo`);
    const binary = Buffer.from([0, 255, 1]);
    client.socket.send('text 이음');
    client.socket.send(binary);
    client.socket.send('');
    client.socket.send(Buffer.alloc(300_000, 7));
    expect(await client.take()).toEqual({ data: Buffer.from('text 이음'), isBinary: false });
    expect(await client.take()).toEqual({ data: binary, isBinary: true });
    expect(await client.take()).toEqual({ data: Buffer.alloc(0), isBinary: false });
    expect((await client.take()).data.equals(Buffer.alloc(300_000, 7))).toBe(true);
    client.socket.close(4000, 'done');
    expect(await client.closed).toBe(4000);
  });

  test('/broadcast sends every message to everyone on the path, the sender included, and to nobody else', async () => {
    const members = await Promise.all(
      [1, 2, 3].map(() => WebSocketClient.connect(`${served.wsUrl}/broadcast`)),
    );
    const other = await WebSocketClient.connect(`${served.wsUrl}/echo`);
    members[0]?.socket.send('to all');
    members[1]?.socket.send(Buffer.from([1, 2]));
    for (const member of members) {
      const received = [await member.take(), await member.take()];
      expect(received).toContainEqual({ data: Buffer.from('to all'), isBinary: false });
      expect(received).toContainEqual({ data: Buffer.from([1, 2]), isBinary: true });
    }
    other.socket.send('own');
    expect((await other.take()).data.toString()).toBe('own');

    members[0]?.socket.close();
    await members[0]?.closed;
    members[1]?.socket.send('without the first');
    expect((await members[2]?.take())?.data.toString()).toBe('without the first');
    for (const member of members) member.socket.terminate();
    other.socket.terminate();
  });

  test('whoever does not read on /broadcast is given up, and nobody else loses a message', async () => {
    const silent = connect(served.port, '127.0.0.1');
    silent.on('error', () => {});
    silent.write(
      `GET /broadcast HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    await once(silent, 'data');
    silent.pause();
    const member = await WebSocketClient.connect(`${served.wsUrl}/broadcast`);
    const rounds = 40;
    for (let round = 0; round < rounds; round++) member.socket.send(Buffer.alloc(500_000, round));
    for (let round = 0; round < rounds; round++) expect((await member.take()).data[0]).toBe(round);
    silent.destroy();
    member.socket.terminate();
  });

  test('a message that is larger than the limit closes with 1009', async () => {
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo`);
    client.socket.send(Buffer.alloc(1024 * 1024 + 1));
    expect(await client.closed).toBe(1009);
  });

  test.each(['/', '/healthz', '/nothing'])('%s is no WebSocket endpoint', async (path) => {
    await expect(WebSocketClient.connect(served.wsUrl + path)).rejects.toMatchObject({ status: 404 });
  });

  test('pages of other origins may not connect, its own and programs may', async () => {
    const attempt = (origin: string) => WebSocketClient.connect(`${served.wsUrl}/echo`, { origin });
    await expect(attempt('http://evil.example')).rejects.toMatchObject({ status: 403 });
    await expect(attempt('null')).rejects.toMatchObject({ status: 403 });
    (await attempt(served.url)).socket.terminate();
  });

  test('on a loopback address only its own names are served', async () => {
    const attempt = (host: string) =>
      WebSocketClient.connect(`${served.wsUrl}/echo`, { headers: { Host: host }, origin: `http://${host}` });
    await expect(attempt(`rebound.example:${served.port}`)).rejects.toMatchObject({ status: 403 });
    (await attempt(`localhost:${served.port}`)).socket.terminate();
  });

  test('nothing else was printed on standard output', () => {
    expect(served.command.stdout.split('\n')).toHaveLength(2);
  });
});
