import { describe, expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createHub, type Hub } from '../hub.js';
import type { HubOptions } from '../hub-options.js';
import type { Identity } from '../identity.js';
import type { Session } from './session.js';

interface User {
  readonly may: readonly string[];
}

const clock = new FakeClock();

async function open(
  options: HubOptions<User> = {},
  identity: Partial<Identity<User>> = {},
): Promise<{ hub: Hub<User>; session: Session<User>; client: RecordingSubscriber }> {
  const hub = createHub<User>({ clock, now: () => clock.now(), reportError: () => {}, ...options });
  await hub.open();
  const client = new RecordingSubscriber();
  const session = hub.openSession({ name: 'ann', user: { may: [] }, ...identity }, client);
  return { hub, session, client };
}

const text = (data: string) => ({ format: 'text' as const, payload: new TextEncoder().encode(data) });
const authorize: HubOptions<User>['authorize'] = (action, topic, { may }) =>
  may.includes(`${action} ${topic}`);

describe('authorisation', () => {
  test.each([
    ['subscribe a', (session: Session<User>) => session.subscribe('a', {}, () => {})],
    ['subscribe-pattern a/*', (session: Session<User>) => session.subscribe('a/*', {}, () => {})],
    ['publish a', (session: Session<User>) => session.publish('a', text('x'))],
    ['history a', (session: Session<User>) => session.history('a', { limit: 1 })],
    ['presence a', (session: Session<User>) => session.members('a')],
  ])('%s is done by who may, and by nobody else', async (right, act) => {
    const topics = { '**': { presence: true } };
    const { hub, session } = await open({ authorize, topics });
    await expect(act(session)).rejects.toMatchObject({ code: 'ERR_HUB_FORBIDDEN' });
    const other = hub.openSession({ name: 'bob', user: { may: [right] } }, new RecordingSubscriber());
    await expect(act(other)).resolves.toBeDefined();
    await hub.close();
  });

  test.each([
    ['throws', () => Promise.reject(new Error('out of order'))],
    ['says something that is not quite true', () => 'yes' as unknown as boolean],
    ['says nothing', () => undefined as unknown as boolean],
  ])('a function that %s lets nobody in', async (_how, deciding) => {
    const { hub, session } = await open({ authorize: deciding });
    await expect(session.publish('a', text('x'))).rejects.toMatchObject({ code: 'ERR_HUB_FORBIDDEN' });
    await hub.close();
  });

  test('a pattern is judged as what it is, whatever its topics are', async () => {
    const { hub, session, client } = await open(
      { authorize: (_action, topic, { may }) => may.some((prefix) => topic.startsWith(prefix)) },
      { user: { may: ['user/7/'] } },
    );
    await session.subscribe('user/7/**', {}, () => {});
    for (const pattern of ['**', '*/7/**', 'user/*/inbox', '*/*/*']) {
      await expect(session.subscribe(pattern, {}, () => {})).rejects.toMatchObject({
        code: 'ERR_HUB_FORBIDDEN',
      });
    }
    await hub.publish('user/8/inbox', 'secret');
    await hub.publish('user/7/inbox', 'hello');
    expect(client.log).toEqual(['hello']);
    await hub.close();
  });
});

describe('a session that expires', () => {
  test('is warned, and closed with 4401', async () => {
    const { hub, client, session } = await open({}, { expiresAtMs: clock.now() + 100_000 });
    clock.advance(69_999);
    expect(client.log).toEqual([]);
    clock.advance(1);
    expect(client.log).toEqual(['expiring in 30000']);
    clock.advance(30_000);
    expect([client.log.at(-1), session.isClosed, hub.sessions.size]).toEqual(['closed 4401', true, 0]);
    await hub.close();
  });

  test('stays when it is renewed in time, but for what it has no right to any more', async () => {
    const { hub, client, session } = await open(
      { authorize },
      { user: { may: ['subscribe a', 'subscribe b'] }, expiresAtMs: clock.now() + 100_000 },
    );
    await session.subscribe('a', {}, () => {});
    await session.subscribe('b', {}, () => {});
    clock.advance(80_000);
    await session.renew({
      name: 'ann',
      user: { may: ['subscribe b'] },
      expiresAtMs: clock.now() + 3_600_000,
    });
    clock.advance(100_000);
    await hub.publish('a', 'not for ann');
    await hub.publish('b', 'for ann');
    expect(client.log).toEqual(['expiring in 30000', 'a ended: ERR_HUB_FORBIDDEN', 'for ann']);
    await hub.close();
  });

  test('cannot be renewed by somebody else', async () => {
    const { hub, session } = await open();
    await expect(session.renew({ name: 'bob', user: { may: [] } })).rejects.toMatchObject({
      code: 'ERR_HUB_UNAUTHENTICATED',
    });
    expect(session.identity.name).toBe('ann');
    await hub.close();
  });

  test('lives for years where its right does', async () => {
    const year = 365 * 24 * 3_600_000;
    const { hub, client } = await open({}, { expiresAtMs: clock.now() + year });
    clock.advance(year - 31_000);
    expect(client.log).toEqual([]);
    clock.advance(31_000);
    expect(client.log).toEqual(['expiring in 30000', 'closed 4401']);
    await hub.close();
  });

  test('and has expired before it began is closed at once', async () => {
    const { hub, client } = await open({}, { expiresAtMs: clock.now() - 5 });
    clock.advance(0);
    expect(client.log.at(-1)).toBe('closed 4401');
    await hub.close();
  });
});

