import { setTimeout as delay } from 'node:timers/promises';

import { describe, expect, test } from 'vitest';

import { EngineStage } from './engine-client.js';

const opened = 'EIO=4&transport=polling';
const pingIntervalMs = 300;
const pingTimeoutMs = 200;

describe('the handshake over polling', () => {
  test('opens a session', async () => {
    const stage = await EngineStage.start();
    const { status, body, headers } = await stage.request(opened);
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      200,
      'text/plain; charset=UTF-8',
      'no-store',
    ]);
    expect(body[0]).toBe('0');
    const { sid, ...rest } = JSON.parse(body.slice(1));
    expect(sid).toMatch(/^[0-9a-f]{40}$/);
    expect(rest).toEqual({
      upgrades: ['websocket'],
      pingInterval: pingIntervalMs,
      pingTimeout: pingTimeoutMs,
      maxPayload: 1_000_000,
    });
  });

  test.each([
    ['transport=polling', 'GET', 5, 'Unsupported protocol version'],
    ['EIO=abc&transport=polling', 'GET', 5, 'Unsupported protocol version'],
    ['EIO=3&transport=polling', 'GET', 5, 'Unsupported protocol version'],
    ['EIO=4', 'GET', 0, 'Transport unknown'],
    ['EIO=4&transport=abc', 'GET', 0, 'Transport unknown'],
    ['', 'GET', 0, 'Transport unknown'],
    ['EIO=4&transport=websocket', 'GET', 3, 'Bad request'],
    [opened, 'POST', 2, 'Bad handshake method'],
    [opened, 'PUT', 2, 'Bad handshake method'],
    [opened, 'DELETE', 2, 'Bad handshake method'],
    [`${opened}&sid=forged`, 'GET', 1, 'Session ID unknown'],
    [`${opened}&sid=__proto__`, 'POST', 1, 'Session ID unknown'],
    [`${opened}&sid=`, 'GET', 1, 'Session ID unknown'],
  ])('%s by %s is refused with %i', async (query, method, code, message) => {
    const stage = await EngineStage.start();
    const { status, body, headers } = await stage.request(query, { method });
    expect([status, headers.get('content-type'), JSON.parse(body)]).toEqual([
      400,
      'application/json',
      { code, message },
    ]);
    expect(stage.dialect.sessionCount).toBe(0);
  });

  test('a method that is none of the two is refused for a session, too', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    expect((await stage.poll(sid, { method: 'PUT' })).status).toBe(400);
    expect((await stage.post(sid, '4a')).status).toBe(200);
  });
});

describe('the handshake over WebSocket', () => {
  test('opens a session', async () => {
    const stage = await EngineStage.start();
    const wire = stage.connect();
    const text = await wire.nextText();
    const { sid, ...rest } = JSON.parse(text.slice(1));
    expect([text[0], typeof sid, rest.upgrades, rest.maxPayload]).toEqual(['0', 'string', [], 1_000_000]);
  });

  test.each([
    ['transport=websocket', 5],
    ['EIO=abc&transport=websocket', 5],
    ['EIO=4', 0],
    ['EIO=4&transport=abc', 0],
    ['EIO=4&transport=polling', 3],
    ['EIO=4&transport=websocket&sid=forged', 1],
  ])('%s is refused with %i', async (query, code) => {
    const stage = await EngineStage.start();
    const [status, body] = await stage.connect(query).refused;
    expect([status, JSON.parse(body).code]).toEqual([400, code]);
    expect(stage.dialect.sessionCount).toBe(0);
  });
});

describe('messages over polling', () => {
  test.each([
    '4hello',
    '4test1\u001e4test2\u001e4test3',
    '4hello\u001ebAQIDBA==',
    '4',
    '4h\u00e9llo \u{1f600}',
  ])('the payload %j comes back', async (payload) => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    const { status, body } = await stage.post(sid, payload);
    expect([status, body]).toEqual([200, 'ok']);
    expect((await stage.poll(sid)).body).toBe(payload);
  });

  test('a GET that waits is answered with all that is sent in one turn', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    const polled = stage.poll(sid);
    await stage.post(sid, '4a\u001e4b');
    expect((await polled).body).toBe('4a\u001e4b');
  });

  test.each(['abc', '', '4a\u001e', '4a\u001eb%', '\u001e'])(
    'the payload %j ends the session',
    async (payload) => {
      const stage = await EngineStage.start();
      const sid = await stage.open();
      expect((await stage.post(sid, payload)).status).toBe(400);
      expect((await stage.poll(sid)).status).toBe(400);
    },
  );

  test('a body that is no UTF-8 ends the session', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    expect((await stage.post(sid, Uint8Array.of(0x34, 0xff))).status).toBe(400);
    expect(stage.dialect.sessionCount).toBe(0);
  });

  test('of two GETs at once both end, and so does the session', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    const [first, second] = await Promise.all([
      stage.poll(sid),
      delay(20).then(() => stage.request(`${opened}&sid=${sid}&t=burst`)),
    ]);
    expect([first.status, first.body, second.status]).toEqual([200, '1', 400]);
    expect((await stage.poll(sid)).status).toBe(400);
  });

  test('a second POST while one is being taken ends the session', async () => {
    let take = () => {};
    const stage = await EngineStage.start({
      message: () =>
        new Promise<void>((resolve) => {
          take = resolve;
        }),
    });
    const sid = await stage.open();
    const first = stage.post(sid, '4a');
    await delay(20);
    expect((await stage.post(sid, '4b')).status).toBe(400);
    take();
    await first;
    expect((await stage.poll(sid)).status).toBe(400);
  });
});

