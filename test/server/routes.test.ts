import { createServer, type Peer, type Routes } from 'ieum';
import { describe, expect, test } from 'vitest';

import { ask, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

/** A route that tells which one it is. */
const saying = (name: string) => ({ open: (peer: Peer<undefined>) => void peer.send(name) });

describe('a path', () => {
  test.each([
    ['/chat', 'chat'],
    ['/chat?room=1', 'chat'],
    ['http://localhost/chat', 'chat'],
    ['/rooms/1', 'rooms'],
    ['/rooms/', 'rooms'],
    ['/rooms/vip/7', 'vip'],
    ['/rooms/vip/lobby', 'lobby'],
    ['/.well-known/coap', 'well-known'],
    ['/%63hat', 404],
    ['/chat/', 404],
    ['/rooms', 404],
    ['/Chat', 404],
    ['//chat', 404],
    ['/chat/../chat', 404],
    ['/__proto__', 404],
    ['/constructor', 404],
  ])('%s leads to %s', async (target, expected) => {
    const routes: Routes<undefined> = {
      '/chat': saying('chat'),
      '/rooms/*': saying('rooms'),
      '/rooms/vip/*': saying('vip'),
      '/rooms/vip/lobby': saying('lobby'),
      '/.well-known/coap': saying('well-known'),
    };
    const { port } = await serve({ routes });
    if (expected === 404) expect((await ask(port, { target })).status).toBe(404);
    else expect(await (await RawClient.open(port, { target })).frame()).toBe(`text ${expected}`);
  });

  test('is what the request says, with its query', async () => {
    const seen: unknown[] = [];
    const { port } = await serve({
      routes: {
        '/*': {
          open: ({ request }) =>
            void seen.push(request.path, request.target, request.query.get('q'), request.url.href),
        },
      },
    });
    await RawClient.open(port, { target: '/a/b?q=%20x&q=y', headers: { Host: 'example.test:81' } });
    expect(seen).toEqual(['/a/b', '/a/b?q=%20x&q=y', ' x', 'ws://example.test:81/a/b?q=%20x&q=y']);
  });

  test.each(['chat', '', '/a?b', '/a#b', '/a*b', '/a b', '/*/b'])('%j is refused at once', (path) => {
    expect(() => createServer({ routes: { [path]: {} } })).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
  });
});

test('limits of a route go before those of the server', async () => {
  const echo = { message: (peer: Peer<undefined>) => void peer.send('ok') };
  const { port } = await serve({
    maxMessageBytes: 10,
    routes: { '/small': echo, '/large': { ...echo, maxMessageBytes: 100 } },
  });
  const frame = Buffer.concat([Buffer.from([0x81, 0x80 + 50, 0, 0, 0, 0]), Buffer.alloc(50, 'x')]);
  const small = await RawClient.open(port, { target: '/small' });
  small.send(frame);
  expect(await small.frame()).toMatch(/^close 1009/);
  const large = await RawClient.open(port, { target: '/large' });
  large.send(frame);
  expect(await large.frame()).toBe('text ok');
});

describe('the subprotocol', () => {
  const chosen = async (
    subprotocols: Routes<undefined>[string]['subprotocols'],
    offered: readonly string[],
  ) => {
    const names: string[] = [];
    const open = (peer: Peer<undefined>) => void names.push(peer.subprotocol);
    const { port, errors } = await serve({
      routes: { '/': subprotocols === undefined ? { open } : { open, subprotocols } },
    });
    const response = await ask(port, { headers: { 'Sec-WebSocket-Protocol': offered } });
    return { status: response.status, field: response.field('Sec-WebSocket-Protocol'), names, errors };
  };

  test.each([
    ['the first of ours that is offered', ['b', 'a'], ['a', 'b'], 'b'],
    ['one from a list in one field', ['b'], ['a, b'], 'b'],
    ['none when none of ours is offered', ['c'], ['a', 'b'], undefined],
    ['none when none is offered', ['c'], [], undefined],
    ['none when the route names none, whatever is offered', undefined, ['a'], undefined],
    ['what a function says', (offered: readonly string[]) => offered[1], ['a', 'b'], 'b'],
    ['none when a function says none', () => undefined, ['a'], undefined],
  ])('is %s', async (_, subprotocols, offered, expected) => {
    const { status, field, names } = await chosen(subprotocols, offered);
    expect([status, field, names]).toEqual([101, expected, [expected ?? '']]);
  });

  test.each([
    ['chooses what was not offered', () => 'other'],
    ['throws', () => expect.unreachable()],
  ])('when its function %s, the client gets 500 and the error is reported', async (_, subprotocols) => {
    const { status, names, errors } = await chosen(subprotocols, ['a']);
    expect([status, names, errors.length]).toEqual([500, [], 1]);
  });
});

test('connections are peers while they last', async () => {
  const { server, port } = await serve();
  expect(server.peers.size).toBe(0);
  const clients = [await RawClient.open(port), await RawClient.open(port)];
  expect([server.peers.size, [...server.peers].map((peer) => peer.state)]).toEqual([2, ['open', 'open']]);
  for (const client of clients) client.reset();
  await expect.poll(() => server.peers.size).toBe(0);
});
