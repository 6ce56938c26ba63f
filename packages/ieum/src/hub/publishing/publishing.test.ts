import { expect, test } from 'vitest';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { createHub } from '../hub.js';
import type { HubObserver } from '../hub-observer.js';
import type { HubOptions } from '../hub-options.js';
import { MemoryBroker } from '../memory/memory-broker.js';
import { MemoryExchange } from '../memory/memory-broker-exchange.js';
import type { StandardSchema } from '../standard-schema.js';

async function open(options: HubOptions = {}) {
  const hub = createHub({ reportError: () => {}, ...options });
  await hub.open();
  const client = new RecordingSubscriber();
  const session = hub.openSession({ name: 'ann', user: null }, client);
  return { hub, client, session };
}

test('a publication is told where it stands and what became of it, patterns included', async () => {
  const { hub, session } = await open();
  await session.subscribe('a/b', {}, () => {});
  await session.subscribe('a/*', {}, () => {});
  await session.subscribe('**', {}, () => {});
  const { position, ...rest } = await hub.publish('a/b', 'x');
  expect(rest).toEqual({ isDuplicate: false, delivered: 3, queued: 0, dropped: 0 });
  expect(position?.offset).toBe(1);
  expect(await hub.publish('c', 'x')).toMatchObject({ delivered: 1 });
  await hub.close();
});

test('what goes in comes out: text, bytes, JSON, headers, who published it', async () => {
  const { hub, client, session } = await open();
  await session.subscribe('a', {}, () => {});
  await hub.publish('a', 'täxt', { headers: { kind: 'grüße' } });
  await hub.publish('a', new Uint8Array([0, 255]));
  await hub.publish('a', new Uint16Array([1, 2]).subarray(1));
  await hub.publish('a', { list: [1, null] });
  await hub.publish('a', null);
  await session.publish('a', { format: 'text', payload: new Uint8Array() });
  const came = client.publications.map(({ format, payload, publisher }) => [
    format,
    [...payload].length,
    publisher,
  ]);
  expect(came).toEqual([
    ['text', 5, null],
    ['binary', 2, null],
    ['binary', 2, null],
    ['json', 17, null],
    ['json', 4, null],
    ['text', 0, 'ann'],
  ]);
  expect(client.publications[0]?.headers).toEqual({ kind: 'grüße' });
  expect(client.publications[3]?.json()).toEqual({ list: [1, null] });
  await hub.close();
});

test.each([
  ['a topic with a wildcard', 'a/*', 'x', {}, 'ERR_HUB_INVALID_TOPIC'],
  ['a topic that no namespace has', 'other', 'x', {}, 'ERR_HUB_UNKNOWN_TOPIC'],
  ['too large a payload', 'a/b', 'x'.repeat(101), {}, 'ERR_HUB_MESSAGE_TOO_LARGE'],
  ['something that JSON cannot hold', 'a/b', 10n, {}, 'ERR_HUB_INVALID_DATA'],
  ['nothing', 'a/b', undefined, {}, 'ERR_HUB_INVALID_DATA'],
  ['a function', 'a/b', () => {}, {}, 'ERR_HUB_INVALID_DATA'],
  ['an empty key', 'a/b', 'x', { key: '' }, 'ERR_HUB_INVALID_KEY'],
  ['a key without end', 'a/b', 'x', { key: 'k'.repeat(129) }, 'ERR_HUB_INVALID_KEY'],
  ['a header that is no string', 'a/b', 'x', { headers: { n: 1 } }, 'ERR_HUB_INVALID_HEADER'],
  ['large headers', 'a/b', 'x', { headers: { n: 'x'.repeat(5_000) } }, 'ERR_HUB_INVALID_HEADER'],
  [
    'many headers',
    'a/b',
    'x',
    { headers: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`h${i}`, ''])) },
    'ERR_HUB_INVALID_HEADER',
  ],
])('%s is refused', async (_what, topic, data, options, code) => {
  const { hub } = await open({ topics: { 'a/*': { maxPayloadBytes: 100 } } });
  await expect(hub.publish(topic, data, options as never)).rejects.toMatchObject({ code });
  await hub.close();
});

const evenNumbers: StandardSchema<number, number> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value) =>
      typeof value === 'number' && value % 2 === 0
        ? { value: value / 2 }
        : { issues: [{ message: 'not even', path: ['n', { key: 0 }] }] },
  },
};

test('with a schema only what it accepts is published, as what it made of it', async () => {
  const { hub, client, session } = await open({ topics: { '**': { schema: evenNumbers } } });
  await session.subscribe('a', {}, () => {});
  await hub.publish('a', 42);
  await session.publish('a', { format: 'json', payload: new TextEncoder().encode('4') });
  expect(client.log).toEqual(['21', '2']);
  await expect(hub.publish('a', 41)).rejects.toMatchObject({
    code: 'ERR_HUB_INVALID_DATA',
    message: 'n.0: not even',
  });
  for (const [format, data] of [
    ['text', '4'],
    ['binary', '4'],
    ['json', '{"n":'],
    ['json', '5'],
  ] as const) {
    const publishing = session.publish('a', { format, payload: new TextEncoder().encode(data) });
    await expect(publishing).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_DATA' });
  }
  await hub.close();
});

