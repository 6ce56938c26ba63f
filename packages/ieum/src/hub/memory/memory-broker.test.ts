import { describe, expect, test } from 'vitest';

import { FakeClock } from '../../testing/fake-clock.js';

import type { BrokerSink, Retention } from '../broker.js';
import type { Position } from '../position.js';
import type { PublicationDraft } from '../publication.js';
import { MemoryBroker } from './memory-broker.js';
import { MemoryExchange, type MemoryExchangeOptions } from './memory-broker-exchange.js';

const retention: Retention = { history: { maxMessages: 100, maxAgeMs: 1_000 }, idempotencyMs: 1_000 };
const notKept: Retention = { history: null, idempotencyMs: 1_000 };
const sweepMs = 10_000;
const hourMs = 3_600_000;

describe('a broker by itself', () => {
  test('gives the sink what is published before publish returns', async () => {
    const { broker, log } = await opened();
    await broker.follow('a/b', retention);
    await broker.followPattern('a/*');
    log.length = 0;
    const receipt = broker.publish(draft('a/b', '1'), retention);
    expect(log).toEqual(['publication a/b 1 @1', 'pattern a/b 1 @1']);
    expect(await receipt).toEqual({ position: { offset: 1, epoch: 'epoch-1' }, isDuplicate: false });
  });

  test('keeps no more memory than what is published, and copies nothing without need', async () => {
    const { broker } = await opened();
    const large = new Uint8Array(64 * 1024).fill(7);
    const whole = new Uint8Array(1_000).fill(8);
    for (const payload of [large.subarray(100, 700), whole]) {
      await broker.publish({ ...draft('a', ''), payload }, retention);
    }
    const { publications } = await broker.history('a', retention, { since: null, limit: 2 });
    const [part, kept] = publications.map(({ payload }) => payload);
    expect([part?.byteLength, part?.buffer.byteLength, part?.[0], part?.[599]]).toEqual([600, 600, 7, 7]);
    expect(kept).toBe(whole);
  });

  test('is a node named memory', async () => {
    const { broker } = await opened();
    await broker.changeMembers('a', [{ type: 'present', user: 'alice', info: 1 }]);
    expect(await broker.members('a')).toEqual([{ node: 'memory', user: 'alice', info: 1 }]);
  });

  test('recognises keys until they are old, and ids only when asked to', async () => {
    const { broker, clock } = await opened();
    const same = draft('a', '1', 'key');
    const publish = async (once: PublicationDraft) => (await broker.publish(once, retention)).isDuplicate;
    expect([await publish(same), await publish(same)]).toEqual([false, true]);
    clock.advance(999);
    expect(await publish(draft('a', '2', 'key'))).toBe(true);
    clock.advance(1);
    expect(await publish(draft('a', '3', 'key'))).toBe(false);
    const keyless = draft('a', '4');
    expect([await publish(keyless), await publish(keyless)]).toEqual([false, false]);
    const other = await opened({ recognisesIds: true });
    const receipts = [
      await other.broker.publish(keyless, notKept),
      await other.broker.publish(keyless, notKept),
    ];
    expect(receipts.map(({ isDuplicate }) => isDuplicate)).toEqual([false, true]);
  });

  test('forgets the oldest key when there are too many', async () => {
    const { broker } = await opened({ maxKeys: 2 });
    for (const key of ['a', 'b', 'c']) await broker.publish(draft('t', key, key), retention);
    const receipts = [];
    for (const key of ['c', 'b', 'a']) receipts.push(await broker.publish(draft('t', key, key), retention));
    expect(receipts.map(({ isDuplicate }) => isDuplicate)).toEqual([true, true, false]);
  });

  test.each([
    ['now', { now: undefined }],
    ['createEpoch', { createEpoch: 'epoch' }],
    ['maxTopics', { maxTopics: 0 }],
    ['maxKeys', { maxKeys: 1.5 }],
    ['leaseMs', { leaseMs: -1 }],
  ])('is not made with a wrong %s', (_name, wrong) => {
    const options = { now: () => 0, createEpoch: () => 'epoch', ...wrong } as MemoryExchangeOptions;
    expect(() => new MemoryBroker(options)).toThrow(
      expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
    );
  });

  test('leaves no timer behind when it is closed, and needs no clock', async () => {
    const { broker, clock } = await opened();
    expect(clock.pendingTimers).toBe(1);
    await broker.close();
    expect(clock.pendingTimers).toBe(0);
    await new MemoryBroker({ now: () => 0, createEpoch: () => 'epoch' }).open(sinkTo([]));
  });

  test('refuses a second open, and everything before the first', async () => {
    const broker = new MemoryBroker({ now: () => 0, createEpoch: () => 'epoch' });
    await expect(broker.publish(draft('a', '1'), retention)).rejects.toMatchObject({
      code: 'ERR_HUB_UNAVAILABLE',
    });
    await broker.open(sinkTo([]));
    await expect(broker.open(sinkTo([]))).rejects.toMatchObject({ code: 'ERR_WS_INVALID_STATE' });
    await broker.close();
    await expect(broker.open(sinkTo([]))).rejects.toMatchObject({ code: 'ERR_WS_INVALID_STATE' });
    await expect(broker.publish(draft('a', '1'), retention)).rejects.toMatchObject({
      code: 'ERR_HUB_CLOSED',
    });
  });

  test('what a sink publishes while it is told of something comes after that, for all sinks', async () => {
    const exchange = exchangeOn(new FakeClock());
    const [first, second] = [new MemoryBroker({ exchange }), new MemoryBroker({ exchange })];
    const log: string[] = [];
    await first.open({
      ...sinkTo([]),
      handlePublication: ({ text }) => {
        if (text !== '3') void first.publish(draft('a', `${Number(text) + 1}`), retention);
        log.push(`first ${text}`);
      },
    });
    await second.open({ ...sinkTo([]), handlePublication: ({ text }) => log.push(`second ${text}`) });
    for (const broker of [first, second]) await broker.follow('a', retention);
    await first.publish(draft('a', '1'), retention);
    expect(log).toEqual(['first 1', 'second 1', 'first 2', 'second 2', 'first 3', 'second 3']);
  });
});

