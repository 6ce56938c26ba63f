import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type ConnectOptions,
  connect,
  createServer,
  type Peer,
  type Routes,
  type UpgradeRequest,
} from 'ieum';
import { describe, expect, it, onTestFinished } from 'vitest';

/** Starts a server of ours for one test. */
async function serve(routes: Routes, path?: string): Promise<string> {
  const server = createServer<unknown>({ routes, allowOrigin: 'any' });
  onTestFinished(() => server.close());
  return (await server.listen(path === undefined ? {} : { path })).url;
}

async function open(url: string, options: ConnectOptions = {}): Promise<Peer<undefined>> {
  const peer = await connect(url, options);
  onTestFinished(() => peer.terminate());
  return peer;
}

const echo: Routes = { '/echo': { message: (peer, message) => peer.send(message) } };

async function nextMessage(peer: Peer<undefined>) {
  const { value } = await peer[Symbol.asyncIterator]().next();
  return value;
}

describe('a connection', () => {
  it('is open, without a subprotocol, and remembers its request', async () => {
    const url = await serve(echo);
    const peer = await open(`${url}/echo?a=1#dropped`);
    expect(peer.state).toBe('open');
    expect(peer.subprotocol).toBe('');
    expect(peer.user).toBeUndefined();
    expect(peer.request.target).toBe('/echo?a=1');
    expect(peer.request.secure).toBe(false);
    expect(peer.request.url.href).toBe(`${url}/echo?a=1`);
  });

  it('takes http: for ws:', async () => {
    const url = await serve(echo);
    expect((await open(`${url.replace('ws:', 'http:')}/echo`)).state).toBe('open');
  });

  it.each([
    ['a string', 'grüße, 世界 🌍', 'text', Buffer.from('grüße, 世界 🌍')],
    ['an empty string', '', 'text', Buffer.alloc(0)],
    ['a Buffer', Buffer.of(0, 1, 254, 255), 'binary', Buffer.of(0, 1, 254, 255)],
    ['an ArrayBuffer', Uint8Array.of(1, 2, 3).buffer, 'binary', Buffer.of(1, 2, 3)],
    ['a part of a buffer', new Uint8Array(Uint8Array.of(1, 2, 3).buffer, 1, 1), 'binary', Buffer.of(2)],
    ['nothing but a type', new Uint8Array(0), 'binary', Buffer.alloc(0)],
  ])('sends %s and gets it back', async (_name, data, type, bytes) => {
    const peer = await open(`${await serve(echo)}/echo`);
    expect(peer.send(data)).toBe('written');
    const message = await nextMessage(peer);
    expect(message.type).toBe(type);
    expect(Buffer.from(message.bytes).equals(bytes)).toBe(true);
  });

  it('gives messages to the message handler, one at a time and in order', async () => {
    const received: string[] = [];
    let running = 0;
    let most = 0;
    let finish = () => {};
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const peer = await open(`${await serve(echo)}/echo`, {
      async message(_peer, message) {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        received.push(String(message.data));
        running--;
        if (received.length === 100) finish();
      },
    });
    const sent = Array.from({ length: 100 }, (_, index) => `message ${index}`);
    for (const text of sent) await peer.send(text);
    await finished;
    expect(received).toEqual(sent);
    expect(most).toBe(1);
  });

  it('gives messages to a loop, which ends with the connection', async () => {
    const url = await serve({
      '/count': {
        open(peer) {
          for (let index = 0; index < 50; index++) peer.send(`${index}`);
          void peer.close(1000, 'done');
        },
      },
    });
    const received: string[] = [];
    for await (const message of await open(`${url}/count`)) received.push(String(message.data));
    expect(received).toEqual(Array.from({ length: 50 }, (_, index) => `${index}`));
  });

  it('refuses a loop when there is a message handler', async () => {
    const peer = await open(`${await serve(echo)}/echo`, { message: () => {} });
    expect(() => peer[Symbol.asyncIterator]()).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_STATE' }),
    );
  });

  it('measures a round trip with a Ping', async () => {
    const pings: string[] = [];
    const url = await serve({
      '/': { ping: (_peer, payload) => void pings.push(Buffer.from(payload).toString()) },
    });
    const peer = await open(url);
    const result = await peer.ping('are you there');
    expect(result).toEqual({ type: 'pong', roundTripMs: expect.any(Number) });
    expect(pings).toEqual(['are you there']);
    await peer.close();
    expect(await peer.ping()).toEqual({ type: 'closed' });
  });

  it('answers the server’s Ping', async () => {
    const url = await serve({
      '/': { open: (peer) => void peer.ping('1').then((result) => peer.send(result.type)) },
    });
    expect((await nextMessage(await open(url))).data).toBe('pong');
  });

  it('closes with a code and a reason', async () => {
    let told: (record: unknown) => void = () => {};
    const serverRecord = new Promise((resolve) => {
      told = resolve;
    });
    const url = await serve({ '/': { closed: (_peer, record) => told(record) } });
    const peer = await open(url);
    const record = await peer.close(4001, 'grüße');
    expect(record).toMatchObject({
      code: 4001,
      reason: '',
      sent: { code: 4001, reason: 'grüße' },
      received: { code: 4001, reason: '' },
      first: 'sent',
      wasClean: true,
      cause: { type: 'closing-handshake' },
    });
    expect(await serverRecord).toMatchObject({
      code: 4001,
      reason: 'grüße',
      first: 'received',
      wasClean: true,
    });
    expect(peer.state).toBe('closed');
    expect(peer.send('too late')).toBe('closed');
  });

  it('is closed by the server', async () => {
    const url = await serve({ '/': { open: (peer) => void peer.close(4002, 'bye') } });
    const told: unknown[] = [];
    const peer = await open(url, { closed: (_peer, closeRecord) => void told.push(closeRecord) });
    const record = await peer.closed;
    expect(record).toMatchObject({ code: 4002, reason: 'bye', first: 'received', wasClean: true });
    expect(peer.signal.aborted).toBe(true);
    expect(peer.signal.reason).toBe(record);
    expect(told).toEqual([record]);
  });

  it('is terminated without a closing handshake', async () => {
    const peer = await open(`${await serve(echo)}/echo`);
    peer.terminate();
    expect(await peer.closed).toMatchObject({
      code: 1006,
      wasClean: false,
      sent: null,
      cause: { type: 'terminated' },
    });
  });

  it('closes with 1011 and reports when a handler throws', async () => {
    const url = await serve({ '/': { open: (peer) => void peer.send('boom') } });
    const reported: unknown[] = [];
    const failure = new Error('no');
    const peer = await open(url, {
      message: () => {
        throw failure;
      },
      reportError: (error) => void reported.push(error),
    });
    expect(await peer.closed).toMatchObject({
      sent: { code: 1011 },
      cause: { type: 'handler', error: failure },
    });
    expect(reported).toEqual([failure]);
  });

  it('runs the open handler before the first message', async () => {
    const url = await serve({ '/': { open: (peer) => void peer.send('hello') } });
    const order: string[] = [];
    const peer = await open(url, {
      async open() {
        await new Promise(setImmediate);
        order.push('open');
      },
      message: (self) => {
        order.push('message');
        void self.close();
      },
    });
    await peer.closed;
    expect(order).toEqual(['open', 'message']);
  });

  it('is out of its signal’s reach once it is open', async () => {
    const controller = new AbortController();
    const peer = await open(`${await serve(echo)}/echo`, { signal: controller.signal });
    controller.abort();
    peer.send('still here');
    expect((await nextMessage(peer)).data).toBe('still here');
  });
});

