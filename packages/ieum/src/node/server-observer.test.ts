import { describe, expect, test } from 'vitest';

import { RawClient } from '../../../../test/support/raw-client.js';
import { serve } from '../../../../test/support/serve.js';
import type { CloseRecord } from '../core/close-record.js';
import type { Refusal } from '../core/handshake/refusal.js';

import { refuse } from '../core/handshake/refusal.js';
import { accept } from './authentication.js';
import { connect } from './connect.js';
import type { ObservedOpening, ServerObserver } from './server-observer.js';
import type { ServerOptions } from './server-options.js';

type Seen =
  | { readonly type: 'opened'; readonly path: string; readonly opening: ObservedOpening }
  | { readonly type: 'closed'; readonly path: string; readonly record: CloseRecord }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly opening: ObservedOpening };

function createObserver(): { readonly observer: ServerObserver<undefined>; readonly seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    observer: {
      handleOpened: (peer, opening) => seen.push({ type: 'opened', path: peer.request.path, opening }),
      handleClosed: (peer, record) => seen.push({ type: 'closed', path: peer.request.path, record }),
      handleRefused: (refusal, opening) => seen.push({ type: 'refused', refusal, opening }),
    },
  };
}

async function statusOf(url: string): Promise<number> {
  return await connect(url).then(
    () => 101,
    (error: { readonly status: number }) => error.status,
  );
}

const routes: ServerOptions['routes'] = {
  '/echo': { message: (peer, message) => peer.send(message) },
  '/rooms/*': {},
};

describe('the observer of a server', () => {
  test('is told of a connection that comes, before its messages, and goes, with how', async () => {
    const { observer, seen } = createObserver();
    const { url, server } = await serve({ routes, observer });
    const peer = await connect(`${url}/rooms/42?token=x`);
    expect(seen).toMatchObject([
      { type: 'opened', path: '/rooms/42', opening: { route: '/rooms/*', httpVersion: '1.1' } },
    ]);
    expect((seen[0] as { opening: ObservedOpening }).opening.durationMs).toBeGreaterThanOrEqual(0);
    await peer.close(4000, 'done');
    for (const left of server.peers) await left.closed;
    expect(seen[1]).toMatchObject({
      type: 'closed',
      path: '/rooms/42',
      record: { code: 4000, first: 'received' },
    });
    expect(seen).toHaveLength(2);
  });

  test.each<[string, Partial<ServerOptions<undefined>>, string, number, string | null]>([
    ['no route', {}, '/nowhere', 404, null],
    ['a host that is not served', { allowedHosts: ['elsewhere.example'] }, '/echo', 403, '/echo'],
    ['authenticate', { authenticate: () => refuse(401, 'who?') }, '/echo', 401, '/echo'],
    [
      'authenticate that throws',
      { authenticate: () => Promise.reject(new Error('broken')) },
      '/echo',
      500,
      '/echo',
    ],
  ])('is told of a refusal because of %s', async (_why, options, path, status, route) => {
    const { observer, seen } = createObserver();
    const { url } = await serve({ routes, observer, ...options });
    expect(await statusOf(url + path)).toBe(status);
    expect(seen).toMatchObject([
      { type: 'refused', refusal: { status }, opening: { route, request: { path } } },
    ]);
  });

  test('is told of a handshake that is none without a request', async () => {
    const { observer, seen } = createObserver();
    const { port } = await serve({ routes, observer });
    const client = await RawClient.connect(port);
    client.send('GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
    expect((await client.response()).status).toBe(426);
    expect(seen).toMatchObject([{ type: 'refused', opening: { request: null, route: null } }]);
  });

  test('changes nothing when it throws, and that is reported', async () => {
    const broken = () => {
      throw new Error('broken');
    };
    const observer = { handleOpened: broken, handleClosed: broken, handleRefused: broken };
    const authenticate: ServerOptions<undefined>['authenticate'] = () => accept(undefined);
    const { url, errors } = await serve({ routes, observer, authenticate });
    const peer = await connect(`${url}/echo`);
    expect(errors).toHaveLength(1);
    peer.send('hello');
    for await (const message of peer) {
      expect(message.data).toBe('hello');
      break;
    }
    await peer.close();
    expect(await statusOf(`${url}/nowhere`)).toBe(404);
    expect(errors).toHaveLength(3);
  });

  test.each([{ handleOpened: 1 }, 'all', null])('that cannot be one is refused: %j', async (observer) => {
    const options = { observer } as unknown as Partial<ServerOptions<undefined>>;
    await expect(serve({ routes, ...options })).rejects.toMatchObject({ code: 'ERR_WS_INVALID_OPTION' });
  });
});

describe('the traffic of a server', () => {
  test('has messages and bytes of frames both ways, by route', async () => {
    const { url, server } = await serve({ routes });
    const none = { messagesReceived: 0, bytesReceived: 0, messagesSent: 0, bytesSent: 0 };
    expect(Object.fromEntries(server.traffic)).toEqual({ '/echo': none, '/rooms/*': none });
    const peer = await connect(`${url}/echo`);
    const messages = peer[Symbol.asyncIterator]();
    for (const text of ['12345', 'x'.repeat(1_000)]) {
      peer.send(text);
      await messages.next();
    }
    // Heads of 2 and 4 bytes, from a client with a masking key of 4 more.
    expect(server.traffic.get('/echo')).toEqual({
      messagesReceived: 2,
      bytesReceived: 5 + 6 + 1_000 + 8,
      messagesSent: 2,
      bytesSent: 5 + 2 + 1_000 + 4,
    });
    expect(server.traffic.get('/rooms/*')).toEqual(none);
    await peer.close();
  });

  test('does not count what was dropped', async () => {
    const { url, server } = await serve({
      routes: { '/flood': { sendQueue: { policy: 'drop-newest', maxQueuedBytes: 1 } } },
    });
    const client = await connect(`${url}/flood`);
    client.pause();
    const [peer] = server.peers;
    const results = new Map<string, number>();
    for (let round = 0; round < 200; round++) {
      const result = String(peer?.send(Buffer.alloc(256 * 1024)));
      results.set(result, (results.get(result) ?? 0) + 1);
    }
    expect(results.get('dropped')).toBeGreaterThan(0);
    expect(server.traffic.get('/flood')?.messagesSent).toBe(200 - (results.get('dropped') ?? 0));
    client.terminate();
  });
});
