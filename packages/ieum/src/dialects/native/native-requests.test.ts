import { expect, test } from 'vitest';

import { settle } from '../../../../../test/support/memory-peer.js';
import { NativeWire } from '../../../../../test/support/native-wire.js';
import { createHub, type Hub, HubError, type RequestHandler, type Session } from '../../hub/index.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createNativeDialect, type NativeDialectOptions } from './index.js';

/** A client that is connected to a hub with one method. */
async function connected(
  handler: RequestHandler<string> = (data) => data,
  options: Partial<NativeDialectOptions<string>> = {},
) {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const reportError = (error: unknown) => {
    errors.push(error);
  };
  const hub = createHub<string>({ clock, reportError });
  hub.handle('method', handler);
  await hub.open();
  const authenticate = () => ({ name: 'ann', user: 'Ann' });
  const dialect = createNativeDialect<string>({ hub, clock, authenticate, reportError, ...options });
  const wire = new NativeWire(dialect);
  await wire.ask({ type: 'connect' });
  return { hub, clock, errors, wire, session: sessionOf(hub) };
}

function sessionOf(hub: Hub<string>): Session<string> {
  const [session] = hub.sessions;
  return session as Session<string>;
}

const request = (id: number, data?: unknown) => ({ type: 'request', id, method: 'method', data });

test('the application answers', async () => {
  const { wire } = await connected((data, { session }) => ({ data, user: session.identity.user }));
  expect(await wire.ask(request(1, [1]), request(2))).toEqual([
    { type: 'response', id: 1, data: { data: [1], user: 'Ann' } },
    { type: 'response', id: 2, data: { data: null, user: 'Ann' } },
  ]);
});

test('an answer of nothing is null', async () => {
  const { wire } = await connected(() => undefined);
  expect(await wire.ask(request(1))).toEqual([{ type: 'response', id: 1, data: null }]);
});

test.each<[string, RequestHandler<string>, string]>([
  [
    'fails',
    () => {
      throw new Error('secret');
    },
    'ERR_HUB_HANDLER',
  ],
  [
    'refuses',
    async () => {
      throw new HubError('ERR_HUB_FORBIDDEN', 'no');
    },
    'ERR_HUB_FORBIDDEN',
  ],
  ['answers what JSON cannot hold', () => 1n, 'ERR_HUB_HANDLER'],
  [
    'answers a circle',
    () => {
      const circle: unknown[] = [];
      circle.push(circle);
      return circle;
    },
    'ERR_HUB_HANDLER',
  ],
])('an application that %s answers with an error', async (_name, handler, code) => {
  const { wire } = await connected(handler);
  const heard = await wire.ask(request(1), { type: 'ping' });
  expect(heard.find(({ type }) => type === 'error')).toMatchObject({ type: 'error', id: 1, code });
  expect([heard.length, JSON.stringify(heard).includes('secret')]).toEqual([2, false]);
});

test('an unknown method is refused', async () => {
  const { wire } = await connected();
  expect(await wire.ask({ type: 'request', id: 1, method: 'constructor' })).toMatchObject([
    { type: 'error', id: 1, code: 'ERR_HUB_UNKNOWN_METHOD' },
  ]);
});

test('requests are answered when they are done, and no more are at work than allowed', async () => {
  const answers: ((data: unknown) => void)[] = [];
  const { wire } = await connected(() => new Promise((resolve) => answers.push(resolve)), { maxRequests: 2 });
  expect(await wire.ask(request(1), request(2), request(2), request(3))).toMatchObject([
    { type: 'error', id: 2, code: 'ERR_HUB_INVALID_ENVELOPE' },
    { type: 'error', id: 3, code: 'ERR_HUB_TOO_MANY_REQUESTS' },
  ]);
  answers[1]?.('second');
  expect(await wire.heard()).toEqual([{ type: 'response', id: 2, data: 'second' }]);
  answers[0]?.('first');
  expect(await wire.heard()).toEqual([{ type: 'response', id: 1, data: 'first' }]);
  expect(await wire.ask(request(1), request(2))).toEqual([]);
  expect(answers.length).toBe(4);
});