describe('a request', () => {
  /** What the server sees of a client. */
  async function seen(options: ConnectOptions, path = '/seen'): Promise<UpgradeRequest> {
    let resolve: (request: UpgradeRequest) => void = () => {};
    const request = new Promise<UpgradeRequest>((settle) => {
      resolve = settle;
    });
    const url = await serve({
      '/seen': { subprotocols: ['second', 'first'], open: (peer) => resolve(peer.request) },
    });
    await open(url + path, options);
    return request;
  }

  it('carries the headers it is told, repeated ones too', async () => {
    const headers = [
      ['X-One', '1'],
      ['X-Twice', 'a'],
      ['X-Twice', 'b'],
      ['Cookie', 'id=42'],
    ] as const;
    const request = await seen({ headers });
    expect(request.headers.get('x-one')).toBe('1');
    expect(request.headers.getAll('X-Twice')).toEqual(['a', 'b']);
    expect(request.cookie('id')).toBe('42');
  });

  it.each([
    ['a record', { 'X-Token': 'secret' }],
    ['a Map', new Map([['X-Token', 'secret']])],
    ['the platform’s Headers', new Headers({ 'X-Token': 'secret' })],
  ])('takes headers as %s', async (_name, headers) => {
    expect((await seen({ headers })).headers.get('X-Token')).toBe('secret');
  });

  it('names no origin unless it is told one', async () => {
    expect((await seen({})).origin).toBeUndefined();
    expect((await seen({ origin: 'https://example.com' })).origin).toBe('https://example.com');
  });

  it('offers subprotocols in order, and the server chooses', async () => {
    const url = await serve({ '/': { subprotocols: ['second', 'first'] } });
    const peer = await open(url, { subprotocols: ['first', 'second', 'third'] });
    expect(peer.subprotocol).toBe('second');
    expect(peer.request.subprotocols).toEqual(['first', 'second', 'third']);
    expect((await open(url, { subprotocols: ['third'] })).subprotocol).toBe('');
  });

  it('turns the URL’s userinfo into Basic credentials, unless there are other ones', async () => {
    const authorizations: unknown[] = [];
    const url = await serve({
      '/': { open: (peer) => void authorizations.push(peer.request.headers.get('Authorization')) },
    });
    const withUserinfo = url.replace('ws://', 'ws://user:p%C3%A4ss@');
    await open(withUserinfo);
    await open(withUserinfo, { headers: { Authorization: 'Bearer token' } });
    expect(authorizations).toEqual([`Basic ${Buffer.from('user:päss').toString('base64')}`, 'Bearer token']);
  });

  it('can go over a Unix socket', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ieum-connect-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, 'socket');
    await serve(echo, path);
    const peer = await open('ws://somewhere.invalid/echo', { socketPath: path });
    peer.send('by path');
    expect((await nextMessage(peer)).data).toBe('by path');
    expect(peer.request.host).toBe('somewhere.invalid');
  });
});
