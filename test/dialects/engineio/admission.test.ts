import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { type CorsOrigin, createEngineIoDialect, type EngineSocket } from 'ieum/dialects/engineio';
import { seededRandom } from 'ieum/testing';
import { describe, expect, onTestFinished, test } from 'vitest';

import { serve } from '../../support/serve.js';
import { EngineStage } from './engine-client.js';

const opened = 'EIO=4&transport=polling';

describe('bodies', () => {
  test('CVE-2020-36048: one that is announced too large is not read, and ends the session', async () => {
    const stage = await EngineStage.start({ maxPayloadBytes: 1_000 });
    const sid = await stage.open();
    expect((await stage.post(sid, '4'.repeat(1_001))).status).toBe(413);
    expect(stage.dialect.sessionCount).toBe(0);
  });

  test('one that grows too large is cut off while it comes', async () => {
    const dialect = createEngineIoDialect({ maxPayloadBytes: 1_000 });
    const { port } = await serve<unknown>({ ...dialect.endpoints });
    const response = await fetch(`http://127.0.0.1:${port}/engine.io/?${opened}`);
    const { sid } = JSON.parse((await response.text()).slice(1));
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    socket.write(
      `POST /engine.io/?${opened}&sid=${sid} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`,
    );
    const chunk = `200\r\n${'4'.repeat(512)}\r\n`;
    socket.write(chunk + chunk);
    const [head] = (await once(socket, 'data')) as [Buffer];
    expect(head.toString()).toMatch(/^HTTP\/1\.1 413 /);
    expect(dialect.sessionCount).toBe(0);
  });

  test('one of exactly the limit is taken', async () => {
    const stage = await EngineStage.start({ maxPayloadBytes: 1_000 });
    const sid = await stage.open();
    expect((await stage.post(sid, '4'.repeat(1_000))).status).toBe(200);
  });

  test('a WebSocket message beyond the limit closes the connection', async () => {
    const stage = await EngineStage.start({ maxPayloadBytes: 1_000 });
    const wire = stage.connect();
    await wire.nextText();
    wire.send('4'.repeat(1_001));
    expect(await wire.closed).toBe(1009);
    await delay(20);
    expect(stage.dialect.sessionCount).toBe(0);
  });

  test.each(['GET', 'POST'])(
    'a client that leaves in the middle of a %s ends its session',
    async (method) => {
      const reasons: string[] = [];
      const dialect = createEngineIoDialect({ closed: (_socket, reason) => void reasons.push(reason) });
      const { port } = await serve<unknown>({ ...dialect.endpoints });
      const response = await fetch(`http://127.0.0.1:${port}/engine.io/?${opened}`);
      const { sid } = JSON.parse((await response.text()).slice(1));
      const path = `/engine.io/?${opened}&sid=${sid}`;
      const request = http.request({ port, host: '127.0.0.1', path, method });
      request.on('error', () => {});
      if (method === 'POST') request.write('4half');
      else request.end();
      await delay(50);
      request.destroy();
      await delay(50);
      expect([reasons, dialect.sessionCount]).toEqual([['transport close'], 0]);
    },
  );
});

