import { afterEach, expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createHub, type Hub } from '../hub.js';
import type { HubOptions } from '../hub-options.js';
import { MemoryBroker } from '../memory/memory-broker.js';
import { MemoryExchange } from '../memory/memory-broker-exchange.js';
import type { Session } from './session.js';

interface User {
  readonly may: readonly string[];
}

const hubs: Hub<User>[] = [];

afterEach(async () => {
  await Promise.all(hubs.splice(0).map((hub) => hub.close()));
});

/** A broker whose followers wait until they are let. */
class SlowBroker extends MemoryBroker {
  #begin = () => {};
  readonly #begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });

  begin(): void {
    this.#begin();
  }

  override async follow(...following: Parameters<MemoryBroker['follow']>) {
    await this.#begun;
    return super.follow(...following);
  }

  override async followPattern(pattern: string) {
    await this.#begun;
    return super.followPattern(pattern);
  }
}

interface World {
  readonly hub: Hub<User>;
  readonly clock: FakeClock;
  readonly exchange: MemoryExchange;
  readonly broker: SlowBroker;
  readonly client: RecordingSubscriber;
  readonly session: Session<User>;
}

async function open(may: readonly string[], topics: NonNullable<HubOptions<User>['topics']>): Promise<World> {
  const clock = new FakeClock();
  let epochs = 0;
  const exchange = new MemoryExchange({ now: () => clock.now(), createEpoch: () => `${++epochs}` });
  const broker = new SlowBroker({ exchange });
  const hub = createHub<User>({
    broker,
    clock,
    topics,
    now: () => clock.now(),
    authorize: (action, _topic, user) => user.may.includes(action),
  });
  await hub.open();
  hubs.push(hub);
  const client = new RecordingSubscriber();
  return { hub, clock, exchange, broker, client, session: hub.openSession(ann(may), client) };
}

function ann(may: readonly string[]) {
  return { name: 'ann', user: { may } };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test.each([
  ['a topic', 'a/b', 'subscribe'],
  ['a pattern', 'a/*', 'subscribe-pattern'],
])('a subscription to %s that is being opened is judged by the new right', async (_what, name, right) => {
  const { hub, broker, client, session } = await open([right], { '**': {} });
  const subscribed = expect(session.subscribe(name, {}, () => {})).rejects.toMatchObject({
    code: 'ERR_HUB_FORBIDDEN',
  });
  await settle();
  await session.renew(ann([]));
  broker.begin();
  await subscribed;
  await hub.publish('a/b', 'secret');
  expect([client.log, session.subscriptions.size]).toEqual([[], 0]);
});

test('a subscription that is being opened goes on where the new right has it, too', async () => {
  const { hub, broker, client, session } = await open(['subscribe'], { '**': {} });
  const subscribed = session.subscribe('a', {}, () => {});
  await settle();
  await session.renew(ann(['subscribe', 'publish']));
  broker.begin();
  await subscribed;
  await hub.publish('a', 'one');
  expect(client.log).toEqual(['one']);
});

test('who may not see who is there any more sees no more of it', async () => {
  const { hub, broker, clock, client, session } = await open(['subscribe', 'presence'], {
    a: { presence: true },
  });
  broker.begin();
  await session.subscribe('a', { presence: true }, () => {});
  await session.renew(ann(['subscribe']));
  await hub
    .openSession({ name: 'bob', user: { may: ['subscribe'] } }, new RecordingSubscriber())
    .subscribe('a', {}, () => {});
  await settle();
  clock.advance(1_000);
  expect(client.log).toEqual(['a ended: ERR_HUB_FORBIDDEN']);
});

test('snapshots are taken for who the user is now', async () => {
  const users: User[] = [];
  const { broker, exchange, session } = await open(['subscribe'], {
    a: { snapshot: (_topic, user) => users.push(user) },
  });
  broker.begin();
  await session.subscribe('a', {}, () => {});
  await session.renew(ann(['subscribe', 'history']));
  exchange.lose();
  expect(users).toEqual([{ may: ['subscribe', 'history'] }]);
});
