import type { Socket } from 'node:net';

import { describe, expect, onTestFinished, test } from 'vitest';

import { runBench } from '../support/bench.js';
import { startCommand } from '../support/command.js';
import { type Answer, echo, startEchoServer } from '../support/echo-server.js';
import {
  acceptance,
  answer,
  redirection,
  type ServerScript,
  startScriptedServer,
} from '../support/scripted-server.js';
import { startServe } from '../support/served.js';

/** What is printed when a run fails: nothing on standard output, and one line about it at the end. */
async function failure(url: string, args: readonly string[] = []): Promise<string> {
  const { status, stdout, stderr } = await runBench(url, args);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  const lines = stderr.trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('error: '))).toEqual([lines.at(-1)]);
  return lines.at(-1) ?? '';
}

/** Answers as `wrong` does, once some messages were answered rightly. */
function onceAnswered(count: number, wrong: Answer): Answer {
  let answered = 0;
  return (...message) => (++answered > count ? wrong : echo)(...message);
}

describe('a reply fails the run', () => {
  const wrongByte: Answer = (socket, data, isBinary) => {
    data[data.length - 1] = (data[data.length - 1] as number) ^ 1;
    socket.send(data, { binary: isBinary });
  };
  test.each<[string, string, Answer]>([
    ['with a wrong byte', 'wrong reply', onceAnswered(500, wrongByte)],
    ['with a wrong byte at first', 'wrong reply', wrongByte],
    [
      'of the other type',
      'wrong reply',
      onceAnswered(500, (socket, data) => socket.send(data, { binary: true })),
    ],
    [
      'that is cut',
      'wrong reply',
      onceAnswered(500, (socket, data) => socket.send(String(data.subarray(1)))),
    ],
    ['that comes twice', 'repl', onceAnswered(500, (...message) => [echo(...message), echo(...message)])],
    ['that never comes', 'did not come back', onceAnswered(500, () => {})],
    ['that is a Close frame', '1011', onceAnswered(500, (socket) => socket.close(1011))],
    ['that is the end of TCP', 'without a Close frame', onceAnswered(500, (socket) => socket.terminate())],
  ])('%s', async (_, part, wrong) => {
    const server = await startEchoServer({ answer: wrong });
    expect(await failure(server.url)).toContain(part);
  });

  test('in any scenario', async () => {
    const server = await startEchoServer({ answer: wrongByte });
    expect(await failure(server.url, ['--scenario', 'idle'])).toContain('wrong reply');
    expect(await failure(server.url, ['--scenario', 'broadcast', '-c', '1'])).toContain('wrong reply');
  });
});

describe('with --compress, a server fails the run', () => {
  const compressed = ['--compress', '--payload', '512'];

  test('that does not grant compression', async () => {
    const server = await startEchoServer();
    expect(await failure(server.url, compressed)).toContain('does not grant permessage-deflate');
  });

  test('that grants what was not offered', async () => {
    const field = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits=12' };
    const server = await startScriptedServer(
      welcomeFirst((socket, request) => void socket.write(acceptance(request, field))),
    );
    expect(await failure(server.url, compressed)).toContain('client_max_window_bits');
  });

  test.each([
    ['takes context over', {}],
    ['does not', { serverNoContextTakeover: true }],
  ])('whose reply has a wrong byte, where it %s', async (_, terms) => {
    const wrong: Answer = (socket, data) => {
      data[300] = (data[300] as number) ^ 1;
      socket.send(data, { binary: false });
    };
    const server = await startEchoServer({
      answer: onceAnswered(100, wrong),
      deflate: { threshold: 0, ...terms },
    });
    expect(await failure(server.url, compressed)).toContain('wrong reply');
  });
});

test('a broadcast that does not reach everyone fails the run', async () => {
  const server = await startEchoServer();
  expect(await failure(server.url, ['--scenario', 'broadcast'])).toContain('1 of 10 connections');
});

