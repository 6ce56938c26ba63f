import { encodeFrame, Opcode } from 'ieum/core';
import { describe, expect, test } from 'vitest';

import { LoadFailure } from './load-failure.js';
import { type MessageShape, Reel } from './reel.js';
import { ReplyReader } from './reply-reader.js';

const shape: MessageShape = { payloadBytes: 20, payloadType: 'text', compressed: false };
const expected = Reel.toReceive(shape);

/** A reader, and what it sent. */
function start() {
  const readBuffer = Buffer.alloc(64 * 1024);
  const sent: Uint8Array[] = [];
  const reader = new ReplyReader({ expected, readBuffer, send: (frame) => sent.push(frame) });
  const receive = (bytes: Uint8Array, offset = 0): number => {
    readBuffer.fill(0xee);
    readBuffer.set(bytes, offset);
    return reader.receive(offset, offset + bytes.length);
  };
  return { reader, receive, sent };
}

const payload = (index: number): Buffer => expected.run(index, 1).subarray(2);
const replies = (first: number, count: number): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, i) => expected.run(first + i, 1)));
const inFragments = (index: number, sizes: readonly number[]): Buffer => {
  let at = 0;
  const frames = sizes.map((size, i) => {
    const piece = payload(index).subarray(at, at + size);
    at += size;
    const fin = i === sizes.length - 1;
    return encodeFrame({ opcode: i === 0 ? Opcode.Text : Opcode.Continuation, payload: piece, fin });
  });
  return Buffer.concat(frames);
};
const ping = encodeFrame({ opcode: Opcode.Ping, payload: Buffer.from('are you there') });

describe('replies are counted', () => {
  test.each([1, 2, 3, 7, 21, 22, 23, 50, 1_000, 5_000])('in chunks of %d bytes', (size) => {
    const { reader, receive } = start();
    const bytes = replies(0, 200);
    let counted = 0;
    for (let at = 0; at < bytes.length; at += size) counted += receive(bytes.subarray(at, at + size));
    expect([counted, reader.replies]).toEqual([200, 200]);
  });

  test('wherever in the read buffer they are', () => {
    expect(start().receive(replies(0, 3), 1_000)).toBe(3);
  });

  test.each([1, 2, 3, 7, 22, 50, 1_000])(
    'in fragments, with Pings between, in chunks of %d bytes',
    (size) => {
      const { receive, sent } = start();
      const bytes = Buffer.concat([
        ...[replies(0, 2), inFragments(2, [5, 0, 15]), ping, replies(3, 1), inFragments(4, [20, 0])],
        ...[
          inFragments(5, [1, 1]).subarray(0, 3),
          ping,
          inFragments(5, [1, 19]).subarray(3),
          replies(6, 100),
        ],
      ]);
      let counted = 0;
      for (let at = 0; at < bytes.length; at += size) counted += receive(bytes.subarray(at, at + size));
      expect(counted).toBe(106);
      expect(sent).toHaveLength(2);
    },
  );

  test('a Ping is answered with its payload, masked', () => {
    const { receive, sent } = start();
    receive(ping);
    const pong = Buffer.from(sent[0] as Uint8Array);
    expect([pong[0], pong[1]]).toEqual([0x8a, 0x80 | 13]);
    const key = pong.subarray(2, 6);
    expect(String(pong.subarray(6).map((byte, i) => byte ^ (key[i & 3] as number)))).toBe('are you there');
  });

  test('without decoding, once what differed has passed', () => {
    const { reader, receive } = start();
    receive(Buffer.concat([ping, replies(0, 1).subarray(0, 5)]));
    expect(reader.isDecoding).toBe(true);
    receive(replies(0, 1).subarray(5));
    expect(reader.isDecoding).toBe(false);
    expect([receive(replies(1, 70)), reader.replies, reader.isDecoding]).toEqual([70, 71, false]);
  });

  test('Pongs that nobody asked for are left alone', () => {
    const { receive } = start();
    const pong = encodeFrame({ opcode: Opcode.Pong, payload: Buffer.alloc(0) });
    expect(receive(Buffer.concat([pong, replies(0, 1)]))).toBe(1);
  });

  test('messages before the first reply are left alone', () => {
    const { reader, receive } = start();
    const greeting = encodeFrame({ opcode: Opcode.Text, payload: Buffer.from('welcome') });
    const binary = encodeFrame({ opcode: Opcode.Binary, payload: payload(0) });
    expect(receive(Buffer.concat([greeting, binary, replies(0, 2)]))).toBe(2);
    expect(reader.greetings).toBe(2);
  });
});

describe('a load failure is', () => {
  const flipped = replies(0, 3);
  flipped[30] = (flipped[30] as number) ^ 1;
  const messages = (...frames: Uint8Array[]) => Buffer.concat(frames);
  const frame = (opcode: number, bytes: Uint8Array) => encodeFrame({ opcode, payload: bytes });

  test.each([
    ['one wrong bit', flipped],
    ['one wrong bit in the first reply', messages(replies(1, 1))],
    ['replies in the wrong order', messages(replies(0, 1), replies(2, 1), replies(1, 1))],
    ['the same reply twice', messages(replies(0, 1), replies(0, 1))],
    ['the other type', messages(replies(0, 1), frame(Opcode.Binary, payload(1)))],
    ['a reply that is too short', messages(replies(0, 1), frame(Opcode.Text, payload(1).subarray(1)))],
    ['a reply that is too long', messages(replies(0, 1), frame(Opcode.Text, Buffer.alloc(21, 0x20)))],
    ['an empty reply', messages(replies(0, 1), frame(Opcode.Text, Buffer.alloc(0)))],
    ['a greeting after the first reply', messages(replies(0, 1), frame(Opcode.Text, Buffer.from('hello')))],
    ['a Close frame', frame(Opcode.Close, Buffer.from([0x03, 0xe9]))],
    ['a Close frame without a code', frame(Opcode.Close, Buffer.alloc(0))],
    ['a masked frame', encodeFrame({ opcode: Opcode.Text, payload: payload(0), key: 1 })],
    ['a reserved bit', encodeFrame({ opcode: Opcode.Text, payload: payload(0), rsv: 4 })],
    ['a length that is not minimal', Buffer.concat([Buffer.from([0x81, 126, 0, 20]), payload(0)])],
    ['a fragment of no message', encodeFrame({ opcode: Opcode.Continuation, payload: payload(0) })],
  ])('%s', (_, bytes) => {
    expect(() => start().receive(bytes)).toThrow(LoadFailure);
    const { receive } = start();
    expect(() => {
      for (const byte of bytes) receive(Uint8Array.of(byte));
    }).toThrow(LoadFailure);
  });

  test('not made of what is not complete', () => {
    expect(start().receive(replies(0, 1).subarray(0, 21))).toBe(0);
  });
});
