import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { oneByte } from '../testing/chunker.js';
import { plainEvent } from '../testing/plain-event.js';
import { decodeFrames, receiveBytes, takeBytes } from '../testing/pull.js';
import { Connection } from './connection.js';
import type { MessageExtension } from './extension.js';
import { encodeFrame, type FrameToEncode } from './frame-encoder.js';
import { prepareMessage } from './outgoing.js';
import { violation } from './violation.js';

/** A toy: turns the payload round, and leaves payloads of fewer than three bytes as they are. */
const reverse: MessageExtension = {
  name: 'x-reverse',
  rsv: 4,
  decodeMessage(payload, maxBytes) {
    if (payload.length > maxBytes) return violation('ERR_WS_MESSAGE_TOO_BIG');
    if (payload[0] === 0x21) return violation('ERR_WS_INVALID_PAYLOAD');
    return Buffer.from(payload).reverse();
  },
  sharedEncoding: 'reversed',
  encodeMessage: (payload) => (payload.length < 3 ? null : Buffer.from(payload).reverse()),
  encodesLater: () => false,
  encodeMessageLater: async () => null,
  handleSent: () => {},
  close: () => {},
};

/** A toy bomb: everything comes out larger than it went in, unless that is forbidden. */
const double: MessageExtension = {
  ...reverse,
  decodeMessage: (payload, maxBytes) =>
    payload.length * 2 > maxBytes ? violation('ERR_WS_MESSAGE_TOO_BIG') : Buffer.concat([payload, payload]),
};

/** A toy that makes as much of anything as it may. */
const shrink: MessageExtension = {
  ...reverse,
  decodeMessage: (payload, maxBytes) => payload.subarray(0, maxBytes),
};

describe('a connection with an extension that uses RSV1', () => {
  test.each<[string, FrameToEncode[], string[]]>([
    ['a text', [rsv1(1, 'cba')], ['text "abc" in 1']],
    ['a binary message', [rsv1(2, 'cba')], ['binary 616263 in 1']],
    ['a message that does not use it', [frame(1, 'abc')], ['text "abc" in 1']],
    [
      'a fragmented message with a Ping inside',
      [{ ...rsv1(1, 'cb'), fin: false }, frame(9, ''), frame(0, 'a')],
      ['ping ', 'text "abc" in 2'],
    ],
    ['text that is valid only once decoded', [rsv1(1, Buffer.from([0xac, 0x82, 0xe2]))], ['text "€" in 1']],
    ['text that is valid only before it is decoded', [rsv1(1, '€')], ['violation ERR_WS_INVALID_UTF8 1007']],
    ['a payload that cannot be decoded', [rsv1(2, '!x')], ['violation ERR_WS_INVALID_PAYLOAD 1007']],
    [
      'RSV1 on a continuation',
      [{ ...rsv1(1, 'a'), fin: false }, rsv1(0, 'b')],
      ['violation ERR_WS_RESERVED_BITS 1002'],
    ],
    ['RSV1 on a control frame', [rsv1(9, '')], ['violation ERR_WS_RESERVED_BITS 1002']],
    ['RSV2', [{ ...frame(1, 'x'), rsv: 2 }], ['violation ERR_WS_RESERVED_BITS 1002']],
    [
      'more bytes than allowed on the wire',
      [rsv1(2, 'x'.repeat(101))],
      ['violation ERR_WS_MESSAGE_TOO_BIG 1009'],
    ],
  ])('receives %s', (_title, frames, events) => {
    const bytes = Buffer.concat(frames.map((each) => encodeFrame(each)));
    expect(receiveBytes(open(reverse), bytes).map(plainEvent)).toEqual(events);
    expect(receiveBytes(open(reverse), bytes, 0, oneByte).map(plainEvent)).toEqual(events);
  });

  test('hands its limit to the decoder', () => {
    const [small] = receiveBytes(open(double), encodeFrame(rsv1(2, 'x'.repeat(50))));
    expect(small?.type).toBe('binary');
    const [large] = receiveBytes(open(double), encodeFrame(rsv1(2, 'x'.repeat(51))));
    expect(large === undefined ? '' : plainEvent(large)).toBe('violation ERR_WS_MESSAGE_TOO_BIG 1009');
  });

  test('takes an encoded message that is larger than what comes out of it, and the limit, a little', () => {
    const [whole] = receiveBytes(open(shrink), encodeFrame(rsv1(2, 'x'.repeat(170))));
    expect(whole).toMatchObject({ type: 'binary', bytes: Buffer.alloc(100, 'x') });
    const parts = [{ ...rsv1(2, 'x'.repeat(100)), fin: false }, frame(0, 'x'.repeat(70))];
    const [joined] = receiveBytes(open(shrink), Buffer.concat(parts.map((each) => encodeFrame(each))));
    expect(joined).toMatchObject({ type: 'binary', bytes: Buffer.alloc(100, 'x') });
    for (const length of [200, 1_000_000]) {
      const header = encodeFrame(rsv1(2, 'x'.repeat(length))).subarray(0, 14);
      const [refused] = receiveBytes(open(shrink), header);
      expect(refused === undefined ? '' : plainEvent(refused)).toBe('violation ERR_WS_MESSAGE_TOO_BIG 1009');
    }
    const [plain] = receiveBytes(open(shrink), encodeFrame(frame(2, 'x'.repeat(101))));
    expect(plain === undefined ? '' : plainEvent(plain)).toBe('violation ERR_WS_MESSAGE_TOO_BIG 1009');
  });

  test('encodes what it sends, prepared or not, and says so in RSV1', () => {
    const connection = open(reverse);
    connection.send('abc');
    connection.send(Buffer.from('xyz'));
    connection.send(prepareMessage('pre'));
    connection.send('ab');
    connection.sendPing(Buffer.from('ping'));
    const frames = decodeFrames(takeBytes(connection));
    expect(frames.map(({ opcode, rsv, payload }) => `${opcode} ${rsv} ${payload}`)).toEqual([
      '1 4 cba',
      '2 4 zyx',
      '1 4 erp',
      '1 0 ab',
      '9 0 ping',
    ]);
  });
});

test('a connection without an extension refuses RSV1', () => {
  const events = receiveBytes(open(null), encodeFrame(rsv1(1, 'cba'))).map(plainEvent);
  expect(events).toEqual(['violation ERR_WS_RESERVED_BITS 1002']);
});

function open(extension: MessageExtension | null): Connection {
  return new Connection({ role: 'client', maskingKeys: () => 0x55, maxMessageBytes: 100 }, 0, extension);
}

function frame(opcode: number, payload: string | Buffer): FrameToEncode {
  return { opcode, payload: Buffer.from(payload) };
}

function rsv1(opcode: number, payload: string | Buffer): FrameToEncode {
  return { ...frame(opcode, payload), rsv: 4 };
}
