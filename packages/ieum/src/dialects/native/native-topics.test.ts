import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';

import { settle } from '../../../../../test/support/memory-peer.js';
import { binaryEnvelope, type Heard, NativeWire } from '../../../../../test/support/native-wire.js';
import { createHub, type HubOptions } from '../../hub/index.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createNativeDialect, type NativeDialectOptions } from './index.js';

const at = expect.any(Number);
const epoch = expect.any(String);

/** A hub, and a way to connect to it by name. */
async function hubWith(
  options: HubOptions<string> = {},
  dialectOptions: Partial<NativeDialectOptions<string>> = {},
) {
  const clock = new FakeClock();
  const hub = createHub<string>({ clock, ...options });
  await hub.open();
  const dialect = createNativeDialect<string>({
    hub,
    clock,
    authenticate: (token) => ({ name: token, user: token ?? '', info: { of: token } }),
    ...dialectOptions,
  });
  const connect = async (name: string | null) => {
    const wire = new NativeWire(dialect);
    await wire.ask({ type: 'connect', ...(name === null ? {} : { token: name }) });
    return wire;
  };
  return { hub, clock, connect };
}

/** The data of the messages among what was heard. */
const dataOf = (heard: readonly Heard[]) =>
  heard.filter(({ type }) => type === 'message').map(({ data }) => data);

test('what is published reaches subscribers, and its publisher is told what became of it', async () => {
  const { connect } = await hubWith();
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  expect(await ann.ask({ type: 'subscribe', id: 1, topic: 'chat' })).toEqual([
    { type: 'subscribed', id: 1, position: { offset: expect.any(Number), epoch }, recovery: 'fresh' },
  ]);
  const published = await bob.ask({
    type: 'publish',
    id: 9,
    topic: 'chat',
    data: { text: 'hi' },
    headers: { a: 'b' },
  });
  expect(published).toEqual([
    {
      type: 'published',
      id: 9,
      offset: expect.any(Number),
      epoch,
      isDuplicate: false,
      delivered: 1,
      queued: 0,
      dropped: 0,
    },
  ]);
  const { offset } = published[0] as unknown as { offset: number };
  expect(await ann.heard()).toEqual([
    {
      type: 'message',
      topic: 'chat',
      offset,
      epoch,
      publisher: 'bob',
      headers: { a: 'b' },
      at,
      data: { text: 'hi' },
    },
  ]);
});

test('data arrives as its publisher wrote it, whatever it is', async () => {
  const { connect } = await hubWith();
  const wire = await connect('ann');
  await wire.ask({ type: 'subscribe', id: 1, topic: 'a' });
  await wire.say(
    '{"type":"publish","topic":"a","data": [ 1.0, 12345678901234567890 ] }',
    { type: 'publish', topic: 'a', format: 'text', data: 'plain' },
    binaryEnvelope({ type: 'publish', topic: 'a' }, Buffer.from([1, 2, 255])),
    binaryEnvelope({ type: 'publish', topic: 'a' }, Buffer.alloc(0)),
  );
  const sent = await wire.memory.sent();
  expect(sent[0]).toContain('"data":[ 1.0, 12345678901234567890 ]}');
  expect(sent[1]).toContain('"format":"text","data":"plain"}');
  expect([sent[2]?.slice(-6), sent[3]?.slice(-2)]).toEqual(['0102ff', '7d']);
});

test('publications of one client stay in their order', async () => {
  const { connect } = await hubWith({ authorize: async () => true });
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  await ann.ask({ type: 'subscribe', id: 1, topic: 'a' });
  await bob.say(...Array.from({ length: 200 }, (_, i) => ({ type: 'publish', topic: 'a', data: i })));
  expect(dataOf(await ann.heard())).toEqual(Array.from({ length: 200 }, (_, i) => i));
});

test('a publication that comes again with its key is the same', async () => {
  const { connect } = await hubWith();
  const wire = await connect('ann');
  await wire.ask({ type: 'subscribe', id: 1, topic: 'a' });
  const heard = await wire.ask(
    { type: 'publish', id: 2, topic: 'a', data: 1, key: 'k' },
    { type: 'publish', id: 3, topic: 'a', data: 1, key: 'k' },
  );
  expect(heard.filter(({ type }) => type === 'message').length).toBe(1);
  expect(heard.find(({ id }) => id === 2)).toMatchObject({ type: 'published', isDuplicate: false });
  expect(heard.find(({ id }) => id === 3)).toMatchObject({ type: 'published', isDuplicate: true });
  expect(JSON.stringify(heard)).not.toContain('"k"');
});