test('a topic that is followed while it is published on begins behind the position that it is told', async () => {
  const exchange = exchangeOn(new FakeClock());
  const [first, second] = [new MemoryBroker({ exchange }), new MemoryBroker({ exchange })];
  const log: string[] = [];
  let following: Promise<Position | null> | undefined;
  await first.open({
    ...sinkTo([]),
    handlePublication: ({ text }) => {
      if (text !== '1') return;
      void first.publish(draft('a', '2'), retention);
      following = second.follow('a', retention);
      void first.publish(draft('a', '3'), retention);
    },
  });
  await second.open(sinkTo(log));
  await first.follow('a', retention);
  await first.publish(draft('a', '1'), retention);
  expect([(await following)?.offset, log]).toEqual([2, ['ready', 'publication a 3 @3']]);
});

test('who comes from where the topic never was reads what is there, and knows that something is missing', async () => {
  const { broker } = await opened();
  const { position } = await broker.publish(draft('a', '1'), retention);
  for (const since of [
    { offset: 2, epoch: 'epoch-1' },
    { offset: 1, epoch: 'epoch-0' },
  ]) {
    const page = await broker.history('a', retention, { since, limit: 10 });
    expect(page).toMatchObject({ publications: [{ text: '1' }], position, isContinuous: false });
  }
});

describe('a topic that is forgotten', () => {
  test('is known for an hour after its last publication, for those who missed nothing', async () => {
    const { broker, exchange, clock } = await opened();
    const { position } = await broker.publish(draft('a', '1'), retention);
    clock.advance(hourMs - sweepMs);
    expect(exchange.topicCount).toBe(1);
    expect(await isContinuous(broker, 'a', position)).toBe(true);
    clock.advance(hourMs + sweepMs);
    expect(exchange.topicCount).toBe(0);
  });

  test('is forgotten without a clock, too, when something is published', async () => {
    const time = { now: 0 };
    const exchange = new MemoryExchange({ now: () => time.now, createEpoch: () => 'epoch' });
    const broker = new MemoryBroker({ exchange });
    await broker.open(sinkTo([]));
    await broker.publish(draft('a', '1'), retention);
    time.now = hourMs;
    await broker.publish(draft('b', '1'), retention);
    expect(exchange.topicCount).toBe(1);
  });

  test('is not forgotten while it is followed', async () => {
    const { broker, exchange, clock } = await opened();
    await broker.follow('a', retention);
    await broker.follow('b', notKept);
    clock.advance(3 * hourMs);
    expect(exchange.topicCount).toBe(2);
    broker.unfollow('b');
    expect(exchange.topicCount).toBe(1);
    broker.unfollow('a');
    clock.advance(2 * hourMs);
    expect(exchange.topicCount).toBe(0);
  });

  test('is not kept by a broker that is closed', async () => {
    const { broker, exchange, clock } = await opened();
    const other = new MemoryBroker({ exchange });
    await other.open(sinkTo([]));
    for (const retained of [retention, notKept]) await broker.follow(`${retained === notKept}`, retained);
    await broker.close();
    expect(exchange.topicCount).toBe(1);
    clock.advance(2 * hourMs);
    expect(exchange.topicCount).toBe(0);
  });

  test('never makes an old position look valid when it comes back', async () => {
    const { broker, clock } = await opened();
    const old: Position[] = [];
    for (let i = 0; i < 3; i++) {
      const { position } = await broker.publish(draft('a', '1'), retention);
      old.push(position as Position);
    }
    await broker.publish(draft('b', '1'), retention);
    clock.advance(2 * hourMs);
    const back = [
      await broker.publish(draft('a', '4'), retention),
      await broker.publish(draft('a', '5'), retention),
    ];
    expect(back.map(({ position }) => position?.offset)).toEqual([4, 5]);
    expect(await Promise.all(old.map((since) => isContinuous(broker, 'a', since)))).toEqual([
      false,
      false,
      true,
    ]);
    expect((await broker.publish(draft('b', '2'), retention)).position?.offset).toBe(4);
  });

  test('goes first, the one that is there longest, when there are too many', async () => {
    const { broker, exchange } = await opened({ maxTopics: 3 });
    await broker.follow('followed', retention);
    const receipts = [];
    for (const topic of ['a', 'b', 'c', 'd']) {
      receipts.push(await broker.publish(draft(topic, '1'), retention));
    }
    expect(exchange.topicCount).toBe(3);
    expect(receipts.map(({ position }) => position?.offset)).toEqual([1, 1, 2, 2]);
    const page = await broker.history('a', retention, { since: { offset: 0, epoch: 'epoch-1' }, limit: 1 });
    expect([page.publications, page.isContinuous]).toEqual([[], false]);
    expect((await broker.history('d', retention, { since: null, limit: 1 })).publications.length).toBe(1);
  });

  test('is none that is followed, also when there are too many of those', async () => {
    const { broker, exchange, log } = await opened({ maxTopics: 2 });
    for (const topic of ['a', 'b', 'c']) await broker.follow(topic, retention);
    expect(exchange.topicCount).toBe(3);
    for (const topic of ['a', 'b', 'c']) await broker.publish(draft(topic, '1'), retention);
    expect(log.slice(1)).toEqual(['publication a 1 @1', 'publication b 1 @1', 'publication c 1 @1']);
  });
});

