import { once } from 'node:events';
import net from 'node:net';

import { connect, type HttpHandlers, type Route, refuse } from 'ieum';
import { describe, expect, test } from 'vitest';

import { serve } from '../support/serve.js';

async function served(route: Route<undefined>, http: HttpHandlers = {}) {
  const origins: (string | undefined)[] = [];
  const { port, errors } = await serve<undefined>({
    http,
    routes: {
      '/strict': { message: (peer, message) => peer.send(message) },
      '/at/*': {
        message: (peer, message) => peer.send(message),
        open: (peer) => void origins.push(peer.request.origin),
        ...route,
      },
    },
  });
  return { port, errors, origins };
}

/** Sends a head and resolves with what comes back until its end, or until the connection ends. */
async function ask(port: number, lines: readonly string[]): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(`${[...lines, `Host: 127.0.0.1:${port}`].join('\r\n')}\r\n\r\n`);
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.startsWith('HTTP/1.1 101') && text.includes('\r\n\r\n')) break;
  }
  socket.destroy();
  return text;
}

const upgrade = (version: string, ...more: string[]) => [
  'GET /at/x HTTP/1.1',
  'Upgrade: websocket',
  'Connection: keep-alive, Upgrade',
  `Sec-WebSocket-Version: ${version}`,
  'Sec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==',
  ...more,
];

describe('versions of drafts', () => {
  test.each(['7', '8', '13'])('%s is taken by a route that takes them', async (version) => {
    const { port } = await served({ takesDrafts: true });
    const answer = await ask(port, upgrade(version));
    expect(answer).toMatch(/^HTTP\/1\.1 101 /);
    expect(answer).toContain('Sec-WebSocket-Accept: HSmrc0sMlYUkAGmm5OPpG2HaGWk=');
  });

  test.each(['6', '9', '12', '14', '07', '7, 13', ''])('%j never is', async (version) => {
    const { port } = await served({ takesDrafts: true });
    expect(await ask(port, upgrade(version))).toMatch(/^HTTP\/1\.1 426 /);
  });

  test('are refused where nobody takes them', async () => {
    const { port } = await served({});
    expect(await ask(port, upgrade('8'))).toMatch(/^HTTP\/1\.1 426 [\s\S]*Sec-WebSocket-Version: 13\r\n/);
  });

  test('have their origin in a field of their own, and it is judged', async () => {
    const { port, origins } = await served({ takesDrafts: true });
    const own = `http://127.0.0.1:${port}`;
    expect(await ask(port, upgrade('8', 'Sec-WebSocket-Origin: http://evil.example'))).toMatch(
      /^HTTP\/1\.1 403 /,
    );
    expect(await ask(port, upgrade('7', `Sec-WebSocket-Origin: ${own}`))).toMatch(/^HTTP\/1\.1 101 /);
    expect(await ask(port, upgrade('8', `Sec-WebSocket-Origin: ${own}`, `Origin: ${own}`))).toMatch(
      /^HTTP\/1\.1 400 /,
    );
    // In the RFC's version the field means nothing.
    expect(await ask(port, upgrade('13', 'Sec-WebSocket-Origin: http://evil.example'))).toMatch(
      /^HTTP\/1\.1 101 /,
    );
    expect(origins).toEqual([own, undefined]);
  });
});

test('a route refuses paths that are none of its endpoints', async () => {
  const { port } = await served({
    refuse: ({ path }) => (path === '/at/door' ? null : refuse(404, 'no door')),
  });
  const url = `ws://127.0.0.1:${port}/at`;
  await expect(connect(`${url}/wall`)).rejects.toMatchObject({ code: 'ERR_WS_HANDSHAKE_REFUSED' });
  const peer = await connect(`${url}/door`);
  await peer.close();
});

test.each<[Partial<Record<'takesDrafts' | 'refuse', unknown>>]>([[{ takesDrafts: 1 }], [{ refuse: true }]])(
  '%o is no route',
  async (route) => {
    await expect(served(route as Route<undefined>)).rejects.toMatchObject({ code: 'ERR_WS_INVALID_OPTION' });
  },
);

describe('a request for an upgrade that no opening handshake is', () => {
  const http: HttpHandlers = {
    '/at/*': (exchange) =>
      exchange.respond({ status: 405, headers: [['Allow', 'GET']], body: exchange.request.method }),
  };
  const post = ['POST /at/x HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade'];

  test('is answered by the handler of its path, and the connection ends', async () => {
    const { port } = await served({}, http);
    expect(await ask(port, [...post, 'Content-Length: 0'])).toMatch(
      /^HTTP\/1\.1 405 [\s\S]*Allow: GET\r\n[\s\S]*Connection: close\r\n[\s\S]*POST$/,
    );
  });

  test('is refused with a body, and where nobody answers', async () => {
    const { port } = await served({}, http);
    expect(await ask(port, [...post, 'Content-Length: 5'])).toMatch(/^HTTP\/1\.1 405 [\s\S]*handshake/);
    const strict = post.map((line) => line.replace('/at/x', '/strict'));
    expect(await ask(port, strict)).toMatch(/^HTTP\/1\.1 405 [\s\S]*handshake/);
  });

  test('may be reset by its client before it is answered', async () => {
    const { port, errors } = await served({}, http);
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`${post.join('\r\n')}\r\nHost: a\r\n\r\n`);
    socket.resetAndDestroy();
    expect(await ask(port, post)).toMatch(/^HTTP\/1\.1 405 /);
    expect(errors).toEqual([]);
  });
});
