import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../test/support/recording-subscriber.js';
import { createHub, type Hub } from './hub.js';
import type { Identity } from './identity.js';

let hub: Hub;

beforeAll(async () => {
  hub = createHub({ topics: { a: {}, there: { presence: true } } });
  await hub.open();
});

afterAll(() => hub.close());

const invalidOption = expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' });

describe.each([
  ['no object', null],
  ['no name', { user: null }],
  ['an empty name', { name: '', user: null }],
  ['a name that is none', { name: 7, user: null }],
  ['a name without end', { name: 'a'.repeat(256), user: null }],
  ['info that JSON cannot hold', { name: 'ann', user: null, info: { big: 1n } }],
  ['info that JSON leaves out', { name: 'ann', user: null, info: () => undefined }],
  ['a date that is none', { name: 'ann', user: null, expiresAtMs: Number.NaN }],
  ['a date as a text', { name: 'ann', user: null, expiresAtMs: '2030-01-01' }],
] as const)('an identity with %s', (_what, identity) => {
  test('opens no session', () => {
    expect(() => hub.openSession(identity as never, new RecordingSubscriber())).toThrow(invalidOption);
    expect(hub.sessions.size).toBe(0);
  });

  test('renews none', async () => {
    const ann: Identity = { name: 'ann', user: null };
    const session = hub.openSession(ann, new RecordingSubscriber());
    await expect(session.renew(identity as never)).rejects.toEqual(invalidOption);
    expect(session.identity).toBe(ann);
    session.close();
  });
});

test.each([
  ['an address', 'redis://127.0.0.1:6379'],
  ['null', null],
  ['options of one', { url: 'redis://127.0.0.1:6379' }],
])('a broker is none that is %s', (_what, broker) => {
  expect(() => createHub({ broker: broker as never })).toThrow(invalidOption);
});

test('an address in the place of a broker is not repeated, for it may have a password', () => {
  expect(() => createHub({ broker: 'redis://ann:s3cret@127.0.0.1' as never })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
  );
});

test.each([
  ['none', undefined],
  ['an object without one of publications', { gap: () => undefined }],
  ['one that is no function', { publication: 'a' }],
  ['an unknown one', { publication: () => undefined, message: () => undefined }],
])('subscribing with handlers like these is refused: %s', async (_what, handlers) => {
  await expect(hub.subscribe('a', handlers as never)).rejects.toEqual(invalidOption);
});

test.each([0, -1, 1.5, Number.NaN, '1'])('a limit of history is no %j', async (limit) => {
  await expect(hub.history('a', { limit: limit as never })).rejects.toEqual(invalidOption);
});

test('history since something that is no position is refused', async () => {
  await expect(hub.history('a', { since: { offset: -1, epoch: '' } })).rejects.toMatchObject({
    code: 'ERR_HUB_INVALID_POSITION',
  });
});

test('members are known where presence is on', async () => {
  expect(await hub.members('there')).toEqual([]);
  await expect(hub.members('a')).rejects.toMatchObject({ code: 'ERR_HUB_NOT_KEPT' });
  await expect(hub.members('b')).rejects.toMatchObject({ code: 'ERR_HUB_UNKNOWN_TOPIC' });
});

test.each([
  ['', {}],
  [7, {}],
  ['theme', { timeoutMs: 0 }],
  ['theme', { timeoutMs: Number.NaN }],
  ['theme', { timeoutMs: '1s' }],
])('a client is not asked %j with %j', async (method, options) => {
  const client = new RecordingSubscriber();
  const session = hub.openSession({ name: 'ann', user: null }, client);
  await expect(session.request(method as never, null, options as never)).rejects.toEqual(invalidOption);
  expect(client.requests).toEqual([]);
  session.close();
});
