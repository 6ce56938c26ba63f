import { readdirSync, readFileSync } from 'node:fs';

import { createHub, type Hub, type Position } from 'ieum/hub';
import { afterAll, describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';

import { NativeClient, type NativeClientOptions } from '../support/native-client.js';
import { NatsServer } from '../support/nats-server.js';
import { RecordingSubscriber } from '../support/recording-subscriber.js';
import { RedisServer } from '../support/redis-server.js';
import { talk } from './hub/client.js';
import { hub as agreedHub, useContract } from './hub/contract.js';
import type { Published, Room, Topic } from './hub/contract-client.js';
import * as guide from './hub/guide.js';

const page = readFileSync(new URL('../../docs/hub.md', import.meta.url), 'utf8');
const folder = new URL('./hub/', import.meta.url);

/** What the page shows of the files here: what stands between `#region` and `#endregion`, moved to the left. */
const regions = readdirSync(folder).flatMap((file) =>
  [
    ...readFileSync(new URL(file, folder), 'utf8').matchAll(/\/\/ #region .*\n([\s\S]*?) *\/\/ #endregion/g),
  ].map(([, text = '']) => text.replaceAll(new RegExp(`^${/^ */.exec(text)?.[0]}`, 'gm'), '')),
);

/** The server of the page on a free port, and what it registered for its end. */
async function startServer() {
  vi.stubEnv('PORT', '0');
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const before = process.listeners('SIGTERM');
  const server = await import('./hub/server.js');
  const said = log.mock.calls.flat();
  log.mockRestore();
  const ends = process.listeners('SIGTERM').filter((listener) => !before.includes(listener));
  return {
    ...server,
    said,
    end: async () => {
      for (const listener of ends) {
        process.off('SIGTERM', listener);
        await listener('SIGTERM');
      }
    },
  };
}

const started = await startServer();

async function open(token: string, options: NativeClientOptions = {}): Promise<NativeClient> {
  const client = await NativeClient.open(`${started.url}/hub`, { token, ...options });
  onTestFinished(() => client.close());
  return client;
}

async function opened(hub: Hub): Promise<Hub> {
  await hub.open();
  onTestFinished(() => hub.close());
  return hub;
}

afterAll(async () => {
  await started.hub.close();
  await started.server.close();
  await agreedHub.close();
});

test('every block of code is from a file that is run here, and every such piece is on the page', () => {
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block);
  expect([...blocks].sort()).toEqual([...regions].sort());
});

test('the server has twenty lines', () => {
  const server = regions.find((text) => text.includes('createNativeDialect'));
  expect(server?.split('\n').filter(Boolean).length).toBeLessThanOrEqual(20);
  expect(started.said).toEqual([`listening on ${started.url}`]);
});

test('every code block and link of the page has a language and a target', () => {
  expect(page.match(/^```$/gm)?.length).toBe(page.match(/^```\w+$/gm)?.length);
  for (const [, target = ''] of page.matchAll(/\]\((?!https:|#)([^)#]+)/g)) {
    expect(() => readFileSync(new URL(`../../docs/${target}`, import.meta.url))).not.toThrow();
  }
});

test('the client of the page hears itself', async () => {
  const heard = (await talk(started.url)).map((text) => JSON.parse(text));
  expect(heard).toMatchObject([
    { type: 'connected', name: 'ann' },
    { type: 'subscribed', recovery: 'fresh' },
    { type: 'message', topic: 'chat/42', publisher: 'ann', data: { text: 'hello' } },
  ]);
});

test('nobody comes in without a token that is known', async () => {
  await expect(open('guess')).rejects.toMatchObject({ code: 'CLOSED' });
});

describe('the hub', () => {
  test('has policies by pattern', async () => {
    const documents = new Map([['documents/plan', { text: 'all of it' }]]);
    const hub = await opened(guide.withPolicies(documents));
    expect(await hub.publish('chat/1', 'x')).toMatchObject({ position: { offset: 1 } });
    expect(await hub.publish('ticks/1', 'x')).toMatchObject({ position: null });
    await expect(hub.publish('ticks/1', 'x'.repeat(513))).rejects.toMatchObject({
      code: 'ERR_HUB_MESSAGE_TOO_LARGE',
    });
    await expect(hub.publish('news', 'x')).rejects.toMatchObject({ code: 'ERR_HUB_UNKNOWN_TOPIC' });
    const snapshots: unknown[] = [];
    const since = { offset: 1, epoch: 'lost' };
    for (const topic of ['documents/plan', 'documents/drafts/plan']) {
      const gap = ({ snapshot }: { readonly snapshot?: unknown }) => snapshots.push(snapshot);
      await hub.subscribe(topic, { publication: () => {}, gap }, { since });
    }
    await expect.poll(() => snapshots).toEqual([{ text: 'all of it' }, undefined]);
  });

  test.each([
    ['admin', 'news', 'publish', true],
    ['guest', 'inbox/bob', 'subscribe', true],
    ['guest', 'inbox/bob', 'publish', false],
    ['guest', 'inbox/ann', 'subscribe', false],
    ['guest', 'chat/1', 'publish', true],
    ['guest', 'chat/*', 'subscribe', false],
  ] as const)('asks whether bob, %s, may on %s: %s', async (role, topic, action, isAllowed) => {
    const hub = guide.withRights();
    await hub.open();
    onTestFinished(() => hub.close());
    const session = hub.openSession({ name: 'bob', user: { name: 'bob', role } }, new RecordingSubscriber());
    const content = { format: 'json', payload: new Uint8Array([48]) } as const;
    const doing =
      action === 'publish' ? session.publish(topic, content) : session.subscribe(topic, {}, () => {});
    const code = await doing.then(
      () => true,
      (error) => error.code,
    );
    expect(code).toBe(isAllowed || 'ERR_HUB_FORBIDDEN');
  });

  test('publishes and subscribes for the application', async () => {
    const hub = await opened(createHub());
    const log = vi.fn();
    const { delivered, position } = await guide.useTopics(hub, { log });
    expect([delivered, position?.offset]).toEqual([1, 1]);
    expect(log).toHaveBeenCalledExactlyOnceWith('chat/42', null, { text: 'hello' });
    expect(await hub.publish('chat/42', 'again', { key: 'greeting-1' })).toMatchObject({ isDuplicate: true });
  });
});

describe('who handles orders', () => {
  test('goes on where they were, and handles each once', async () => {
    const hub = await opened(createHub());
    const handled: unknown[] = [];
    let place: Position | undefined;
    const bookmark = {
      load: async () => place,
      save: async (position: Position | null) => {
        place = position ?? place;
      },
    };
    const run = () => guide.handleOrders(hub, bookmark, async (order) => void handled.push(order));
    const first = await run();
    await hub.publish('orders', 1);
    await expect.poll(() => place?.offset).toBe(1);
    first.stop();
    await hub.publish('orders', 2);
    await hub.publish('orders', 3);
    const second = await run();
    await hub.publish('orders', 4);
    await expect.poll(() => handled).toEqual([1, 2, 3, 4]);
    expect(second.alarms).toEqual([]);
  });

  test('is told of what is missing', async () => {
    const hub = await opened(createHub({ topics: { orders: { history: { maxMessages: 1 } } } }));
    const { position } = await hub.publish('orders', 1);
    for (const order of [2, 3, 4]) await hub.publish('orders', order);
    const handled: unknown[] = [];
    const saved: unknown[] = [];
    const bookmark = {
      load: async () => position ?? undefined,
      save: async (place: Position | null) => void saved.push(place?.offset),
    };
    const { alarms } = await guide.handleOrders(hub, bookmark, async (order) => void handled.push(order));
    await expect.poll(() => handled).toEqual([4]);
    expect([alarms, saved[0]]).toEqual([['orders are missing: expired'], 3]);
  });
});

test('who is there is known, the application aside', async () => {
  const ann = await open('s3cret');
  await ann.subscribe('chat/42');
  const log = vi.fn();
  const { members, unsubscribe } = await guide.watchMembers(started.hub as unknown as Hub, { log });
  expect(members).toEqual([{ user: 'ann', info: { role: 'admin' } }]);
  expect(await started.hub.members('chat/42')).toEqual(members);
  const bob = await open('pa55');
  await bob.subscribe('chat/42');
  await expect.poll(() => log.mock.calls).toEqual([[[{ user: 'bob', info: { role: 'guest' } }], []]]);
  unsubscribe();
});

test('requests go both ways', async () => {
  await expect.poll(() => started.hub.sessions.size).toBe(0);
  const bob = await open('pa55', { answer: (method) => (method === 'theme' ? 'dark' : null) });
  expect(await guide.useRequests(started.hub as unknown as Hub, 'bob')).toBe('dark');
  expect(await bob.request('rooms.create', 1)).toEqual({ topic: 'chat/42', owner: 'bob', data: 1 });
});

test('a contract checks and types', async () => {
  const texts = await useContract();
  await expect.poll(() => texts).toEqual(['hello']);
  await expect(agreedHub.publish('chat/42', { text: ' ' })).rejects.toMatchObject({
    code: 'ERR_HUB_INVALID_DATA',
    message: expect.stringContaining('text'),
  });
  expectTypeOf<Topic>().toEqualTypeOf<`chat/${string}` | `chat/${string}/typing`>();
  expectTypeOf<Published<'chat/42/typing'>>().toEqualTypeOf<boolean>();
  expectTypeOf<Room>().toEqualTypeOf<{ topic: string }>();
});

interface Broker {
  readonly url: string;
  stop(): Promise<void>;
}

const brokers: readonly [string, () => Promise<Broker>, (url: string) => Promise<Hub>][] = [
  ['Redis', () => RedisServer.start(), guide.onRedis],
  ['NATS', () => NatsServer.start(), guide.onNats],
];

test.each(brokers)('nodes on %s are one', async (_name, start, makeNode) => {
  const broker = await start();
  onTestFinished(() => broker.stop());
  const nodes = [await makeNode(broker.url), await makeNode(broker.url)] as const;
  onTestFinished(async () => {
    for (const node of nodes) await node.close();
  });
  const heard: unknown[] = [];
  await nodes[1].subscribe('chat/42', ({ data }) => void heard.push(data));
  await nodes[0].publish('chat/42', 'over there');
  await expect.poll(() => heard).toEqual(['over there']);
});

test('at the end clients are told, and then the hub is closed', async () => {
  const ann = await open('s3cret');
  await started.end();
  await ann.until(({ isConnected }) => !isConnected);
  expect(started.hub.isReady).toBe(false);
});
