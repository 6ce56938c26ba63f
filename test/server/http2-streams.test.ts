import { setTimeout as delay } from 'node:timers/promises';

import { CloseCode, type CloseRecord, type Peer } from 'ieum';
import { FakeClock } from 'ieum/testing';
import { describe, expect, test } from 'vitest';

import { binary, close, text } from '../support/client-frames.js';
import { Http2Client } from '../support/http2-client.js';
import { ErrorCode, Flag, FrameType, Http2Wire } from '../support/http2-wire.js';
import { RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

/** A server that notes what happens to its peers, and echoes. */
async function serveNoting(options: Parameters<typeof serve<undefined>>[0] = {}) {
  const peers: Peer<undefined>[] = [];
  const records: CloseRecord[] = [];
  const served = await serve<undefined>({
    ...options,
    routes: {
      '/': {
        open: (peer) => void peers.push(peer),
        message: (peer, message) => peer.send(message),
        closed: (_peer, record) => void records.push(record),
      },
    },
  });
  return { ...served, peers, records };
}

const resets = (wire: Http2Wire) => wire.frames.filter(({ type }) => type === FrameType.RstStream);
const endsStream = ({ type, flags }: { type: number; flags: number }) =>
  type === FrameType.Data && (flags & Flag.EndStream) !== 0;

describe('the end of a stream', () => {
  test.each(['client', 'server'] as const)(
    'is END_STREAM both ways, and no reset, after a closing handshake that the %s begins',
    async (first) => {
      const { port, peers, records } = await serveNoting();
      const wire = await Http2Wire.connect(port);
      await wire.opened(1);
      if (first === 'server') {
        peers[0]?.close(1001);
        await wire.frame(FrameType.Data, 1);
      }
      wire.send(FrameType.Data, 0, 1, close(1001));
      await wire.until(() => wire.framesOf(1).some(endsStream), 'END_STREAM');
      expect(wire.dataOf(1).subarray(0, 4).toString('hex')).toBe('880203e9');
      expect(records).toEqual([]);
      wire.send(FrameType.Data, Flag.EndStream, 1);
      await expect.poll(() => records.length).toBe(1);
      expect(records[0]).toMatchObject({ wasClean: true, code: 1001 });
      await delay(20);
      expect(resets(wire)).toEqual([]);
    },
  );

  test('without END_STREAM of the client is a reset without an error once the time is up', async () => {
    const { port, records } = await serveNoting({ closeTimeoutMs: 100 });
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    wire.send(FrameType.Data, 0, 1, close(1000));
    await wire.until(() => wire.framesOf(1).some(endsStream), 'END_STREAM');
    expect([ErrorCode.NoError, ErrorCode.Cancel]).toContain(await wire.resetOf(1));
    expect(records[0]).toMatchObject({ wasClean: true });
  });

  test('is RST_STREAM with CANCEL for a peer that is given up', async () => {
    const { port, peers, records } = await serveNoting();
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    peers[0]?.terminate();
    expect(await wire.resetOf(1)).toBe(ErrorCode.Cancel);
    await expect.poll(() => records.map(({ cause }) => cause.type)).toEqual(['terminated']);
    expect(resets(wire).length).toBe(1);
  });

  test('is RST_STREAM with CANCEL for a peer that is given up in its own handler', async () => {
    const { port } = await serve({ routes: { '/': { message: (peer) => peer.terminate() } } });
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    wire.send(FrameType.Data, 0, 1, text('x'));
    expect(await wire.resetOf(1)).toBe(ErrorCode.Cancel);
  });

  test('by RST_STREAM of the client is the loss of the connection', async () => {
    const { port, server, records } = await serveNoting();
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    await wire.opened(3);
    wire.reset(1, ErrorCode.Cancel);
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]).toMatchObject({ wasClean: false, code: CloseCode.AbnormalClosure });
    expect(records[0]?.cause).toMatchObject({ type: 'transport', error: { code: 'ECONNRESET' } });
    wire.reset(3, ErrorCode.ProtocolError);
    await expect.poll(() => records.length).toBe(2);
    expect(records[1]?.cause.type).toBe('transport');
    expect(server.peers.size).toBe(0);
  });

  test('by RST_STREAM without an error is the same for what we still have to say', async () => {
    const { port, server, peers, records } = await serveNoting();
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    void peers[0]?.send(Buffer.alloc(500_000));
    await wire.frame(FrameType.Data, 1);
    wire.reset(1, ErrorCode.NoError);
    await expect.poll(() => records.map(({ wasClean }) => wasClean)).toEqual([false]);
    expect(server.peers.size).toBe(0);
  });

  test('by END_STREAM of the client alone is an end without a closing handshake', async () => {
    const { port, records } = await serveNoting();
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    wire.send(FrameType.Data, Flag.EndStream, 1, text('last words'));
    await expect.poll(() => records.length).toBe(1);
    expect(records[0]).toMatchObject({ wasClean: false, code: CloseCode.AbnormalClosure });
    expect(records[0]?.cause.type).toBe('end-of-stream');
    await wire.until(() => wire.framesOf(1).some(endsStream), 'END_STREAM');
    expect(wire.dataOf(1).subarray(2, 12).toString()).toBe('last words');
  });

  test.each(['end', 'resetAndDestroy', 'destroy'] as const)(
    'by %s of the TCP connection beneath is the loss of all connections on it',
    async (method) => {
      const { port, server, records, errors } = await serveNoting();
      const wire = await Http2Wire.connect(port);
      await Promise.all([wire.opened(1), wire.opened(3)]);
      wire.socket[method]();
      await expect.poll(() => records.length).toBe(2);
      expect(records.map(({ wasClean, cause }) => [wasClean, cause.type])).toEqual([
        [false, 'transport'],
        [false, 'transport'],
      ]);
      expect([server.peers.size, errors]).toEqual([0, []]);
    },
  );

  test('by a violation is a Close frame and END_STREAM, and other streams live on', async () => {
    const { port, records } = await serveNoting();
    const wire = await Http2Wire.connect(port);
    await Promise.all([wire.opened(1), wire.opened(3)]);
    wire.send(FrameType.Data, 0, 1, text('no mask', { masked: false }));
    await wire.until(() => wire.framesOf(1).some(endsStream), 'END_STREAM');
    expect(wire.dataOf(1).readUInt16BE(2)).toBe(1002);
    wire.send(FrameType.Data, 0, 3, text('fine'));
    await wire.until(() => wire.dataOf(3).length >= 6, 'the echo');
    wire.send(FrameType.Data, Flag.EndStream, 1);
    await expect.poll(() => records.map(({ cause }) => cause.type)).toEqual(['violation']);
  });
});

