import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';

import { settle } from '../../../../../test/support/memory-peer.js';
import { binaryEnvelope, NativeWire } from '../../../../../test/support/native-wire.js';
import { createHub, HubError } from '../../hub/index.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createNativeDialect, type NativeDialectOptions } from './index.js';

type Options = NativeDialectOptions<string>;

/** A hub that knows users by tokens, and what a client hears of it. */
async function wireTo(authenticate: Options['authenticate'], options: Partial<Options> = {}) {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const now = () => 1_000_000 + clock.now();
  const hub = createHub<string>({ clock, now, expiryWarningMs: 10_000 });
  await hub.open();
  const reportError = (error: unknown) => errors.push(error);
  const dialect = createNativeDialect({ hub, authenticate, clock, now, reportError, ...options });
  const wire = new NativeWire(dialect);
  return { hub, clock, errors, wire };
}

const known: Options['authenticate'] = (token) => (token === 'right' ? { name: 'ann', user: 'Ann' } : null);

test('a client that is believed is connected', async () => {
  const { wire, hub } = await wireTo(known);
  expect(await wire.ask({ type: 'connect', token: 'right', client: 'test' })).toEqual([
    {
      type: 'connected',
      session: expect.stringMatching(/^[-0-9a-f]{36}$/),
      name: 'ann',
      limits: { maxRequests: 64, maxPending: 64, maxHistory: 1_000 },
    },
  ]);
  expect(hub.sessions.size).toBe(1);
  await wire.drop();
  expect(hub.sessions.size).toBe(0);
});

test('who may be nobody is connected without a token', async () => {
  const { wire } = await wireTo((token) => (token === null ? { name: null, user: '' } : null));
  expect(await wire.ask({ type: 'connect' })).toMatchObject([{ type: 'connected', name: null }]);
});

test.each([
  ['a token that nobody has', { type: 'connect', token: 'wrong' }, 'ERR_HUB_UNAUTHENTICATED', 4401],
  ['something else first', { type: 'subscribe', id: 7, topic: 'a' }, 'ERR_HUB_UNAUTHENTICATED', 4401],
  ['a ping first', { type: 'ping' }, 'ERR_HUB_UNAUTHENTICATED', 4401],
  ['a request of no type', { id: 7 }, 'ERR_HUB_INVALID_ENVELOPE', 4400],
  ['no JSON', 'hello', 'ERR_HUB_INVALID_ENVELOPE', 4400],
  ['bytes', Buffer.from([1]), 'ERR_HUB_INVALID_ENVELOPE', 4400],
  [
    'content first',
    binaryEnvelope({ type: 'publish', topic: 'a' }, Buffer.from('x')),
    'ERR_HUB_UNAUTHENTICATED',
    4401,
  ],
])('%s ends the connection', async (_name, message, error, closeCode) => {
  const { wire, hub } = await wireTo(known);
  expect(await wire.ask(message, { type: 'connect', token: 'right' })).toMatchObject([
    { type: 'error', code: error },
    { type: 'closing', code: closeCode },
    { type: 'close frame', code: closeCode },
  ]);
  expect(hub.sessions.size).toBe(0);
});

test('who does not connect in time is let go', async () => {
  const { wire, clock } = await wireTo(known, { connectTimeoutMs: 500 });
  clock.advance(499);
  expect(await wire.heard()).toEqual([]);
  clock.advance(1);
  expect(await wire.heard()).toMatchObject([
    { type: 'error', id: null, code: 'ERR_HUB_UNAUTHENTICATED' },
    { type: 'closing', code: 4408 },
    { type: 'close frame', code: 4408 },
  ]);
});

test('who is connected has no deadline any more', async () => {
  const { wire, clock } = await wireTo(known);
  await wire.ask({ type: 'connect', token: 'right' });
  clock.advance(60_000);
  expect(await wire.ask({ type: 'ping', id: 3 }, { type: 'ping' })).toEqual([
    { type: 'pong', id: 3 },
    { type: 'pong' },
  ]);
});

