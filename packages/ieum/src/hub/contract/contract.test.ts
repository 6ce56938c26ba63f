import { describe, expect, test } from 'vitest';
import * as z from 'zod';

import { RecordingSubscriber } from '../../../../../test/support/recording-subscriber.js';
import { createHub } from '../hub.js';
import type { HubOptions } from '../hub-options.js';
import type { StandardSchema } from '../standard-schema.js';
import { type Contract, defineContract } from './contract.js';

/** Accepts values that `make` makes something of, and refuses those that it makes nothing of. */
function schemaOf<Input, Output>(
  make: (value: Input) => Output | undefined | Promise<Output | undefined>,
): StandardSchema<Input, Output> {
  const validate = async (input: unknown) => {
    const value = await make(input as Input);
    return value === undefined ? { issues: [{ message: 'wrong', path: ['deep', { key: 1 }] }] } : { value };
  };
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

const numbers = schemaOf((value: number) => (typeof value === 'number' ? value : undefined));
const texts = schemaOf((value: string) => (typeof value === 'string' ? value : undefined));
const lengths = schemaOf((value: string) => (typeof value === 'string' ? value.length : undefined));
const broken: StandardSchema<unknown, unknown> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: () => {
      throw new Error('the database is down');
    },
  },
};

async function open<Agreed extends Contract>(
  contract: Agreed,
  options: Omit<HubOptions<unknown, Agreed>, 'contract'> = {},
) {
  const reported: unknown[] = [];
  const hub = createHub<unknown, Agreed>({
    contract,
    reportError: (error) => reported.push(error),
    ...options,
  });
  await hub.open();
  const client = new RecordingSubscriber();
  const session = hub.openSession({ name: 'ann', user: null }, client);
  const say = (topic: string, data: unknown) =>
    session.publish(topic, { format: 'json', payload: new TextEncoder().encode(JSON.stringify(data)) });
  return { hub, client, session, say, reported };
}

const signal = new AbortController().signal;
const invalidOption = { code: 'ERR_WS_INVALID_OPTION' };

describe('a definition', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'a contract'],
    ['a list', [], 'a contract'],
    ['another word', { topic: {} }, '"topic"'],
    ['topics that are a schema', { topics: [numbers] }, 'topics'],
    ['no schema', { topics: { 'chat/*': { type: 'object' } } }, 'topics["chat/*"]'],
    ['a class', { topics: { 'chat/*': Number } }, 'topics["chat/*"]'],
    ['nothing for a schema', { topics: { 'chat/*': null } }, 'topics["chat/*"]'],
    [
      'a schema of another version',
      { topics: { a: { '~standard': { ...numbers['~standard'], version: 2 } } } },
      'topics["a"]',
    ],
    ['a schema that validates nothing', { topics: { a: { '~standard': { version: 1 } } } }, 'topics["a"]'],
    ['a schema for a method', { requests: { sum: numbers } }, 'requests["sum"]'],
    ['a schema of Zod for a method', { requests: { sum: z.number() } }, 'requests["sum"]'],
    ['no schema for a side', { requests: { sum: { input: {} } } }, 'requests["sum"].input'],
    ['another side', { requests: { sum: { inputs: numbers } } }, 'requests["sum"]'],
    ['a method without a name', { clientRequests: { '': {} } }, 'clientRequests[""]'],
    ['a method with a long name', { clientRequests: { ['a'.repeat(257)]: {} } }, 'clientRequests['],
  ])('with %s is refused, and said to be', (_what, definition, where) => {
    expect(() => defineContract(definition as Contract)).toThrow(
      expect.objectContaining({ ...invalidOption, message: expect.stringContaining(where) }),
    );
  });

  test.each(['chat//a', 'chat/*a', '**/a', ''])('with %j for a pattern is refused', (pattern) => {
    expect(() => defineContract({ topics: { [pattern]: numbers } })).toThrow(
      expect.objectContaining({
        code: 'ERR_HUB_INVALID_PATTERN',
        message: expect.stringContaining(`topics[${JSON.stringify(pattern)}]`),
      }),
    );
  });

  test('is kept as it was', () => {
    const topics: Record<string, StandardSchema> = { a: numbers };
    const contract = defineContract({ topics });
    Object.assign(topics, { b: numbers });
    expect([contract.topics, contract.requests, contract.clientRequests]).toEqual([{ a: numbers }, {}, {}]);
    expect(Object.isFrozen(contract) && Object.isFrozen(contract.topics)).toBe(true);
  });

  test('that never was one is refused by the hub, too', () => {
    expect(() => createHub({ contract: { topics: { a: 1 } } as unknown as Contract })).toThrow(
      expect.objectContaining(invalidOption),
    );
  });
});

