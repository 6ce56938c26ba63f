import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocketServer as OtherServer, type WebSocket as OtherSocket } from 'ws';

import {
  acceptance,
  answer,
  type ScriptedServer,
  type ServerScript,
  startScriptedServer,
} from '../../../../../test/support/scripted-server.js';
import { WebSocketError } from './websocket-error.js';
import { WebSocketStream, type WebSocketStreamOptions } from './websocket-stream.js';

/** Starts a server of npm `ws`, which says goodbye with what it was told. */
async function serve(handle: (socket: OtherSocket) => void = echo): Promise<string> {
  const server = new OtherServer({ port: 0, host: '127.0.0.1', maxPayload: 2 ** 30, handleProtocols: first });
  onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', handle);
  await once(server, 'listening');
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function echo(peer: OtherSocket): void {
  peer.on('message', (data, isBinary) => peer.send(data as Buffer, { binary: isBinary }));
}

function first(protocols: Set<string>): string | false {
  return protocols.values().next().value ?? false;
}

async function script(handle: ServerScript): Promise<ScriptedServer> {
  const server = await startScriptedServer(handle);
  onTestFinished(() => server.close());
  return server;
}

function connect(url: string, options?: WebSocketStreamOptions): WebSocketStream {
  const stream = new WebSocketStream(url, options);
  onTestFinished(() => stream.close());
  return stream;
}

async function open(url: string, options?: WebSocketStreamOptions) {
  const stream = connect(url, options);
  return { stream, ...(await stream.opened) };
}

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(5);
}

const isWebSocketError = (closeCode: number | null) =>
  expect.objectContaining({ name: 'WebSocketError', closeCode });

describe('the constructor', () => {
  it.each([
    ['no URL', [], { name: 'TypeError' }],
    ['a bad URL', ['invalid:'], { name: 'SyntaxError' }],
    ['a URL with a fragment', ['ws://host/#f'], { name: 'SyntaxError' }],
    ['options that are none', ['ws://127.0.0.1:9', true], { name: 'TypeError' }],
    ['protocols that are no list', ['ws://127.0.0.1:9', { protocols: 'chat' }], { name: 'TypeError' }],
    ['protocols twice', ['ws://127.0.0.1:9', { protocols: ['a', 'a'] }], { name: 'SyntaxError' }],
    ['a signal that is none', ['ws://127.0.0.1:9', { signal: 1 }], { name: 'TypeError' }],
  ])('refuses %s', (_name, args, error) => {
    expect(() => Reflect.construct(WebSocketStream, args)).toThrow(expect.objectContaining(error));
  });
});

describe('opening', () => {
  it('settles subprotocol and extensions, and gives streams', async () => {
    const url = await serve();
    const { stream, readable, writable, protocol, extensions } = await open(`${url}/a?b`, {
      protocols: ['alpha', 'beta'],
    });
    expect([stream.url, protocol, extensions]).toEqual([`${url}/a?b`, 'alpha', '']);
    expect([readable, writable]).toEqual([expect.any(ReadableStream), expect.any(WritableStream)]);
  });

  it('fails with WebSocketError, and says why in its cause', async () => {
    const server = await script((socket) => socket.end(answer(404)));
    const stream = connect(server.url);
    const error = await rejection(stream.opened);
    expect(error).toEqual(isWebSocketError(null));
    expect(error).toMatchObject({ cause: { code: 'ERR_WS_HANDSHAKE_REFUSED', status: 404 } });
    expect(await rejection(stream.closed)).toBe(error);
  });

  it.each([true, false])('is given up by a signal (aborted before the constructor: %s)', async (isEarly) => {
    const server = await script(() => {});
    const controller = new AbortController();
    if (isEarly) controller.abort('enough');
    const stream = connect(server.url, { signal: controller.signal });
    if (!isEarly) await until(() => server.requests.length === 1);
    controller.abort('enough');
    expect(await rejection(stream.opened)).toBe('enough');
    expect(await rejection(stream.closed)).toBe('enough');
    expect(server.requests.length).toBe(isEarly ? 0 : 1);
    await until(() => server.open === 0);
  });

  it('is not undone by a signal that is aborted later', async () => {
    const controller = new AbortController();
    const { readable, writable } = await open(await serve(), { signal: controller.signal });
    controller.abort();
    void writable.getWriter().write('still here');
    expect((await readable.getReader().read()).value).toBe('still here');
  });

  it('is given up by close', async () => {
    const server = await script(() => {});
    const stream = connect(server.url);
    await until(() => server.requests.length === 1);
    stream.close();
    expect(await rejection(stream.opened)).toBeInstanceOf(WebSocketError);
    expect(await rejection(stream.closed)).toBeInstanceOf(WebSocketError);
    await until(() => server.open === 0);
  });
});

