import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

import { afterEach, describe, expect, test } from 'vitest';
import type { WebSocket } from 'ws';

import { runCommand, startCommand } from '../support/command.js';
import { startEchoServer } from '../support/echo-server.js';
import { startHttpProxy } from '../support/http-proxy.js';
import { type Listener, listen } from '../support/listener.js';
import { type ObservedServer, startObservedServer } from '../support/observed-server.js';

let listeners: Listener[] = [];

async function observe(connected?: (socket: WebSocket) => void): Promise<ObservedServer> {
  const server = await startObservedServer(connected === undefined ? {} : { connected });
  listeners.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.close()));
  listeners = [];
});

const quickly = ['--wait', '0.1'];

describe('ieum connect in a pipe', () => {
  test('lines go out as text messages, messages come in as lines, nothing else is on standard output', async () => {
    const server = await observe();
    const input = 'hello\n\nsecond 이음\r\nwithout an end';
    const { status, stdout, stderr } = await runCommand(['connect', server.url, ...quickly], { input });
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hello\n\nsecond 이음\nwithout an end\n' });
    expect(stderr).toContain('connected to');
    expect(await server.closed).toEqual([1000, '']);
  });

  test('at the end of the input it waits for replies until nothing has come for a while', async () => {
    const server = await observe((socket) => {
      socket.on('message', () => {
        for (const delayMs of [300, 600, 900]) setTimeout(() => socket.send(`after ${delayMs}`), delayMs);
      });
    });
    const { stdout } = await runCommand(['connect', server.url], { input: 'go\n' });
    expect(stdout).toBe('after 300\nafter 600\nafter 900\n');
  });

  test('--wait forever waits for the server to close', async () => {
    const server = await observe((socket) => setTimeout(() => socket.close(1001), 300));
    const { status, stderr } = await runCommand(['connect', server.url, '--wait', 'forever']);
    expect(status).toBe(0);
    expect(stderr).toContain('the server closed first: 1001');
  });

  test('many lines all arrive, in order', async () => {
    const server = await observe();
    const input = Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join('');
    const { status, stdout } = await runCommand(['connect', server.url, ...quickly], { input });
    expect(status).toBe(0);
    expect(stdout === input).toBe(true);
  });

  test('a server that reads slowly is waited for, and loses nothing', async () => {
    let received = 0;
    const server = await observe((socket) => {
      socket.on('message', () => received++);
      socket.pause();
      setTimeout(() => socket.resume(), 500);
    });
    const input = `${'x'.repeat(100_000)}\n`.repeat(400);
    const { status } = await runCommand(['connect', server.url, ...quickly], { input });
    expect({ status, received }).toEqual({ status: 0, received: 400 });
  });

  test('--binary sends hexadecimal lines as binary messages, and binary ones come as hexadecimal', async () => {
    const types: boolean[] = [];
    const server = await observe((socket) => {
      socket.on('message', (data, isBinary) => {
        types.push(isBinary);
        socket.send(data);
      });
    });
    const { stdout } = await runCommand(['connect', server.url, '--binary', ...quickly], {
      input: '00 ff 7e\n\n',
    });
    expect(stdout).toBe('00ff7e\n\n');
    expect(types).toEqual([true, true]);
  });

  test('a line that is not hexadecimal ends it with status 2', async () => {
    const server = await observe();
    const { status, stdout, stderr } = await runCommand(['connect', server.url, '--binary', ...quickly], {
      input: '00\nhello\n01\n',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '00\n' });
    expect(stderr).toContain('line 2');
    expect(await server.closed).toEqual([1000, '']);
  });

  test('--json has one object for each event', async () => {
    const server = await observe((socket) => {
      socket.on('message', () => {
        socket.send('line one\nline two \u009b');
        socket.send(Buffer.from([0, 255]));
        socket.ping('p');
        socket.close(4001, 'enough');
      });
    });
    const { status, stdout } = await runCommand(['connect', server.url, '--json'], { input: 'go\n' });
    expect(status).toBe(6);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toMatchObject([
      { event: 'open', url: server.url, subprotocol: '', extensions: '' },
      { event: 'sent', type: 'text', data: 'go', bytes: 2 },
      { event: 'received', type: 'text', data: 'line one\nline two \u009b', bytes: 20 },
      { event: 'received', type: 'binary', data: '00ff', bytes: 2 },
      { event: 'ping', data: '70' },
      { event: 'close', code: 4001, reason: 'enough', wasClean: true, first: 'server' },
    ]);
    for (const { time } of events) expect(new Date(time).toISOString()).toBe(time);
    expect(stdout).not.toContain('\u009b');
  });

  test('diagnostics hold nothing that a terminal acts on', async () => {
    const server = await observe((socket) => socket.close(4000, '\u001b]0;mine\u0007\u009b2J'));
    const { stderr } = await runCommand(['connect', server.url]);
    expect(stderr).toContain('\\x1b]0;mine\\x07');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to find
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  test('a reader that has enough ends it quietly', async () => {
    const server = await observe((socket) => {
      const timer = setInterval(() => socket.send('more'), 5);
      socket.on('close', () => clearInterval(timer));
    });
    const command = startCommand(['connect', server.url, '--wait', 'forever'], { input: '' });
    await command.until(({ stdout }) => stdout.includes('more'));
    command.child.stdout.destroy();
    const { status, stderr } = await command.ended;
    expect(status).toBe(0);
    expect(stderr).not.toContain('EPIPE');
    expect(await server.closed).toEqual([1000, '']);
  });

  test.each([
    ['SIGINT', 1000],
    ['SIGTERM', 1001],
  ] as const)('%s closes with %d and exits with 0', async (signal, code) => {
    const server = await observe();
    const command = startCommand(['connect', server.url]);
    await command.until(({ stderr }) => stderr.includes('connected'));
    command.child.kill(signal);
    expect((await command.ended).status).toBe(0);
    expect((await server.closed)[0]).toBe(code);
  });

  test('SIGINT before there is a connection exits with 130', async () => {
    const silent = await listen(createTcpServer());
    listeners.push(silent);
    const command = startCommand(['connect', `ws://127.0.0.1:${silent.port}/`]);
    while (silent.accepted === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    command.child.kill('SIGINT');
    expect((await command.ended).status).toBe(130);
  });
});

describe('what ieum connect asks for', () => {
  test('header fields, subprotocols and an origin are seen by the server', async () => {
    const server = await observe();
    const { status, stderr } = await runCommand([
      ...['connect', server.url, '--header', 'X-One: 1: a', '-H', 'Authorization:Bearer t'],
      ...['--subprotocol', 'first', '-s', 'second', '--origin', 'https://a.example', ...quickly],
    ]);
    expect(status).toBe(0);
    expect(server.requests[0]?.headers).toMatchObject({
      'x-one': '1: a',
      authorization: 'Bearer t',
      origin: 'https://a.example',
      'sec-websocket-protocol': 'first, second',
    });
    expect(stderr).toContain('subprotocol second');
  });

  test('--permessage-deflate is offered, and shown when it is granted', async () => {
    const server = await startEchoServer({ deflate: { threshold: 0 } });
    const [plain, offered, json] = await Promise.all(
      [[], ['--permessage-deflate'], ['--permessage-deflate', '--json']].map((flags) =>
        runCommand(['connect', server.url, ...flags, ...quickly], { input: '{"a":"a"}\n' }),
      ),
    );
    expect(plain?.stderr).not.toContain('extensions');
    expect(offered?.stderr).toMatch(/^connected to ws:\S+, extensions permessage-deflate\b/m);
    expect(JSON.parse(json?.stdout.split('\n')[0] ?? '').extensions).toMatch(/^permessage-deflate\b/);
  });

  test('--proxy goes through a proxy, none goes without', async () => {
    const server = await observe();
    const proxy = await startHttpProxy();
    listeners.push(proxy);
    const environment = {
      NO_PROXY: undefined,
      no_proxy: undefined,
      ws_proxy: `http://127.0.0.1:${proxy.port}`,
    };
    const through = ['connect', server.url, '--proxy', `http://127.0.0.1:${proxy.port}`, ...quickly];
    expect((await runCommand(through, { input: 'a\n' })).stdout).toBe('a\n');
    expect(proxy.authorities).toHaveLength(1);
    await runCommand(['connect', server.url, '--proxy', 'none', ...quickly], { environment });
    expect(proxy.authorities).toHaveLength(1);
  });

  test('--max-redirects follows redirects', async () => {
    const server = await observe();
    const redirecting = await listen(
      createServer().on('upgrade', (_request, socket) => {
        socket.end(`HTTP/1.1 307 Temporary Redirect\r\nLocation: ${server.url}\r\nContent-Length: 0\r\n\r\n`);
      }),
    );
    listeners.push(redirecting);
    const args = ['connect', `ws://127.0.0.1:${redirecting.port}/`, ...quickly];
    const refused = await runCommand(args);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('--max-redirects');
    expect((await runCommand([...args, '--max-redirects', '1'], { input: 'a\n' })).stdout).toBe('a\n');
  });

  test('--max-message-bytes limits what is taken', async () => {
    const server = await observe((socket) => socket.send('x'.repeat(2000)));
    const { status } = await runCommand(['connect', server.url, '--max-message-bytes', '1KiB']);
    expect(status).toBe(4);
    expect((await server.closed)[0]).toBe(1009);
  });
});
