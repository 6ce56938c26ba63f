import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { settle } from '../../../../../test/support/memory-peer.js';
import { type Heard, NativeWire } from '../../../../../test/support/native-wire.js';
import { createHub, type Hub, type HubOptions, MemoryBroker, type TopicPolicy } from '../../hub/index.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { createNativeDialect } from './index.js';

async function connected(options: HubOptions<string>, maxPending = 64) {
  const clock = new FakeClock();
  const hub = createHub<string>({ clock, ...options });
  hub.handle('echo', (data) => data);
  await hub.open();
  const authenticate = () => ({ name: 'ann', user: 'Ann' });
  const dialect = createNativeDialect<string>({ hub, clock, authenticate, maxPending });
  const wire = new NativeWire(dialect, { highWaterMark: 1_000, sendQueue: { maxQueuedBytes: 4_000 } });
  await wire.ask({ type: 'connect' });
  return { hub, wire };
}

/** One after another, each on a turn of its own. */
async function publishMany(hub: Hub<string>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await hub.publish('a', { i, padding: 'x'.repeat(100) });
    await turn();
  }
}

test('a client is not read that has more under way than allowed', async () => {
  const decisions: ((isAllowed: boolean) => void)[] = [];
  const { wire } = await connected({ authorize: () => new Promise((resolve) => decisions.push(resolve)) }, 2);
  const publish = (id: number) => ({ type: 'publish', id, topic: 'a', data: id });
  expect(await wire.ask(publish(1), publish(2), publish(3), { type: 'ping' })).toEqual([]);
  expect(decisions.length).toBe(2);
  decisions[0]?.(true);
  expect(await wire.heard()).toMatchObject([{ type: 'published', id: 1 }]);
  expect(decisions.length).toBe(3);
  decisions[1]?.(false);
  expect(await wire.heard()).toMatchObject([{ type: 'error', id: 2 }, { type: 'pong' }]);
});

test('a client that breaks off while much is under way is forgotten at once', async () => {
  const { wire, hub } = await connected({ authorize: () => new Promise(() => {}) }, 1);
  let isFinished = false;
  await wire.say({ type: 'publish', topic: 'a', data: 1 }, { type: 'ping' });
  void wire.memory.peer.closed.then(() => {
    isFinished = true;
  });
  await wire.drop();
  expect([hub.sessions.size, isFinished]).toEqual([0, true]);
});

test('a reader who is slow gets everything in the end, in order', async () => {
  const { wire, hub } = await connected({});
  await wire.ask({ type: 'subscribe', id: 1, topic: 'a' });
  const goOn = wire.stall();
  await publishMany(hub, 500);
  expect(wire.memory.peer.bufferedBytes).toBeLessThan(10_000);
  goOn();
  const heard: unknown[] = [];
  while (heard.length < 500) heard.push(...(await wire.heard()).map(({ data }) => (data as { i: number }).i));
  expect(heard).toEqual(Array.from({ length: 500 }, (_, i) => i));
});

test.each(['stays', 'goes'])(
  'a slow reader of a topic and a pattern gets all of both once; the topic %s',
  async (fate) => {
    const { wire, hub } = await connected({});
    await wire.ask({ type: 'subscribe', id: 1, topic: '*' }, { type: 'subscribe', id: 2, topic: 'a' });
    const goOn = wire.stall();
    await publishMany(hub, 150);
    if (fate === 'goes') await wire.say({ type: 'unsubscribe', id: 3, topic: 'a' });
    goOn();
    const heard: unknown[] = [];
    while (heard.length < 150) {
      const messages = (await wire.heard()).filter(({ type }) => type !== 'unsubscribed');
      heard.push(...messages.map(({ data }) => (data as { i: number }).i));
    }
    expect(heard).toEqual(Array.from({ length: 150 }, (_, i) => i));
    await hub.publish('a', { i: 150 });
    expect(await wire.heard()).toMatchObject([{ type: 'message', data: { i: 150 } }]);
  },
);