describe('messages', () => {
  it.each([
    ['text', 'grüße', 'grüße'],
    ['bytes', Uint8Array.of(1, 2), Uint8Array.of(1, 2)],
    ['a buffer', Uint8Array.of(3).buffer, Uint8Array.of(3)],
    ['what has a text', 12, '12'],
  ])('%s goes there and back', async (_name, sent, received) => {
    const { readable, writable } = await open(await serve());
    await writable.getWriter().write(sent as string);
    expect((await readable.getReader().read()).value).toEqual(received);
  });

  it.each([
    ['what has no text', { toString: () => ({}) }],
    ['a view of shared memory', new Uint8Array(new SharedArrayBuffer(1))],
  ])('%s is refused, and closes the connection for writing', async (_name, chunk) => {
    const { writable } = await open(await serve());
    const writer = writable.getWriter();
    expect(await rejection(writer.write(chunk as string))).toBeInstanceOf(TypeError);
    expect(await rejection(writer.write('more'))).toBeInstanceOf(TypeError);
  });

  it('are all read before the end, when the server says goodbye at once', async () => {
    const { stream, readable } = await open(
      await serve((peer) => {
        for (let i = 0; i < 100; i++) peer.send(`${i}`);
        peer.close(4000, 'that was all');
      }),
    );
    const received: unknown[] = [];
    for await (const message of readable) received.push(message);
    expect(received).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
    expect(await stream.closed).toEqual({ closeCode: 4000, reason: 'that was all' });
  });
});

describe('closing', () => {
  it.each([
    [undefined, 1005, ''],
    [{}, 1005, ''],
    [{ reason: '' }, 1005, ''],
    [{ reason: 'why' }, 1000, 'why'],
    [{ closeCode: 3456, reason: 'pizza' }, 3456, 'pizza'],
  ])('with %j', async (info, closeCode, reason) => {
    const { stream, readable, writable } = await open(await serve());
    stream.close(info);
    expect(await stream.closed).toEqual({ closeCode, reason });
    expect(await readable.getReader().read()).toEqual({ done: true, value: undefined });
    const error = await rejection(writable.getWriter().write('late'));
    expect(error).toMatchObject({ name: 'InvalidStateError' });
  });

  it.each([
    [true, 'TypeError'],
    [{ closeCode: 70_000 }, 'TypeError'],
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ reason: 'x'.repeat(124) }, 'SyntaxError'],
  ])('with %j is refused', async (info, name) => {
    const { stream } = await open(await serve());
    expect(() => stream.close(info as object)).toThrow(expect.objectContaining({ name }));
  });

  const errors = [
    ['nothing', undefined, 1005, ''],
    ['what is no WebSocketError', { closeCode: 3333, reason: 'ignored' }, 1005, ''],
    ['a code', new WebSocketError('', { closeCode: 3333 }), 3333, ''],
    ['a code and a reason', new WebSocketError('', { closeCode: 3456, reason: 'set' }), 3456, 'set'],
    ['a reason', new WebSocketError('', { reason: 'set' }), 1000, 'set'],
  ] as const;

  it.each(errors)('by aborting the writable side with %s', async (_name, error, closeCode, reason) => {
    const { stream, writable } = await open(await serve());
    await writable.abort(error);
    expect(await stream.closed).toEqual({ closeCode, reason });
  });

  it.each(errors)('by cancelling the readable side with %s', async (_name, error, closeCode, reason) => {
    const { stream, readable } = await open(await serve());
    await readable.cancel(error);
    expect(await stream.closed).toEqual({ closeCode, reason });
  });

  it('by cancelling, whatever is still to be read', async () => {
    const { stream, readable } = await open(
      await serve((peer) => {
        for (let i = 0; i < 5000; i++) peer.send('x'.repeat(1000));
      }),
    );
    await sleep(50);
    await readable.cancel();
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });

  it('by closing the writable side, which is done when the handshake is', async () => {
    let hasAnswered = false;
    const server = await script((socket, request) => {
      socket.write(acceptance(request));
      socket.once('data', async () => {
        await sleep(50);
        hasAnswered = true;
        socket.end(Buffer.of(0x88, 0));
      });
    });
    const { stream, writable } = await open(server.url);
    await writable.getWriter().close();
    expect(hasAnswered).toBe(true);
    expect(await stream.closed).toEqual({ closeCode: 1005, reason: '' });
  });

  it('by aborting amid a message that the server does not read', async () => {
    const url = await serve((peer) => peer.pause());
    const { stream, writable } = await open(url, { closeTimeoutMs: 50, sendTimeoutMs: 100 });
    const writer = writable.getWriter();
    const written = rejection(writer.write(new Uint8Array(32 * 1024 * 1024)));
    await sleep(20);
    const aborted = writer.abort(new WebSocketError('', { closeCode: 4000 }));
    expect(await rejection(stream.closed)).toEqual(isWebSocketError(1006));
    expect(await written).toMatchObject({ name: 'InvalidStateError' });
    await aborted.catch(() => {});
  });

  it('without a Close frame fails both sides with one error', async () => {
    const server = await script((socket, request) => {
      socket.write(acceptance(request));
      setTimeout(() => socket.end(), 20);
    });
    const { stream, readable, writable } = await open(server.url);
    const error = await rejection(stream.closed);
    expect(error).toEqual(isWebSocketError(1006));
    expect(await rejection(readable.getReader().read())).toBe(error);
    expect(await rejection(writable.getWriter().write('late'))).toBe(error);
  });

  it('by the server before it could have what is written is no clean one', async () => {
    const server = await script((socket, request) => {
      socket.write(Buffer.concat([Buffer.from(acceptance(request)), Buffer.of(0x88, 2, 0x11, 0xd7)]));
      setTimeout(() => socket.end(), 50);
    });
    const { stream, writable } = await open(server.url);
    const written = rejection(writable.getWriter().write('unheard'));
    expect(await rejection(stream.closed)).toEqual(isWebSocketError(4567));
    expect(await written).toMatchObject({ name: 'InvalidStateError' });
  });

  it('stays clean when something is written after close', async () => {
    const { stream, writable } = await open(await serve());
    stream.close({ closeCode: 4000 });
    const written = rejection(writable.getWriter().write('too late'));
    expect(await stream.closed).toEqual({ closeCode: 4000, reason: '' });
    expect(await written).toMatchObject({ name: 'InvalidStateError' });
  });

  it('by the server amid a message of ours is no clean one', async () => {
    const { stream, writable } = await open(
      await serve((peer) => {
        peer.pause();
        setTimeout(() => peer.close(4567), 50);
        setTimeout(() => peer.terminate(), 150);
      }),
    );
    const writer = writable.getWriter();
    const written = rejection(writer.write(new Uint8Array(32 * 1024 * 1024)));
    expect(await rejection(stream.closed)).toEqual(isWebSocketError(4567));
    expect(await written).toMatchObject({ name: 'InvalidStateError' });
    expect(await rejection(writer.write('more'))).toBe(await written);
  });
});

