import { describe, expect, test } from 'vitest';

import {
  close,
  judgePeer,
  masked,
  type PeerScript,
  text,
  unmasked,
} from '../../../../test/support/judged-peer.js';
import type { Case } from '../case.js';
import type { Verdict } from '../verdict.js';

/** What a case asks for, how the peer behaves, and what that has to be judged as. */
type Row = readonly [behaviour: string, script: PeerScript, verdict: Verdict];

const silent: PeerScript = {};
const says = (...frames: readonly Uint8Array[]): PeerScript => ({ says: frames });
const hello = unmasked(text('Hello'));
const pong = (payload: string) => unmasked({ opcode: 10, payload });

const expectations: readonly [name: string, run: Case['run'], rows: readonly Row[]][] = [
  [
    'expectMessage',
    async (wire) => void (await wire.expectMessage('text', 'Hello')),
    [
      ['the message', says(hello), 'pass'],
      [
        'the message in fragments',
        says(unmasked(text('Hel', { fin: false })), unmasked({ opcode: 0, payload: 'lo' })),
        'pass',
      ],
      ['a Ping and a Pong before', says(unmasked({ opcode: 9 }), pong('x'), hello), 'pass'],
      ['another payload', says(unmasked(text('Hullo'))), 'fail'],
      ['another type', says(unmasked(text('Hello', { opcode: 2 }))), 'fail'],
      ['half of it', says(hello.subarray(0, 4)), 'fail'],
      ['nothing', silent, 'fail'],
      ['Close', says(unmasked(close(1000))), 'fail'],
      ['the end', { ending: 'ends' }, 'fail'],
      ['a reset', { ending: 'resets' }, 'fail'],
    ],
  ],
  [
    'expectEcho',
    async (wire) => void (await wire.expectEcho('binary', Buffer.from([0, 255]), { fragmentBytes: 1 })),
    [
      ['the message', says(unmasked({ opcode: 2, payload: Buffer.from([0, 255]) })), 'pass'],
      ['another byte', says(unmasked({ opcode: 2, payload: Buffer.from([0, 254]) })), 'fail'],
      ['a text', says(unmasked({ opcode: 1, payload: Buffer.from([0, 255]) })), 'fail'],
      ['nothing', silent, 'fail'],
    ],
  ],
  [
    'expectPong',
    async (wire) => {
      await wire.expectPong('there');
      await wire.expectMessage('text', 'Hello', { timeoutMs: 50 });
    },
    [
      ['the Pong, then the message', says(pong('there'), hello), 'pass'],
      ['the Pong after the message', says(hello, pong('there')), 'pass'],
      ['a Pong with another payload', says(pong('here'), hello), 'fail'],
      ['no Pong', says(hello), 'fail'],
    ],
  ],
  [
    'expectClose',
    async (wire) => void (await wire.expectClose([1000, 1005])),
    [
      ['a Close frame with a code', says(unmasked(close(1000, 'bye'))), 'pass'],
      ['a Close frame without a code', says(unmasked({ opcode: 8 })), 'pass'],
      ['another code', says(unmasked(close(1001))), 'fail'],
      ['a code that is never sent', says(unmasked(close(1006))), 'fail'],
      ['a body of one byte', says(unmasked({ opcode: 8, payload: 'x' })), 'fail'],
      [
        'a reason that is no UTF-8',
        says(unmasked({ opcode: 8, payload: Buffer.from([3, 232, 255]) })),
        'fail',
      ],
      ['the end', { ending: 'ends' }, 'fail'],
      ['nothing', silent, 'fail'],
    ],
  ],
  [
    'expectCloseHandshake',
    (wire) => wire.expectCloseHandshake(3000),
    [
      ['the same code and the end', { says: [unmasked(close(3000))], ending: 'ends' }, 'pass'],
      ['the same code and a reset', { says: [unmasked(close(3000))], ending: 'resets' }, 'pass'],
      ['another code and the end', { says: [unmasked(close(1000))], ending: 'ends' }, 'non-strict'],
      ['a connection left open', says(unmasked(close(3000))), 'non-strict'],
      ['a frame after Close', { says: [unmasked(close(3000)), hello], ending: 'ends' }, 'fail'],
      ['the end without Close', { ending: 'ends' }, 'fail'],
      ['nothing', silent, 'fail'],
    ],
  ],
  [
    'expectEnd',
    (wire) => wire.expectEnd(),
    [
      ['the end', { ending: 'ends' }, 'pass'],
      ['a reset', { ending: 'resets' }, 'pass'],
      ['something before it', { says: [hello], ending: 'ends' }, 'fail'],
      ['nothing', silent, 'non-strict'],
    ],
  ],
  [
    'expectFailure',
    (wire) => wire.expectFailure({ codes: [1002, 1007] }),
    [
      ['Close and the end', { says: [unmasked(close(1007, 'why'))], ending: 'ends' }, 'pass'],
      ['a Pong before that', { says: [pong(''), unmasked(close(1002))], ending: 'ends' }, 'pass'],
      ['another code', { says: [unmasked(close(1000))], ending: 'ends' }, 'non-strict'],
      ['Close and a connection left open', says(unmasked(close(1002))), 'non-strict'],
      ['the end without Close', { ending: 'ends' }, 'non-strict'],
      ['a reset without Close', { ending: 'resets' }, 'non-strict'],
      ['a message', { says: [hello, unmasked(close(1002))], ending: 'ends' }, 'fail'],
      ['a frame after Close', { says: [unmasked(close(1002)), hello], ending: 'ends' }, 'fail'],
      ['nothing', silent, 'fail'],
    ],
  ],
  [
    'expectFailure, with a wide heart',
    (wire) => wire.expectFailure({ codes: [1009], allowNoClose: true, allowMessages: true }),
    [
      ['the end without Close', { ending: 'ends' }, 'pass'],
      ['a reset', { ending: 'resets' }, 'pass'],
      ['a message before', { says: [hello], ending: 'ends' }, 'pass'],
      ['nothing', silent, 'fail'],
    ],
  ],
  [
    'expectNothing',
    (wire) => wire.expectNothing(60),
    [
      ['nothing', silent, 'pass'],
      ['a Ping', says(unmasked({ opcode: 9 })), 'pass'],
      ['a message', says(hello), 'fail'],
      ['a Pong', says(pong('')), 'fail'],
      ['the end', { ending: 'ends' }, 'fail'],
    ],
  ],
];

