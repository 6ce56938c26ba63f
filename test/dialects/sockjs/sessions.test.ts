import type { CloseRecord, SendResult } from 'ieum';
import type { SockJsChannel, SockJsOptions, SockJsService } from 'ieum/dialects/sockjs';
import { FakeClock } from 'ieum/testing';
import { describe, expect, test } from 'vitest';

import { closeService, echoService, serveSockJs } from '../../support/sockjs-wire.js';

/** A service that remembers what happens to it. */
function recorder(more: SockJsService = {}) {
  const channels: SockJsChannel[] = [];
  const events: string[] = [];
  const records: CloseRecord[] = [];
  let wake: () => void = () => {};
  const service: SockJsService = {
    open(channel) {
      channels.push(channel);
      events.push('open');
      return more.open?.(channel);
    },
    message(channel, message) {
      events.push(String(message.data));
      return more.message?.(channel, message);
    },
    closed(_channel, record) {
      events.push('closed');
      records.push(record);
      wake();
    },
  };
  const isClosed = async () => {
    while (records.length === 0) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { service, channels, events, records, isClosed };
}

async function served(more: SockJsService = {}, options: Partial<SockJsOptions> = {}) {
  const clock = new FakeClock();
  const recording = recorder(more);
  const { service } = recording;
  return { clock, ...recording, ...(await serveSockJs({ service, clock, ...options })) };
}

const streamed = '/s/000/x/xhr_streaming';
const polled = '/s/000/x/xhr';

describe('the end', () => {
  test('is told to whoever asks, as long as the session is remembered', async () => {
    const { wire, clock, sockJs } = await served(closeService);
    expect((await wire.post(polled)).body).toBe('o\n');
    for (let i = 0; i < 3; i++) {
      clock.advance(4_000);
      expect((await wire.post(polled)).body).toBe('c[3000,"Go away!"]\n');
    }
    expect((await wire.get('/s/000/x/jsonp?c=x')).body).toBe('x("c[3000,\\"Go away!\\"]");\r\n');
    clock.advance(5_000);
    expect(sockJs.httpSessions).toBe(0);
    expect((await wire.post(polled)).body).toBe('o\n');
  });

  test('ends a stream, and each that comes after', async () => {
    const { wire } = await served(closeService);
    const stream = await wire.stream('POST', streamed);
    await stream.take();
    expect([await stream.take(), await stream.take()]).toEqual(['o\n', 'c[3000,"Go away!"]\n']);
    await stream.ended;
    const next = await wire.stream('POST', streamed);
    await next.take();
    expect(await next.take()).toBe('c[3000,"Go away!"]\n');
    await next.ended;
  });

  test('comes behind what was sent', async () => {
    const { wire, channels, records } = await served();
    await wire.post(polled);
    const [channel] = channels as [SockJsChannel];
    expect([channel.send('a'), channel.send('b')]).toEqual(['queued', 'queued']);
    void channel.close(4000, '"bye"');
    expect(channel.send('c')).toBe('closed');
    expect((await wire.post(polled)).body).toBe('a["a","b"]\n');
    expect(records).toEqual([]);
    expect((await wire.post(polled)).body).toBe('c[4000,"\\"bye\\""]\n');
    expect(await channel.closed).toEqual({
      code: 4000,
      reason: '"bye"',
      received: null,
      sent: { code: 4000, reason: '"bye"' },
      first: 'sent',
      wasClean: true,
      cause: { type: 'closing-handshake' },
    });
    expect(records).toHaveLength(1);
  });

  test('is no longer waited for when nobody comes to hear it', async () => {
    const { wire, channels, clock, records, sockJs } = await served();
    await wire.post(polled);
    const closed = channels[0]?.close(3001);
    clock.advance(5_000);
    expect(await closed).toMatchObject({ code: 1006, wasClean: false, sent: null });
    expect([records.length, sockJs.httpSessions]).toEqual([1, 0]);
  });

  test.each<[code: number, reason: string, error: string]>([
    [999, '', 'ERR_WS_INVALID_CLOSE_CODE'],
    [1006, '', 'ERR_WS_INVALID_CLOSE_CODE'],
    [3000, 'x'.repeat(124), 'ERR_WS_INVALID_CLOSE_REASON'],
  ])('cannot be %d with a reason of %j', async (code, reason, error) => {
    const { wire, channels } = await served();
    await wire.post(polled);
    expect(() => channels[0]?.close(code, reason)).toThrow(expect.objectContaining({ code: error }));
  });
});

describe('a second receiver', () => {
  test('is turned away, and the first goes on', async () => {
    const { wire, channels } = await served();
    const first = await wire.stream('POST', streamed);
    await first.take('o\n');
    for (const path of [polled, streamed]) {
      const second = await wire.stream('POST', path);
      if (path === streamed) await second.take();
      expect(await second.take()).toBe('c[2010,"Another connection still open"]\n');
      await second.ended;
    }
    channels[0]?.send('still here');
    expect(await first.take()).toBe('a["still here"]\n');
  });

  test('is turned away while a poll waits', async () => {
    const { wire, channels } = await served();
    await wire.post(polled);
    const replies = [wire.post(polled), wire.post(polled)];
    expect((await Promise.race(replies)).body).toBe('c[2010,"Another connection still open"]\n');
    channels[0]?.send('m');
    expect((await Promise.all(replies)).map(({ body }) => body)).toContain('a["m"]\n');
  });
});

describe('a receiver that is cut off', () => {
  test('ends the session, for nobody knows what has arrived', async () => {
    const { wire, records, isClosed } = await served();
    const stream = await wire.stream('POST', streamed);
    await stream.take('o\n');
    stream.abort();
    await isClosed();
    expect(records).toMatchObject([{ code: 1006, wasClean: false, cause: { type: 'end-of-stream' } }]);
    expect((await wire.post(polled)).body).toBe('c[1002,"Connection interrupted"]\n');
    expect((await wire.post('/s/000/x/xhr_send', '["a"]')).status).toBe(204);
    expect((await wire.post(polled)).body).toBe('c[1002,"Connection interrupted"]\n');
  });

  test('does so while it polls', async () => {
    const { wire, isClosed, events } = await served();
    await wire.post(polled);
    const poll = await wire.waitingPoll(polled);
    poll.abort();
    await isClosed();
    expect(events).toEqual(['open', 'closed']);
    expect((await wire.post(polled)).body).toBe('c[1002,"Connection interrupted"]\n');
  });
});

describe('time', () => {
  test('without a receiver ends a session', async () => {
    const { wire, clock, records, sockJs } = await served();
    await wire.post(polled);
    clock.advance(4_999);
    expect([records.length, sockJs.httpSessions]).toEqual([0, 1]);
    clock.advance(1);
    expect(records).toMatchObject([{ code: 1006, cause: { type: 'timeout' } }]);
    expect(sockJs.httpSessions).toBe(0);
    expect((await wire.post('/s/000/x/xhr_send', '["a"]')).status).toBe(404);
    expect(clock.pendingTimers).toBe(0);
  });

  test('with one does not, and brings heartbeats', async () => {
    const { wire, clock, channels } = await served();
    const stream = await wire.stream('POST', streamed);
    await stream.take('o\n');
    for (let i = 0; i < 3; i++) {
      clock.advance(25_000);
      expect(await stream.take()).toBe('h\n');
    }
    channels[0]?.send('x');
    expect(await stream.take()).toBe('a["x"]\n');
  });

  test('makes a poll end with a heartbeat', async () => {
    const { wire, clock, sockJs } = await served({}, { heartbeatIntervalMs: 10_000 });
    await wire.post(polled);
    const { reply } = await wire.waitingPoll(polled);
    clock.advance(10_000);
    expect((await reply).body).toBe('h\n');
    clock.advance(4_999);
    expect(sockJs.httpSessions).toBe(1);
    clock.advance(1);
    expect(sockJs.httpSessions).toBe(0);
  });

  test('between two responses is what the options say', async () => {
    const { wire, clock, sockJs } = await served({}, { disconnectDelayMs: 60_000 });
    await wire.post(polled);
    clock.advance(59_999);
    expect(sockJs.httpSessions).toBe(1);
    clock.advance(1);
    expect(sockJs.httpSessions).toBe(0);
  });
});

describe('what waits for a client', () => {
  test('is bounded, and send waits', async () => {
    const { wire, channels } = await served({}, { sendQueue: { maxQueuedBytes: 1_000 } });
    await wire.post(polled);
    const [channel] = channels as [SockJsChannel];
    const results: (SendResult | Promise<SendResult>)[] = [];
    for (let i = 0; i < 5; i++) results.push(channel.send('x'.repeat(300)));
    expect(results.slice(0, 2)).toEqual(['queued', 'queued']);
    expect(results[4]).toBeInstanceOf(Promise);
    expect(channel.bufferedBytes).toBe(5 * 302);
    expect((await wire.post(polled)).body.length).toBe(5 * 302 + 4 + 4);
    expect(await results[4]).toBe('written');
    expect(channel.bufferedBytes).toBe(0);
  });

  test('ends the session where the policy says so', async () => {
    const { wire, channels, records } = await served(
      {},
      { sendQueue: { maxQueuedBytes: 1_000, policy: 'close' } },
    );
    await wire.post(polled);
    const [channel] = channels as [SockJsChannel];
    const results = Array.from({ length: 5 }, () => channel.send('x'.repeat(300)));
    expect(results).toContain('closed');
    expect((await wire.post(polled)).body).toBe('c[1013,"too slow"]\n');
    expect(records).toMatchObject([{ code: 1013, cause: { type: 'slow-reader' } }]);
  });

  test('is forgotten with the session, and whoever waits is told', async () => {
    const { wire, channels, clock } = await served({}, { sendQueue: { maxQueuedBytes: 1 } });
    await wire.post(polled);
    const sent = channels[0]?.send('x');
    clock.advance(5_000);
    expect([await sent, channels[0]?.bufferedBytes, channels[0]?.send('y')]).toEqual(['closed', 0, 'closed']);
  });

  test('comes in responses of the size that one may have', async () => {
    const { wire, channels } = await served({}, { maxResponseBytes: 100 });
    await wire.post(polled);
    for (let i = 0; i < 10; i++) channels[0]?.send('x'.repeat(48));
    for (let i = 0; i < 5; i++) expect((await wire.post(polled)).body.length).toBe(105);
  });

  test('waits for a reader that does not read, and nothing is lost', async () => {
    const { wire, channels } = await served(
      {},
      { maxResponseBytes: 1e9, sendQueue: { maxQueuedBytes: 100_000 } },
    );
    const stream = await wire.stream('POST', streamed);
    await stream.take('o\n');
    stream.pause();
    const [channel] = channels as [SockJsChannel];
    let sent = 0;
    let blocked: Promise<SendResult> | null = null;
    while (blocked === null && sent < 1_000) {
      const result = channel.send(`${sent++}:${'x'.repeat(65_536)}`);
      if (result instanceof Promise) blocked = result;
      await new Promise(setImmediate);
    }
    expect(blocked).not.toBeNull();
    stream.resume();
    let received = 0;
    while (received < sent) {
      const frame = await stream.take();
      for (const message of JSON.parse(frame.slice(1)) as string[]) {
        expect(message.startsWith(`${received}:`)).toBe(true);
        received++;
      }
    }
    expect(await blocked).toBe('written');
  });
});

describe('a service', () => {
  test('gets messages one at a time, in order, when it has opened', async () => {
    let finishOpening = (): void => {};
    let finishMessage = (): void => {};
    const { wire, events } = await served({
      open: () => new Promise<void>((resolve) => (finishOpening = resolve)),
      message: () => new Promise<void>((resolve) => (finishMessage = resolve)),
    });
    await wire.post(polled);
    await wire.post('/s/000/x/xhr_send', '["1","2"]');
    expect(events).toEqual(['open']);
    finishOpening();
    await expect.poll(() => events).toEqual(['open', '1']);
    finishMessage();
    await expect.poll(() => events).toEqual(['open', '1', '2']);
  });

  test('that is slow makes its client wait', async () => {
    let finish = (): void => {};
    const { wire, events } = await served({
      message: () => new Promise<void>((resolve) => (finish = resolve)),
    });
    await wire.post(polled);
    const large = JSON.stringify(['x'.repeat(600_000)]);
    expect((await wire.post('/s/000/x/xhr_send', large)).status).toBe(204);
    const second = wire.post('/s/000/x/xhr_send', large);
    await new Promise((resolve) => setTimeout(resolve, 50));
    let isAnswered = false;
    void second.then(() => {
      isAnswered = true;
    });
    await expect.poll(() => events.length).toBe(2);
    expect(isAnswered).toBe(false);
    finish();
    expect((await second).status).toBe(204);
  });

  test('that throws ends the session with 1011, and is reported', async () => {
    const problem = new Error('no');
    const { wire, errors, records } = await served({
      message: () => {
        throw problem;
      },
    });
    await wire.post(polled);
    await wire.post('/s/000/x/xhr_send', '["1","2"]');
    expect((await wire.post(polled)).body).toBe('c[1011,""]\n');
    expect(errors).toEqual([problem]);
    expect(records).toMatchObject([{ code: 1011, cause: { type: 'handler', error: problem } }]);
  });

  test('that rejects when it opens ends the session too', async () => {
    const { wire, errors } = await served({ open: async () => Promise.reject(new Error('no')) });
    await wire.post(polled);
    await expect.poll(async () => (await wire.post(polled)).body).toBe('c[1011,""]\n');
    expect(errors).toHaveLength(1);
  });

  test('may be a function that iterates', async () => {
    const seen: unknown[] = [];
    let isOver = false;
    const { wire, sockJs } = await serveSockJs({
      service: async (channel, request) => {
        seen.push(request.transport, request.query.get('q'));
        for await (const message of channel) {
          if (message.data === 'bye') void channel.close(3005, 'bye');
          else await channel.send(`${message.data}!`);
        }
        isOver = true;
      },
    });
    await wire.post(`${polled}?q=1`);
    await wire.post('/s/000/x/xhr_send', '["a","b"]');
    await expect.poll(async () => (await wire.post(polled)).body).toMatch(/"b!"\]\n$/);
    await wire.post('/s/000/x/xhr_send', '["bye"]');
    expect((await wire.post(polled)).body).toBe('c[3005,"bye"]\n');
    await expect.poll(() => isOver).toBe(true);
    expect(seen).toEqual(['xhr', '1']);
    expect(sockJs.httpSessions).toBe(1);
  });

  test('can pause, and gets what waited later', async () => {
    const { wire, channels, events } = await served();
    await wire.post(polled);
    channels[0]?.pause();
    await wire.post('/s/000/x/xhr_send', '["1"]');
    expect(events).toEqual(['open']);
    channels[0]?.resume();
    expect(events).toEqual(['open', '1']);
  });

  test('is told the name of no session', async () => {
    const { wire, channels } = await served();
    await wire.post('/s/000/secret-name/xhr');
    const request = channels[0]?.request;
    expect(request?.path).toBe('/s');
    expect(JSON.stringify(request)).not.toContain('secret-name');
  });

  test('cannot send bytes, unless the options say how', async () => {
    const { wire, channels } = await served();
    await wire.post(polled);
    expect(() => channels[0]?.send(new Uint8Array(3))).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_DATA' }),
    );
    const base64 = await serveSockJs({ service: echoService, binaryMessages: 'base64' });
    await base64.wire.post(polled);
    await base64.wire.post('/s/000/x/xhr_send', '["bAAEC","b","b!","bA","text"]');
    expect((await base64.wire.post(polled)).body).toBe('a["bAAEC","b","b!","bA","text"]\n');
  });
});

