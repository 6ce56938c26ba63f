import * as v from 'valibot';
import { describe, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { type ClientContract, type Contract, createHub, defineContract, type HubOptions } from '../index.js';
import type { JsonOf, PatternOf, TopicOf } from './contract-types.js';

const message = z.object({ text: z.string(), at: z.coerce.date() });
const contract = defineContract({
  topics: {
    'chat/*': message,
    'chat/lobby': z.object({ notice: z.string() }),
    'chat/*/typing': z.boolean(),
    'prices/**': v.pipe(v.string(), v.transform(Number)),
    news: z.string(),
  },
  requests: {
    sum: { input: z.array(z.number()), output: z.number() },
    now: { output: z.date() },
    log: { input: z.string().transform((text) => text.length) },
  },
  clientRequests: {
    pick: { input: z.object({ from: z.date() }), output: z.string().transform((text) => text.length) },
  },
});
interface User {
  readonly role: string;
}

/** A client as one may be written: it knows the contract's types, and nothing of hubs or schemas. */
interface HypotheticalClient<Types extends ClientContract<Contract>> {
  publish<Topic extends TopicOf<keyof Types['topics'] & string>>(
    topic: Topic,
    data: Types['topics'][PatternOf<keyof Types['topics'] & string, Topic>]['publish'],
  ): Promise<void>;
  subscribe<Name extends TopicOf<keyof Types['topics'] & string>>(
    name: Name,
    handler: (data: Types['topics'][PatternOf<keyof Types['topics'] & string, Name>]['receive']) => void,
  ): void;
  request<Method extends keyof Types['requests']>(
    method: Method,
    data: Types['requests'][Method]['input'],
  ): Promise<Types['requests'][Method]['output']>;
  handle<Method extends keyof Types['clientRequests']>(
    method: Method,
    handler: (data: Types['clientRequests'][Method]['input']) => Types['clientRequests'][Method]['output'],
  ): void;
}

/** What is only looked at, never run. */
function unrun(_code: () => unknown): void {}

describe('patterns', () => {
  test('become templates', () => {
    expectTypeOf<TopicOf<'news'>>().toEqualTypeOf<'news'>();
    expectTypeOf<TopicOf<'chat/*'>>().toEqualTypeOf<`chat/${string}`>();
    expectTypeOf<TopicOf<'chat/*/typing'>>().toEqualTypeOf<`chat/${string}/typing`>();
    expectTypeOf<TopicOf<'*/a/**'>>().toEqualTypeOf<`${string}/a/${string}`>();
    expectTypeOf<TopicOf<'**'>>().toEqualTypeOf<string>();
  });

  test('the most specific one holds, as when it runs', () => {
    type Patterns = 'chat/*' | 'chat/lobby' | 'chat/*/typing' | 'chat/**' | '**';
    expectTypeOf<PatternOf<Patterns, 'chat/lobby'>>().toEqualTypeOf<'chat/lobby'>();
    expectTypeOf<PatternOf<Patterns, 'chat/42'>>().toEqualTypeOf<'chat/*'>();
    expectTypeOf<PatternOf<Patterns, 'chat/42/typing'>>().toEqualTypeOf<'chat/*/typing'>();
    expectTypeOf<PatternOf<Patterns, 'chat/42/typing/now'>>().toEqualTypeOf<'chat/**'>();
    expectTypeOf<PatternOf<Patterns, 'chat'>>().toEqualTypeOf<'**'>();
    expectTypeOf<PatternOf<'chat/*', 'news'>>().toEqualTypeOf<never>();
    expectTypeOf<PatternOf<'chat/*', 'chat/a/b'>>().toEqualTypeOf<never>();
  });

  test('of a name that is not known to the end, or of a pattern, all hold that may', () => {
    type Patterns = 'chat/*' | 'chat/lobby' | 'chat/**' | 'news';
    expectTypeOf<PatternOf<Patterns, `chat/${string}`>>().toEqualTypeOf<'chat/*' | 'chat/lobby'>();
    expectTypeOf<PatternOf<Patterns, `chat/${number}`>>().toEqualTypeOf<'chat/*'>();
    expectTypeOf<PatternOf<Patterns, 'chat/*'>>().toEqualTypeOf<'chat/*' | 'chat/lobby'>();
    expectTypeOf<PatternOf<Patterns, 'chat/**'>>().toEqualTypeOf<'chat/*' | 'chat/lobby' | 'chat/**'>();
    expectTypeOf<PatternOf<Patterns, string>>().toEqualTypeOf<Patterns>();
  });
});

test('what JSON does to a value is in its type', () => {
  expectTypeOf<JsonOf<{ at: Date; list: readonly [Date, 1]; name?: string | null }>>().toEqualTypeOf<{
    at: string;
    list: readonly [string, 1];
    name?: string | null;
  }>();
  expectTypeOf<JsonOf<unknown>>().toEqualTypeOf<unknown>();
});

describe('the server', () => {
  const hub = createHub({ contract, authorize: (_action, _topic, user: User) => user.role === 'admin' });

  test('publishes what the contract has, and nothing else', () => {
    unrun(() => hub.publish('chat/42', { text: 'hi', at: '2026-01-01' }));
    unrun(() => hub.publish(`chat/${Number('42')}`, { text: 'hi', at: 1 }));
    unrun(() => hub.publish('chat/lobby', { notice: 'closed' }));
    unrun(() => hub.publish('chat/42/typing', true));
    unrun(() => hub.publish('prices/eu/gold', '17.5'));
    // @ts-expect-error a number is no text
    unrun(() => hub.publish('chat/42', { text: 1, at: '' }));
    // @ts-expect-error the lobby has notices
    unrun(() => hub.publish('chat/lobby', { text: 'hi', at: '' }));
    // @ts-expect-error no such topic
    unrun(() => hub.publish('chats/42', { text: 'hi', at: '' }));
    // @ts-expect-error one level too many
    unrun(() => hub.publish('chat/42/43', { text: 'hi', at: '' }));
    // @ts-expect-error whatever topic that may be
    unrun(() => hub.publish(String('news'), 'hi'));
  });

  test('gets what the schema made of it, as JSON brings it', () => {
    unrun(() =>
      hub.subscribe('chat/42', (publication) => {
        expectTypeOf(publication.data).toEqualTypeOf<{ text: string; at: string }>();
        expectTypeOf(publication.topic).toEqualTypeOf<string>();
      }),
    );
    unrun(() =>
      hub.subscribe('chat/*', {
        publication: ({ data }) =>
          expectTypeOf(data).toEqualTypeOf<{ text: string; at: string } | { notice: string }>(),
      }),
    );
    unrun(() => hub.subscribe('prices/**', ({ data }) => expectTypeOf(data).toEqualTypeOf<number>()));
    // @ts-expect-error no such topics
    unrun(() => hub.subscribe('**', () => {}));
    unrun(async () => {
      const { publications } = await hub.history('news');
      expectTypeOf(publications[0]?.data).toEqualTypeOf<string | undefined>();
    });
  });

  test('answers requests', () => {
    unrun(() =>
      hub.handle('sum', (numbers, { session }) => {
        expectTypeOf(numbers).toEqualTypeOf<number[]>();
        expectTypeOf(session.identity.user).toEqualTypeOf<User>();
        void session.request('pick', { from: new Date(0) });
        return numbers.length;
      }),
    );
    unrun(() => hub.handle('log', (length) => expectTypeOf(length).toEqualTypeOf<number>()));
    unrun(() => hub.handle('now', async () => new Date(0)));
    // @ts-expect-error the sum is a number
    unrun(() => hub.handle('sum', () => 'much'));
    // @ts-expect-error no such method
    unrun(() => hub.handle('product', () => 1));
  });

  test('asks clients', () => {
    unrun(async () => {
      for (const session of hub.sessions) {
        const length = await session.request('pick', { from: new Date(0) });
        expectTypeOf(length).toEqualTypeOf<number>();
        // @ts-expect-error a number is no date
        await session.request('pick', { from: 0 });
        // @ts-expect-error no such method
        await session.request('sum', [1]);
      }
    });
  });
});

test('the client has the other end of the same types', () => {
  const client = null as unknown as HypotheticalClient<ClientContract<typeof contract>>;
  unrun(() => client.publish('chat/42', { text: 'hi', at: '2026-01-01' }));
  unrun(() =>
    client.subscribe('chat/42', (data) => expectTypeOf(data).toEqualTypeOf<{ text: string; at: string }>()),
  );
  unrun(() => client.subscribe('chat/42/typing', (data) => expectTypeOf(data).toEqualTypeOf<boolean>()));
  unrun(async () => expectTypeOf(await client.request('sum', [1, 2])).toEqualTypeOf<number>());
  unrun(async () => expectTypeOf(await client.request('now', null)).toEqualTypeOf<string>());
  unrun(() =>
    client.handle('pick', (data) => {
      expectTypeOf(data).toEqualTypeOf<{ from: string }>();
      return 'this';
    }),
  );
  // @ts-expect-error a number is no text
  unrun(() => client.publish('chat/42', { text: 1, at: '' }));
  // @ts-expect-error no such topic
  unrun(() => client.publish('chats/42', { text: 'hi', at: '' }));
  // @ts-expect-error a list of numbers
  unrun(() => client.request('sum', ['1']));
  // @ts-expect-error text
  unrun(() => client.handle('pick', () => 1));
});

test('without a contract everything goes', () => {
  const hub = createHub<User>();
  unrun(() => hub.publish(String('any'), 1));
  unrun(() => hub.subscribe('any/**', ({ data }) => expectTypeOf(data).toEqualTypeOf<unknown>()));
  unrun(() => hub.handle('any', (data) => expectTypeOf(data).toEqualTypeOf<unknown>()));
  unrun(async () => {
    for (const session of hub.sessions) {
      expectTypeOf(await session.request('any', 1)).toEqualTypeOf<unknown>();
    }
  });
});

test('mistakes at the definition', () => {
  // @ts-expect-error no schema
  unrun(() => defineContract({ topics: { news: 'text' } }));
  // @ts-expect-error no schema for a side
  unrun(() => defineContract({ requests: { sum: { input: Number } } }));
  // @ts-expect-error a contract that the type of the hub has no place for
  unrun(() => createHub<User>({ contract }));
  unrun(() => createHub<User, typeof contract>({ contract }));
  const options: HubOptions<User, typeof contract> = { contract };
  unrun(() => createHub(options));
});
