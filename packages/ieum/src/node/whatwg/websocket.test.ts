import { Blob } from 'node:buffer';
import { getEventListeners, once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer as OtherServer, type WebSocket as OtherSocket } from 'ws';

import {
  acceptance,
  answer,
  type ScriptedServer,
  type ServerScript,
  startScriptedServer,
} from '../../../../../test/support/scripted-server.js';
import type { Routes } from '../routes.js';
import { createServer } from '../websocket-server.js';
import type { CloseEvent } from './close-event.js';
import type { FailureEvent } from './failure-event.js';
import { WebSocket } from './websocket.js';
import type { WebSocketOptions } from './websocket-options.js';

/** Starts a server of ours. */
async function serve(routes: Routes): Promise<string> {
  const server = createServer<unknown>({ routes, allowOrigin: 'any' });
  onTestFinished(() => server.close());
  return (await server.listen()).url;
}

/** Starts a server of npm `ws`. */
async function serveOther(handle: (socket: OtherSocket) => void): Promise<string> {
  const server = new OtherServer({ port: 0, host: '127.0.0.1', maxPayload: 2 ** 30 });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', handle);
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function script(handle: ServerScript): Promise<ScriptedServer> {
  const server = await startScriptedServer(handle);
  onTestFinished(() => server.close());
  return server;
}

/** A client whose events are noted as `open`, `message …`, `error …` and `close <code> <reason> <wasClean>`. */
function connect(url: string, options?: string | readonly string[] | WebSocketOptions) {
  const socket = options === undefined ? new WebSocket(url) : new WebSocket(url, options);
  onTestFinished(() => socket.close());
  const events: string[] = [];
  const failures: FailureEvent[] = [];
  const opened = new Promise<void>((resolve) => {
    socket.addEventListener('open', () => {
      events.push('open');
      resolve();
    });
  });
  socket.addEventListener('message', ({ data }) => events.push(`message ${data}`));
  socket.addEventListener('error', (event) => {
    events.push('error');
    failures.push(event);
  });
  const closed = new Promise<CloseEvent>((resolve) => {
    socket.addEventListener('close', (event) => {
      events.push(`close ${event.code} ${event.reason} ${event.wasClean}`);
      resolve(event);
    });
  });
  return { socket, events, failures, opened, closed };
}

const echo: Routes = { '/': { message: (peer, message) => peer.send(message), subprotocols: chooseFirst } };

function chooseFirst(offered: readonly string[]): string | undefined {
  return offered[0];
}

/** A frame of a server. */
function frame(first: number, payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload);
  return Buffer.concat([Buffer.of(first, bytes.length), bytes]);
}

