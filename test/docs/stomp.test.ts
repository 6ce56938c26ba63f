import { readdirSync, readFileSync } from 'node:fs';

import type { IMessage } from '@stomp/stompjs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { WebSocket } from 'ws';

import { parseSelector } from '../../packages/ieum/src/codecs/stomp/index.js';
import { createKit } from '../dialects/stomp/kit.js';
import { follow } from './stomp/client.js';
import { write } from './stomp/own.js';

const page = readFileSync(new URL('../../docs/stomp.md', import.meta.url), 'utf8');
const folder = new URL('./stomp/', import.meta.url);
const sources = new URL('../../packages/ieum/src/', import.meta.url);

/** What the page shows of the files here: what stands between `#region` and `#endregion`, moved to the left. */
const regions = readdirSync(folder).flatMap((file) =>
  [
    ...readFileSync(new URL(file, folder), 'utf8').matchAll(/\/\/ #region .*\n([\s\S]*?)\s*\/\/ #endregion/g),
  ].map(([, text = '']) => `${text.replaceAll(new RegExp(`^${/^ */.exec(text)?.[0]}`, 'gm'), '')}\n`),
);

async function startServer() {
  vi.stubEnv('PORT', '0');
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const server = await import('./stomp/server.js');
  expect(log.mock.calls.flat()).toEqual([`listening on ${server.url}`]);
  log.mockRestore();
  onTestFinished(async () => {
    await server.hub.close();
    await server.server.close();
  });
  return server;
}

test('every block of code is from a file that is run here, and every such piece is on the page', () => {
  const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block]) => block);
  expect([...blocks].sort()).toEqual([...regions].sort());
});

test('the client of the page goes on where it was, and is told what is written to it', async () => {
  const { hub, url } = await startServer();
  vi.stubGlobal('WebSocket', WebSocket);
  const shown: string[] = [];
  const client = follow(url, ({ body }: IMessage) => void shown.push(body));
  onTestFinished(() => client.deactivate());
  client.reconnectDelay = 50;
  await vi.waitFor(() => expect([...(first(hub.sessions)?.subscriptions ?? [])].length).toBe(1));
  await hub.publish('news', 'first');
  await vi.waitFor(() => expect(shown).toEqual(['first']));
  client.forceDisconnect();
  await vi.waitFor(() => expect(client.connected).toBe(false));
  await hub.publish('news', 'second');
  await vi.waitFor(() => expect(shown).toEqual(['first', 'second']), 5_000);
  const ann = await createKit({ Client: client.constructor as never }, {}).open({
    brokerURL: `${url}/stomp`,
    connectHeaders: { login: 'ann', passcode: 's3cret' },
  });
  onTestFinished(() => ann.end());
  const inbox = await ann.subscribe('/user/queue/mail');
  await write(hub);
  expect((await inbox.next()).body).toBe('{"text":"hello, Ann"}');
});

test('the selector of the page is one', () => {
  const [, text = ''] = /```sql\n(.*)\n```/.exec(page) ?? [];
  expect(parseSelector(text).type).toBe('selector');
});

test('every code, header and limit has its place on the page, and there are no others', () => {
  const read = (file: string) => readFileSync(new URL(file, sources), 'utf8');
  const code = [
    'refusal',
    'stomp-dialect',
    'message-headers',
    'stomp-session',
    'stomp-subscription',
    'outbox',
  ]
    .map((file) => read(`dialects/stomp/${file}.ts`))
    .concat(read('codecs/stomp/frame.ts'))
    .join('\n');
  for (const pattern of [/\bERR_STOMP_\w+/g, /\bieum-[a-z]+(?:-[a-z]+)*\b/g, /\bmax[A-Z]\w+(?=\??:)/g]) {
    const named = new Set(code.match(pattern));
    const told = new Set(page.match(pattern.source.startsWith('\\bmax') ? /\bmax[A-Z]\w+/g : pattern));
    for (const name of named) if (name !== 'maxShared') expect(told).toContain(name);
  }
  expect(new Set(page.match(/\bERR_STOMP_\w+/g))).toEqual(new Set(code.match(/\bERR_STOMP_\w+/g)));
});

function first<Item>(items: Iterable<Item>): Item | undefined {
  for (const item of items) return item;
  return undefined;
}