test('an application that takes too long to believe a client holds nothing up', async () => {
  const { wire, clock, hub } = await wireTo(() => new Promise(() => {}));
  await wire.say({ type: 'connect', token: 'right' }, { type: 'ping' });
  clock.advance(10_000);
  expect(await wire.heard()).toMatchObject([
    { type: 'error' },
    { type: 'closing', code: 4408 },
    { type: 'close frame' },
  ]);
  expect(hub.sessions.size).toBe(0);
});

test('nothing is done for a client before it is connected, however long that takes', async () => {
  let believe = (_identity: { name: string; user: string }) => {};
  const { wire } = await wireTo(
    () =>
      new Promise((resolve) => {
        believe = resolve;
      }),
  );
  await wire.say({ type: 'connect' }, { type: 'subscribe', id: 1, topic: 'a' }, { type: 'ping' });
  expect(await wire.heard()).toEqual([]);
  believe({ name: 'ann', user: 'Ann' });
  const types = (await wire.heard()).map(({ type }) => type);
  expect([types[0], types.slice(1).sort()]).toEqual(['connected', ['pong', 'subscribed']]);
});

test('a client that is gone before it is believed leaves nothing behind', async () => {
  let believe = (_identity: { name: string; user: string }) => {};
  const { wire, hub, errors } = await wireTo(
    () =>
      new Promise((resolve) => {
        believe = resolve;
      }),
  );
  await wire.say({ type: 'connect' });
  await wire.drop();
  believe({ name: 'ann', user: 'Ann' });
  await settle();
  expect([hub.sessions.size, errors]).toEqual([0, []]);
});

test.each([
  ['an error of its own', () => new Error('the database is down'), 'ERR_HUB_HANDLER', 1011],
  ['that it is busy', () => new HubError('ERR_HUB_UNAVAILABLE', 'try later'), 'ERR_HUB_UNAVAILABLE', 1013],
  ['that the client may not', () => new HubError('ERR_HUB_FORBIDDEN', 'banned'), 'ERR_HUB_FORBIDDEN', 4401],
])('an application that throws %s says no more than it should', async (_name, thrown, error, closeCode) => {
  const { wire, errors, hub } = await wireTo(() => {
    throw thrown();
  });
  const heard = await wire.ask({ type: 'connect' });
  expect(heard).toMatchObject([{ type: 'error', code: error }, { type: 'closing' }, { code: closeCode }]);
  expect(JSON.stringify(heard)).not.toContain('database');
  expect([errors.length, hub.sessions.size]).toEqual([error === 'ERR_HUB_HANDLER' ? 1 : 0, 0]);
});

test('a second connect is refused, and everything goes on', async () => {
  const { wire } = await wireTo(known);
  await wire.ask({ type: 'connect', token: 'right' });
  expect(await wire.ask({ type: 'connect', token: 'wrong' }, { type: 'ping' })).toMatchObject([
    { type: 'error', id: null, code: 'ERR_HUB_INVALID_ENVELOPE' },
    { type: 'pong' },
  ]);
});

test.each(['hello', '{"id":4}', '{"type":"shout","id":4}', '{"type":"subscribe","id":4}'])(
  'once connected, %s is answered with an error, and everything goes on',
  async (message) => {
    const { wire } = await wireTo(known);
    await wire.ask({ type: 'connect', token: 'right' });
    expect(await wire.ask(...Array(50).fill(message), { type: 'ping' })).toMatchObject([
      ...Array(50).fill({
        type: 'error',
        id: message === 'hello' ? null : 4,
        code: 'ERR_HUB_INVALID_ENVELOPE',
      }),
      { type: 'pong' },
    ]);
  },
);

test('a hub that closes says when to come back', async () => {
  const { wire, hub } = await wireTo(known);
  await wire.ask({ type: 'connect', token: 'right' });
  await hub.close({ code: 1012, reason: 'restarting', retryAfterMs: 1_500 });
  expect(await wire.heard()).toEqual([
    { type: 'closing', code: 1012, reason: 'restarting', retryAfterMs: 1_500 },
    { type: 'close frame', code: 1012, reason: 'restarting' },
  ]);
});

