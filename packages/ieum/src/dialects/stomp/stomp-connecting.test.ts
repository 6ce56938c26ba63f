import { describe, expect, it, test } from 'vitest';

import { settle } from '../../../../../test/support/memory-peer.js';
import { StompWire } from '../../../../../test/support/stomp-wire.js';
import { stompWorld, wordsOf } from '../../../../../test/support/stomp-world.js';
import { createHub } from '../../hub/index.js';
import { createStompDialect, createStompRoute, type StompDialectOptions } from './index.js';

/** What a hub alone has pending. */
const hubTimers = (await stompWorld()).clock.pendingTimers;

describe('CONNECT', () => {
  it.each([
    ['1.2', '1.2', '10000,10000'],
    ['1.0,1.1', '1.1', '10000,10000'],
    ['1.0', '1.0', undefined],
    [undefined, '1.0', undefined],
  ])('with accept-version %s is answered with %s', async (accepted, version, heartBeat) => {
    const { route } = await stompWorld();
    const wire = new StompWire(route);
    const [answer] = await wire.ask('CONNECT', {
      ...(accepted === undefined ? {} : { 'accept-version': accepted }),
      login: 'ann',
    });
    expect(answer).toEqual({
      command: 'CONNECTED',
      headers: {
        version,
        session: expect.stringMatching(/^[\w-]{22,}$/),
        server: 'ieum',
        'user-name': 'ann',
        ...(heartBeat === undefined ? {} : { 'heart-beat': heartBeat }),
      },
      body: '',
    });
  });

  it('may be called STOMP', async () => {
    const { route } = await stompWorld();
    expect(wordsOf(await new StompWire(route).ask('STOMP', { 'accept-version': '1.2' }))).toEqual([
      'CONNECTED',
    ]);
  });

  it('may come in pieces, and with what follows it', async () => {
    const { route } = await stompWorld();
    const wire = new StompWire(route);
    await wire.sayRaw(
      '\nCONN',
      'ECT\naccept-version:1.',
      '2\n\n\0\nSUBSCRIBE\nid:a\nreceipt:1\ndestination:/topic/a\n\n\0BEG',
    );
    await wire.sayRaw(Buffer.from('IN\ntransaction:a\nreceipt:2\n\n\0'));
    expect(wordsOf(await wire.heard())).toEqual(['CONNECTED', 'RECEIPT 1', 'RECEIPT 2']);
  });

  it.each<[name: string, headers: Record<string, string>, code: string, close: string]>([
    ['no common version', { 'accept-version': '3.0' }, 'ERR_STOMP_UNSUPPORTED_VERSION', '1002'],
    [
      'a heart-beat that is none',
      { 'accept-version': '1.2', 'heart-beat': 'x' },
      'ERR_STOMP_INVALID_HEADER',
      '1002',
    ],
    [
      'somebody who is not known',
      { 'accept-version': '1.2', login: 'nobody' },
      'ERR_HUB_UNAUTHENTICATED',
      '1008',
    ],
    [
      'somebody whose right has ended',
      { 'accept-version': '1.2', login: 'late' },
      'ERR_HUB_UNAUTHENTICATED',
      '1008',
    ],
    ['an application that fails', { 'accept-version': '1.2', login: 'bad' }, 'ERR_HUB_HANDLER', '1011'],
  ])('with %s is refused', async (_name, headers, code, close) => {
    const errors: unknown[] = [];
    const { route } = await stompWorld(
      {},
      {
        reportError: (error) => void errors.push(error),
        authenticate: ({ login }) => {
          if (login === 'bad') throw new Error('secret');
          if (login === 'late') return { name: login, user: login, expiresAtMs: 1 };
          return login === 'nobody' ? null : { name: null, user: '' };
        },
      },
    );
    const heard = await new StompWire(route).ask('CONNECT', headers);
    expect(wordsOf(heard)).toEqual([`ERROR ${code}`, `close ${close}`]);
    expect(JSON.stringify(heard)).not.toContain('secret');
    expect(errors.length).toBe(code === 'ERR_HUB_HANDLER' ? 1 : 0);
  });

  it('gives login, passcode and all headers to authenticate, as they are', async () => {
    const seen: unknown[] = [];
    const { route } = await stompWorld(
      {},
      {
        authenticate: ({ login, passcode, headers }) => {
          seen.push(login, passcode, headers.get('token'));
          return { name: null, user: '' };
        },
      },
    );
    await new StompWire(route).sayRaw('CONNECT\naccept-version:1.2\nlogin:a\\b\npasscode:c:d\ntoken:t\n\n\0');
    expect(seen).toEqual(['a\\b', 'c:d', 't']);
  });

  it('is refused a second time', async () => {
    const { connect } = await stompWorld();
    const wire = await connect('ann');
    expect(wordsOf(await wire.ask('CONNECT', { receipt: '1' }))).toEqual([
      'ERROR ERR_STOMP_ALREADY_CONNECTED',
      'close 1002',
    ]);
  });

  it('has to come in time', async () => {
    const { route, clock } = await stompWorld({}, { connectTimeoutMs: 500 });
    const wire = new StompWire(route);
    clock.advance(500);
    expect(wordsOf(await wire.heard())).toEqual(['ERROR ERR_STOMP_CONNECT_TIMEOUT', 'close 1008']);
    expect(clock.pendingTimers).toBe(hubTimers);
  });

  it('that is answered when the client has gone opens nothing', async () => {
    let answer: (identity: { name: string; user: string }) => void = () => {};
    const asked = new Promise<{ name: string; user: string }>((resolve) => {
      answer = resolve;
    });
    const { route, hub } = await stompWorld({}, { authenticate: () => asked });
    const wire = new StompWire(route);
    await wire.say('CONNECT', { 'accept-version': '1.2' });
    await wire.drop();
    answer({ name: 'ann', user: 'ann' });
    await settle();
    expect(hub.sessions.size).toBe(0);
  });

  it('that is never answered keeps nothing of a client that has gone', async () => {
    const { route } = await stompWorld({}, { authenticate: () => new Promise<null>(() => {}) });
    let closed = 0;
    const watched = {
      ...route,
      closed: (peer: Parameters<typeof route.closed>[0]) => {
        closed++;
        route.closed(peer);
      },
    };
    const wire = new StompWire(watched);
    await wire.say('CONNECT', { 'accept-version': '1.2' });
    await wire.drop();
    expect(closed).toBe(1);
  });
});