test.each([1, 2, 3, 4, 5, 6])(
  'subscriptions that come, go and overlap lose and double nothing (seed %i)',
  async (seed) => {
    const random = seededRandom(seed);
    const history = seed % 2 === 0 ? {} : (false as const);
    const { wire, hub } = await connected({ topics: { '**': { history } } });
    await wire.ask({ type: 'subscribe', id: 0, topic: '**' });
    let goOn = () => {};
    const heard: Heard[] = [];
    for (let i = 0; i < 400; i++) {
      await hub.publish('a', { i, padding: 'x'.repeat(random.below(300)) });
      const topic = random.below(4) === 0 ? '*' : 'a';
      const dice = random.below(30);
      if (dice === 0) goOn = wire.stall();
      if (dice === 1) goOn();
      if (dice === 2) await wire.say({ type: 'subscribe', id: i, topic });
      if (dice === 3) await wire.say({ type: 'unsubscribe', id: i, topic });
      if (dice < 10) await turn();
      if (dice === 11) heard.push(...(await wire.heard()));
    }
    goOn();
    await hub.publish('a', { i: 400 });
    for (let i = 0; i < 60; i++) heard.push(...(await wire.heard()));
    const got = heard.flatMap(({ type, data }) => (type === 'message' ? [(data as { i: number }).i] : []));
    expect(new Set(got).size).toBe(got.length);
    if (!heard.some(({ type }) => type === 'gap')) expect(got.length).toBe(401);
  },
);

test.each<[TopicPolicy['slowReader'] & string]>([['drop-newest'], ['drop-oldest'], ['latest']])(
  'with %s a reader who is slow gets the last of it, or is told that it is missing',
  async (slowReader) => {
    const topics = { '**': { slowReader, maxQueuedBytes: 2_000 } };
    const { wire, hub } = await connected({ topics });
    await wire.ask({ type: 'subscribe', id: 1, topic: 'a' });
    const goOn = wire.stall();
    await publishMany(hub, 200);
    goOn();
    const heard = [];
    for (let i = 0; i < 20; i++) heard.push(...(await wire.heard()));
    const last = heard.at(-1);
    if (slowReader === 'drop-newest') expect(last).toMatchObject({ type: 'gap', reason: 'slow-reader' });
    else expect(last).toMatchObject({ type: 'message', data: { i: 199 } });
    expect(heard.length).toBeLessThan(150);
  },
);

test('a reader who is too slow is closed where the topic wants it so', async () => {
  const { wire, hub } = await connected({ topics: { '**': { slowReader: 'close' } } });
  await wire.ask({ type: 'subscribe', id: 1, topic: 'a' });
  const goOn = wire.stall();
  await publishMany(hub, 100);
  expect(hub.sessions.size).toBe(0);
  goOn();
  await settle();
  const heard = await wire.heard();
  expect(heard.slice(-2)).toMatchObject([
    { type: 'closing', code: 1013 },
    { type: 'close frame', code: 1013 },
  ]);
});

test('a client that asks for much history and does not read has one page after another read for it', async () => {
  let pages = 0;
  class CountingBroker extends MemoryBroker {
    override history(...asked: Parameters<MemoryBroker['history']>) {
      pages++;
      return super.history(...asked);
    }
  }
  const broker = new CountingBroker({ now: () => 0, createEpoch: () => '1' });
  const { wire, hub } = await connected({ broker });
  await publishMany(hub, 100);
  const goOn = wire.stall();
  for (let id = 0; id < 10; id++) await wire.say({ type: 'history', id, topic: 'a', limit: 100 });
  expect(pages).toBeLessThan(5);
  goOn();
  const heard: Heard[] = [];
  while (heard.length < 1_010) heard.push(...(await wire.heard()));
  expect(heard.flatMap(({ type, id }) => (type === 'history' ? [id] : []))).toEqual(
    Array.from({ length: 10 }, (_, id) => id),
  );
});

test('a client that asks and does not read is not answered without limit', async () => {
  const { wire } = await connected({});
  const goOn = wire.stall();
  const data = 'x'.repeat(1_000);
  for (let i = 0; i < 300; i++) await wire.say({ type: 'request', id: i, method: 'echo', data }, 'garbage');
  expect(wire.memory.peer.bufferedBytes).toBeLessThan(100_000);
  goOn();
  const ids = new Set<unknown>();
  for (let i = 0; i < 40; i++) for (const { id } of await wire.heard()) ids.add(id);
  expect(ids.size).toBe(301);
});
