import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import * as socketio from 'ieum/dialects/socketio';
import { io as connect } from 'socket.io-client';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

import { RedisServer } from '../support/redis-server.js';
import { startServe } from '../support/served.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = readFileSync(join(root, 'docs/socket-io.md'), 'utf8');
const [own, several, client] = page.match(/(?<=```js\n)[\s\S]*?(?=```)/g) as [string, string, string];
let folder = '';

beforeAll(() => {
  // Inside the repository, so that the blocks find the package by its name.
  folder = mkdtempSync(join(root, 'node_modules', '.socket-io-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the server of the page acknowledges and tells the room', async () => {
  const child = start(own.replace('8080', '0'));
  const url = (await lineOf(child)).replace('listening on ', '').replace('ws', 'http');
  const socket = connect(url, { forceNew: true });
  onTestFinished(() => void socket.disconnect());
  const said = new Promise((resolve) => {
    socket.on('said', (_id: string, text: string) => resolve(text));
  });
  expect(await socket.emitWithAck('say', 'hello')).toBe('heard');
  expect(await said).toBe('hello');
});

test('several servers of the page are one', async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  const tail = "\nawait io.ready;\nconsole.log('ready');\n";
  const lines = [0, 1].map(() => lineOf(start(several.replace('redis://127.0.0.1', redis.url) + tail)));
  expect(await Promise.all(lines)).toEqual(['ready', 'ready']);
});

test('the client of the page talks to ieum serve', async () => {
  const served = await startServe();
  onTestFinished(() => served.command.kill());
  const child = start(client.replace('http://127.0.0.1:8080', served.url));
  expect(await lineOf(child)).toBe("news/today { title: 'hello' }");
});

test('the page says all names of methods that it can', () => {
  const names = [
    ...page.matchAll(/`(fetchSockets|socketsJoin|socketsLeave|disconnectSockets|serverSideEmit)`/g),
  ];
  for (const [, name = ''] of names) expect(socketio.Namespace.prototype).toHaveProperty(name);
  expect(names.length).toBeGreaterThanOrEqual(5);
});

function start(block: string): ChildProcess {
  const file = join(folder, `${crypto.randomUUID()}.mjs`);
  writeFileSync(file, block);
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function lineOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('its output is not read');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}
