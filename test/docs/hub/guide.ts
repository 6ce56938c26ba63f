import { createNatsBroker } from 'ieum/brokers/nats';
import { createRedisBroker } from 'ieum/brokers/redis';
import { createHub, type Hub, type Position } from 'ieum/hub';

interface Document {
  readonly text: string;
}

/** A hub whose topics differ in what holds for them. */
export function withPolicies(documents: Map<string, Document>): Hub {
  // #region policies
  const hub = createHub({
    topics: {
      'chat/*': { history: { maxMessages: 500, maxAgeMs: 24 * 3_600_000 }, presence: true },
      'ticks/*': { history: false, slowReader: 'latest', maxPayloadBytes: 512 },
      'documents/**': { snapshot: (topic) => documents.get(topic) },
      'documents/drafts/*': {},
    },
  });
  // #endregion
  return hub;
}

/** A hub that lets users do what their role and name allow. */
export function withRights() {
  // #region authorize
  interface User {
    readonly name: string;
    readonly role: 'admin' | 'guest';
  }

  const hub = createHub({
    authorize: (action, topic, user: User) => {
      if (user.role === 'admin') return true;
      if (topic === `inbox/${user.name}`) return action !== 'publish';
      return topic.startsWith('chat/') && action !== 'subscribe-pattern';
    },
  });
  // #endregion
  return hub;
}

/** Publishes and subscribes as the application. */
export async function useTopics(hub: Hub, console: { log(...text: unknown[]): void }) {
  // #region topics
  const unsubscribe = await hub.subscribe('chat/*', ({ topic, data, publisher }) => {
    console.log(topic, publisher, data);
  });
  const { position, delivered } = await hub.publish('chat/42', { text: 'hello' }, { key: 'greeting-1' });
  // #endregion
  return { unsubscribe, position, delivered };
}

/** Where somebody who handles orders was, kept between runs. */
export interface Bookmark {
  load(): Promise<Position | undefined>;
  save(position: Position | null): Promise<void>;
}

/** Handles each order once, and knows when some are missing. */
export async function handleOrders(hub: Hub, bookmark: Bookmark, work: (order: unknown) => Promise<void>) {
  const alarms: string[] = [];
  const console = { warn: (text: string) => alarms.push(text) };
  // #region recovery
  const since = await bookmark.load();
  const stop = await hub.subscribe(
    'orders',
    {
      publication: async ({ data, position }) => {
        await work(data);
        await bookmark.save(position);
      },
      gap: ({ reason, position }) => {
        console.warn(`orders are missing: ${reason}`);
        void bookmark.save(position);
      },
    },
    { since },
  );
  // #endregion
  return { stop, alarms };
}

/** Says who is there, now and from now on. */
export async function watchMembers(hub: Hub, console: { log(...text: unknown[]): void }) {
  // #region presence
  const members = await hub.members('chat/42'); // [{ user: 'ann', info: { role: 'admin' } }]
  const unsubscribe = await hub.subscribe(
    'chat/42',
    {
      publication: () => {},
      presence: ({ joined, left }) => console.log(joined, left),
    },
    { presence: true },
  );
  // #endregion
  return { members, unsubscribe };
}

/** Answers requests, and asks a client. */
export async function useRequests(hub: Hub, name: string) {
  // #region requests
  hub.handle('rooms.create', async (data, { session, signal }) => {
    signal.throwIfAborted();
    return { topic: 'chat/42', owner: session.identity.name, data };
  });

  const [session] = [...hub.sessions].filter(({ identity }) => identity.name === name);
  const theme = await session?.request('theme', null, { timeoutMs: 2_000 });
  // #endregion
  return theme;
}

/** A node on Redis. */
export async function onRedis(url: string): Promise<Hub> {
  // #region redis
  const hub = createHub({
    broker: createRedisBroker({ url }), // redis://127.0.0.1:6379
    whenBrokerDown: { type: 'buffer', maxBytes: 16_000_000, maxWaitMs: 30_000 },
  });
  await hub.open();
  // #endregion
  return hub;
}

/** A node on NATS. */
export async function onNats(servers: string): Promise<Hub> {
  // #region nats
  const hub = createHub({ broker: createNatsBroker({ servers }) }); // nats://127.0.0.1:4222
  await hub.open();
  // #endregion
  return hub;
}