test('who comes back gets what they missed, in order, and then what is new', async () => {
  const { connect, hub } = await hubWith();
  const before = await connect('ann');
  const [subscribed] = await before.ask({ type: 'subscribe', id: 1, topic: 'a' });
  await before.drop();
  for (let i = 0; i < 5; i++) await hub.publish('a', i);
  const after = await connect('ann');
  const since = subscribed?.position;
  const heard = await after.ask({ type: 'subscribe', id: 1, topic: 'a', since });
  expect(heard[0]).toEqual({ type: 'subscribed', id: 1, position: since, recovery: 'recovered' });
  await hub.publish('a', 5);
  expect(dataOf([...heard, ...(await after.heard())])).toEqual([0, 1, 2, 3, 4, 5]);
});

test.each([
  ['history does not reach back so far', { history: { maxMessages: 2 } }, {}, 'expired'],
  ['it is another history', {}, { epoch: 'another' }, 'epoch'],
])('who comes back when %s is told of the gap', async (_name, policy, change, reason) => {
  const { connect, hub } = await hubWith({
    topics: { '**': { ...policy, snapshot: (topic) => `all of ${topic}` } },
  });
  const wire = await connect('ann');
  const [subscribed] = await wire.ask({ type: 'subscribe', id: 1, topic: 'a' });
  await wire.ask({ type: 'unsubscribe', id: 2, topic: 'a' });
  for (let i = 0; i < 5; i++) await hub.publish('a', i);
  const since = { ...subscribed?.position, ...change };
  const heard = await wire.ask({ type: 'subscribe', id: 3, topic: 'a', since });
  expect(heard.slice(0, 2)).toEqual([
    { type: 'subscribed', id: 3, position: expect.anything(), recovery: 'gap' },
    { type: 'gap', topic: 'a', reason, position: expect.anything(), missed: null, snapshot: 'all of a' },
  ]);
  await hub.publish('a', 5);
  expect(dataOf(await wire.heard())).toEqual([5]);
});

test('a topic is subscribed to once, unsubscribed from once, and then again', async () => {
  const { connect, hub } = await hubWith();
  const wire = await connect('ann');
  const heard = await wire.ask(
    { type: 'subscribe', id: 1, topic: 'a' },
    { type: 'subscribe', id: 2, topic: 'a' },
    { type: 'subscribe', id: 3, topic: 'b/*' },
  );
  expect(heard.find(({ id }) => id === 2)).toMatchObject({
    type: 'error',
    code: 'ERR_HUB_ALREADY_SUBSCRIBED',
  });
  expect(
    await wire.ask({ type: 'unsubscribe', id: 4, topic: 'a' }, { type: 'unsubscribe', id: 5, topic: 'a' }),
  ).toMatchObject([
    { type: 'unsubscribed', id: 4 },
    { type: 'error', id: 5, code: 'ERR_HUB_NOT_SUBSCRIBED' },
  ]);
  await hub.publish('a', 1);
  expect(await wire.ask({ type: 'subscribe', id: 6, topic: 'a' })).toMatchObject([
    { type: 'subscribed', id: 6 },
  ]);
  await hub.publish('a', 2);
  expect(dataOf(await wire.heard())).toEqual([2]);
});

test('who unsubscribes before being subscribed gets nothing, and may subscribe anew', async () => {
  const { connect, hub } = await hubWith();
  await hub.publish('a', 'old');
  const page = await hub.history('a');
  const wire = await connect('ann');
  const since = { offset: 0, epoch: page.position.epoch };
  const heard = await wire.ask(
    { type: 'subscribe', id: 1, topic: 'a', since },
    { type: 'unsubscribe', id: 2, topic: 'a' },
    { type: 'subscribe', id: 3, topic: 'a' },
  );
  expect(heard.find(({ id }) => id === 1)).toMatchObject({ type: 'error', code: 'ERR_HUB_CANCELLED' });
  expect(heard.find(({ id }) => id === 2)).toMatchObject({ type: 'unsubscribed' });
  expect(heard.find(({ id }) => id === 3)).toMatchObject({ type: 'subscribed', recovery: 'fresh' });
  await hub.publish('a', 'new');
  expect(dataOf([...heard, ...(await wire.heard())])).toEqual(['new']);
});

