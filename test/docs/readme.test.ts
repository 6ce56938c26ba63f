import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connect } from 'ieum';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const blocks = readFileSync(join(root, 'README.md'), 'utf8').match(/(?<=```js\n)[\s\S]*?(?=```)/g) ?? [];
const children = new Set<ChildProcess>();
let folder = '';

beforeAll(() => {
  // Inside the repository, so that the blocks find the package by its name.
  folder = mkdtempSync(join(root, 'node_modules', '.readme-'));
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the readme has a server, two clients, a hub and an authenticated server', () => {
  expect(blocks).toHaveLength(5);
  expect(block('/time').split('\n').filter(Boolean).length).toBeLessThanOrEqual(10);
});

test('the server in ten lines echoes', async () => {
  const url = await listeningUrl(start(block('/time')));
  const peer = await connect(`${url}/echo`);
  peer.send('hello');
  for await (const message of peer) {
    expect(message.data).toBe('hello');
    peer.close();
  }
});

test.each(['connect(', 'WebSocketStream('])('the client with %s talks to that server', async (what) => {
  const url = await listeningUrl(start(block('/time')));
  const client = start(block(what).replaceAll('ws://127.0.0.1:8080', url));
  const lines = linesOf(client);
  const [code] = await once(client, 'close');
  expect(code).toBe(0);
  expect((await lines).join('\n')).toContain('hello');
});

test('the server with users lets in those it knows', async () => {
  const url = await listeningUrl(start(block('authenticate: (request)')));
  const peer = await connect(`${url}/chat`, {
    origin: 'https://chat.example.com',
    headers: { Cookie: 'session=s3cret' },
  });
  peer.send('hi');
  for await (const message of peer) {
    expect(message.data).toBe('Ada: hi');
    peer.close();
  }
  await expect(connect(`${url}/chat`)).rejects.toMatchObject({ status: 401 });
  await expect(connect(`${url}/chat`, { origin: 'https://example.org' })).rejects.toMatchObject({
    status: 403,
  });
});

test('the hub publishes the time to who has subscribed', async () => {
  const url = await listeningUrl(start(block('createHub')));
  const peer = await connect(`${url}/hub`, { subprotocols: ['ieum.v1'] });
  peer.send(JSON.stringify({ type: 'connect', token: 'ann' }));
  peer.send(JSON.stringify({ type: 'subscribe', id: 1, topic: 'news/time' }));
  const types: string[] = [];
  for await (const message of peer) {
    const { type, data } = JSON.parse(String(message.data));
    types.push(type);
    if (type !== 'message') continue;
    expect(Number.isNaN(Date.parse(data.now))).toBe(false);
    peer.close();
  }
  expect(types).toEqual(['connected', 'subscribed', 'message']);
});

function block(mark: string): string {
  const found = blocks.find((text) => text.includes(mark));
  if (found === undefined) throw new Error(`no block of the readme has ${mark}`);
  return found;
}

function start(code: string): ChildProcess {
  const file = join(folder, `${children.size}-${Date.now()}.mjs`);
  writeFileSync(file, code.replace('port: 8080', 'port: 0'));
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  return child;
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream }))
    lines.push(line);
  return lines;
}

async function listeningUrl(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    return line.replace('listening on ', '');
  }
  throw new Error('the server ended before it listened');
}