describe('beside policies', () => {
  const contract = defineContract({ topics: { 'chat/*': numbers } });

  test.each(['chat/*', 'chat/42', 'chat/**', '*/42', '**'])('a schema of %s is one too many', (pattern) => {
    expect(() => createHub({ contract, topics: { [pattern]: { schema: numbers } } })).toThrow(
      expect.objectContaining({ ...invalidOption, message: expect.stringContaining('chat/*') }),
    );
  });

  test.each(['chat', 'chat/*/a', 'news/**', 'news/42'])(
    'a schema of %s is none of its own',
    async (pattern) => {
      const topics = { '**': {}, [pattern]: { schema: texts } };
      const { hub } = await open(contract, { topics });
      const other = pattern.replaceAll('*', 'a');
      const publish = (topic: string, data: unknown) => hub.publish(topic as 'chat/42', data as number);
      await publish('chat/42', 1);
      await publish(other, 'text');
      await expect(publish(other, 1)).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_DATA' });
      await expect(publish('chat/42', 'text')).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_DATA' });
      await hub.close();
    },
  );

  test('topics that no policy has can never be', () => {
    expect(() => createHub({ contract, topics: { 'chats/*': {} } })).toThrow(
      expect.objectContaining({ ...invalidOption, message: expect.stringContaining('chat/*') }),
    );
  });

  test('without policies there are the topics of the contract, and no others', async () => {
    const { hub, say } = await open(contract);
    expect(await say('chat/42', 1)).toMatchObject({ position: { offset: 1 } });
    await expect(say('news', 1)).rejects.toMatchObject({ code: 'ERR_HUB_UNKNOWN_TOPIC' });
    await hub.close();
  });

  test('other topics are as the policies say', async () => {
    const { hub, say } = await open(contract, { topics: { 'chat/*': {}, news: {} } });
    await say('news', { any: 'thing' });
    await expect(say('weather', 1)).rejects.toMatchObject({ code: 'ERR_HUB_UNKNOWN_TOPIC' });
    await hub.close();
  });
});

describe('what is published', () => {
  const contract = defineContract({
    topics: { '**': texts, 'chat/*': lengths, 'chat/lobby': numbers, down: broken },
  });

  test('is what the most specific schema makes of it, whoever publishes', async () => {
    const { hub, client, session, say } = await open(contract);
    for (const topic of ['chat/1', 'chat/lobby', 'news']) await session.subscribe(topic, {}, () => {});
    await say('chat/1', 'four');
    await hub.publish('chat/1', 'three');
    await say('chat/lobby', 7);
    await say('news', 'new');
    expect(client.publications.map(({ data }) => data)).toEqual([4, 5, 7, 'new']);
    await hub.close();
  });

  test('and not accepted is refused, with where it is wrong', async () => {
    const { hub, say, session } = await open(contract);
    await expect(say('chat/lobby', 'text')).rejects.toMatchObject({
      code: 'ERR_HUB_INVALID_DATA',
      message: expect.stringContaining('deep.1'),
    });
    await expect(hub.publish('chat/1', 1 as unknown as string)).rejects.toMatchObject({
      code: 'ERR_HUB_INVALID_DATA',
    });
    const binary = session.publish('news', { format: 'binary', payload: new Uint8Array(1) });
    await expect(binary).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_DATA' });
    await hub.close();
  });

  test('and makes the schema fail is refused, and reported', async () => {
    const { hub, say, reported } = await open(contract);
    await expect(say('down', 1)).rejects.toMatchObject({
      code: 'ERR_HUB_HANDLER',
      message: expect.not.stringContaining('database'),
    });
    expect(reported).toMatchObject([{ message: 'the database is down' }]);
    await hub.close();
  });

  test('keeps its order, however long a schema takes', async () => {
    let letGo = () => {};
    const first = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const slow = schemaOf(async (value: number) => {
      if (value === 3) letGo();
      if (value === 1) await first;
      return value;
    });
    const { hub } = await open(defineContract({ topics: { a: slow } }));
    await Promise.all([hub.publish('a', 1), hub.publish('a', 2), hub.publish('a', 3)]);
    const { publications } = await hub.history('a');
    expect(publications.map(({ data }) => data)).toEqual([1, 2, 3]);
    await hub.close();
  });

  test('and made too large by its schema is too large', async () => {
    const long = schemaOf((value: number) => 'x'.repeat(value));
    const topics = { a: { maxPayloadBytes: 100 } };
    const { hub, say } = await open(defineContract({ topics: { a: long } }), { topics });
    await say('a', 98);
    await expect(say('a', 99)).rejects.toMatchObject({ code: 'ERR_HUB_MESSAGE_TOO_LARGE' });
    await hub.close();
  });
});

