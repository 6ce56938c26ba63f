import { afterEach, expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import type { Receipt } from '../broker.js';
import { createHub, type Hub } from '../hub.js';
import { HubError } from '../hub-error.js';
import type { HubOptions } from '../hub-options.js';
import { MemoryBroker } from '../memory/memory-broker.js';
import { MemoryExchange } from '../memory/memory-broker-exchange.js';

const hubs: Hub[] = [];

afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

/** A broker that can be held up: it takes what is asked of it meanwhile when it is let, or refuses it. */
class HeldBroker extends MemoryBroker {
  #isAway = false;
  #held: (() => void)[] | null = null;
  #refuse: (() => void)[] = [];

  override get isReady(): boolean {
    return super.isReady && !this.#isAway;
  }

  hold(): void {
    this.#held = [];
  }

  letGo(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#isAway = false;
    for (const go of held) go();
  }

  goAway(): void {
    this.#isAway = true;
  }

  refuseHeld(): void {
    this.#held = null;
    for (const refuse of this.#refuse.splice(0)) refuse();
  }

  override async publish(...publishing: Parameters<MemoryBroker['publish']>): Promise<Receipt> {
    await this.#whenLet();
    return super.publish(...publishing);
  }

  override async follow(...following: Parameters<MemoryBroker['follow']>) {
    await this.#whenLet();
    return super.follow(...following);
  }

  override async followPattern(pattern: string): Promise<void> {
    await this.#whenLet();
    return super.followPattern(pattern);
  }

  #whenLet(): Promise<void> | undefined {
    if (this.#held === null) return undefined;
    return new Promise((resolve, reject) => {
      this.#held?.push(resolve);
      this.#refuse.push(() => reject(new HubError('ERR_HUB_UNAVAILABLE', 'away')));
    });
  }
}

async function open(options: HubOptions = {}) {
  const clock = new FakeClock();
  const exchange = new MemoryExchange({ now: () => clock.now(), createEpoch: () => '1' });
  const broker = new HeldBroker({ exchange });
  const hub = createHub({ broker, clock, ...options });
  await hub.open();
  hubs.push(hub);
  const client = new RecordingSubscriber();
  const session = hub.openSession({ name: 'ann', user: null }, client);
  return { hub, session, client, broker, exchange, clock };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const text = (data: string) => ({ format: 'text' as const, payload: new TextEncoder().encode(data) });

test.each(['a', '*'])(
  'publishing does not wait for what %s will be given once it is followed',
  async (name) => {
    const { hub, session, client, broker } = await open();
    broker.hold();
    const subscribed = session.subscribe(name, {}, () => {});
    await settle();
    broker.publish = MemoryBroker.prototype.publish;
    expect(await hub.publish('a', 'one')).toMatchObject({ delivered: 0, position: { offset: 1 } });
    broker.letGo();
    await subscribed;
    expect(await hub.publish('a', 'two')).toMatchObject({ delivered: 1 });
    expect(client.log).toEqual(['two']);
  },
);

test.each([undefined, 'k'])(
  'who publishes with key %j is not told that a lost answer was a duplicate',
  async (key) => {
    const { session, client, broker, exchange, clock } = await open({ whenBrokerDown: { type: 'buffer' } });
    await session.subscribe('a', {}, () => {});
    exchange.loseNextAnswer(broker);
    const options = key === undefined ? {} : { key };
    const published = session.publish('a', text('one'), options);
    await settle();
    exchange.reconnect(broker);
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(100);
      await settle();
    }
    expect(await published).toMatchObject({ isDuplicate: false, delivered: 1, position: { offset: 1 } });
    const again = await session.publish('a', text('two'), options);
    expect([again.isDuplicate, client.log.length]).toEqual(key === undefined ? [false, 2] : [true, 1]);
  },
);

test('what the broker refuses late is published before what was published later', async () => {
  const { hub, session, client, broker, clock } = await open({ whenBrokerDown: { type: 'buffer' } });
  await session.subscribe('a', {}, () => {});
  broker.hold();
  const published = [hub.publish('a', '1'), hub.publish('a', '2')];
  await settle();
  broker.goAway();
  published.push(hub.publish('a', '3'));
  await settle();
  broker.refuseHeld();
  await settle();
  broker.letGo();
  published.push(hub.publish('a', '4'));
  for (let turn = 0; turn < 3; turn++) {
    clock.advance(100);
    await settle();
  }
  await Promise.all(published);
  expect(client.log).toEqual(['1', '2', '3', '4']);
});

test('headers are what they were when they were published', async () => {
  const { hub, session, client } = await open();
  await session.subscribe('a', {}, () => {});
  const headers = { lang: 'en' };
  await hub.publish('a', 'one', { headers });
  headers.lang = 'de';
  expect(client.publications[0]?.headers).toEqual({ lang: 'en' });
});

test('a name with a separator in it makes nobody’s publication a duplicate', async () => {
  const { hub, session } = await open();
  const other = hub.openSession({ name: 'ann\nb', user: null }, new RecordingSubscriber());
  await session.publish('a', text('one'), { key: 'b\nk' });
  expect((await other.publish('a', text('two'), { key: 'k' })).isDuplicate).toBe(false);
});