test.each([
  ['subscribe', { topic: 'a//b' }, 'ERR_HUB_INVALID_TOPIC'],
  ['subscribe', { topic: 'a/**/b' }, 'ERR_HUB_INVALID_PATTERN'],
  ['subscribe', { topic: 'secret' }, 'ERR_HUB_FORBIDDEN'],
  ['subscribe', { topic: 'else/where' }, 'ERR_HUB_UNKNOWN_TOPIC'],
  ['subscribe', { topic: 'bare', presence: true }, 'ERR_HUB_NOT_KEPT'],
  ['publish', { topic: 'a/*', data: 1 }, 'ERR_HUB_INVALID_TOPIC'],
  ['publish', { topic: 'secret', data: 1 }, 'ERR_HUB_FORBIDDEN'],
  ['publish', { topic: 'a', data: 'x'.repeat(70_000) }, 'ERR_HUB_MESSAGE_TOO_LARGE'],
  ['publish', { topic: 'a', data: 1, key: '' }, 'ERR_HUB_INVALID_KEY'],
  ['publish', { topic: 'a', data: 1, headers: { a: 'x'.repeat(5_000) } }, 'ERR_HUB_INVALID_HEADER'],
  ['history', { topic: 'bare', limit: 1 }, 'ERR_HUB_NOT_KEPT'],
  ['history', { topic: 'secret', limit: 1 }, 'ERR_HUB_FORBIDDEN'],
  ['presence', { topic: 'bare' }, 'ERR_HUB_NOT_KEPT'],
])('%s of %o is refused with %s', async (type, fields, code) => {
  const { connect } = await hubWith({
    topics: { '*': {}, bare: { history: false } },
    authorize: (_action, topic) => topic !== 'secret',
  });
  const wire = await connect('ann');
  expect(await wire.ask({ type, id: 5, ...fields }, { type: 'ping' })).toContainEqual({
    type: 'error',
    id: 5,
    code,
    message: expect.any(String),
  });
});

test('who publishes without an id hears of it only when it was refused', async () => {
  const { connect } = await hubWith({ topics: { a: {} } });
  const wire = await connect('ann');
  expect(await wire.ask({ type: 'publish', topic: 'a', data: 1 })).toEqual([]);
  expect(await wire.ask({ type: 'publish', topic: 'b', data: 1 })).toMatchObject([
    { type: 'error', id: null, code: 'ERR_HUB_UNKNOWN_TOPIC' },
  ]);
});

test('history is told one publication after another, and where the page ends', async () => {
  const { connect, hub } = await hubWith({}, { maxHistory: 3 });
  for (const data of [{ n: 1 }, 'two', new Uint8Array([3]), { n: 4 }]) await hub.publish('a', data);
  const wire = await connect('ann');
  const heard = await wire.ask({
    type: 'history',
    id: 7,
    topic: 'a',
    limit: 1_000,
    since: await startOf(hub),
  });
  expect(heard).toMatchObject([
    { type: 'publication', id: 7, topic: 'a', data: { n: 1 } },
    { type: 'publication', id: 7, topic: 'a', format: 'text', data: 'two' },
    { type: 'publication', id: 7, topic: 'a', format: 'binary', data: Buffer.from([3]) },
    { type: 'history', id: 7, isContinuous: true, count: 3 },
  ]);
  expect(await wire.ask({ type: 'history', id: 8, topic: 'a', limit: 1 })).toMatchObject([
    { type: 'publication', id: 8, data: { n: 4 } },
    { type: 'history', id: 8, isContinuous: true, count: 1 },
  ]);
});

async function startOf(hub: Awaited<ReturnType<typeof hubWith>>['hub']) {
  const { position } = await hub.history('a');
  return { offset: 0, epoch: position.epoch };
}