describe('what is no frame of a client', () => {
  it.each([
    ['an unknown command', 'HELLO\nreceipt:1\n\n\0', 'ERROR ERR_STOMP_UNKNOWN_COMMAND', 'close 1002'],
    ['a frame of a server', 'MESSAGE\n\n\0', 'ERROR ERR_STOMP_UNKNOWN_COMMAND', 'close 1002'],
    ['something that is none', '{"type":"connect"}\n\0', 'ERROR ERR_STOMP_MALFORMED_FRAME', 'close 1002'],
    [
      'a frame that is too large',
      'SEND\ncontent-length:99999999\n\n',
      'ERROR ERR_STOMP_FRAME_TOO_LARGE',
      'close 1009',
    ],
  ])('%s is answered with ERROR, and the end', async (_name, said, ...expected) => {
    const { connect } = await stompWorld();
    const wire = await connect('ann');
    await wire.sayRaw(said, 'SEND\ndestination:/topic/a\n\nlate\0');
    expect(wordsOf(await wire.heard())).toEqual(expected);
  });

  it('is told which receipt it asked for', async () => {
    const { connect } = await stompWorld();
    const [error] = await (await connect()).ask('HELLO', { receipt: 'r:1' });
    expect(error).toMatchObject({
      command: 'ERROR',
      headers: { 'receipt-id': 'r:1', message: expect.any(String) },
    });
  });
});

describe('DISCONNECT', () => {
  it('is answered when all before it is done, and closes', async () => {
    const { connect, hub } = await stompWorld({ authorize: async () => true });
    const wire = await connect('ann');
    await wire.sayRaw(
      'SEND\ndestination:/topic/a\nreceipt:1\n\nx\0DISCONNECT\nreceipt:2\n\n\0SEND\ndestination:/topic/a\nreceipt:3\n\n\0',
    );
    expect(wordsOf(await wire.heard())).toEqual(['RECEIPT 1', 'RECEIPT 2', 'close 1000']);
    expect(hub.sessions.size).toBe(0);
  });
});