describe('a server fails the run', () => {
  test('that is not there', async () => {
    const server = await startScriptedServer(() => {});
    await server.close();
    expect(await failure(server.url)).toMatch(/connection refused.*is the server running/);
  });

  test('that dies', async () => {
    const served = await startServe();
    onTestFinished(() => served.command.kill());
    const bench = startCommand(['bench', `${served.wsUrl}/echo`, '--warmup', '0'], { input: '' });
    await bench.until(({ stderr }) => stderr.includes('measuring'));
    await served.command.kill();
    const { status, stdout, stderr } = await bench.ended;
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: .*connection/m);
  });

  test('that has no place for so many', async () => {
    const served = await startServe(['--max-connections', '5']);
    onTestFinished(() => served.command.kill());
    expect(await failure(`${served.wsUrl}/echo`)).toContain('503');
  });

  test.each<[string, string, ServerScript]>([
    ['refuses', '403', (socket) => socket.end(answer(403))],
    ['redirects', 'ws://elsewhere.invalid/', (socket) => socket.end(redirection('ws://elsewhere.invalid/'))],
    ['breaks the opening handshake', 'Accept', breakAccept],
    ['is no web server', 'HTTP', (socket) => socket.end('SSH-2.0-server\r\n\r\n')],
    ['says nothing', 'ended', (socket) => socket.destroy()],
  ])('that %s from the second connection on', async (_, part, script) => {
    const server = await startScriptedServer(welcomeFirst(script));
    expect(await failure(server.url)).toContain(part === 'ws://elsewhere.invalid/' ? '307' : part);
  });

  test('that redirects', async () => {
    const server = await startScriptedServer(
      (socket) => void socket.end(redirection('ws://elsewhere.invalid/')),
    );
    expect(await failure(server.url)).toContain('ws://elsewhere.invalid/');
  });

  test.each([
    ['ends TCP without a Close frame', Buffer.alloc(0)],
    ['answers with another close code', Buffer.from([0x88, 2, 0x03, 0xe9])],
    ['breaks the protocol', Buffer.from([0xf1, 0])],
  ])('that %s in a closing handshake', async (_, bytes) => {
    const script: ServerScript = (socket, request) => {
      socket.write(acceptance(request));
      socket.on('data', () => socket.end(bytes));
    };
    const server = await startScriptedServer(welcomeFirst(script));
    await failure(server.url, ['--scenario', 'connect']);
  });
});

describe('options that do not fit are one line, and status 2', () => {
  test.each([
    [['--scenario', 'sing'], '--scenario'],
    [['--connections', '0'], '--connections'],
    [['--connections', 'many'], '--connections'],
    [['--payload', 'big'], '--payload'],
    [['--payload', '1GiB'], '--payload'],
    [['--payload', '1MiB', '--in-flight', '1000'], '--in-flight'],
    [['--rate', '0'], '--rate'],
    [['--duration', '0'], '--duration'],
    [['--warmup', 'long'], '--warmup'],
    [['--processes', '11'], '--processes'],
    [['--scenario', 'idle', '--rate', '5'], '--rate'],
    [['--scenario', 'connect', '--in-flight', '2'], '--in-flight'],
    [['--scenario', 'echo', '--messages', '2'], '--messages'],
    [['--scenario', 'idle', '--messages', '0'], '--messages'],
    [['--server-pid', '999999999'], '--server-pid'],
    [['--header', 'no colon'], '--header'],
    [['--header', 'Host: elsewhere'], 'ost'],
    [['--subprotocol', 'two words'], 'ubprotocol'],
    [['--conections', '5'], 'Did you mean --connections?'],
  ])('%j', async (args, part) => {
    const { status, stdout, stderr } = await runBench('ws://127.0.0.1:9/', args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(part);
  });

  test.each([['127.0.0.1:8080'], ['ftp://127.0.0.1/'], ['ws://']])('the URL %s', async (url) => {
    const { status, stderr } = await runBench(url);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });
});

/** Lets the first connection in and out, as the command tries the server with it. */
function welcomeFirst(script: ServerScript): ServerScript {
  let isFirst = true;
  return (socket, request) => {
    if (!isFirst) return script(socket, request);
    isFirst = false;
    socket.write(acceptance(request));
    socket.on('data', () => socket.end(Buffer.from([0x88, 2, 0x03, 0xe8])));
  };
}

function breakAccept(socket: Socket, request: Parameters<ServerScript>[1]): void {
  socket.write(acceptance(request, { 'Sec-WebSocket-Accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }));
}