test('a request that is cancelled is answered at once, its handler told, and counted until it is done', async () => {
  const signals: AbortSignal[] = [];
  let finish = (_data: unknown) => {};
  const { wire } = await connected(
    (_data, { signal }) => {
      signals.push(signal);
      return new Promise((resolve) => {
        finish = resolve;
      });
    },
    { maxRequests: 1 },
  );
  expect(
    await wire.ask(
      request(1),
      { type: 'cancel', id: 1 },
      { type: 'cancel', id: 1 },
      { type: 'cancel', id: 8 },
    ),
  ).toMatchObject([{ type: 'error', id: 1, code: 'ERR_HUB_CANCELLED' }]);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(await wire.ask(request(1))).toMatchObject([
    { type: 'error', id: 1, code: 'ERR_HUB_TOO_MANY_REQUESTS' },
  ]);
  finish('late');
  expect(await wire.heard()).toEqual([]);
  expect(await wire.ask(request(1))).toEqual([]);
  expect(signals.length).toBe(2);
});

test('a client that is gone aborts its requests', async () => {
  const signals: AbortSignal[] = [];
  const { wire, errors } = await connected((_data, { signal }) => {
    signals.push(signal);
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  await wire.ask(request(1), request(2));
  await wire.drop();
  expect(signals.map(({ reason }) => reason?.code)).toEqual(['ERR_HUB_CLOSED', 'ERR_HUB_CLOSED']);
  expect(errors).toEqual([]);
});

test('a client answers the application', async () => {
  const { wire, session } = await connected();
  const asked = session.request('color', { of: 'sky' });
  expect(await wire.heard()).toEqual([{ type: 'request', id: 1, method: 'color', data: { of: 'sky' } }]);
  await wire.say({ type: 'response', id: 1, data: 'blue' }, { type: 'response', id: 1, data: 'red' });
  expect(await asked).toBe('blue');
});

test('a client refuses the application in its own words', async () => {
  const { wire, session } = await connected();
  const asked = session.request('color', null);
  const refused = expect(asked).rejects.toMatchObject({ clientCode: 'blind', message: 'I cannot see' });
  await wire.say({ type: 'error', id: 1, code: 'blind', message: 'I cannot see' });
  await refused;
});

test('a client that does not answer is told that nobody waits any more', async () => {
  const { wire, session, clock } = await connected();
  const asked = session.request('color', null, { timeoutMs: 100 });
  const failed = expect(asked).rejects.toMatchObject({ code: 'ERR_HUB_TIMEOUT' });
  await wire.heard();
  clock.advance(100);
  await failed;
  expect(await wire.heard()).toEqual([{ type: 'cancel', id: 1 }]);
  expect(
    await wire.ask({ type: 'response', id: 1, data: 'late' }, { type: 'response', id: 99 }, { type: 'ping' }),
  ).toEqual([{ type: 'pong' }]);
});

test('a request that JSON cannot hold fails, and is not sent', async () => {
  const { wire, session } = await connected();
  await expect(session.request('color', 1n)).rejects.toMatchObject({ code: 'ERR_HUB_HANDLER' });
  expect(await wire.heard()).toEqual([]);
});

test('answers to the application are read while its own are being worked on', async () => {
  const { wire } = await connected(async (_data, { session }) => session.request('ask back', null), {
    maxRequests: 1,
  });
  await wire.say(request(1));
  expect(await wire.heard()).toMatchObject([{ type: 'request', id: 1 }]);
  await wire.say({ type: 'response', id: 1, data: 'yes' });
  await settle();
  expect(await wire.heard()).toEqual([{ type: 'response', id: 1, data: 'yes' }]);
});