test.each([
  ['subscribe', (session: Session<User>) => session.subscribe('a', {}, () => {})],
  ['publish', (session: Session<User>) => session.publish('a', text('x'))],
  ['history', (session: Session<User>) => session.history('a', { limit: 1 })],
  ['request', (session: Session<User>) => session.request('a', null)],
  ['receiveRequest', (session: Session<User>) => session.receiveRequest('a', null, AbortSignal.abort())],
])('a closed session can do nothing: %s', async (_what, act) => {
  const { hub, session } = await open();
  session.close();
  session.close();
  await expect(act(session)).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
  await hub.close();
});

test('a session that is closed while it subscribes gets nothing, and holds nothing', async () => {
  const { hub, session, client } = await open();
  const subscribing = session.subscribe('a', {}, () => client.log.push('opened'));
  session.close();
  await expect(subscribing).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
  expect(await hub.publish('a', 'x')).toMatchObject({ delivered: 0, queued: 0, dropped: 0 });
  expect(client.log).toEqual([]);
  await hub.close();
});

test('a session has a limit of subscriptions, those that are being opened included', async () => {
  const { hub, session } = await open({ maxSubscriptions: 3 });
  const results = await Promise.allSettled(
    ['a', 'b', 'c/*', 'd', 'e'].map((name) => session.subscribe(name, {}, () => {})),
  );
  expect(results.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'rejected',
  ]);
  expect(results[4]).toMatchObject({ reason: { code: 'ERR_HUB_TOO_MANY_SUBSCRIPTIONS' } });
  for (const subscription of session.subscriptions) subscription.close();
  await expect(session.subscribe('d', {}, () => {})).resolves.toBeDefined();
  await hub.close();
});

test.each([
  [{ offset: -1, epoch: 'e' }],
  [{ offset: 1.5, epoch: 'e' }],
  [{ offset: 2 ** 60, epoch: 'e' }],
  [{ offset: 1, epoch: 7 }],
  [{ offset: 1, epoch: 'e'.repeat(200) }],
  [{}],
])('%j is no position', async (since) => {
  const { hub, session } = await open();
  await expect(session.subscribe('a', { since: since as never }, () => {})).rejects.toMatchObject({
    code: 'ERR_HUB_INVALID_POSITION',
  });
  await hub.close();
});

test('what one client calls a publication is nothing to another', async () => {
  const { hub, session, client } = await open();
  const bob = hub.openSession({ name: 'bob', user: { may: [] } }, new RecordingSubscriber());
  const again = hub.openSession({ name: 'ann', user: { may: [] } }, new RecordingSubscriber());
  await session.subscribe('a', {}, () => {});
  const first = await session.publish('a', text('one'), { key: 'k' });
  expect(await again.publish('a', text('two'), { key: 'k' })).toEqual({
    position: first.position,
    isDuplicate: true,
    delivered: 0,
    queued: 0,
    dropped: 0,
  });
  expect((await bob.publish('a', text('three'), { key: 'k' })).isDuplicate).toBe(false);
  expect(client.log).toEqual(['one', 'three']);
  await hub.close();
});

test('publications keep their order, however long it takes to allow each', async () => {
  const waits = [30, 0, 20, 0, 10];
  const { hub, session, client } = await open({
    authorize: async (action) => {
      if (action === 'publish') await new Promise((resolve) => setTimeout(resolve, waits.shift() ?? 0));
      return true;
    },
  });
  await session.subscribe('a', {}, () => {});
  await Promise.all(['1', '2', '3', '4', '5'].map((data) => session.publish('a', text(data))));
  expect(client.log).toEqual(['1', '2', '3', '4', '5']);
  await hub.close();
});

test('one that is refused holds up none behind it', async () => {
  const { hub, session, client } = await open({
    authorize: async (_action, topic) => topic !== 'forbidden',
  });
  await session.subscribe('a', {}, () => {});
  const results = await Promise.allSettled([
    session.publish('forbidden', text('1')),
    session.publish('a', text('2')),
    session.publish('b/*', text('3')),
    session.publish('a', text('4')),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect(client.log).toEqual(['2', '4']);
  await hub.close();
});

test('the observer is told of what is refused, by its code', async () => {
  const refusals: string[] = [];
  const { hub, session } = await open({
    authorize,
    observer: { handleRefusal: (code) => refusals.push(code) },
  });
  await Promise.allSettled([
    session.subscribe('', {}, () => {}),
    session.publish('a', text('x')),
    session.history('a/*', { limit: 1 }),
    session.members('a'),
    session.receiveRequest('none', null, AbortSignal.abort()),
  ]);
  expect(refusals.sort()).toEqual([
    'ERR_HUB_FORBIDDEN',
    'ERR_HUB_FORBIDDEN',
    'ERR_HUB_INVALID_TOPIC',
    'ERR_HUB_INVALID_TOPIC',
    'ERR_HUB_UNKNOWN_METHOD',
  ]);
  await hub.close();
});

test('clients that are dismissed are told to come back, each at another time', async () => {
  const { hub } = await open();
  const told: (number | null)[] = [];
  for (let i = 0; i < 4; i++) {
    const client = new RecordingSubscriber();
    client.handleClose = ({ code, retryAfterMs }) => told.push(code, retryAfterMs);
    hub.openSession({ name: null, user: { may: [] } }, client);
  }
  hub.dismiss(1_000);
  expect(told).toEqual([1001, 400, 1001, 600, 1001, 800, 1001, 1_000]);
  expect([hub.sessions.size, hub.isReady]).toEqual([0, true]);
  await hub.close();
});

test('a hub that was never opened says so', async () => {
  const hub = createHub();
  const message = expect.stringContaining('open()');
  await expect(hub.publish('a', 'x')).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE', message });
});