async function withExchange(options: HubOptions) {
  const clock = new FakeClock();
  let epochs = 0;
  const exchange = new MemoryExchange({ clock, now: () => clock.now(), createEpoch: () => `${++epochs}` });
  const broker = new MemoryBroker({ exchange });
  return { ...(await open({ broker, clock, ...options })), exchange, broker, clock };
}

const settle = async () => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

test('while the broker is away publications are refused, and the hub is not ready', async () => {
  const { hub, exchange, broker } = await withExchange({});
  exchange.disconnect(broker);
  expect(hub.isReady).toBe(false);
  await expect(hub.publish('a', 'x')).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
  exchange.reconnect(broker);
  expect(hub.isReady).toBe(true);
  await hub.publish('a', 'x');
  await hub.close();
});

test('or they wait, in order, up to a bound, and for a time', async () => {
  const { hub, exchange, broker, clock, session, client } = await withExchange({
    whenBrokerDown: { type: 'buffer', maxBytes: 2_500, maxWaitMs: 10_000 },
  });
  await session.subscribe('a', {}, () => {});
  exchange.disconnect(broker);
  const publishing = ['1', '2', '3', '4', '5'].map((data) => hub.publish('a', data));
  const outcomes = Promise.allSettled(publishing);
  await settle();
  clock.advance(9_999);
  exchange.reconnect(broker);
  await settle();
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
  ]);
  expect(client.log).toEqual(['1', '2', '3', '4']);
  exchange.disconnect(broker);
  const late = hub.publish('a', '6');
  await settle();
  clock.advance(10_000);
  await expect(late).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
  exchange.reconnect(broker);
  await settle();
  expect(client.log).toEqual(['1', '2', '3', '4']);
  await hub.close();
});

test('a publication whose answer was lost is published once', async () => {
  const { hub, exchange, broker, session, client, clock } = await withExchange({
    whenBrokerDown: { type: 'buffer' },
  });
  await session.subscribe('a', {}, () => {});
  exchange.loseNextAnswer(broker);
  const publishing = hub.publish('a', '1');
  await settle();
  exchange.reconnect(broker);
  clock.advance(1_000);
  await settle();
  await publishing;
  expect(client.log).toEqual(['1']);
  await hub.close();
});

test('closing refuses what waits, and what comes later', async () => {
  const { hub, exchange, broker, client } = await withExchange({ whenBrokerDown: { type: 'buffer' } });
  exchange.disconnect(broker);
  const publishing = hub.publish('a', '1');
  const refused = expect(publishing).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
  await settle();
  await hub.close();
  await hub.close();
  await refused;
  expect(client.log).toEqual(['closed 1001']);
  await expect(hub.publish('a', '2')).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
  expect(() => hub.openSession({ name: null, user: null }, client)).toThrow(
    expect.objectContaining({ code: 'ERR_HUB_CLOSED' }),
  );
});

test('the observer sees fan-outs, operations, recoveries and refusals of the broker', async () => {
  const seen: string[] = [];
  const observer: HubObserver = {
    handleFanOut: (topic, bytes, { delivered }) => seen.push(`fan-out ${topic} ${bytes} ${delivered}`),
    handleRecovery: (outcome, count) => seen.push(`recovery ${outcome} ${count}`),
    handleReadiness: (isReady) => seen.push(`ready ${isReady}`),
    startOperation: (operation) => {
      seen.push(`begin ${operation.type}`);
      return (error) => seen.push(`end ${operation.type} ${error === undefined}`);
    },
  };
  const { hub, session } = await open({ observer });
  await session.subscribe('a', {}, () => {});
  const { position } = await hub.publish('a', 'one');
  await hub.publish('a', 'two');
  await session.subscribe('a', { since: position as never }, () => {});
  await settle();
  expect(seen).toEqual([
    'ready true',
    'begin publish',
    'fan-out a 3 1',
    'end publish true',
    'begin publish',
    'fan-out a 3 1',
    'end publish true',
    'recovery recovered 1',
  ]);
  await hub.close();
});

test('the application subscribes too, at its own pace, until it ends it', async () => {
  const { hub } = await open();
  const seen: string[] = [];
  let go = () => {};
  const end = await hub.subscribe('a', async ({ text }) => {
    seen.push(text);
    await new Promise<void>((resolve) => (go = resolve));
  });
  for (const data of ['1', '2', '3']) await hub.publish('a', data);
  expect(seen).toEqual(['1']);
  for (let i = 0; i < 3; i++) {
    go();
    await settle();
  }
  expect(seen).toEqual(['1', '2', '3']);
  end();
  await hub.publish('a', '4');
  await settle();
  expect(seen).toEqual(['1', '2', '3']);
  expect(hub.sessions.size).toBe(1);
  await hub.close();
});