describe('backpressure', () => {
  it('stops writing while the server does not read, within a bounded number of bytes', async () => {
    let received = 0;
    let server: OtherSocket | undefined;
    const { writable } = await open(
      await serve((peer) => {
        server = peer;
        peer.pause();
        peer.on('message', (data: Buffer) => {
          received += data.length;
        });
      }),
    );
    const writer = writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 1000; i++) {
        await writer.ready;
        await writer.write(new Uint8Array(64 * 1024));
        written += 64 * 1024;
      }
    })();
    await until(() => written > 0);
    let before = -1;
    while (before !== written) {
      before = written;
      await sleep(150);
    }
    expect(written).toBeLessThan(16 * 1024 * 1024);
    expect(received).toBe(0);
    server?.resume();
    await writing;
    await until(() => received === 1000 * 64 * 1024);
  });

  it('stops reading while nobody reads, within a bounded number of bytes', async () => {
    const count = 1000;
    let server: OtherSocket | undefined;
    const { readable } = await open(
      await serve((peer) => {
        server = peer;
        for (let i = 0; i < count; i++) peer.send(new Uint8Array(64 * 1024));
      }),
    );
    let before = -1;
    while (before !== server?.bufferedAmount) {
      before = server?.bufferedAmount ?? 0;
      await sleep(150);
    }
    expect(count * 64 * 1024 - before).toBeLessThan(16 * 1024 * 1024);
    const reader = readable.getReader();
    for (let i = 0; i < count; i++) expect((await reader.read()).value?.length).toBe(64 * 1024);
    await until(() => server?.bufferedAmount === 0);
  });

  it('does not hold a close back', async () => {
    const { stream, readable, writable } = await open(await serve((peer) => peer.send('unread')));
    await sleep(20);
    stream.close({ closeCode: 4000 });
    expect(await stream.closed).toEqual({ closeCode: 4000, reason: '' });
    expect((await readable.getReader().read()).value).toBe('unread');
    expect(await rejection(writable.getWriter().closed)).toMatchObject({ name: 'InvalidStateError' });
  });
});

describe('WebSocketError', () => {
  it.each([
    [[], '', null, ''],
    [['text', { closeCode: 3456, reason: 'why' }], 'text', 3456, 'why'],
    [['', { closeCode: 3333 }], '', 3333, ''],
    [['', { reason: 'why' }], '', 1000, 'why'],
  ])('made of %j', (args, message, closeCode, reason) => {
    const error = new WebSocketError(...(args as [string]));
    expect(error).toBeInstanceOf(DOMException);
    expect([error.name, error.code, error.message]).toEqual(['WebSocketError', 0, message]);
    expect([error.closeCode, error.reason]).toEqual([closeCode, reason]);
  });

  it.each([
    [{ closeCode: 1001 }, 'InvalidAccessError'],
    [{ closeCode: 5000 }, 'InvalidAccessError'],
    [{ reason: '\u{1f50c}'.repeat(32) }, 'SyntaxError'],
    [1, 'TypeError'],
  ])('is not made of %j', (init, name) => {
    expect(() => new WebSocketError('', init as object)).toThrow(expect.objectContaining({ name }));
  });
});