test('a hub that is closed is closed to new clients', async () => {
  const { wire, hub } = await wireTo(known);
  await hub.close();
  expect(await wire.ask({ type: 'connect', token: 'right' })).toMatchObject([
    { type: 'error', code: 'ERR_HUB_CLOSED' },
    { type: 'closing', code: 1013 },
    { type: 'close frame', code: 1013 },
  ]);
});

test('a reason that is too long for a Close frame is told in full before it', async () => {
  const { wire, hub } = await wireTo(known);
  await wire.ask({ type: 'connect', token: 'right' });
  const reason = 'é'.repeat(100);
  await hub.close({ code: 1001, reason, retryAfterMs: null });
  expect(await wire.heard()).toEqual([
    { type: 'closing', code: 1001, reason },
    { type: 'close frame', code: 1001, reason: 'é'.repeat(61) },
  ]);
});

test('a right that ends is warned of, and ends', async () => {
  const { wire, clock } = await wireTo(() => ({ name: 'ann', user: 'Ann', expiresAtMs: 1_060_000 }));
  expect(await wire.ask({ type: 'connect' })).toMatchObject([{ type: 'connected', expiresInMs: 60_000 }]);
  clock.advance(50_000);
  expect(await wire.heard()).toEqual([{ type: 'expiring', inMs: 10_000 }]);
  clock.advance(10_000);
  expect(await wire.heard()).toMatchObject([
    { type: 'closing', code: 4401 },
    { type: 'close frame', code: 4401 },
  ]);
});

test('a right that has ended lets nobody in', async () => {
  const { wire } = await wireTo(() => ({ name: 'ann', user: 'Ann', expiresAtMs: 1_000_000 }));
  expect(await wire.ask({ type: 'connect' })).toMatchObject([
    { type: 'error', code: 'ERR_HUB_UNAUTHENTICATED' },
    { type: 'closing', code: 4401 },
    { type: 'close frame' },
  ]);
});

test('a right is renewed by a new token, for the same user only', async () => {
  const { wire, clock } = await wireTo((token) => {
    if (token === 'bob') return { name: 'bob', user: 'Bob' };
    if (token === 'nobody') return null;
    if (token === 'old') return { name: 'ann', user: 'Ann', expiresAtMs: 900_000 };
    return { name: 'ann', user: 'Ann', expiresAtMs: token === 'first' ? 1_060_000 : 1_120_000 };
  });
  await wire.ask({ type: 'connect', token: 'first' });
  const tokens = ['bob', 'nobody', 'old', 'second'];
  expect(await wire.ask(...tokens.map((token, id) => ({ type: 'authenticate', id, token })))).toMatchObject([
    { type: 'error', id: 0, code: 'ERR_HUB_UNAUTHENTICATED' },
    { type: 'error', id: 1, code: 'ERR_HUB_UNAUTHENTICATED' },
    { type: 'error', id: 2, code: 'ERR_HUB_UNAUTHENTICATED' },
    { type: 'authenticated', id: 3, name: 'ann', expiresInMs: 120_000 },
  ]);
  clock.advance(100_000);
  expect(await wire.heard()).toEqual([]);
  clock.advance(10_000);
  expect(await wire.heard()).toEqual([{ type: 'expiring', inMs: 10_000 }]);
});

test.each([
  ['no hub', { authenticate: known }],
  ['no way to know clients', { hub: createHub() }],
  ['no requests', { hub: createHub(), authenticate: known, maxRequests: 0 }],
  ['half a page', { hub: createHub(), authenticate: known, maxHistory: 0.5 }],
  ['no time', { hub: createHub(), authenticate: known, connectTimeoutMs: 0 }],
])('a dialect with %s cannot be made', (_name, options) => {
  expect(() => createNativeDialect(options as unknown as Options)).toThrow(
    expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
  );
});
