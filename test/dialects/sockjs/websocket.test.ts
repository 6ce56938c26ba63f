import { type CloseRecord, connect, type Peer, prepareMessage } from 'ieum';
import type { SockJsChannel, SockJsOptions, SockJsService } from 'ieum/dialects/sockjs';
import { FakeClock } from 'ieum/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { closeService, serveSockJs } from '../../support/sockjs-wire.js';

/** A client, and what it is told. */
async function open(port: number, path = '/s/000/x/websocket', origin?: string) {
  const peer = await connect(`ws://127.0.0.1:${port}${path}`, origin === undefined ? {} : { origin });
  onTestFinished(() => peer.terminate());
  const messages = peer[Symbol.asyncIterator]();
  const next = async () => {
    const { done, value } = await messages.next();
    return done ? undefined : value.data;
  };
  return { peer, next };
}

async function served(service: SockJsService | undefined, options: Partial<SockJsOptions> = {}) {
  const clock = new FakeClock();
  return { clock, ...(await serveSockJs({ clock, ...(service && { service }), ...options })) };
}

describe('with frames', () => {
  test('carries messages both ways', async () => {
    const { port } = await served(undefined);
    const { peer, next } = await open(port);
    expect(await next()).toBe('o');
    for (const frame of ['', '[]', '["a"]', '"b"', '["c","d"]']) await peer.send(frame);
    for (const message of ['a', 'b', 'c', 'd']) expect(await next()).toBe(`a["${message}"]`);
  });

  test('knows sessions by their connection, whatever their names', async () => {
    const { port, sockJs } = await served(undefined);
    const clients = [await open(port), await open(port), await open(port, '/s/abc/x/websocket/')];
    for (const [i, { peer, next }] of clients.entries()) {
      expect(await next()).toBe('o');
      await peer.send(`["${i}"]`);
      expect(await next()).toBe(`a["${i}"]`);
    }
    expect(sockJs.httpSessions).toBe(0);
  });

  test('says goodbye before the connection does', async () => {
    const { port } = await served(closeService);
    const { peer, next } = await open(port);
    expect([await next(), await next(), await next()]).toEqual(['o', 'c[3000,"Go away!"]', undefined]);
    expect(await peer.closed).toMatchObject({ code: 3000, reason: 'Go away!', wasClean: true });
  });

  test.each(['["a', '{}', '[1]', 'x', '["a"] ["b"]', 'null'])('ends when %j comes', async (frame) => {
    const records: CloseRecord[] = [];
    const { port } = await served({ closed: (_channel, record) => void records.push(record) });
    const { peer, next } = await open(port);
    expect(await next()).toBe('o');
    await peer.send(frame);
    expect(await next()).toBeUndefined();
    expect(await peer.closed).toMatchObject({ code: 1002, reason: 'Broken framing.' });
    await expect.poll(() => records).toMatchObject([{ first: 'sent', wasClean: true }]);
  });

  test('ends when bytes come', async () => {
    const { port } = await served(undefined);
    const { peer } = await open(port);
    await peer.send(Uint8Array.of(1));
    expect(await peer.closed).toMatchObject({ code: 1003 });
  });

  test('brings heartbeats, and no more when it is closed', async () => {
    const { port, clock } = await served(undefined);
    const { peer, next } = await open(port);
    expect(await next()).toBe('o');
    for (let i = 0; i < 2; i++) {
      clock.advance(25_000);
      expect(await next()).toBe('h');
    }
    await peer.close();
    await expect.poll(() => clock.pendingTimers).toBe(0);
  });

  test('encodes a prepared message once for all, halves of pairs escaped', async () => {
    const channels: SockJsChannel[] = [];
    const { port, wire } = await served({ open: (channel) => void channels.push(channel) });
    const first = await open(port);
    const second = await open(port);
    await wire.post('/s/000/x/xhr');
    const message = prepareMessage('\u2028😀');
    for (const channel of channels) await channel.send(message);
    for (const { next } of [first, second]) {
      expect([await next(), await next()]).toEqual(['o', 'a["\\u2028\\ud83d\\ude00"]']);
    }
    expect((await wire.post('/s/000/x/xhr')).body).toBe('a["\\u2028\\ud83d\\ude00"]\n');
  });

  test('waits for a service that is slow, and tells it of the end when all is handled', async () => {
    const events: string[] = [];
    const waiting: (() => void)[] = [];
    const { port } = await served({
      message: (_channel, { data }) => {
        events.push(String(data));
        return new Promise<void>((resolve) => waiting.push(resolve));
      },
      closed: () => void events.push('closed'),
    });
    const { peer } = await open(port);
    await peer.send('["1","2"]');
    await peer.send('["3"]');
    await peer.close();
    for (let i = 1; i <= 3; i++) {
      await expect.poll(() => events.length).toBe(i);
      waiting[i - 1]?.();
    }
    await expect.poll(() => events).toEqual(['1', '2', '3', 'closed']);
  });

  test('ends with 1011 when the service throws', async () => {
    const { port, errors } = await served({
      message: () => {
        throw new Error('no');
      },
    });
    const { peer, next } = await open(port);
    await peer.send('["1"]');
    expect([await next(), await next()]).toEqual(['o', 'c[1011,""]']);
    expect(await peer.closed).toMatchObject({ code: 1011 });
    expect(errors).toHaveLength(1);
  });

  test('carries bytes as base64 where the options say so', async () => {
    const received: unknown[] = [];
    const { port } = await served(
      {
        message: (channel, message) => {
          received.push(message.type, message.data.length);
          return channel.send(message);
        },
      },
      { binaryMessages: 'base64' },
    );
    const { peer, next } = await open(port);
    await peer.send('["bAAH/","b","text"]');
    expect(await next()).toBe('o');
    expect([await next(), await next(), await next()]).toEqual(['a["bAAH/"]', 'a["b"]', 'a["text"]']);
    expect(received).toEqual(['binary', 3, 'binary', 0, 'text', 4]);
  });
});

