import { expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import type { HistoryPage } from '../broker.js';
import { createHub, type Hub } from '../hub.js';
import { MemoryBroker } from '../memory/memory-broker.js';
import { MemoryExchange } from '../memory/memory-broker-exchange.js';
import type { TopicPolicy } from '../topic-policy.js';

/** A broker that knows how much was read of it. */
class CountingBroker extends MemoryBroker {
  readCount = 0;

  override async history(...asked: Parameters<MemoryBroker['history']>): Promise<HistoryPage> {
    const page = await super.history(...asked);
    this.readCount += page.publications.length;
    return page;
  }
}

interface World {
  readonly hub: Hub;
  readonly exchange: MemoryExchange;
  readonly broker: CountingBroker;
  readonly client: RecordingSubscriber;
}

async function withSubscription(policy: TopicPolicy, use: (world: World) => Promise<void>): Promise<void> {
  const clock = new FakeClock();
  let epochs = 0;
  const exchange = new MemoryExchange({ now: () => clock.now(), createEpoch: () => `${++epochs}` });
  const broker = new CountingBroker({ exchange });
  const hub = createHub({ broker, clock, topics: { a: policy } });
  await hub.open();
  const client = new RecordingSubscriber();
  await hub.openSession({ name: 'ann', user: null }, client).subscribe('a', {}, () => {});
  await use({ hub, exchange, broker, client });
  await hub.close();
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test('who reads one at a time has little more read than they get', () =>
  withSubscription({}, async ({ hub, broker, client }) => {
    client.stopReading();
    for (let number = 0; number < 300; number++) await hub.publish('a', `${number}`);
    for (let turn = 0; turn < 100; turn++) {
      client.readAgain();
      client.stopReading();
      await settle();
    }
    expect(client.log.length).toBeGreaterThan(90);
    expect(broker.readCount).toBeLessThan(1_200);
    client.readAgain();
    await settle();
    expect(client.log).toEqual(Array.from({ length: 300 }, (_, number) => `${number}`));
  }));

/** Snapshots that are taken until they are given. */
function slowSnapshots(): { readonly snapshot: () => Promise<string>; give(snapshot: string): void } {
  const waiting: ((snapshot: string) => void)[] = [];
  return {
    snapshot: () => new Promise((resolve) => waiting.push(resolve)),
    give: (snapshot) => waiting.shift()?.(snapshot),
  };
}

test('of two gaps without history one is told, with a snapshot that is younger than both', async () => {
  const { snapshot, give } = slowSnapshots();
  await withSubscription({ history: false, snapshot }, async ({ hub, exchange, client }) => {
    exchange.lose();
    exchange.lose();
    give('old');
    await settle();
    await hub.publish('a', 'one');
    expect(client.log).toEqual([]);
    give('young');
    await settle();
    expect(client.log).toEqual(['gap broker on a', 'one']);
    expect(client.gaps[0]?.snapshot).toBe('young');
  });
});

test('two gaps with history while a snapshot is taken are told, and nothing comes twice', async () => {
  const { snapshot, give } = slowSnapshots();
  await withSubscription({ snapshot }, async ({ hub, exchange, client }) => {
    exchange.lose();
    await hub.publish('a', 'lost');
    exchange.lose();
    give('old');
    await settle();
    await hub.publish('a', 'one');
    give('young');
    await settle();
    await hub.publish('a', 'two');
    expect(client.log).toEqual(['gap epoch on a', 'gap epoch on a', 'one', 'two']);
    expect(client.gaps.at(-1)?.snapshot).toBe('young');
  });
});

test.each(['wait', 'drop-newest', 'drop-oldest', 'latest', 'close'] as const)(
  '%s: who waits for a snapshot is no slow reader',
  async (slowReader) => {
    const { snapshot, give } = slowSnapshots();
    await withSubscription({ history: false, slowReader, snapshot }, async ({ hub, exchange, client }) => {
      exchange.lose();
      expect(await hub.publish('a', 'one')).toMatchObject({ queued: 1 });
      await hub.publish('a', 'two');
      give('all of it');
      await settle();
      expect(client.log).toEqual(['gap broker on a', 'one', 'two']);
    });
  },
);

test('a subscription that is closed by what it tells stays closed', async () => {
  await withSubscription({ history: false }, async ({ hub, exchange, client }) => {
    const [session] = hub.sessions;
    client.handleGap = () => session?.close();
    exchange.lose();
    await hub.publish('a', 'one');
    expect(client.log).toEqual([]);
    expect(session?.subscriptions.size).toBe(0);
  });
});
