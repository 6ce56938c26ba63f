import { describe, expect, test } from 'vitest';

import { FakeClock } from '../../testing/fake-clock.js';

import type { BrokerSink, Retention } from '../broker.js';
import type { PublicationDraft } from '../publication.js';
import { MemoryBroker } from './memory-broker.js';
import { MemoryExchange, type MemoryExchangeOptions } from './memory-broker-exchange.js';

const retention: Retention = { history: { maxMessages: 5, maxAgeMs: 60_000 }, idempotencyMs: 60_000 };
const notKept: Retention = { history: null, idempotencyMs: 60_000 };

describe('a broker that is disconnected', () => {
  test('is told so, refuses everything, and gets nothing', async () => {
    const { first, second } = await twoNodes();
    await first.broker.follow('a', retention);
    first.exchange.disconnect(first.broker);
    first.exchange.disconnect(first.broker);
    await second.publish('a', '1');
    expect(first.log).toEqual(['ready', 'not ready ERR_HUB_UNAVAILABLE']);
    expect([first.broker.isReady, second.broker.isReady]).toEqual([false, true]);
    const calls = [
      first.publish('a', '1'),
      first.broker.follow('b', retention),
      first.broker.followPattern('**'),
      first.broker.history('a', retention, { since: null, limit: 1 }),
      first.broker.changeMembers('a', []),
      first.broker.followMembers('a'),
      first.broker.members('a'),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'ERR_HUB_UNAVAILABLE' } });
    }
  });

  test('gets what it missed, in order and before anything new, and only then is ready', async () => {
    const { first, second } = await twoNodes();
    await first.broker.follow('a', retention);
    await second.publish('a', '1');
    first.exchange.disconnect(first.broker);
    for (const text of ['2', '3', '4']) await second.publish('a', text);
    first.log.length = 0;
    first.exchange.reconnect(first.broker);
    first.exchange.reconnect(first.broker);
    await second.publish('a', '5');
    expect(first.log).toEqual(['a 2 @2', 'a 3 @3', 'a 4 @4', 'ready', 'a 5 @5']);
  });

  test('is told of a gap when what it missed is not kept any more, and goes on from there', async () => {
    const { first, second } = await twoNodes();
    await first.broker.follow('a', retention);
    first.exchange.disconnect(first.broker);
    for (let i = 1; i <= 6; i++) await second.publish('a', `${i}`);
    first.log.length = 0;
    first.exchange.reconnect(first.broker);
    await second.publish('a', '7');
    expect(first.log).toEqual(['gap a @6', 'ready', 'a 7 @7']);
  });

  test('is told of a gap when what it missed is too old', async () => {
    const { first, second, clock } = await twoNodes();
    await first.broker.follow('a', retention);
    first.exchange.disconnect(first.broker);
    await second.publish('a', '1');
    clock.advance(60_001);
    first.log.length = 0;
    first.exchange.reconnect(first.broker);
    expect(first.log).toEqual(['gap a @1', 'ready']);
  });

  test('misses what is without history, and publications of patterns', async () => {
    const { first, second } = await twoNodes();
    await first.broker.follow('a', notKept);
    await first.broker.followPattern('a');
    first.exchange.disconnect(first.broker);
    await second.publish('a', '1', notKept);
    first.log.length = 0;
    first.exchange.reconnect(first.broker);
    expect(first.log).toEqual(['gap a @undefined', 'pattern gap', 'ready']);
  });

  test('gets what is published from within what it missed after that', async () => {
    const { first, second } = await twoNodes();
    for (const topic of ['a', 'b']) await first.broker.follow(topic, retention);
    first.exchange.disconnect(first.broker);
    await second.publish('a', '1');
    await second.publish('b', '1');
    first.log.length = 0;
    first.onPublication = (text) => {
      first.onPublication = null;
      for (const topic of ['a', 'b']) void second.publish(topic, `after ${text}`);
    };
    first.exchange.reconnect(first.broker);
    expect(first.log).toEqual(['a 1 @1', 'a after 1 @2', 'b 1 @1', 'b after 1 @2', 'ready']);
  });

  test('may break again while it gets what it missed, and loses and doubles nothing', async () => {
    const { first, second } = await twoNodes();
    await first.broker.follow('a', retention);
    first.exchange.disconnect(first.broker);
    for (const text of ['1', '2', '3']) await second.publish('a', text);
    first.log.length = 0;
    first.onPublication = () => first.exchange.disconnect(first.broker);
    first.exchange.reconnect(first.broker);
    first.onPublication = null;
    expect(first.log).toEqual(['a 1 @1', 'not ready ERR_HUB_UNAVAILABLE']);
    first.exchange.reconnect(first.broker);
    expect(first.log.slice(2)).toEqual(['a 2 @2', 'a 3 @3', 'ready']);
  });
});

