import { afterEach, describe, expect, test } from 'vitest';

import { RawClient } from '../support/raw-client.js';
import { type Served, startServe } from '../support/served.js';
import { WebSocketClient } from '../support/web-socket-client.js';

interface Entry {
  readonly time: string;
  readonly level: string;
  readonly message: string;
  readonly event?: string;
  readonly [field: string]: unknown;
}

let running: Served[] = [];

async function serve(args: readonly string[]): Promise<Served> {
  const served = await startServe(args);
  running.push(served);
  return served;
}

afterEach(async () => {
  await Promise.all(running.map(({ command }) => command.kill()));
  running = [];
});

const entriesOf = ({ command }: Served): Entry[] =>
  command.stderr
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

async function untilEvent(served: Served, event: string): Promise<Entry> {
  await served.command.until(({ stderr }) => stderr.includes(`"event":"${event}"`));
  return entriesOf(served).find((entry) => entry.event === event) as Entry;
}

describe('ieum serve --log-format json', () => {
  test('every line is an object, from the start to the end', async () => {
    const served = await serve(['--log-format', 'json', '--log-level', 'debug']);
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo?access_token=secret`);
    client.socket.close(4000, 'bye');
    expect(await untilEvent(served, 'connection.closed')).toMatchObject({
      code: 4000,
      reason: 'bye',
      path: '/echo',
    });
    served.command.child.kill('SIGTERM');
    expect((await served.command.ended).status).toBe(0);
    const entries = entriesOf(served);
    expect(entries.length).toBeGreaterThanOrEqual(5);
    for (const { time, level, message } of entries) {
      expect(new Date(time).toISOString()).toBe(time);
      expect(['debug', 'info', 'warn']).toContain(level);
      expect(message).not.toBe('');
    }
    expect(entries.find(({ event }) => event === 'started')).toMatchObject({
      level: 'info',
      version: expect.any(String),
    });
    expect(entries.find(({ event }) => event === 'connection.opened')).toMatchObject({ level: 'debug' });
    expect(served.command.stderr).not.toContain('secret');
    expect(served.command.stdout).toMatch(/^listening on [^\n]+\n$/);
  });

  test('what a client sends cannot forge a line', async () => {
    const served = await serve(['--log-format', 'json']);
    const client = await RawClient.connect(served.port);
    client.send(
      'GET /x","level":"error HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
        'Origin: http://evil","level":"error\r\n\r\n',
    );
    await client.response();
    expect(await untilEvent(served, 'handshake.refused')).toMatchObject({
      level: 'info',
      path: '/x","level":"error',
      status: 404,
      origin: 'http://evil","level":"error',
    });
  });

  test('workers say which they are', async () => {
    const served = await serve(['--log-format', 'json', '--workers', '2']);
    await expect(WebSocketClient.connect(`${served.wsUrl}/nowhere`)).rejects.toMatchObject({ status: 404 });
    expect(await untilEvent(served, 'handshake.refused')).toMatchObject({ worker: expect.any(Number) });
  });
});

describe('ieum serve --log-level', () => {
  test.each([
    ['info', true],
    ['warn', false],
  ])('%s: refusals are logged: %s', async (level, isLogged) => {
    const served = await serve(['--log-level', level]);
    await expect(WebSocketClient.connect(`${served.wsUrl}/nowhere?token=secret`)).rejects.toMatchObject({
      status: 404,
    });
    served.command.child.kill('SIGTERM');
    const { stderr } = await served.command.ended;
    expect(stderr.includes('refused 127.0.0.1 on /nowhere: 404')).toBe(isLogged);
    expect(stderr).not.toContain('secret');
    if (!isLogged) expect(stderr).toBe('');
  });

  test('connections are not worth a line above debug', async () => {
    const served = await serve([]);
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo`);
    client.socket.close();
    await client.closed;
    served.command.child.kill('SIGTERM');
    expect((await served.command.ended).stderr).not.toMatch(/connected|gone/);
  });
});
