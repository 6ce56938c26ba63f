import { afterEach, describe, expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createHub, type Hub } from '../hub.js';
import type { HubObserver } from '../hub-observer.js';
import type { HubOptions } from '../hub-options.js';

const hubs: Hub[] = [];

afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

async function open(
  options: HubOptions = {},
): Promise<{ hub: Hub; clock: FakeClock; errors: readonly unknown[] }> {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const reportError = (error: unknown) => errors.push(error);
  const hub = createHub({ clock, now: () => clock.now(), reportError, ...options });
  await hub.open();
  hubs.push(hub);
  return { hub, clock, errors };
}

const failure = new Error('out of order');

/** A subscriber that throws when it is told of something. */
function failing(
  method: Exclude<keyof RecordingSubscriber, 'readAgain' | 'stopReading'>,
): RecordingSubscriber {
  const subscriber = new RecordingSubscriber();
  const fail = () => {
    throw failure;
  };
  return Object.assign(subscriber, { [method]: fail });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a subscriber that throws', () => {
  test('keeps nothing from others, is reported, and closed so that it can recover', async () => {
    const { hub, errors } = await open();
    const [bad, good] = [failing('handlePublication'), new RecordingSubscriber()];
    const session = hub.openSession({ name: 'ann', user: null }, bad);
    await session.subscribe('a', {}, () => {});
    await hub.openSession({ name: 'bob', user: null }, good).subscribe('a', {}, () => {});
    expect(await hub.publish('a', 'one')).toMatchObject({ delivered: 1, dropped: 1 });
    expect([good.log, bad.log, session.isClosed, errors]).toEqual([
      ['one'],
      ['closed 1011'],
      true,
      [failure],
    ]);
  });

  test('may do so while it is given what it missed', async () => {
    const { hub, errors } = await open();
    const { position } = await hub.publish('a', 'one');
    await hub.publish('a', 'two');
    const session = hub.openSession({ name: 'ann', user: null }, failing('handlePublication'));
    await session.subscribe('a', { since: position as never }, () => {});
    await settle();
    expect([session.isClosed, errors]).toEqual([true, [failure]]);
  });

  test('may do so when it is closed', async () => {
    const { hub, errors } = await open();
    const session = hub.openSession({ name: 'ann', user: null }, failing('handleClose'));
    session.closeBecause({ code: 1001, reason: '', retryAfterMs: null });
    expect([session.isClosed, hub.sessions.size, errors]).toEqual([true, 0, [failure]]);
  });

  test('may do so when it is warned', async () => {
    const { hub, clock, errors } = await open();
    const session = hub.openSession(
      { name: 'ann', user: null, expiresAtMs: 60_000 },
      failing('handleExpiring'),
    );
    clock.advance(30_000);
    expect([session.isClosed, errors]).toEqual([true, [failure]]);
  });

  test('may do so when it is asked: whoever asks is answered', async () => {
    const { hub } = await open();
    const session = hub.openSession({ name: 'ann', user: null }, failing('handleRequest'));
    await expect(session.request('theme', null)).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
  });

  test('may do so when it is told who is there', async () => {
    const { hub, clock, errors } = await open({ topics: { a: { presence: true } } });
    const [bad, good] = [failing('handlePresence'), new RecordingSubscriber()];
    for (const [name, subscriber] of [
      ['ann', bad],
      ['bob', good],
      ['carol', new RecordingSubscriber()],
    ] as const) {
      await hub.openSession({ name, user: null }, subscriber).subscribe('a', { presence: true }, () => {});
    }
    await settle();
    clock.advance(100);
    expect([good.log, errors]).toEqual([['joined carol'], [failure]]);
  });
});

test.each(['a', 'a/*'])(
  'who throws when a subscription to %s opens has none, and others keep theirs',
  async (name) => {
    const { hub, clock } = await open();
    const good = new RecordingSubscriber();
    await hub.openSession({ name: 'bob', user: null }, good).subscribe(name, {}, () => {});
    const session = hub.openSession({ name: 'ann', user: null }, new RecordingSubscriber());
    const subscribed = session.subscribe(name, {}, () => {
      throw failure;
    });
    await expect(subscribed).rejects.toBe(failure);
    expect(session.subscriptions.size).toBe(0);
    session.close();
    clock.advance(60_000);
    await hub.publish(name.replace('*', 'b'), 'one');
    expect(good.log).toEqual(['one']);
  },
);

test('an observer that throws is reported and holds nothing up', async () => {
  const fail = () => {
    throw failure;
  };
  const observer: HubObserver = {
    handleFanOut: fail,
    handleRecovery: fail,
    handleRefusal: fail,
    handleReadiness: fail,
    startOperation: () => fail,
  };
  const { hub, errors } = await open({ observer });
  const client = new RecordingSubscriber();
  const session = hub.openSession({ name: 'ann', user: null }, client);
  await session.subscribe('a', { since: { offset: 1, epoch: 'gone' } }, () => {});
  await expect(session.subscribe('', {}, () => {})).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_TOPIC' });
  await settle();
  expect(await hub.publish('a', 'one')).toMatchObject({ delivered: 1 });
  expect(client.log).toEqual(['gap epoch on a', 'one']);
  expect(errors.length).toBe(5);
  expect(new Set(errors)).toEqual(new Set([failure]));
});

test('a publication that a subscriber cannot take is a gap', async () => {
  const { hub } = await open();
  const client = Object.assign(new RecordingSubscriber(), { handlePublication: () => 'dropped' as const });
  await hub.openSession({ name: 'ann', user: null }, client).subscribe('a', {}, () => {});
  const { position, dropped } = await hub.publish('a', 'one');
  expect([dropped, client.gaps]).toEqual([1, [{ reason: 'slow-reader', position, missed: 1 }]]);
});