test('all that is kept has a bound: topics lose the older half of theirs, one after the other', async () => {
  const { broker } = await opened({ maxHistoryBytes: 8 * 1_024 });
  for (let number = 1; number <= 20; number++) {
    await broker.publish(draft('a', `${number}`), retention);
    await broker.publish(draft(`b/${number}`, '1'), retention);
  }
  const { publications } = await broker.history('a', retention, { since: null, limit: 100 });
  expect(publications.at(-1)?.text).toBe('20');
  expect(publications.length).toBeLessThan(10);
  expect(await isContinuous(broker, 'a', { offset: 1, epoch: 'epoch-1' })).toBe(false);
  const last = publications[0]?.position as Position;
  expect(await isContinuous(broker, 'a', last)).toBe(true);
  const kept = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      broker.history(`b/${at + 1}`, retention, { since: null, limit: 1 }),
    ),
  );
  const all = publications.length + kept.filter((page) => page.publications.length > 0).length;
  expect(all).toBeGreaterThan(7);
  expect(all).toBeLessThan(16);
});

test('what is forgotten with its topic, expires or is lost leaves room for others', async () => {
  const { broker, exchange, clock } = await opened({ maxHistoryBytes: 8 * 1_024, maxTopics: 2 });
  const fill = async (topic: string) => {
    for (let number = 1; number <= 10; number++) await broker.publish(draft(topic, `${number}`), retention);
    return (await broker.history(topic, retention, { since: null, limit: 100 })).publications.length;
  };
  expect(await fill('a')).toBe(10);
  exchange.lose();
  expect(await fill('b')).toBe(10);
  clock.advance(3_600_000);
  expect(await fill('c')).toBe(10);
  expect(await fill('d')).toBeGreaterThan(4);
});

test('a topic without history that nobody follows takes no place', async () => {
  const { broker, exchange } = await opened();
  await broker.publish(draft('a', '1'), notKept);
  expect(exchange.topicCount).toBe(0);
});

async function isContinuous(broker: MemoryBroker, topic: string, since: Position | null): Promise<boolean> {
  return (await broker.history(topic, retention, { since, limit: 10 })).isContinuous;
}

async function opened(options: Partial<MemoryExchangeOptions> = {}) {
  const clock = new FakeClock(1_000_000);
  const exchange = exchangeOn(clock, { recognisesIds: false, ...options });
  const log: string[] = [];
  const broker = new MemoryBroker({ exchange });
  await broker.open(sinkTo(log));
  return { broker, exchange, clock, log };
}

function exchangeOn(clock: FakeClock, options: Partial<MemoryExchangeOptions> = {}): MemoryExchange {
  let epochs = 0;
  const createEpoch = () => `epoch-${++epochs}`;
  return new MemoryExchange({ clock, now: () => clock.now(), createEpoch, ...options });
}

function sinkTo(log: string[]): BrokerSink {
  return {
    handlePublication: ({ topic, text, position }) =>
      log.push(`publication ${topic} ${text} @${position?.offset}`),
    handlePatternPublication: ({ topic, text, position }) =>
      log.push(`pattern ${topic} ${text} @${position?.offset}`),
    handleGap: (topic, position) => log.push(`gap ${topic} @${position?.offset}`),
    handlePatternGap: () => log.push('pattern gap'),
    handleMemberChanges: (topic, node, changes) =>
      log.push(`changes ${topic} ${node} ${changes.map(({ type, user }) => `${type} ${user}`)}`),
    handleMembers: (topic, members) => log.push(`members ${topic} ${members.map(({ user }) => user)}`),
    handleReadiness: (isReady) => log.push(isReady ? 'ready' : 'not ready'),
  };
}

function draft(topic: string, text: string, key: string | null = null): PublicationDraft {
  const payload = new TextEncoder().encode(text);
  return { topic, format: 'text', payload, headers: {}, publisher: null, id: crypto.randomUUID(), key };
}