describe('without frames', () => {
  test('carries messages as they are', async () => {
    const { port, clock } = await served(undefined);
    const { peer, next } = await open(port, '/s/websocket');
    await peer.send('Hello world!\uffff');
    expect(await next()).toBe('Hello world!\uffff');
    await peer.send('["a');
    expect(await next()).toBe('["a');
    await peer.send(Uint8Array.of(1, 2));
    expect([...((await next()) as Uint8Array)]).toEqual([1, 2]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('ends with the code and reason of the service', async () => {
    const { port } = await served(closeService);
    const { peer, next } = await open(port, '/s/websocket');
    expect(await next()).toBeUndefined();
    expect(await peer.closed).toMatchObject({ code: 3000, reason: 'Go away!' });
  });

  test('can be iterated over', async () => {
    const { port } = await served(undefined, {
      service: async (channel) => {
        for await (const { data } of channel) await channel.send(`${data}!`);
      },
    });
    const { peer, next } = await open(port, '/s/websocket');
    await peer.send('a');
    expect(await next()).toBe('a!');
  });
});

describe('an opening handshake', () => {
  test.each(['/s/a/b/xhr', '/s/a./b/websocket', '/s/info', '/s//b/websocket', '/s/a/b/websocket/x', '/s'])(
    'at %s is refused with 404',
    async (path) => {
      const { port } = await served(undefined);
      await expect(connect(`ws://127.0.0.1:${port}${path}`)).rejects.toMatchObject({ status: 404 });
    },
  );

  test('is refused with 404 where there is no WebSocket', async () => {
    const { port } = await served(undefined, { webSocket: false });
    await expect(connect(`ws://127.0.0.1:${port}/s/a/b/websocket`)).rejects.toMatchObject({ status: 404 });
  });

  test('from a page that may not is refused with 403', async () => {
    const { port } = await served(undefined, { allowOrigin: ['https://good.example'] });
    const url = `ws://127.0.0.1:${port}/s/a/b/websocket`;
    await expect(connect(url, { origin: 'https://bad.example' })).rejects.toMatchObject({ status: 403 });
    const peers: Peer[] = [];
    for (const origin of ['https://good.example', `http://127.0.0.1:${port}`]) {
      peers.push((await open(port, '/s/a/b/websocket', origin)).peer);
    }
    expect(peers).toHaveLength(2);
  });
});