describe('flow control', () => {
  test('keeps a client from sending more than a busy handler takes, and nobody else', async () => {
    let finish = () => {};
    const busy = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let received = 0;
    const { port } = await serve({
      receiveBudget: { maxMessages: 2, maxBytes: 32 * 1024 },
      routes: {
        '/': { message: (peer, message) => peer.send(message) },
        '/busy': {
          message: async (_peer, message) => {
            await busy;
            received += message.data.length;
          },
        },
      },
    });
    const client = await Http2Client.connect(port);
    const slow = await client.open({ ':path': '/busy' });
    const message = binary(Buffer.alloc(8_000));
    for (let i = 0; i < 100; i++) slow.send(message);
    await delay(200);
    const waiting = slow.stream.writableLength;
    // The window of the stream, what Node.js reads ahead, and our budget.
    expect(waiting).toBeGreaterThan(100 * message.length - 256 * 1024);
    await delay(100);
    expect(slow.stream.writableLength).toBe(waiting);

    const other = await client.open();
    for (let i = 0; i < 50; i++) other.send(message);
    expect((await other.frames(50)).length).toBe(50);
    finish();
    await expect.poll(() => received).toBe(100 * 8_000);
  });

  test('lets what is sent to a slow reader wait in its queue, and no more than that', async () => {
    const { port, peers } = await serveNoting({
      sendQueue: { maxQueuedBytes: 256 * 1024, policy: 'drop-newest' },
    });
    const wire = await Http2Wire.connect(port);
    await Promise.all([wire.opened(1), wire.opened(3)]);
    const [slow] = peers as [Peer<undefined>];
    for (let i = 0; i < 100; i++) {
      void slow.send(Buffer.alloc(16_000, i));
      await delay(1);
    }
    expect(slow.bufferedBytes).toBeLessThan(512 * 1024);
    expect(slow.droppedMessages).toBeGreaterThan(50);
    expect(wire.dataOf(1).length).toBe(65_535);

    // The window of the connection is used up too: that is the client's to widen.
    wire.widen(0, 1024 * 1024);
    wire.send(FrameType.Data, 0, 3, text('quick'));
    await wire.until(() => wire.dataOf(3).length >= 7, 'the echo');
    wire.widen(1, 1024 * 1024);
    await expect.poll(() => slow.bufferedBytes).toBe(0);
    expect(wire.dataOf(1).length).toBeGreaterThan(65_535);
  });

  test('sendTimeoutMs gives up a reader that has closed its window', async () => {
    const { port, peers, records } = await serveNoting({ sendTimeoutMs: 200 });
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    void peers[0]?.send(Buffer.alloc(200_000));
    expect(await wire.resetOf(1)).toBe(ErrorCode.Cancel);
    expect(records[0]?.cause).toMatchObject({ type: 'timeout', deadline: 'send' });
  });
});