describe.each(expectations)('%s', (_name, run, rows) => {
  test.each(rows)('%s', async (_behaviour, script, verdict) => {
    expect(await judgePeer(script, run)).toMatchObject({ verdict });
  });
});

describe('every frame of the peer is judged', () => {
  const anything: Case['run'] = async (wire) => void (await wire.receiveEvent());

  test.each<[string, Uint8Array[], PeerScript['role']]>([
    ['masked by a server', [masked(text('Hello'))], 'server'],
    ['not masked by a client', [unmasked(text('Hello'))], 'client'],
    ['with a reserved bit', [unmasked(text('Hello', { rsv: 4 }))], 'server'],
    ['with a reserved opcode', [unmasked(text('', { opcode: 3 }))], 'server'],
    ['with a reserved control opcode', [unmasked(text('', { opcode: 11 }))], 'server'],
    ['with a length in more bits than it needs', [unmasked(text('Hello', { lengthForm: 16 }))], 'server'],
    ['with a length in 64 bits for nothing', [unmasked(text('Hello', { lengthForm: 64 }))], 'server'],
    ['a fragmented Ping', [unmasked({ opcode: 9, fin: false })], 'server'],
    ['a Pong of 126 bytes', [unmasked({ opcode: 10, payload: 'x'.repeat(126) })], 'server'],
    ['a continuation of nothing', [unmasked({ opcode: 0, payload: 'x' })], 'server'],
    ['a message inside a message', [unmasked(text('a', { fin: false })), unmasked(text('b'))], 'server'],
    ['Close 1005', [unmasked(close(1005))], 'server'],
    ['Close 999', [unmasked(close(999))], 'server'],
    ['Close 5000', [unmasked(close(5000))], 'server'],
  ])('%s', async (_name, frames, role = 'server') => {
    expect(await judgePeer({ says: frames, role }, anything)).toMatchObject({ verdict: 'fail' });
  });

  test.each<[string, Uint8Array[], PeerScript['role']]>([
    ['an unmasked frame of a server', [hello], 'server'],
    ['a masked frame of a client', [masked(text('Hello'))], 'client'],
    ['a Pong of 125 bytes', [unmasked({ opcode: 10, payload: 'x'.repeat(125) })], 'server'],
    ['a message of 65,536 bytes', [unmasked(text('x'.repeat(65_536)))], 'server'],
  ])('%s is right', async (_name, frames, role = 'server') => {
    expect(await judgePeer({ says: frames, role }, anything)).toMatchObject({ verdict: 'pass' });
  });
});

