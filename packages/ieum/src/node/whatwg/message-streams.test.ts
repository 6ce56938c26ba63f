import { once } from 'node:events';

import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket as OtherSocket } from 'ws';

import type { Peer } from '../peer.js';
import type { PeerHandlers } from '../peer-handlers.js';
import type { PeerOptions } from '../peer-options.js';
import { createServer } from '../websocket-server.js';

/** A peer of a server of ours, and the client of npm `ws` behind it. */
async function open(handlers: PeerHandlers<undefined> & PeerOptions = {}) {
  const opened = deferred<Peer<undefined>>();
  const server = createServer<undefined>({ routes: { '/': { open: opened.resolve, ...handlers } } });
  const client = new OtherSocket((await server.listen()).url);
  onTestFinished(async () => {
    client.terminate();
    await server.close();
  });
  await once(client, 'open');
  return { peer: await opened.promise, client };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Waits until a figure stands still. */
async function settled(figure: () => number): Promise<number> {
  for (let before = -1; ; await sleep(150)) {
    if (before === figure()) return before;
    before = figure();
  }
}

async function fails(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  );
}

describe('the streams of a peer', () => {
  it('are the same at every call', async () => {
    const { peer } = await open();
    expect(peer.stream()).toBe(peer.stream());
  });

  it('are refused where messages go to a handler', async () => {
    const { peer } = await open({ message: () => {} });
    expect(() => peer.stream()).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_STATE' }));
  });

  it('can be piped: an echo is one line', async () => {
    const { peer, client } = await open();
    const { readable, writable } = peer.stream();
    const piped = readable.pipeTo(writable);
    const received: unknown[] = [];
    client.on('message', (data: Buffer, isBinary) => received.push(isBinary ? [...data] : String(data)));
    client.send('text');
    client.send(Uint8Array.of(1, 2));
    client.send('');
    while (received.length < 3) await once(client, 'message');
    expect(received).toEqual(['text', [1, 2], '']);
    client.close(4000);
    await fails(piped);
    expect((await peer.closed).code).toBe(4000);
  });

  it('end with the closing handshake, after all that was received', async () => {
    const { peer, client } = await open();
    for (let i = 0; i < 50; i++) client.send(`${i}`);
    client.close(1000);
    const received: unknown[] = [];
    for await (const message of peer.stream().readable) received.push(message);
    expect(received).toEqual(Array.from({ length: 50 }, (_, i) => `${i}`));
    await expect(peer.stream().writable.getWriter().closed).rejects.toMatchObject({
      name: 'InvalidStateError',
    });
  });

  it('fail when the connection is lost', async () => {
    const { peer, client } = await open();
    const { readable, writable } = peer.stream();
    client.terminate();
    const error = await fails(readable.getReader().read());
    expect(error).toMatchObject({ name: 'WebSocketError', closeCode: 1006 });
    expect(await fails(writable.getWriter().write('late'))).toBe(error);
  });

  it('are at their end when they are asked for too late', async () => {
    const { peer, client } = await open();
    client.close(1000);
    await peer.closed;
    expect((await peer.stream().readable.getReader().read()).done).toBe(true);
  });

  it('stop writing while the client does not read, within a bounded number of bytes', async () => {
    const { peer, client } = await open();
    let received = 0;
    client.on('message', (data: Buffer) => {
      received += data.length;
    });
    client.pause();
    const writer = peer.stream().writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (let i = 0; i < 500; i++) {
        await writer.write(new Uint8Array(64 * 1024));
        written += 64 * 1024;
      }
    })();
    expect(await settled(() => written)).toBeLessThan(16 * 1024 * 1024);
    expect(peer.bufferedBytes).toBeLessThan(256 * 1024);
    client.resume();
    await writing;
    expect(await settled(() => received)).toBe(500 * 64 * 1024);
  });

  it('stop reading while nobody reads, within a bounded number of bytes', async () => {
    const { peer, client } = await open({ receiveBudget: { maxMessages: 4 } });
    const { readable } = peer.stream();
    const total = 500 * 64 * 1024;
    for (let i = 0; i < 500; i++) client.send(new Uint8Array(64 * 1024));
    expect(total - (await settled(() => client.bufferedAmount))).toBeLessThan(16 * 1024 * 1024);
    let read = 0;
    const reader = readable.getReader();
    while (read < total) read += (await reader.read()).value?.length ?? Number.NaN;
    expect(client.bufferedAmount).toBe(0);
  });

  it('keep nothing of a connection that is gone', async () => {
    const { peer, client } = await open();
    const { readable, writable } = peer.stream();
    const reader = readable.getReader();
    const writer = writable.getWriter();
    client.close();
    await peer.closed;
    await reader.closed;
    await fails(writer.closed);
    expect([peer.bufferedBytes, peer.state]).toEqual([0, 'closed']);
  });
});

function deferred<Value>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