describe('drain', () => {
  test('asks for no more on a connection, closes what is on it, and ends it', async () => {
    const { port, server } = await serveNoting();
    const wire = await Http2Wire.connect(port);
    await Promise.all([wire.opened(1), wire.opened(3)]);
    const draining = server.drain({ timeoutMs: 5_000 });
    expect(await wire.goAway()).toBe(ErrorCode.NoError);
    for (const streamId of [1, 3]) {
      await wire.frame(FrameType.Data, streamId);
      expect(wire.dataOf(streamId).toString('hex')).toBe('880203e9');
      wire.send(FrameType.Data, 0, streamId, close(1001));
      await wire.until(() => wire.framesOf(streamId).some(endsStream), 'END_STREAM');
      wire.send(FrameType.Data, Flag.EndStream, streamId);
    }
    expect(await draining).toEqual({ closed: 2, terminated: 0 });
    await wire.until(() => wire.hasEnded, 'the end');
    expect(resets(wire)).toEqual([]);
  });

  test('answers a request that is on its way, and ends connections that are idle', async () => {
    let answer: (() => void) | null = null;
    const { port, server } = await serve({
      request: (_request, response) => {
        answer = () => response.end('late');
      },
    });
    const idle = await Http2Wire.connect(port);
    const client = await Http2Client.connect(port);
    const response = client.get('/page');
    await expect.poll(() => answer).not.toBeNull();
    const draining = server.drain({ timeoutMs: 5_000 });
    expect(await idle.goAway()).toBe(ErrorCode.NoError);
    await idle.until(() => idle.hasEnded, 'the end');
    (answer as (() => void) | null)?.();
    expect((await response).body).toBe('late');
    await draining;
    await expect(RawClient.connect(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('terminates what is left when the time is up, and leaves nothing open', async () => {
    const { port, server } = await serveNoting();
    const wire = await Http2Wire.connect(port);
    await wire.opened(1);
    expect(await server.drain({ timeoutMs: 100 })).toEqual({ closed: 0, terminated: 1 });
    await wire.until(() => wire.hasEnded || wire.isClosed, 'the end', 3_000);
  });
});

describe('a connection without streams', () => {
  test('is ended after a minute, and none with a stream', async () => {
    const clock = new FakeClock();
    const { port } = await serveNoting({ clock, keepalive: false });
    const [quiet, used] = await Promise.all([Http2Wire.connect(port), Http2Wire.connect(port)]);
    await Promise.all([quiet.opened(1), used.opened(1)]);
    quiet.reset(1, ErrorCode.Cancel);
    await quiet.opened(3);
    clock.advance(120_000);
    quiet.reset(3, ErrorCode.Cancel);
    quiet.send(FrameType.Ping, 0, 0, Buffer.alloc(8));
    await quiet.frame(FrameType.Ping);
    await delay(20);
    clock.advance(59_000);
    await delay(20);
    expect(quiet.framesOf(0).some(({ type }) => type === FrameType.GoAway)).toBe(false);
    clock.advance(1_001);
    expect(await quiet.goAway()).toBe(ErrorCode.NoError);
    await quiet.until(() => quiet.hasEnded, 'the end');
    used.send(FrameType.Data, 0, 1, text('still there'));
    await used.until(() => used.dataOf(1).length > 0, 'the echo');
  });

  test('whose client keeps its side open is destroyed a second after its end', async () => {
    const clock = new FakeClock();
    const { port } = await serveNoting({ clock });
    const wire = await Http2Wire.connect(port, { allowHalfOpen: true });
    clock.advance(10_000);
    expect(await wire.goAway()).toBe(ErrorCode.NoError);
    await wire.until(() => wire.hasEnded, 'the end');
    clock.advance(1_000);
    await expect
      .poll(() => {
        wire.socket.write('more');
        return wire.isClosed;
      })
      .toBe(true);
  });
});

describe('an ordinary request over HTTP/2', () => {
  test('whose body does not come is given up after five minutes', async () => {
    const clock = new FakeClock();
    let asked = 0;
    const { port } = await serve({ clock, request: () => asked++ });
    const client = await Http2Client.connect(port);
    const stream = client.session.request({ ':method': 'POST', ':path': '/page' }, { endStream: false });
    stream.on('error', () => {});
    await expect.poll(() => asked).toBe(1);
    clock.advance(300_000);
    await expect.poll(() => stream.rstCode).toBe(ErrorCode.Cancel);
  });

  test('whose body has come may take longer to be answered', async () => {
    const clock = new FakeClock();
    let answer: (() => void) | null = null;
    const { port } = await serve({
      clock,
      request: (request, response) => {
        request.resume().on('end', () => {
          answer = () => response.end('late');
        });
      },
    });
    const client = await Http2Client.connect(port);
    const response = client.get('/page');
    await expect.poll(() => answer).not.toBeNull();
    clock.advance(300_000);
    (answer as (() => void) | null)?.();
    expect((await response).body).toBe('late');
  });

  test('has a Host, whatever it came with, and what it expects', async () => {
    const { port } = await serve({
      request: (request, response) => response.end(`${request.headers.host} ${request.url}`),
    });
    const client = await Http2Client.connect(port);
    expect((await client.get('/page?a=b')).body).toBe(`localhost:${port} /page?a=b`);
    expect((await client.get('/page', { expect: '100-continue' })).status).toBe(200);
    expect((await client.get('/page', { expect: 'wonders' })).status).toBe(417);
    expect((await client.get('/page', { ':method': 'HEAD' })).body).toBe('');
  });

  test('without a handler is 404', async () => {
    const { port } = await serve();
    expect(await (await Http2Client.connect(port)).get('/page')).toMatchObject({
      status: 404,
      body: 'nothing here\n',
    });
  });
});
