import { setTimeout as delay } from 'node:timers/promises';

import { type Authenticate, accept, refuse, type ServerOptions } from 'ieum';
import { describe, expect, expectTypeOf, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

interface User {
  readonly name: string;
}

const greeting = {
  '/': {
    open: (peer) => {
      expectTypeOf(peer.user).toEqualTypeOf<User>();
      peer.send(peer.user.name);
    },
  },
} satisfies ServerOptions<User>['routes'];

test('who is accepted is a user to the handlers, and gets the fields added to the 101', async () => {
  const { port } = await serve<User>({
    routes: greeting,
    authenticate: async (request) =>
      accept({ name: request.cookie('name') ?? '' }, [
        ['Set-Cookie', 'a=1; HttpOnly'],
        ['Set-Cookie', 'b=2'],
      ]),
  });
  const client = await RawClient.connect(port);
  client.send(openingRequest({ headers: { Cookie: 'x=1; name=M%C3%BCller' } }));
  const response = await client.response();
  expect([response.status, response.field('Set-Cookie')]).toEqual([101, 'a=1; HttpOnly, b=2']);
  expect(await client.frame()).toBe('text Müller');
});

test('what is sent before the decision is handled after it', async () => {
  const { port } = await serve<undefined>({
    authenticate: async () => {
      await delay(50);
      return accept(undefined);
    },
  });
  const client = await RawClient.connect(port);
  client.send(openingRequest(), text('early'));
  await delay(10);
  client.send(text('a bit later'));
  expect((await client.response()).status).toBe(101);
  expect([await client.frame(), await client.frame()]).toEqual(['text early', 'text a bit later']);
});

describe('who is not accepted', () => {
  const answers = async (authenticate: Authenticate<undefined>) => {
    const { server, port, errors } = await serve({ authenticate, maxConnections: 1 });
    const response = await ask(port);
    const again = await ask(port);
    expect([again.status, server.peers.size]).toEqual([response.status, 0]);
    return { response, errors };
  };

  test('gets status, reason and fields of the refusal', async () => {
    const challenge = [['WWW-Authenticate', 'Bearer']] as const;
    const { response, errors } = await answers(() => refuse(401, 'who are you?', challenge));
    expect([
      response.status,
      response.body,
      response.field('WWW-Authenticate'),
      response.field('Connection'),
    ]).toEqual([401, 'who are you?\n', 'Bearer', 'close']);
    expect(errors).toEqual([]);
  });

  test.each([
    ['throws', () => expect.unreachable(), 500, 1],
    ['rejects', () => Promise.reject(new Error('the database is down')), 500, 1],
    ['returns nothing', () => undefined, 403, 0],
    ['returns true', () => true, 500, 1],
    ['returns fields with a line break', () => accept(undefined, [['X', 'a\r\nSet-Cookie: b']]), 500, 1],
    ['returns a field of the handshake', () => accept(undefined, [['Sec-WebSocket-Accept', 'x']]), 500, 1],
  ])('gets an answer when authenticate %s', async (_, authenticate, status, reports) => {
    const { response, errors } = await answers(authenticate as never);
    expect([response.status, errors.length]).toEqual([status, 2 * reports]);
    expect(response.body).not.toContain('database');
    expect(response.field('Set-Cookie')).toBeUndefined();
  });
});

/** An authenticate that never decides, and notes why it need not. */
function undecided() {
  const reasons: unknown[] = [];
  let calls = 0;
  const authenticate: Authenticate<undefined> = (_request, signal) => {
    calls++;
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        reasons.push(signal.reason);
        reject(signal.reason);
      });
    });
  };
  return { authenticate, reasons, calls: () => calls };
}

test('a decision that takes too long is a 503, and the signal says so', async () => {
  const { authenticate, reasons } = undecided();
  const { port, errors } = await serve({ authenticate, handshakeTimeoutMs: 150, maxConnections: 1 });
  for (let i = 0; i < 2; i++) expect((await ask(port)).status).toBe(503);
  expect([reasons, errors]).toEqual([['timeout', 'timeout'], []]);
});

test.each([
  ['ends its side', (client: RawClient) => client.socket.end()],
  ['is gone', (client: RawClient) => client.socket.destroy()],
  ['resets the connection', (client: RawClient) => client.reset()],
  ['talks and is gone', (client: RawClient) => client.socket.write(text('x'), () => client.socket.destroy())],
])('a client that %s before the decision gives its place back', async (_, leave) => {
  const { authenticate, reasons, calls } = undecided();
  const { server, port, errors } = await serve({
    authenticate,
    maxConnections: 1,
    handshakeTimeoutMs: 600,
  });
  const client = await RawClient.connect(port);
  client.send(openingRequest());
  await expect.poll(calls).toBe(1);
  leave(client);
  await expect.poll(() => reasons.length, { timeout: 3_000 }).toBe(1);
  const next = await RawClient.connect(port);
  next.send(openingRequest());
  await expect.poll(calls).toBe(2);
  expect([server.peers.size, errors]).toEqual([0, []]);
});

test('a decision in favour of a client that has just gone opens nothing', async () => {
  const opened: unknown[] = [];
  let decide = () => {};
  const { server, port } = await serve<undefined>({
    routes: { '/': { open: (peer) => void opened.push(peer) } },
    authenticate: () => new Promise((resolve) => (decide = () => resolve(accept(undefined)))),
  });
  const client = await RawClient.connect(port);
  client.send(openingRequest());
  await delay(30);
  client.reset();
  await delay(30);
  decide();
  await delay(10);
  expect([opened, server.peers.size]).toEqual([[], 0]);
});