describe('requests of clients', () => {
  const contract = defineContract({
    requests: {
      double: { input: lengths, output: numbers },
      loose: {},
      down: { input: broken },
      sunk: { output: broken },
    },
  });

  test('are checked both ways', async () => {
    const { hub, session, reported } = await open(contract);
    hub.handle('double', (length) => (length === 13 ? ('bad' as unknown as number) : length * 2));
    const ask = (data: unknown) => session.receiveRequest('double', data, signal);
    expect(await ask('four')).toBe(8);
    await expect(ask(4)).rejects.toMatchObject({
      code: 'ERR_HUB_INVALID_DATA',
      message: expect.stringContaining('deep.1'),
    });
    expect(reported).toEqual([]);
    await expect(ask('thirteen ones')).rejects.toMatchObject({ code: 'ERR_HUB_HANDLER' });
    expect(reported).toMatchObject([{ code: 'ERR_HUB_INVALID_DATA' }]);
    await hub.close();
  });

  test('whose data the handler itself finds invalid are the client’s mistake', async () => {
    const { hub, session, say, reported } = await open(
      defineContract({ topics: { a: texts }, requests: { post: { output: numbers } } }),
    );
    hub.handle('post', async (data) => {
      await say('a', data);
      return 1;
    });
    await expect(session.receiveRequest('post', 1, signal)).rejects.toMatchObject({
      code: 'ERR_HUB_INVALID_DATA',
    });
    expect(reported).toEqual([]);
    await hub.close();
  });

  test.each(['down', 'sunk'] as const)('whose schema fails are reported once (%s)', async (method) => {
    const { hub, session, reported } = await open(contract);
    hub.handle(method, () => 1);
    await expect(session.receiveRequest(method, 1, signal)).rejects.toMatchObject({
      code: 'ERR_HUB_HANDLER',
    });
    expect(reported).toMatchObject([{ message: 'the database is down' }]);
    await hub.close();
  });

  test('have their schemas from the contract and from nowhere else', async () => {
    const { hub } = await open(contract);
    expect(() => hub.handle('double', () => 1, { input: numbers })).toThrow(
      expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
    );
    expect(() => hub.handle('loose', () => 1, {})).toThrow();
    hub.handle('double', () => 1);
    expect(() => hub.handle('double', () => 2)).toThrow(
      expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
    );
    await hub.close();
  });
});

describe('requests to clients', () => {
  const contract = defineContract({ clientRequests: { pick: { input: numbers, output: lengths } } });

  async function openTyped() {
    const opened = await open(contract);
    const [session] = opened.hub.sessions;
    if (session === undefined) throw new Error('there is no session');
    return { ...opened, session };
  }

  test.each([
    ['right', 'four', 4],
    ['wrong', 4, 'ERR_HUB_INVALID_DATA'],
  ])('that are answered with something %s', async (_what, data, expected) => {
    const { hub, session, client } = await openTyped();
    const asking = session.request('pick', 7).catch(({ code }) => code);
    await expect.poll(() => client.requests).toMatchObject([{ method: 'pick', data: 7 }]);
    session.receiveAnswer(1, { type: 'data', data });
    expect(await asking).toBe(expected);
    await hub.close();
  });

  test('that ask for something else are never sent', async () => {
    const { hub, session, client } = await openTyped();
    const asking = session.request('pick', 'seven' as unknown as number);
    await expect(asking).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_DATA' });
    expect(client.requests).toEqual([]);
    await hub.close();
  });

  test('that are still being checked when the client leaves are never sent', async () => {
    const { hub, session, client } = await openTyped();
    const asking = session.request('pick', 7);
    session.close();
    await expect(asking).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
    expect(client.requests).toEqual([]);
    await hub.close();
  });
});