test('who is there is told with the subscription, when asked, and when it changes', async () => {
  const { connect, clock } = await hubWith({ topics: { '**': { presence: true } } });
  const member = (user: string) => ({ user, info: { of: user } });
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  const [subscribed] = await ann.ask({ type: 'subscribe', id: 1, topic: 'a', presence: true });
  expect(subscribed).toMatchObject({ type: 'subscribed', members: [member('ann')] });
  await bob.ask({ type: 'subscribe', id: 1, topic: 'a' });
  clock.advance(1_000);
  expect(await ann.heard()).toEqual([
    { type: 'presence-changed', topic: 'a', joined: [member('bob')], left: [] },
  ]);
  const [answer] = await bob.ask({ type: 'presence', id: 2, topic: 'a' });
  expect(answer).toEqual({ type: 'presence', id: 2, members: [member('ann'), member('bob')] });
  await bob.ask({ type: 'unsubscribe', id: 3, topic: 'a' });
  clock.advance(1_000);
  expect(await ann.heard()).toEqual([
    { type: 'presence-changed', topic: 'a', joined: [], left: [member('bob')] },
  ]);
});

test('a subscription ends with the right to it, and nothing else does', async () => {
  let allowed = new Set(['a', 'b']);
  const { connect, hub } = await hubWith({ authorize: (_action, topic) => allowed.has(topic) });
  const wire = await connect('ann');
  await wire.ask({ type: 'subscribe', id: 1, topic: 'a' }, { type: 'subscribe', id: 2, topic: 'b' });
  allowed = new Set(['b']);
  const heard = await wire.ask({ type: 'authenticate', id: 3, token: 'ann' });
  expect(heard).toEqual([
    { type: 'ended', topic: 'a', code: 'ERR_HUB_FORBIDDEN' },
    { type: 'authenticated', id: 3, name: 'ann' },
  ]);
  await hub.publish('a', 1);
  await hub.publish('b', 2);
  expect(dataOf(await wire.heard())).toEqual([2]);
  expect(await wire.ask({ type: 'unsubscribe', id: 4, topic: 'a' })).toMatchObject([{ type: 'error' }]);
});

test.each(['**', 'x/*'])('what a topic and %s both have arrives once', async (pattern) => {
  for (const history of [{}, false] as const) {
    const { connect, hub } = await hubWith({ topics: { '**': { history } } });
    const wire = await connect('ann');
    await wire.ask({ type: 'subscribe', id: 1, topic: pattern }, { type: 'subscribe', id: 2, topic: 'x/**' });
    await hub.publish('x/y', 'before');
    await wire.ask({ type: 'subscribe', id: 3, topic: 'x/y' });
    await hub.publish('x/y', 'during');
    await wire.ask({ type: 'unsubscribe', id: 4, topic: 'x/y' });
    await hub.publish('x/y', 'after');
    await hub.publish('x/z', 'beside');
    await settle();
    expect(await wire.ask({ type: 'unsubscribe', id: 5, topic: pattern })).toMatchObject([
      {},
      {},
      { type: 'unsubscribed' },
    ]);
    await hub.publish('x/y', 'still');
    expect(dataOf(await wire.heard())).toEqual(['still']);
  }
});

test('what arrives once is all there is', async () => {
  const { connect, hub } = await hubWith();
  const wire = await connect('ann');
  await wire.ask({ type: 'subscribe', id: 1, topic: '**' }, { type: 'subscribe', id: 2, topic: 'x/*' });
  const heard: unknown[] = [];
  for (let i = 0; i < 30; i++) {
    if (i % 10 === 3) await wire.say({ type: 'subscribe', id: i, topic: 'x/y' });
    if (i % 10 === 7) await wire.say({ type: 'unsubscribe', id: i, topic: 'x/y' });
    await hub.publish('x/y', i);
    heard.push(...dataOf(await wire.heard()));
  }
  expect(heard).toEqual(Array.from({ length: 30 }, (_, i) => i));
});

test('a connection that breaks leaves no subscription behind', async () => {
  const { connect, hub } = await hubWith();
  const wire = await connect('ann');
  await wire.say({ type: 'subscribe', id: 1, topic: 'a' });
  await wire.drop();
  expect(await hub.publish('a', 1)).toMatchObject({ delivered: 0, queued: 0, dropped: 0 });
});
