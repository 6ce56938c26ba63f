import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { type CommandOptions, runCommand } from '../support/command.js';
import { HubClient } from '../support/hub-client.js';
import { type Served, startServe } from '../support/served.js';
import { WebSocketClient } from '../support/web-socket-client.js';

const secret = 'a secret of thirty-two bytes, or more';

let folder: string;
let running: Served[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ieum-serve-config-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  await Promise.all(running.map(({ command }) => command.kill()));
  running = [];
});

async function fileOf(config: unknown): Promise<string> {
  const path = join(folder, `${Math.random()}.json`);
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config));
  return path;
}

async function serve(args: readonly string[], options?: CommandOptions): Promise<Served> {
  const served = await startServe(args, options);
  running.push(served);
  return served;
}

async function closeCodeAfter({ wsUrl }: Served, bytes: number): Promise<number | 'echoed'> {
  const client = await WebSocketClient.connect(`${wsUrl}/echo`);
  client.socket.send(Buffer.alloc(bytes));
  const outcome = await Promise.race([client.closed, client.take().then(() => 'echoed' as const)]);
  client.socket.terminate();
  return outcome;
}

describe('ieum serve --config', () => {
  test.each<[string, readonly string[], Record<string, string>, number]>([
    ['the file', [], {}, 100],
    ['a variable before the file', [], { IEUM_MAX_MESSAGE_BYTES: '200' }, 200],
    ['a flag before both', ['--max-message-bytes', '300'], { IEUM_MAX_MESSAGE_BYTES: '200' }, 300],
  ])('a setting comes from %s', async (_name, args, environment, limit) => {
    const config = await fileOf({ maxMessageBytes: 100 });
    const served = await serve(['--config', config, ...args], { environment });
    expect(await closeCodeAfter(served, limit)).toBe('echoed');
    expect(await closeCodeAfter(served, limit + 1)).toBe(1009);
  });

  test('the file can be named by a variable, and reaches every worker', async () => {
    const config = await fileOf({ maxMessageBytes: 100, workers: 2 });
    const served = await serve([], { environment: { IEUM_CONFIG: config } });
    for (let round = 0; round < 4; round++) expect(await closeCodeAfter(served, 101)).toBe(1009);
  });

  test('namespaces hold for the topics of the hub', async () => {
    const topics = { 'kept/*': { maxPayloadBytes: 50 }, 'lost/*': { history: false } };
    const { wsUrl } = await serve(['--config', await fileOf({ topics })]);
    const client = await HubClient.connect(wsUrl);
    expect(await client.publish('kept/1', 'x')).toMatchObject({ type: 'published', offset: 1 });
    expect(await client.publish('kept/1', 'x'.repeat(50))).toMatchObject({
      code: 'ERR_HUB_MESSAGE_TOO_LARGE',
    });
    expect(await client.publish('lost/1', 'x')).not.toHaveProperty('offset');
    expect(await client.publish('other/1', 'x')).toMatchObject({ code: 'ERR_HUB_UNKNOWN_TOPIC' });
    client.peer.terminate();
  });

  test.each([
    ['{ "prot": 1 }', 'prot is not known (did you mean "port"?)'],
    [
      '{ "topics": { "a": { "histroy": false } } }',
      'topics.a.histroy is not known (did you mean "history"?)',
    ],
    ['{\n  "port": 1\n  "host": "x"\n}', 'is no JSON from line 3, column 3 on'],
    ['{ "authJwtSecret": "short" }', '--auth-jwt-secret is too short'],
    ['{ "trustedProxies": "everyone" }', 'everyone'],
  ])('a file with %j is one line about it, and status 2', async (content, part) => {
    const { status, stdout, stderr } = await runCommand(['serve', '--config', await fileOf(content)]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(part);
  });

  test('a file that is not there is one line, and status 1', async () => {
    const { status, stderr } = await runCommand(['serve', '--config', join(folder, 'missing.json')]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: --config: [^\n]+ no such file\n$/);
  });
});

describe('ieum serve --print-config', () => {
  const lineOf = (stdout: string, name: string) =>
    stdout.split('\n').find((line) => line.startsWith(`${name} `));

  test('shows what holds and where it comes from, secrets hidden, and ends', async () => {
    const config = await fileOf({
      maxFragments: 7,
      logLevel: 'warn',
      authJwtSecret: secret,
      topics: { 'chat/*': { presence: true } },
    });
    const { status, stdout, stderr } = await runCommand(
      [
        'serve',
        '--config',
        config,
        '--print-config',
        '--port',
        '7777',
        '--broker',
        'redis://me:hidden-too@h',
      ],
      { environment: { IEUM_LOG_LEVEL: 'error' } },
    );
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(lineOf(stdout, 'port')).toMatch(/ 7777 +flag --port$/);
    expect(lineOf(stdout, 'host')).toMatch(/ "127\.0\.0\.1" +default$/);
    expect(lineOf(stdout, 'logLevel')).toMatch(/ "error" +variable IEUM_LOG_LEVEL$/);
    expect(lineOf(stdout, 'drainTimeout')).toMatch(/ "30000ms" +default$/);
    expect(lineOf(stdout, 'maxFragments')).toMatch(new RegExp(` 7 +file ${config}$`));
    expect(lineOf(stdout, 'topics')).toContain('{"chat/*":{"presence":true}}');
    expect(lineOf(stdout, 'authJwtSecret')).toMatch(/ \(hidden\) +file /);
    expect(lineOf(stdout, 'broker')).toContain('"redis://me:***@h"');
    expect(stdout).not.toMatch(/thirty-two|hidden-too/);
  });

  test('the file of the documentation is one', async () => {
    const text = await readFile(new URL('../../docs/operation.md', import.meta.url), 'utf8');
    const config = await fileOf(/```json\n([\s\S]*?)```/.exec(text)?.[1]);
    const { status, stdout, stderr } = await runCommand(['serve', '--config', config, '--print-config']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(lineOf(stdout, 'metricsAllow')).toContain('["10.0.0.0/8"]');
  });

  test('--config-schema shows the schema that ships', async () => {
    const { status, stdout } = await runCommand(['serve', '--config-schema']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ properties: { port: { type: 'number', default: 8080 } } });
  });
});
