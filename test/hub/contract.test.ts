import { type } from 'arktype';
import { createServer } from 'ieum';
import { createNativeDialect } from 'ieum/dialects/native';
import { type Contract, createHub, defineContract, type StandardSchema } from 'ieum/hub';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';
import * as z from 'zod';

import { NativeClient, type NativeClientOptions } from '../support/native-client.js';

interface ChatMessage {
  readonly text: string;
  readonly room?: string | undefined;
}
interface Total {
  readonly sum: number;
}
type Color = 'red' | 'blue';

/** One contract, whatever its schemas are written in: text is trimmed, a room is looked up, numbers become their sum. */
type Agreed = Contract<
  { readonly 'chat/*': StandardSchema<ChatMessage> },
  {
    readonly sum: {
      readonly input: StandardSchema<number[], number>;
      readonly output: StandardSchema<Total>;
    };
  },
  {
    readonly color: {
      readonly input: StandardSchema<{ of: string }>;
      readonly output: StandardSchema<Color>;
    };
  }
>;

/** Whether a room is open is known only after a while. */
const isOpen = async (room: string) => {
  await new Promise((resolve) => setImmediate(resolve));
  return room !== 'closed';
};
const sumOf = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0);

const zod: Agreed = defineContract({
  topics: {
    'chat/*': z.object({
      text: z.string().trim().max(10),
      room: z.string().refine(isOpen, 'the room is closed').optional(),
    }),
  },
  requests: {
    sum: { input: z.array(z.number()).transform(sumOf), output: z.object({ sum: z.number().max(100) }) },
  },
  clientRequests: { color: { input: z.object({ of: z.string() }), output: z.enum(['red', 'blue']) } },
});

const valibot: Agreed = defineContract({
  topics: {
    'chat/*': v.objectAsync({
      text: v.pipe(v.string(), v.trim(), v.maxLength(10)),
      room: v.optionalAsync(v.pipeAsync(v.string(), v.checkAsync(isOpen, 'the room is closed'))),
    }),
  },
  requests: {
    sum: {
      input: v.pipe(
        v.array(v.number()),
        v.transform((all) => sumOf(all)),
      ),
      output: v.object({ sum: v.pipe(v.number(), v.maxValue(100)) }),
    },
  },
  clientRequests: { color: { input: v.object({ of: v.string() }), output: v.picklist(['red', 'blue']) } },
});

/** ArkType has no refinements that take time. */
const arktype: Agreed = defineContract({
  topics: {
    'chat/*': type({
      text: type('string.trim').to('string <= 10'),
      'room?': type('string').narrow((room, context) => room !== 'closed' || context.mustBe('open')),
    }),
  },
  requests: {
    sum: { input: type('number[]').pipe(sumOf), output: type({ sum: 'number <= 100' }) },
  },
  clientRequests: { color: { input: type({ of: 'string' }), output: type("'red' | 'blue'") } },
});

/** A server of a contract on a free port, and a client of it, until the test is over. */
async function serve(contract: Agreed, options: NativeClientOptions = {}) {
  const reported: unknown[] = [];
  const hub = createHub({ contract, reportError: (error) => reported.push(error) });
  await hub.open();
  const authenticate = (token: string | null) => ({ name: token, user: null });
  const server = createServer({ routes: { '/hub': createNativeDialect({ hub, authenticate }) } });
  const { port } = await server.listen({ port: 0 });
  const client = await NativeClient.open(`ws://127.0.0.1:${port}/hub`, options);
  onTestFinished(async () => {
    await client.close();
    await hub.close();
    await server.close();
  });
  return { hub, client, reported };
}

const invalid = (where: string) => ({
  code: 'ERR_HUB_INVALID_DATA',
  message: expect.stringContaining(where),
});

describe.each([
  ['zod', zod],
  ['valibot', valibot],
  ['arktype', arktype],
])('a contract in %s', (_name, contract) => {
  test('lets pass what it accepts, as what it made of it', async () => {
    const { hub, client } = await serve(contract);
    const heard: ChatMessage[] = [];
    await hub.subscribe('chat/42', ({ data }) => {
      expectTypeOf(data).toEqualTypeOf<ChatMessage>();
      heard.push(data);
    });
    await client.subscribe('chat/42');
    await client.publish('chat/42', { text: '  hello  ', room: 'red' });
    await hub.publish('chat/42', { text: ' you too ' });
    await client.until(({ journal }) => journal.filter((message) => message.type === 'message').length === 2);
    expect(client.dataOf('chat/42')).toEqual([{ text: 'hello', room: 'red' }, { text: 'you too' }]);
    expect(heard).toEqual(client.dataOf('chat/42'));
    const { publications } = await hub.history('chat/42');
    expect(publications.map(({ data }) => data.text)).toEqual(['hello', 'you too']);
  });

  test('refuses what it does not accept, and says where it is wrong', async () => {
    const { hub, client } = await serve(contract);
    await expect(client.publish('chat/42', { text: 42 })).rejects.toMatchObject(invalid('text'));
    await expect(client.publish('chat/42', { text: '12345678901' })).rejects.toMatchObject(invalid('text'));
    await expect(client.publish('chat/42', { text: '', room: 'closed' })).rejects.toMatchObject(
      invalid('room'),
    );
    await expect(client.publish('chat/42', null)).rejects.toMatchObject(invalid(''));
    await expect(client.publish('chat/42', new Uint8Array(2))).rejects.toMatchObject(invalid(''));
    await expect(hub.publish('chat/42', { text: '', room: 'closed' })).rejects.toMatchObject(invalid('room'));
    await expect(client.publish('news', 'x')).rejects.toMatchObject({ code: 'ERR_HUB_UNKNOWN_TOPIC' });
    expect((await hub.history('chat/42')).publications).toEqual([]);
  });

  test('holds for requests of clients, both ways', async () => {
    const { hub, client, reported } = await serve(contract);
    hub.handle('sum', (sum) => ({ sum }));
    expect(await client.request('sum', [1, 2, 3])).toEqual({ sum: 6 });
    await expect(client.request('sum', [1, 'two'])).rejects.toMatchObject(invalid('1'));
    expect(reported).toEqual([]);
    await expect(client.request('sum', [99, 2])).rejects.toMatchObject({ code: 'ERR_HUB_HANDLER' });
    expect(reported).toMatchObject([{ code: 'ERR_HUB_INVALID_DATA' }]);
  });

  test('holds for requests to clients, both ways', async () => {
    const { hub } = await serve(contract, {
      answer: (_method, data) => ((data as { of: string }).of === 'sky' ? 'blue' : 'green'),
    });
    const [session] = hub.sessions;
    expect(await session?.request('color', { of: 'sky' })).toBe('blue');
    await expect(session?.request('color', { of: 'grass' })).rejects.toMatchObject(invalid(''));
    await expect(session?.request('color', { of: 1 as unknown as string })).rejects.toMatchObject(
      invalid('of'),
    );
  });
});
