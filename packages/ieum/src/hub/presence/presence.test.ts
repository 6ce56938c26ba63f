import { afterEach, expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createHub, type Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import { MemoryBroker } from '../memory/memory-broker.js';
import { MemoryExchange } from '../memory/memory-broker-exchange.js';
import type { Session } from '../sessions/session.js';

const hubs: Hub[] = [];

afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

interface Nodes {
  readonly clock: FakeClock;
  readonly exchange: MemoryExchange;
  readonly brokers: readonly MemoryBroker[];
  readonly nodes: readonly [Hub, Hub];
}

async function twoNodes(): Promise<Nodes> {
  const clock = new FakeClock();
  let epochs = 0;
  const exchange = new MemoryExchange({
    clock,
    now: () => clock.now(),
    createEpoch: () => `${++epochs}`,
    leaseMs: 15_000,
  });
  const brokers = [new MemoryBroker({ exchange }), new MemoryBroker({ exchange })];
  const nodes = brokers.map((broker) =>
    createHub({ broker, clock, topics: { 'room/*': { presence: true }, '**': {} } }),
  );
  for (const hub of nodes) await hub.open();
  hubs.push(...nodes);
  return { clock, exchange, brokers, nodes: nodes as unknown as readonly [Hub, Hub] };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function join(hub: Hub, name: string, info?: unknown): Promise<Session> {
  const session = hub.openSession({ name, user: null, info }, new RecordingSubscriber());
  await session.subscribe('room/1', {}, () => {});
  await settle();
  return session;
}

async function watch(hub: Hub): Promise<{ watcher: RecordingSubscriber; members: () => readonly string[] }> {
  const watcher = new RecordingSubscriber();
  let members: readonly string[] = [];
  const session = hub.openSession({ name: 'watcher', user: null }, watcher);
  await session.subscribe('room/1', { presence: true }, (subscribed) => {
    members = (subscribed.members ?? []).map(({ user }) => user);
  });
  return { watcher, members: () => members };
}

async function pass(clock: FakeClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 50) {
    clock.advance(Math.min(left, 50));
    await settle();
  }
}

test('who watches learns who is there, itself included, and who comes and leaves, on all nodes', async () => {
  const { clock, nodes } = await twoNodes();
  await join(nodes[1], 'ann', { mood: 'good' });
  const { watcher, members } = await watch(nodes[0]);
  expect(members()).toEqual(['ann', 'watcher']);
  const bob = await join(nodes[1], 'bob');
  await pass(clock, 100);
  for (const { topic } of bob.subscriptions) expect(topic).toBe('room/1');
  for (const subscription of bob.subscriptions) subscription.close();
  await pass(clock, 150);
  expect(watcher.log).toEqual(['joined bob', 'left bob']);
  expect(await nodes[0].members('room/1')).toEqual([
    { user: 'ann', info: { mood: 'good' } },
    { user: 'watcher', info: null },
  ]);
});

test('several connections of a user, on several nodes, are one entry', async () => {
  const { clock, nodes } = await twoNodes();
  const { watcher } = await watch(nodes[0]);
  const all = [await join(nodes[0], 'ann'), await join(nodes[0], 'ann'), await join(nodes[1], 'ann')];
  await pass(clock, 200);
  all[0]?.close();
  all[2]?.close();
  await pass(clock, 10_000);
  expect(watcher.log).toEqual(['joined ann']);
  all[1]?.close();
  await pass(clock, 4_900);
  expect(watcher.log).toEqual(['joined ann']);
  await pass(clock, 300);
  expect(watcher.log).toEqual(['joined ann', 'left ann']);
});

test('who comes back within the grace was never away', async () => {
  const { clock, nodes } = await twoNodes();
  const { watcher } = await watch(nodes[0]);
  const first = await join(nodes[1], 'ann');
  await pass(clock, 200);
  first.close();
  await pass(clock, 4_000);
  await join(nodes[1], 'ann');
  await pass(clock, 20_000);
  expect(watcher.log).toEqual(['joined ann']);
});

test('a crowd that comes and goes at once is told of at once, and who came and went within a batch not at all', async () => {
  const { clock, nodes } = await twoNodes();
  const changes: number[] = [];
  const watcher = new RecordingSubscriber();
  watcher.handlePresence = ({ joined, left }) => changes.push(joined.length - left.length);
  const session = nodes[0].openSession({ name: 'watcher', user: null }, watcher);
  await session.subscribe('room/1', { presence: true }, () => {});
  const crowd = await Promise.all(Array.from({ length: 500 }, (_, i) => join(nodes[1], `user ${i}`)));
  await pass(clock, 200);
  expect(changes).toEqual([500]);
  for (const one of crowd) for (const subscription of one.subscriptions) subscription.close();
  const brief = await join(nodes[1], 'brief');
  for (const subscription of brief.subscriptions) subscription.close();
  await pass(clock, 200);
  expect(changes).toEqual([500, -500]);
});

test('who was on a node that died leaves within its lease; who was on one that comes back stays', async () => {
  const { clock, nodes, exchange, brokers } = await twoNodes();
  const { watcher } = await watch(nodes[0]);
  await join(nodes[1], 'ann');
  await pass(clock, 200);
  exchange.disconnect(brokers[1] as MemoryBroker);
  await pass(clock, 10_000);
  exchange.reconnect(brokers[1] as MemoryBroker);
  await pass(clock, 10_000);
  expect(watcher.log).toEqual(['joined ann']);
  exchange.disconnect(brokers[1] as MemoryBroker);
  await pass(clock, 15_200);
  expect(watcher.log).toEqual(['joined ann', 'left ann']);
  exchange.reconnect(brokers[1] as MemoryBroker);
  await pass(clock, 1_500);
  expect(watcher.log).toEqual(['joined ann', 'left ann', 'joined ann']);
});

test('a broker that lost everything learns again who is there', async () => {
  const { clock, nodes, exchange } = await twoNodes();
  const { watcher } = await watch(nodes[0]);
  await join(nodes[1], 'ann');
  await pass(clock, 200);
  exchange.lose();
  await pass(clock, 1_500);
  expect(await nodes[0].members('room/1')).toHaveLength(2);
  expect(watcher.log.filter((entry) => !entry.startsWith('gap'))).toEqual(['joined ann']);
});

test('somebody whose broker is away while they come and go is known as they are afterwards', async () => {
  const { clock, nodes, exchange, brokers } = await twoNodes();
  const stays = await join(nodes[1], 'stays');
  const goes = await join(nodes[1], 'goes');
  exchange.disconnect(brokers[1] as MemoryBroker);
  for (const subscription of goes.subscriptions) subscription.close();
  await pass(clock, 3_000);
  exchange.reconnect(brokers[1] as MemoryBroker);
  await pass(clock, 3_000);
  expect((await nodes[0].members('room/1')).map(({ user }) => user)).toEqual(['stays']);
  expect(stays.isClosed).toBe(false);
});

test('where there is no presence, nobody can ask for it', async () => {
  const { nodes } = await twoNodes();
  const session = nodes[0].openSession({ name: 'ann', user: null }, new RecordingSubscriber());
  const code = 'ERR_HUB_NOT_KEPT';
  await expect(session.subscribe('lobby', { presence: true }, () => {})).rejects.toMatchObject({ code });
  await expect(session.subscribe('room/*', { presence: true }, () => {})).rejects.toMatchObject({ code });
  await expect(session.members('lobby')).rejects.toMatchObject({ code });
});

test('the application that listens is nobody’s member', async () => {
  const { nodes } = await twoNodes();
  await nodes[0].subscribe('room/1', () => {}, { presence: true });
  expect(await nodes[0].members('room/1')).toEqual([]);
  const session = nodes[1].openSession({ name: null, user: null }, new RecordingSubscriber());
  await session.subscribe('room/1', {}, () => {});
  expect(await nodes[0].members('room/1')).toEqual([{ user: session.id, info: null }]);
});

test('whoever watches when others could not begin to goes on watching', async () => {
  const { clock, brokers, nodes } = await twoNodes();
  const [here, there] = nodes;
  const broker = brokers[0] as MemoryBroker;
  const refuse = () => Promise.reject(new HubError('ERR_HUB_UNAVAILABLE', 'away'));
  Object.defineProperty(broker, 'followMembers', { value: refuse, configurable: true });
  const refused = await Promise.allSettled([watch(here), watch(here)]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  Reflect.deleteProperty(broker, 'followMembers');
  const { watcher } = await watch(here);
  await pass(clock, 10_000);
  await join(there, 'ann');
  await pass(clock, 200);
  expect(watcher.log).toContain('joined ann');
});

test.each([false, true])(
  'a hub that is closed leaves no timers, with a broker that is away: %j',
  async (isAway) => {
    const { clock, nodes, brokers, exchange } = await twoNodes();
    await watch(nodes[0]);
    await join(nodes[1], 'ann');
    if (isAway) for (const broker of brokers) exchange.disconnect(broker);
    await join(nodes[1], 'bob').catch(() => undefined);
    await Promise.all(nodes.map((hub) => hub.close()));
    for (let second = 0; second < 10; second++) {
      clock.advance(1_000);
      await settle();
    }
    expect(clock.pendingTimers).toBe(0);
  },
);