describe('who may open a session', () => {
  test('is for the application to say, and nothing but true lets in', async () => {
    const stage = await EngineStage.start({
      authorize: async ({ query }) => {
        if (query.get('token') === 'broken') throw new Error('broken');
        return query.get('token') === 'right';
      },
    });
    const answers = await Promise.all(
      ['right', 'wrong', 'broken'].map((token) => stage.request(`${opened}&token=${token}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 403, 403]);
    expect(JSON.parse(answers[1]?.body ?? '')).toEqual({ code: 4, message: 'Forbidden' });
    expect(stage.errors).toHaveLength(1);
    expect(await stage.connect('EIO=4&transport=websocket&token=wrong').closed).toBe(1008);
    const wire = stage.connect('EIO=4&transport=websocket&token=right');
    expect(await wire.nextText()).toMatch(/^0/);
  });

  test('more than there is room for are told to come back', async () => {
    const stage = await EngineStage.start({ maxSessions: 1 });
    const sid = await stage.open();
    const { status, headers } = await stage.request(opened);
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect((await stage.connect().refused)[0]).toBe(503);
    await stage.post(sid, '1');
    expect((await stage.request(opened)).status).toBe(200);
  });

  test('a transport that is not offered is unknown', async () => {
    const stage = await EngineStage.start({ transports: ['websocket'] });
    expect(JSON.parse((await stage.request(opened)).body).code).toBe(0);
    expect(await stage.connect().nextText()).toMatch(/^0/);
  });
});

describe('CVE-2020-28481: pages of other origins', () => {
  const page = 'https://page.example';

  test.each<[string, CorsOrigin | undefined, number]>([
    ['none without cors', undefined, 403],
    ['none with false', false, 403],
    ['all with true', true, 200],
    ['all with a star', '*', 200],
    ['the one that is named', page, 200],
    ['not another one', 'https://other.example', 403],
    ['not one that only begins like it', 'https://page.example.evil', 403],
    ['one of a list', ['https://other.example', page], 200],
    ['those that match', /^https:\/\/page\./, 200],
    ['not those that do not match', /^http:/, 403],
    ['those that a function lets in', (origin: string) => origin === page, 200],
    ['not those that it does not', () => false, 403],
    [
      'those that it calls back for',
      (_origin: string, call: (error: unknown, is?: boolean) => void) => call(null, true),
      200,
    ],
    [
      'not those that it calls back against',
      (_origin: string, call: (error: unknown, is?: boolean) => void) => call(new Error('no'), true),
      403,
    ],
  ])('may poll: %s', async (_what, origin, status) => {
    const stage = await EngineStage.start(origin === undefined ? {} : { cors: { origin } });
    const reply = await stage.request(opened, { headers: { Origin: page } });
    expect(reply.status).toBe(status);
    expect(reply.headers.get('access-control-allow-origin')).toBe(
      status === 403 ? null : origin === '*' ? '*' : page,
    );
    expect((await stage.request(opened)).status).toBe(200);
  });

  test('the server’s own pages may always', async () => {
    const dialect = createEngineIoDialect();
    const { port } = await serve<unknown>({ ...dialect.endpoints });
    const url = `http://127.0.0.1:${port}/engine.io/?${opened}`;
    const statuses = await Promise.all(
      [`http://127.0.0.1:${port}`, `https://127.0.0.1:${port}`, 'http://127.0.0.1', 'null'].map(
        async (Origin) => (await fetch(url, { headers: { Origin } })).status,
      ),
    );
    expect(statuses).toEqual([200, 403, 403, 403]);
  });

  test('are told in a preflight what they may send, cookies only where that was said', async () => {
    const stage = await EngineStage.start({ cors: { origin: [page], credentials: true } });
    const { status, headers } = await stage.request(opened, {
      method: 'OPTIONS',
      headers: { Origin: page, 'Access-Control-Request-Headers': 'x-token' },
    });
    expect([
      status,
      ...['origin', 'credentials', 'methods', 'headers'].map((name) =>
        headers.get(`access-control-allow-${name}`),
      ),
      headers.get('vary'),
    ]).toEqual([204, page, 'true', 'GET, POST', 'x-token', 'Origin']);
  });

  test('cannot all have their visitors’ cookies', () => {
    expect(() => createEngineIoDialect({ cors: { origin: '*', credentials: true } })).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
    );
  });
});

describe('the end', () => {
  test('what was sent before it arrives, over polling too', async () => {
    const reasons: string[] = [];
    const stage = await EngineStage.start({
      message: (socket) => {
        void socket.send('last');
        socket.close();
        expect(socket.send('late')).toBe('closed');
      },
      closed: (_socket, reason) => void reasons.push(reason),
    });
    const sid = await stage.open();
    expect((await stage.post(sid, '4a\u001e4b')).body).toBe('ok');
    expect((await stage.poll(sid)).body).toBe('4last\u001e1');
    expect((await stage.poll(sid)).status).toBe(400);
    const wire = stage.connect();
    await wire.nextText();
    wire.send('4a');
    expect(await wire.nextText()).toBe('4last');
    expect(await wire.closed).toBe(1000);
    expect(reasons).toEqual(['forced close', 'forced close']);
  });

  test('of the dialect ends all sessions and lets nobody in any more', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    const wire = stage.connect();
    await wire.nextText();
    const polled = stage.poll(sid);
    await delay(20);
    stage.dialect.close();
    expect((await polled).body).toBe('1');
    await wire.closed;
    expect((await stage.request(opened)).status).toBe(503);
    expect(stage.dialect.sessionCount).toBe(0);
  });

  test('of one who does not poll comes when too much waits', async () => {
    const sockets: EngineSocket[] = [];
    const stage = await EngineStage.start({
      open: (socket) => void sockets.push(socket),
      sendQueue: { maxQueuedBytes: 1_000, maxWaitingBytes: 1_000 },
    });
    await stage.open();
    const [socket] = sockets as [EngineSocket];
    const results = Array.from({ length: 8 }, () => socket.send('x'.repeat(300)));
    expect(results.filter((result) => result === 'queued')).toHaveLength(2);
    expect(results.at(-1)).toBe('closed');
    expect(socket.isOpen).toBe(false);
  });
});

test('CVE-2017-16031: names of sessions are long, and no two are the same', async () => {
  const stage = await EngineStage.start();
  const names = await Promise.all(Array.from({ length: 50 }, () => stage.open()));
  expect(new Set(names.map((name) => name.slice(0, 16))).size).toBe(50);
  for (const name of names) expect(name).toMatch(/^[0-9a-f]{40}$/);
});

test('a handler that throws or rejects is reported, and nothing else happens', async () => {
  const stage = await EngineStage.start({
    message: (_socket, data) => {
      if (data === 'throw') throw new Error('thrown');
      return data === 'reject' ? Promise.reject(new Error('rejected')) : undefined;
    },
  });
  const wire = stage.connect();
  await wire.nextText();
  for (const packet of ['4throw', '4reject', '2probe']) wire.send(packet);
  await wire.closed;
  expect(stage.errors.map((error) => (error as Error).message)).toEqual(['thrown', 'rejected']);
});

test('CVE-2022-41940, CVE-2023-31125: whatever clients send, the process answers and forgets them', async () => {
  const stage = await EngineStage.start({ pingIntervalMs: 5_000 });
  const random = seededRandom(36);
  const pick = <Item>(items: readonly Item[]): Item => items[random.below(items.length)] as Item;
  const bodies = [
    '4a',
    '1',
    '3',
    '2',
    '5',
    '6',
    '0{}',
    'b',
    'bAQ==',
    '\u001e',
    'x',
    '',
    '4a\u001e4b',
    '2probe',
  ];
  for (let round = 0; round < 40; round++) {
    const sid = await stage.open();
    const waiting: Promise<{ readonly status: number }>[] = [];
    for (let step = 0; step < 6; step++) {
      const kind = random.below(3);
      if (kind === 0) waiting.push(stage.post(sid, pick(bodies)));
      else if (kind === 1) waiting.push(stage.poll(sid));
      else {
        const wire = stage.connect(`EIO=4&transport=websocket&sid=${sid}`);
        wire.socket.once('open', () => {
          for (let i = 0; i < 3; i++) wire.send(pick(bodies));
          if (random.below(2) === 0) wire.socket.terminate();
        });
      }
      if (random.below(2) === 0) await delay(1);
    }
    waiting.push(stage.post(sid, '1'), stage.poll(sid));
    for (const { status } of await Promise.all(waiting)) expect([200, 400]).toContain(status);
  }
  stage.dialect.close();
  await delay(100);
  expect([stage.errors, stage.dialect.sessionCount]).toEqual([[], 0]);
});