describe('too many', () => {
  test('sessions are refused, and there is room again when others are gone', async () => {
    const { wire, clock } = await served({}, { maxSessions: 2 });
    for (const name of ['a', 'b']) expect((await wire.post(`/s/000/${name}/xhr`)).status).toBe(200);
    const refused = await wire.post('/s/000/c/xhr');
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    clock.advance(5_000);
    expect((await wire.post('/s/000/c/xhr')).body).toBe('o\n');
  });

  test('requests with messages at once are refused', async () => {
    const { wire } = await served({ message: () => new Promise(() => {}) });
    await wire.post(polled);
    await wire.post('/s/000/x/xhr_send', JSON.stringify(['x'.repeat(600_000)]));
    const large = JSON.stringify(['x'.repeat(600_000)]);
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++)
      wire.post('/s/000/x/xhr_send', large).then(
        ({ status }) => statuses.push(status),
        () => {},
      );
    await expect.poll(() => statuses).toEqual([503, 503, 503, 503]);
  });
});

describe('authenticate', () => {
  test('decides who may open a session over HTTP', async () => {
    const { wire, sockJs, errors } = await serveSockJs({
      authenticate: async ({ query }) => {
        if (query.get('token') === 'throw') throw new Error('no');
        return query.get('token') === 'right';
      },
    });
    for (const token of ['wrong', 'throw', '']) {
      const refused = await wire.post(`/s/000/x/xhr?token=${token}`);
      expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer']);
    }
    expect([sockJs.httpSessions, errors.length]).toEqual([0, 1]);
    expect((await wire.post('/s/000/x/xhr?token=right')).body).toBe('o\n');
    expect((await wire.post('/s/000/x/xhr_send', '["a"]')).status).toBe(204);
    expect((await wire.post('/s/000/x/xhr')).body).toBe('a["a"]\n');
  });

  test('keeps no session for a client that has gone meanwhile, and one for two that ask at once', async () => {
    const waiting: ((isAllowed: boolean) => void)[] = [];
    const { wire, sockJs } = await serveSockJs({
      authenticate: () => new Promise<boolean>((resolve) => waiting.push(resolve)),
    });
    const gone = wire.begin('POST', polled);
    await expect.poll(() => waiting.length).toBe(1);
    gone.abort();
    const two = [wire.begin('POST', '/s/000/y/xhr'), wire.begin('POST', '/s/000/y/xhr')];
    await expect.poll(() => waiting.length).toBe(3);
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const resolve of waiting) resolve(true);
    await Promise.race(two.map(({ reply }) => reply));
    expect(sockJs.httpSessions).toBe(1);
  });
});

test('closing the service tells every client, and lets nobody in', async () => {
  const { wire, sockJs, channels, records } = await served();
  const stream = await wire.stream('POST', streamed);
  await stream.take('o\n');
  await wire.post('/s/000/y/xhr');
  const closed = sockJs.close(1012, 'restarting');
  expect(await stream.take()).toBe('c[1012,"restarting"]\n');
  expect((await wire.post('/s/000/y/xhr')).body).toBe('c[1012,"restarting"]\n');
  await closed;
  expect([channels.length, records.length]).toEqual([2, 2]);
  expect((await wire.post('/s/000/z/xhr')).status).toBe(503);
  expect(() => sockJs.close(5)).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_CLOSE_CODE' }));
});