const nextTask = () => new Promise<void>((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe('the constructor', () => {
  it.each([
    '',
    'relative',
    '//host/',
    'ftp://host/',
    'ws://bad host/',
    'ws://host/#',
    'ws://host/#f',
    null,
    12,
  ])('refuses the URL %j', (url) => {
    expect(() => new WebSocket(url as string)).toThrow(expect.objectContaining({ name: 'SyntaxError' }));
  });

  it('needs a URL', () => {
    expect(() => Reflect.construct(WebSocket, [])).toThrow(TypeError);
  });

  it.each([
    ['a space', 'a b'],
    ['an empty one', ''],
    ['no ASCII', 'ü'],
    ['the same twice', ['chat', 'chat']],
    ['the same in another case', ['chat', 'Chat']],
    ['a bad one among options', { protocols: ['('] }],
    ['a bad one alone among options', { protocols: '(' }],
  ])('refuses subprotocols with %s', (_name, protocols) => {
    expect(() => new WebSocket('ws://127.0.0.1:9', protocols)).toThrow(
      expect.objectContaining({ name: 'SyntaxError' }),
    );
  });

  it.each([
    ['a signal that is none', { signal: {} }, { name: 'TypeError' }],
    ['a limit of zero', { maxMessageBytes: 0 }, { code: 'ERR_WS_INVALID_OPTION' }],
  ])('refuses %s', (_name, options, error) => {
    expect(() => new WebSocket('ws://127.0.0.1:9', options as object)).toThrow(
      expect.objectContaining(error),
    );
  });

  it.each([
    ['ws://127.0.0.1:9', 'ws://127.0.0.1:9/'],
    ['HTTP://127.0.0.1:9/a?b', 'ws://127.0.0.1:9/a?b'],
    ['https://localhost:443/ü', 'wss://localhost/%C3%BC'],
  ])('has for %s the URL %s', async (given, url) => {
    const { socket, closed } = connect(given);
    expect(socket.url).toBe(url);
    socket.close();
    await closed;
  });

  it('begins as the standard says', async () => {
    const { socket, closed } = connect(await serve(echo));
    const { readyState, bufferedAmount, extensions, protocol, binaryType } = socket;
    expect({ readyState, bufferedAmount, extensions, protocol, binaryType }).toEqual({
      readyState: WebSocket.CONNECTING,
      bufferedAmount: 0,
      extensions: '',
      protocol: '',
      binaryType: 'blob',
    });
    expect([socket.onopen, socket.onmessage, socket.onerror, socket.onclose]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    socket.close();
    await closed;
  });

  it.each([
    ['one', 'chat', 'chat'],
    ['several', ['first', 'second'], 'first'],
    ['none', [], ''],
    ['several among options', { protocols: ['first', 'second'] }, 'first'],
    ['one among options', { protocols: 'chat' }, 'chat'],
  ])('offers %s subprotocol', async (_name, protocols, chosen) => {
    const { socket, opened } = connect(await serve(echo), protocols);
    await opened;
    expect(socket.protocol).toBe(chosen);
  });

  it('sends the headers and the origin among its options', async () => {
    const server = await script((socket, request) => socket.end(acceptance(request)));
    const { closed } = connect(server.url, {
      headers: { Authorization: 'Bearer x' },
      origin: 'https://a.example',
    });
    await closed;
    expect(server.requests[0]?.field('authorization')).toBe('Bearer x');
    expect(server.requests[0]?.field('origin')).toBe('https://a.example');
  });

  it('has the constants, on the class and on its instances', () => {
    const constants = { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 };
    expect({ ...WebSocket }).toEqual(constants);
    expect(WebSocket.prototype).toMatchObject(constants);
    expect(Reflect.set(WebSocket, 'OPEN', 5)).toBe(false);
    expect(String(Object.prototype.toString.call(WebSocket.prototype))).toBe('[object WebSocket]');
  });
});

describe('sending', () => {
  it.each([
    ['a string', 'grüße \u{1f600}', false, Buffer.from('grüße \u{1f600}')],
    ['a lone surrogate', 'a\ud800', false, Buffer.from('a\ufffd')],
    ['a number', 7, false, Buffer.from('7')],
    ['undefined', undefined, false, Buffer.from('undefined')],
    ['an ArrayBuffer', Uint8Array.of(1, 2).buffer, true, Buffer.of(1, 2)],
    ['a part of a view', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), true, Buffer.of(2, 3)],
    ['a Blob', new Blob(['ab', Uint8Array.of(0)]), true, Buffer.of(97, 98, 0)],
  ])('%s', async (_name, data, isBinary, bytes) => {
    const received = deferred<[Buffer, boolean]>();
    const url = await serveOther((peer) =>
      peer.on('message', (data, isBinary) => received.resolve([data as Buffer, isBinary])),
    );
    const { socket, opened } = connect(url);
    await opened;
    socket.send(data as string);
    expect(await received.promise).toEqual([bytes, isBinary]);
  });

  it('needs an argument, and an open connection', async () => {
    const { socket, opened } = connect(await serve(echo));
    expect(() => socket.send('early')).toThrow(expect.objectContaining({ name: 'InvalidStateError' }));
    expect(() => (socket.send as () => void)()).toThrow(TypeError);
    await opened;
    expect(() => socket.send(new Uint8Array(new SharedArrayBuffer(1)))).toThrow(TypeError);
  });

  it('copies: a buffer may change as soon as it was sent, even when the server does not read', async () => {
    const first: number[] = [];
    const url = await serveOther((peer) => {
      peer.pause();
      setTimeout(() => peer.resume(), 100);
      peer.on('message', (data: Buffer) => {
        first.push(data[0] as number);
        if (first.length === 30) peer.close();
      });
    });
    const { socket, opened, closed } = connect(url);
    await opened;
    const buffer = new Uint8Array(1024 * 1024);
    for (let i = 0; i < 30; i++) {
      buffer[0] = i;
      socket.send(buffer);
      buffer[0] = 255;
    }
    await closed;
    expect(first).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it('keeps the order of Blobs, of what is sent behind them, and of close', async () => {
    const texts: string[] = [];
    const url = await serveOther((peer) => peer.on('message', (data) => texts.push(String(data))));
    const { socket, opened, closed } = connect(url);
    await opened;
    socket.send(new Blob(['one']));
    socket.send('two');
    socket.send(new Blob(['three']));
    socket.send(Buffer.from('four'));
    socket.close(3001, 'done');
    expect(socket.bufferedAmount).toBe(15);
    expect((await closed).code).toBe(3001);
    expect(texts).toEqual(['one', 'two', 'three', 'four']);
    expect(socket.bufferedAmount).toBe(0);
  });

  it('gives the connection up when a Blob cannot be read', async () => {
    class Unreadable extends Blob {
      override arrayBuffer(): Promise<ArrayBuffer> {
        return Promise.reject(new Error('gone'));
      }
    }
    const { socket, opened, closed, failures } = connect(await serve(echo));
    await opened;
    socket.send(new Unreadable(['abc']));
    socket.send('behind');
    expect((await closed).code).toBe(1006);
    expect(failures[0]?.error).toEqual(new Error('gone'));
    expect(socket.bufferedAmount).toBe(9);
  });
});

describe('bufferedAmount', () => {
  it('counts payload bytes within a task, and drops when they have left', async () => {
    const { socket, opened } = connect(await serve(echo));
    await opened;
    socket.send('ü');
    socket.send(new Uint8Array(70_000));
    socket.send('');
    expect(socket.bufferedAmount).toBe(70_002);
    await until(() => socket.bufferedAmount === 0);
  });

  it('grows with what is sent after close, and never drops then', async () => {
    const { socket, opened, closed } = connect(await serve(echo));
    await opened;
    socket.close();
    socket.send('abc');
    socket.send(new Blob(['de']));
    expect(socket.bufferedAmount).toBe(5);
    await closed;
    socket.send(new Uint8Array(10));
    await nextTask();
    expect(socket.bufferedAmount).toBe(15);
  });

  it('stays where it was when the connection is lost', async () => {
    const url = await serveOther((peer) => {
      peer.pause();
      peer.once('ping', () => {});
      setTimeout(() => peer.terminate(), 100);
    });
    const { socket, opened, closed } = connect(url);
    await opened;
    const total = 64 * 1024 * 1024;
    for (let i = 0; i < 64; i++) socket.send(new Uint8Array(total / 64));
    await closed;
    expect(socket.bufferedAmount).toBeGreaterThan(1024 * 1024);
    expect(socket.bufferedAmount).toBeLessThanOrEqual(total);
  });
});

describe('receiving', () => {
  const sendBoth: Routes = {
    '/': {
      open(peer) {
        peer.send('text');
        peer.send(Uint8Array.of(1, 2, 3));
      },
    },
  };

  it.each(['blob', 'arraybuffer'] as const)('gives text as a string, and bytes as %s', async (binaryType) => {
    const url = await serve(sendBoth);
    const socket = new WebSocket(url);
    socket.binaryType = binaryType;
    socket.binaryType = 'nonsense' as 'blob';
    expect(socket.binaryType).toBe(binaryType);
    const messages: MessageEvent[] = [];
    socket.onmessage = (event) => {
      messages.push(event);
      if (messages.length === 2) socket.close();
    };
    await once(socket, 'close');
    expect(messages.every((event) => event instanceof MessageEvent && event.origin === url)).toBe(true);
    expect(messages[0]?.data).toBe('text');
    const bytes: unknown = messages[1]?.data;
    expect(bytes).toBeInstanceOf(binaryType === 'blob' ? Blob : ArrayBuffer);
    expect(Buffer.from(bytes instanceof Blob ? await bytes.arrayBuffer() : (bytes as ArrayBuffer))).toEqual(
      Buffer.of(1, 2, 3),
    );
  });

  it('has a task for each event: promises are settled in between', async () => {
    const notes: string[] = [];
    const server = await script((socket, request) => {
      const frames = [frame(0x81, 'one'), frame(0x81, 'two'), frame(0x88, Buffer.of(0x03, 0xe8))];
      socket.end(Buffer.concat([Buffer.from(acceptance(request)), ...frames]));
    });
    const socket = new WebSocket(server.url);
    for (const type of ['open', 'message', 'close'] as const) {
      socket.addEventListener(type, async () => {
        notes.push(`${type} ${socket.readyState}`);
        for (let i = 0; i < 10; i++) await null;
        notes.push('settled');
      });
    }
    await once(socket, 'close');
    await nextTask();
    const expected = ['open 1', 'message 1', 'message 1', 'close 3'].flatMap((note) => [note, 'settled']);
    expect(notes).toEqual(expected);
  });

  it('brings every message of a large chunk, in order', async () => {
    const count = 5000;
    const server = await script((socket, request) => {
      const frames = Array.from({ length: count }, (_, i) => frame(0x81, `${i}`));
      socket.end(Buffer.concat([Buffer.from(acceptance(request)), ...frames, frame(0x88, '')]));
    });
    const { events, closed } = connect(server.url);
    const { code } = await closed;
    expect(code).toBe(1005);
    expect(events.slice(1, -1)).toEqual(Array.from({ length: count }, (_, i) => `message ${i}`));
  });

  it('brings no message after close', async () => {
    const url = await serveOther((peer) => {
      for (let i = 0; i < 5; i++) peer.send(`${i}`);
    });
    const { socket, events, closed } = connect(url);
    socket.addEventListener('message', () => socket.close());
    await closed;
    expect(events).toEqual(['open', 'message 0', 'close 1005  true']);
  });

  it('goes on when a listener throws, and reports what it threw', async () => {
    const reported = new Promise((resolve) => {
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException');
      process.once('uncaughtException', (error) => {
        for (const listener of others) process.on('uncaughtException', listener);
        resolve(error);
      });
    });
    const { socket, events, opened } = connect(await serve(echo));
    await opened;
    socket.addEventListener(
      'message',
      () => {
        throw new Error('mine');
      },
      { once: true },
    );
    socket.send('one');
    expect(await reported).toEqual(new Error('mine'));
    socket.send('two');
    await until(() => events.length === 3);
    expect(events).toEqual(['open', 'message one', 'message two']);
  });
});

describe('closing', () => {
  it.each([
    ['nothing', [], 1005, ''],
    ['a code', [1000], 1000, ''],
    ['a code and a reason', [4001, 'bye'], 4001, 'bye'],
    ['a reason', [undefined, 'bye'], 1000, 'bye'],
    ['a lone surrogate', [1000, '\ud807'], 1000, '\ufffd'],
  ])('with %s', async (_name, args, code, reason) => {
    const { socket, opened, closed, events } = connect(await serveOther(() => {}));
    await opened;
    socket.close(...(args as [number]));
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    socket.close(3000);
    await closed;
    expect(socket.readyState).toBe(WebSocket.CLOSED);
    socket.close();
    expect(events).toEqual(['open', `close ${code} ${reason} true`]);
  });

  it.each([
    [[0], 'InvalidAccessError'],
    [[null], 'InvalidAccessError'],
    [[Number.NaN], 'InvalidAccessError'],
    [['text'], 'InvalidAccessError'],
    [[2 ** 16 + 1000], 'InvalidAccessError'],
    [[1001], 'InvalidAccessError'],
    [[1000, 'x'.repeat(124)], 'SyntaxError'],
  ])('with %j is refused in every state', async (args, name) => {
    const { socket, opened, closed } = connect(await serve(echo));
    const attempt = () => socket.close(...(args as [number]));
    expect(attempt).toThrow(expect.objectContaining({ name }));
    await opened;
    expect(attempt).toThrow(expect.objectContaining({ name }));
    socket.close();
    await closed;
    expect(attempt).toThrow(expect.objectContaining({ name }));
  });

  it('says CLOSING once the server has said goodbye', async () => {
    let server: Socket | undefined;
    const { url } = await script((socket, request) => {
      server = socket;
      socket.write(Buffer.concat([Buffer.from(acceptance(request)), frame(0x88, Buffer.of(0x0f, 0xa0))]));
    });
    const { socket, opened, closed } = connect(url);
    await opened;
    await until(() => socket.readyState === WebSocket.CLOSING);
    socket.send('late');
    expect(socket.bufferedAmount).toBe(4);
    server?.end();
    expect(await closed).toMatchObject({ code: 4000, reason: '', wasClean: true });
  });

  it('gives the attempt up while connecting', async () => {
    const server = await script(() => {});
    const { socket, events, closed } = connect(server.url);
    await until(() => server.requests.length === 1);
    socket.close();
    expect(socket.readyState).toBe(WebSocket.CLOSING);
    expect(events).toEqual([]);
    await closed;
    expect(events).toEqual(['error', 'close 1006  false']);
    await until(() => server.open === 0);
  });

  it('gives a connection up that is established and not open yet', async () => {
    const url = await serve(echo);
    for (let delay = 0; delay < 20; delay++) {
      const { socket, events, closed } = connect(url);
      for (let i = 0; i < delay; i++) await nextTask();
      const wasOpen = socket.readyState === WebSocket.OPEN;
      socket.close();
      await closed;
      expect(events).toEqual(wasOpen ? ['open', 'close 1005  true'] : ['error', 'close 1006  false']);
    }
  });
});

describe('failing', () => {
  it.each([
    ['the server refuses', answer(403), 'ERR_WS_HANDSHAKE_REFUSED'],
    ['the server speaks no HTTP', 'FOO BAR BAZ\r\n\r\n', 'ERR_WS_HANDSHAKE_HTTP'],
    ['the server hangs up', '', 'ERR_WS_HANDSHAKE_ENDED'],
  ])('before it is open: %s', async (_name, response, code) => {
    const server = await script((socket) => socket.end(response));
    const { socket, events, failures, closed } = connect(server.url);
    await closed;
    expect(events).toEqual(['error', 'close 1006  false']);
    expect(failures[0]).toMatchObject({ cause: { type: 'opening' }, error: { code } });
    expect(socket.readyState).toBe(WebSocket.CLOSED);
  });

  it('when there is no server', async () => {
    const server = await script(() => {});
    await server.close();
    const { failures, closed } = connect(server.url);
    await closed;
    expect(failures[0]?.error).toMatchObject({ code: 'ERR_WS_CONNECT' });
  });

  it('when the handshake takes too long', async () => {
    const server = await script(() => {});
    const { failures, closed } = connect(server.url, { handshakeTimeoutMs: 30 });
    await closed;
    expect(failures[0]?.error).toMatchObject({ code: 'ERR_WS_HANDSHAKE_TIMEOUT' });
  });

  it.each([true, false])(
    'when a signal is aborted before it is open (before the constructor: %s)',
    async (early) => {
      const server = await script(() => {});
      const controller = new AbortController();
      if (early) controller.abort('enough');
      const { failures, events, closed } = connect(server.url, { signal: controller.signal });
      if (!early) await until(() => server.requests.length === 1);
      controller.abort('enough');
      await closed;
      expect(failures[0]?.cause).toEqual({ type: 'opening', error: 'enough' });
      expect(events).toEqual(['error', 'close 1006  false']);
      expect(server.requests.length).toBe(early ? 0 : 1);
    },
  );

  it.each([
    ['a broken frame', (socket: Socket) => socket.write(frame(0x83, '')), 'violation'],
    ['bad UTF-8', (socket: Socket) => socket.write(frame(0x81, Buffer.of(0xff))), 'violation'],
    ['a FIN', (socket: Socket) => socket.end(), 'end-of-stream'],
    ['a reset', (socket: Socket) => socket.resetAndDestroy(), 'transport'],
  ])('after it was open: %s', async (_name, act, type) => {
    const server = await script((socket, request) => {
      socket.write(acceptance(request));
      setTimeout(act, 20, socket);
    });
    const { events, failures, closed } = connect(server.url);
    await closed;
    expect(events).toEqual(['open', 'error', 'close 1006  false']);
    expect(failures[0]?.cause.type).toBe(type);
  });

  it('when a message is larger than allowed', async () => {
    const { socket, events, failures, opened, closed } = connect(await serve(echo), { maxMessageBytes: 100 });
    await opened;
    socket.send('x'.repeat(101));
    await closed;
    expect(events).toEqual(['open', 'error', 'close 1006  false']);
    expect(failures[0]?.cause).toMatchObject({ violation: { code: 'ERR_WS_MESSAGE_TOO_BIG' } });
  });
});

describe('the process', () => {
  it('is kept alive by an open connection, and by nothing of a closed one', async () => {
    const url = await serve(echo);
    await until(() => openSockets() === 0);
    const { socket, opened, closed } = connect(url);
    await opened;
    expect(openSockets()).toBe(2);
    socket.close();
    await closed;
    await until(() => openSockets() === 0);
  });

  it('keeps no listener on a signal', async () => {
    const { signal } = new AbortController();
    const { socket, opened, closed } = connect(await serve(echo), { signal });
    await opened;
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    socket.close();
    await closed;
  });
});

/** Sockets that keep the process alive: of clients and of servers. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

function deferred<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