test('an answer that is lost: the publication is there, and publishing it again changes nothing', async () => {
  const { first, second } = await twoNodes();
  for (const { broker } of [first, second]) await broker.follow('a', retention);
  const once = draft('a', '1');
  first.exchange.loseNextAnswer(first.broker);
  await expect(first.broker.publish(once, retention)).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
  expect([first.broker.isReady, second.log]).toEqual([false, ['ready', 'a 1 @1']]);
  first.exchange.reconnect(first.broker);
  expect(await first.broker.publish(once, retention)).toEqual({
    position: { offset: 1, epoch: 'epoch-1' },
    isDuplicate: true,
  });
  expect(first.log.filter((line) => line === 'a 1 @1')).toEqual(['a 1 @1']);
});

describe('an exchange that loses its data', () => {
  test('tells those who are connected of a gap, and the others when they are back', async () => {
    const { first, second } = await twoNodes();
    for (const { broker } of [first, second]) await broker.follow('a', retention);
    for (const text of ['1', '2', '3']) await second.publish('a', text);
    first.exchange.disconnect(first.broker);
    for (const { log } of [first, second]) log.length = 0;
    first.exchange.lose();
    await second.publish('a', '4');
    first.exchange.reconnect(first.broker);
    await second.publish('a', '5');
    expect(second.log).toEqual(['gap a @0', 'a 4 @1', 'a 5 @2']);
    expect(first.log).toEqual(['gap a @1', 'ready', 'a 5 @2']);
    expect(first.exchange.epoch).toBe('epoch-2');
  });

  test('forgets keys, ids and topics that nobody follows', async () => {
    const { first } = await twoNodes();
    const once = draft('a', '1', 'key');
    await first.broker.publish(once, retention);
    first.exchange.lose();
    expect(first.exchange.topicCount).toBe(0);
    expect(await first.broker.publish(once, retention)).toEqual({
      position: { offset: 1, epoch: 'epoch-2' },
      isDuplicate: false,
    });
  });

  test('gives nothing from before after the gap, also when it happens while something is given', async () => {
    const { first, second } = await twoNodes();
    for (const { broker } of [first, second]) await broker.follow('a', retention);
    for (const { log } of [first, second]) log.length = 0;
    first.onPublication = () => {
      first.onPublication = null;
      void second.publish('a', '2');
      first.exchange.lose();
    };
    await second.publish('a', '1');
    await second.publish('a', '3');
    expect(first.log).toEqual(['a 1 @1', 'gap a @0', 'a 3 @1']);
    expect(second.log).toEqual(['gap a @0', 'a 3 @1']);
  });

  test('knows the members of connected nodes as before, and those of others when they are back', async () => {
    const { first, second } = await twoNodes({ leaseMs: 1_000 });
    await first.broker.changeMembers('a', [present('alice')]);
    await second.broker.changeMembers('a', [present('bob')]);
    await second.broker.followMembers('a');
    first.exchange.disconnect(first.broker);
    second.log.length = 0;
    first.exchange.lose();
    first.exchange.reconnect(first.broker);
    expect(second.log).toEqual(['members a bob', 'changes a memory present alice']);
  });
});