describe('heart-beats', () => {
  const agreed = async (headers: Record<string, string>, heartBeat = { sendMs: 1_000, receiveMs: 1_000 }) => {
    const { route, clock } = await stompWorld({}, { heartBeat });
    const wire = await StompWire.connected(route, headers);
    return { clock, wire };
  };

  it('are sent while nothing else is, and not later than agreed', async () => {
    const { clock, wire } = await agreed({ 'heart-beat': '0,5000' });
    clock.advance(3_999);
    expect(await wire.heard()).toEqual([]);
    clock.advance(1_001);
    expect(wordsOf(await wire.heard())).toEqual(['heart-beat']);
    clock.advance(2_000);
    expect(wordsOf(await wire.ask('BEGIN', { transaction: 'a', receipt: '1' }))).toEqual(['RECEIPT 1']);
    clock.advance(3_900);
    expect(await wire.heard()).toEqual([]);
    clock.advance(1_100);
    expect(wordsOf(await wire.heard())).toEqual(['heart-beat']);
  });

  it.each([
    ['0,0', { sendMs: 1_000, receiveMs: 1_000 }],
    ['100,100', { sendMs: 0, receiveMs: 0 }],
  ])('of %s with a server of %o are none', async (heartBeat, own) => {
    const { clock } = await agreed({ 'heart-beat': heartBeat }, own);
    expect(clock.pendingTimers).toBe(hubTimers);
  });

  it('that do not come end the connection, with tolerance', async () => {
    const { clock, wire } = await agreed({ 'heart-beat': '100,0' });
    clock.advance(1_900);
    await wire.sayRaw('\n');
    clock.advance(1_999);
    expect(await wire.heard()).toEqual([]);
    clock.advance(1);
    expect(wordsOf(await wire.heard())).toEqual(['ERROR ERR_STOMP_SILENT', 'close 1008']);
    expect(clock.pendingTimers).toBe(hubTimers);
  });

  it('are not missed while this process stood still', async () => {
    const { clock, wire } = await agreed({ 'heart-beat': '100,0' });
    clock.stall(60_000);
    clock.advance(0);
    expect(await wire.heard()).toEqual([]);
    clock.advance(2_000);
    expect(wordsOf(await wire.heard())).toEqual(['ERROR ERR_STOMP_SILENT', 'close 1008']);
  });
});

const authenticate = (): null => null;

test.each([
  [{}],
  [{ hub: createHub() }],
  [{ hub: createHub(), authenticate, maxFrameBytes: 0 }],
  [{ hub: createHub(), authenticate, connectTimeoutMs: -1 }],
  [{ hub: createHub(), authenticate, heartBeat: { sendMs: 1.5 } }],
  [{ hub: createHub(), authenticate, queues: {} }],
  [{ hub: createHub(), authenticate, queues: { authorize: () => true, maxBytes: 0 } }],
])('options that cannot be are refused at once: %o', (options) => {
  expect(() => createStompRoute(options as unknown as StompDialectOptions<string>)).toThrow(
    expect.objectContaining({ code: 'ERR_HUB_INVALID_OPTION' }),
  );
});

test('the dialect is what createServer takes', () => {
  const dialect = createStompDialect({ hub: createHub(), authenticate: () => null, path: '/ws' });
  expect(Object.keys(dialect)).toEqual(['routes']);
  expect(dialect.routes['/ws']?.subprotocols).toEqual(['v12.stomp', 'v11.stomp', 'v10.stomp']);
});

test('when the server goes away clients are closed without ERROR, and with it for other reasons', async () => {
  const { connect, hub } = await stompWorld();
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  for (const session of hub.sessions) {
    if (session.identity.name === 'ann')
      session.closeBecause({ code: 4401, reason: 'expired', retryAfterMs: 5 });
  }
  await hub.close();
  const told = await ann.heard();
  expect(wordsOf(told)).toEqual(['ERROR ERR_STOMP_CLOSED', 'close 4401']);
  expect(told[0]?.headers['ieum-retry-after-ms']).toBe('5');
  expect(wordsOf(await bob.heard())).toEqual(['close 1001']);
});

test('who asks a client by STOMP is told that it cannot be', async () => {
  const { connect, hub } = await stompWorld();
  await connect('ann');
  const [session] = hub.sessions;
  await expect(session?.request('hello' as never, {} as never)).rejects.toMatchObject({
    clientCode: 'ERR_HUB_UNKNOWN_METHOD',
  });
});