describe('the opening handshake', () => {
  const accepted = (wire: Parameters<Case['run']>[0]) => {
    wire.sendOpening({
      headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol': 'a, b' },
    });
    return wire.expectOpened();
  };
  const response = (fields: readonly string[], status = '101 Switching Protocols'): PeerScript => ({
    says: [`HTTP/1.1 ${status}\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`],
  });
  const right = [
    'Upgrade: WebSocket',
    'connection: keep-alive, upgrade',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  ];

  test.each<Row>([
    ['the right response', response(right), 'pass'],
    ['a subprotocol that was offered', response([...right, 'Sec-WebSocket-Protocol: b']), 'pass'],
    ['a subprotocol that was not', response([...right, 'Sec-WebSocket-Protocol: c']), 'fail'],
    [
      'two subprotocols',
      response([...right, 'Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b']),
      'fail',
    ],
    [
      'an extension nobody asked for',
      response([...right, 'Sec-WebSocket-Extensions: permessage-deflate']),
      'fail',
    ],
    ['no Upgrade', response(right.slice(1)), 'fail'],
    ['no Connection', response(right.toSpliced(1, 1)), 'fail'],
    ['no Sec-WebSocket-Accept', response(right.slice(0, 2)), 'fail'],
    ['another Sec-WebSocket-Accept', response([...right.slice(0, 2), 'Sec-WebSocket-Accept: x']), 'fail'],
    ['another status', response(right, '200 OK'), 'fail'],
    ['no HTTP', { says: ['SSH-2.0-x\r\n\r\n'] }, 'fail'],
    ['half of a response', { says: ['HTTP/1.1 101'] }, 'fail'],
    ['the end', { ending: 'ends' }, 'fail'],
    ['nothing', silent, 'fail'],
  ])('accepted: %s', async (_behaviour, script, verdict) => {
    expect(await judgePeer(script, accepted)).toMatchObject({ verdict });
  });

  test.each<Row>([
    ['the status', response(['Content-Length: 0'], '400 Bad Request'), 'pass'],
    ['another status', response(['Content-Length: 0'], '404 Not Found'), 'non-strict'],
    ['the end', { ending: 'ends' }, 'non-strict'],
    ['101', response(right), 'fail'],
    ['200', response([], '200 OK'), 'fail'],
    ['nothing', silent, 'fail'],
  ])('refused by a server: %s', async (_behaviour, script, verdict) => {
    const run: Case['run'] = (wire) => {
      wire.sendOpening({ method: 'POST' });
      return wire.expectRefused({ statuses: [400, 405] });
    };
    expect(await judgePeer(script, run)).toMatchObject({ verdict });
  });

  test.each<Row>([
    ['the end', { role: 'client', ending: 'ends' }, 'pass'],
    ['a reset', { role: 'client', ending: 'resets' }, 'pass'],
    ['a message', { role: 'client', says: [masked(text('Hello'))] }, 'fail'],
    ['nothing', { role: 'client' }, 'fail'],
  ])('refused by a client: %s', async (_behaviour, script, verdict) => {
    const run: Case['run'] = (wire) => {
      wire.sendOpening({ headers: { Upgrade: null } });
      return wire.expectRefused();
    };
    expect(await judgePeer(script, run)).toMatchObject({ verdict });
  });
});

describe('a case', () => {
  test('may say itself what it thinks, and the worst counts', async () => {
    const result = await judgePeer(silent, (wire) => {
      wire.inform('seen');
      wire.nonStrict('not nice');
      wire.inform('more');
    });
    expect(result).toMatchObject({ verdict: 'non-strict', text: 'seen; not nice; more' });
  });

  test('may conclude that there is nothing to judge', async () => {
    const result = await judgePeer(silent, (wire) => {
      wire.conclude('no such extension');
    });
    expect(result).toMatchObject({ verdict: 'info', text: 'no such extension' });
  });

  test('has the messages decoded by the extension that it names, and its bit allowed', async () => {
    const result = await judgePeer(says(unmasked(text('olleH', { rsv: 4 }))), async (wire) => {
      wire.extension = { rsv: 4, decode: (payload) => payload.reverse() };
      await wire.expectMessage('text', 'Hello');
    });
    expect(result.verdict).toBe('pass');
  });

  test('that never ends is ended', async () => {
    const result = await judgePeer(silent, () => new Promise(() => {}), 50);
    expect(result.verdict).toBe('fail');
    expect(result.durationMs).toBeLessThan(2_000);
  });

  test('that is wrong itself is no fault of the run', async () => {
    const result = await judgePeer(silent, () => {
      throw new TypeError('the case has a mistake');
    });
    expect(result).toMatchObject({
      verdict: 'fail',
      text: expect.stringContaining('the case has a mistake'),
    });
  });

  test('has its log when it did not pass, and none when it did', async () => {
    const run: Case['run'] = (wire) => {
      wire.sendPing('abc');
      return wire.expectPong('abc');
    };
    expect((await judgePeer(says(pong('abc')), run)).log).toEqual([]);
    const { log } = await judgePeer(says(pong('abd')), run);
    expect(log.map(({ direction, bytes }) => [direction, bytes])).toEqual([
      ['sent', 9],
      ['received', 5],
    ]);
    expect(log[1]?.hex).toBe('8a 03 61 62 64');
  });

  test('is not slowed down by a peer that sends without end', async () => {
    const acts: PeerScript['acts'] = (end) => {
      const frames = Buffer.concat(Array.from({ length: 2_000 }, () => pong('flood')));
      end.write(frames);
      end.end();
    };
    const result = await judgePeer(
      { acts },
      (wire) => wire.expectFailure({ codes: [], allowNoClose: true }),
      5_000,
    );
    expect(result.verdict).toBe('pass');
  });
});