describe('members', () => {
  test('of a node that is disconnected leave after the lease', async () => {
    const { first, second, clock } = await twoNodes({ leaseMs: 1_000 });
    await first.broker.changeMembers('a', [present('alice')]);
    await second.broker.followMembers('a');
    first.exchange.disconnect(first.broker);
    clock.advance(999);
    expect(second.log).toEqual(['ready']);
    clock.advance(1);
    expect(second.log).toEqual(['ready', 'changes a memory absent alice']);
  });

  test('of a node that is back before that never left', async () => {
    const { first, second, clock } = await twoNodes({ leaseMs: 1_000 });
    await first.broker.changeMembers('a', [present('alice')]);
    await second.broker.followMembers('a');
    first.exchange.disconnect(first.broker);
    clock.advance(999);
    first.exchange.reconnect(first.broker);
    clock.advance(1_000);
    expect(second.log).toEqual(['ready']);
  });

  test('who changed while their node was disconnected are told of when it is back', async () => {
    const { first, second } = await twoNodes({ leaseMs: 1_000 });
    await first.broker.changeMembers('a', [present('alice'), present('bob')]);
    await second.broker.followMembers('a');
    await first.broker.followMembers('a');
    first.exchange.disconnect(first.broker);
    const change = first.broker.changeMembers('a', [{ type: 'absent', user: 'alice' }, present('carol')]);
    await expect(change).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
    for (const { log } of [first, second]) log.length = 0;
    first.exchange.reconnect(first.broker);
    expect(second.log).toEqual(['changes a memory absent alice,present carol']);
    expect(first.log.slice(1)).toEqual(['members a bob,carol', 'ready']);
  });

  test('of all topics leave when their node closes, disconnected or not', async () => {
    const { first, second } = await twoNodes({ leaseMs: 1_000 });
    for (const topic of ['a', 'b']) await first.broker.changeMembers(topic, [present('alice')]);
    for (const topic of ['a', 'b']) await second.broker.followMembers(topic);
    first.exchange.disconnect(first.broker);
    await first.broker.close();
    expect(second.log).toEqual(['ready', 'changes a memory absent alice', 'changes b memory absent alice']);
  });
});

test('nodes have different names unless they are given the same, and a name is free again after a close', async () => {
  const { first, second } = await twoNodes();
  await first.broker.changeMembers('a', [present('x')]);
  await second.broker.changeMembers('a', [present('x')]);
  const names = async () => (await second.broker.members('a')).map(({ node }) => node);
  expect(await names()).toEqual(['memory', 'memory-2']);
  await first.broker.close();
  const [third, named] = [
    new MemoryBroker({ exchange: first.exchange }),
    new MemoryBroker({ exchange: first.exchange, node: 'eu-1' }),
  ];
  for (const broker of [third, named]) {
    await broker.open(sinkTo([]));
    await broker.changeMembers('a', [present('x')]);
  }
  expect(await names()).toEqual(['memory-2', 'memory', 'eu-1']);
});

async function twoNodes(options: Partial<MemoryExchangeOptions> = {}) {
  const clock = new FakeClock(1_000_000);
  let epochs = 0;
  const createEpoch = () => `epoch-${++epochs}`;
  const exchange = new MemoryExchange({ clock, now: () => clock.now(), createEpoch, ...options });
  const [first, second] = [new TestNode(exchange), new TestNode(exchange)];
  for (const { broker, sink } of [first, second]) await broker.open(sink);
  return { first, second, clock };
}

class TestNode {
  readonly exchange: MemoryExchange;
  readonly broker: MemoryBroker;
  readonly log: string[] = [];
  readonly sink: BrokerSink;
  /** What the sink does in addition, when it is given a publication. */
  onPublication: ((text: string) => void) | null = null;

  constructor(exchange: MemoryExchange) {
    this.exchange = exchange;
    this.broker = new MemoryBroker({ exchange });
    const plain = sinkTo(this.log);
    this.sink = {
      ...plain,
      handlePublication: (publication) => {
        plain.handlePublication(publication);
        this.onPublication?.(publication.text);
      },
    };
  }

  publish(topic: string, text: string, kept: Retention = retention) {
    return this.broker.publish(draft(topic, text), kept);
  }
}

function sinkTo(log: string[]): BrokerSink {
  return {
    handlePublication: ({ topic, text, position }) => log.push(`${topic} ${text} @${position?.offset}`),
    handlePatternPublication: ({ topic, text }) => log.push(`pattern ${topic} ${text}`),
    handleGap: (topic, position) => log.push(`gap ${topic} @${position?.offset}`),
    handlePatternGap: () => log.push('pattern gap'),
    handleMemberChanges: (topic, node, changes) =>
      log.push(`changes ${topic} ${node} ${changes.map(({ type, user }) => `${type} ${user}`)}`),
    handleMembers: (topic, members) => log.push(`members ${topic} ${members.map(({ user }) => user)}`),
    handleReadiness: (isReady, error) =>
      log.push(isReady ? 'ready' : `not ready ${(error as { code?: string }).code}`),
  };
}

function present(user: string) {
  return { type: 'present', user, info: null } as const;
}

function draft(topic: string, text: string, key: string | null = null): PublicationDraft {
  const payload = new TextEncoder().encode(text);
  return { topic, format: 'text', payload, headers: {}, publisher: null, id: crypto.randomUUID(), key };
}