describe('messages over WebSocket', () => {
  test('come back as what they were', async () => {
    const stage = await EngineStage.start();
    const wire = stage.connect();
    await wire.nextText();
    wire.send('4hello');
    expect(await wire.next()).toBe('4hello');
    wire.send(Uint8Array.of(1, 2, 3, 4));
    expect(await wire.next()).toEqual(Uint8Array.of(1, 2, 3, 4));
    wire.send('bAQIDBA==');
    expect(await wire.next()).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('bytes are base64 for who cannot take them', async () => {
    const stage = await EngineStage.start();
    const wire = stage.connect('EIO=4&transport=websocket&b64=1');
    await wire.nextText();
    wire.send('bAQIDBA==');
    expect(await wire.next()).toBe('bAQIDBA==');
  });

  test.each(['abc', '', '9', '2'])('%j ends the session', async (packet) => {
    const stage = await EngineStage.start();
    const wire = stage.connect();
    await wire.nextText();
    wire.send(packet);
    await wire.closed;
    expect(stage.dialect.sessionCount).toBe(0);
  });
});

describe('the heartbeat', () => {
  test('over polling keeps a session that answers', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    for (let round = 0; round < 3; round++) {
      expect((await stage.poll(sid)).body).toBe('2');
      expect((await stage.post(sid, '3')).status).toBe(200);
    }
  });

  test('over WebSocket keeps a session that answers', async () => {
    const stage = await EngineStage.start();
    const wire = stage.connect();
    await wire.next();
    for (let round = 0; round < 3; round++) {
      expect(await wire.next()).toBe('2');
      wire.send('3');
    }
  });

  test('over polling ends a session that does not', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    await delay(pingIntervalMs + pingTimeoutMs + 150);
    expect((await stage.poll(sid)).status).toBe(400);
  });

  test('over WebSocket ends a session that does not', async () => {
    const reasons: string[] = [];
    const stage = await EngineStage.start({ closed: (_socket, reason) => void reasons.push(reason) });
    const wire = stage.connect();
    await wire.closed;
    expect(reasons).toEqual(['ping timeout']);
  });
});

describe('a client that closes', () => {
  test('over polling has its GET answered, and no session any more', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    const polled = stage.poll(sid);
    await delay(20);
    expect((await stage.post(sid, '1')).body).toBe('ok');
    const { status, body } = await polled;
    expect([status, body]).toEqual([200, '6']);
    expect((await stage.poll(sid)).status).toBe(400);
  });

  test('over WebSocket has its connection closed', async () => {
    const stage = await EngineStage.start();
    const wire = stage.connect();
    await wire.nextText();
    wire.send('1');
    await wire.closed;
    expect(stage.dialect.sessionCount).toBe(0);
  });
});

describe('going over to WebSocket', () => {
  test('goes on there', async () => {
    const stage = await EngineStage.start();
    const sid = await stage.open();
    const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
    wire.send('2probe');
    expect(await wire.next()).toBe('3probe');
    wire.send('5');
    wire.send('4hello');
    expect(await wire.next()).toBe('4hello');
  });

  test('polling is over then', async () => {
    const { stage, sid, wire } = await upgraded();
    const [poll, post] = await Promise.all([stage.poll(sid), stage.post(sid, '4a')]);
    expect([poll.status, post.status]).toEqual([400, 400]);
    wire.send('4hello');
    expect(await wire.nextText()).toBe('4hello');
  });

  test('another connection for the session is closed', async () => {
    const { stage, sid, wire } = await upgraded();
    const [status] = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).refused;
    expect(status).toBe(400);
    wire.send('4hello');
    expect(await wire.nextText()).toBe('4hello');
  });
});

async function upgraded() {
  const stage = await EngineStage.start();
  const sid = await stage.open();
  const wire = await stage.connect(`EIO=4&transport=websocket&sid=${sid}`).opened();
  wire.send('2probe');
  await wire.next();
  wire.send('5');
  wire.send('4ready');
  expect(await wire.nextText()).toBe('4ready');
  return { stage, sid, wire };
}
