import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';

import { atBoundary, oneByte } from '../testing/chunker.js';
import { plainEvent } from '../testing/plain-event.js';
import { decodeFrames, pullEvents, receiveBytes, takeBytes } from '../testing/pull.js';
import { checkClose } from './close.js';
import { Connection } from './connection.js';
import { encodeFrame, type FrameToEncode } from './frame-encoder.js';
import type { Role } from './frame-header.js';

const roles: readonly Role[] = ['server', 'client'];

interface Sequence {
  readonly title: string;
  readonly frames: readonly FrameToEncode[];
  readonly events: readonly string[];
  /** What we answer, as `opcode payload`. */
  readonly answers?: readonly string[];
}

const violationOf = (code: string, closeCode = 1002) => `violation ${code} ${closeCode}`;
const invalidUtf8 = violationOf('ERR_WS_INVALID_UTF8', 1007);

const sequences: readonly Sequence[] = [
  { title: 'a text message', frames: [frame(1, 'héllo')], events: ['text "héllo" in 1'] },
  { title: 'a binary message', frames: [frame(2, 'abc')], events: ['binary 616263 in 1'] },
  { title: 'empty messages', frames: [frame(1), frame(2)], events: ['text "" in 1', 'binary  in 1'] },
  {
    title: 'a fragmented message with control frames in between',
    frames: [part(1, 'a'), frame(9, 'p'), part(0, 'b'), frame(10, 'q'), frame(0, 'c'), frame(2, 'd')],
    events: ['ping 70', 'pong 71', 'text "abc" in 3', 'binary 64 in 1'],
    answers: ['10 70'],
  },
  {
    title: 'a Pong for every Ping in order',
    frames: [frame(9, '1'), frame(9), frame(9, 'x'.repeat(125)), frame(9, '4')],
    events: ['ping 31', 'ping ', `ping ${'78'.repeat(125)}`, 'ping 34'],
    answers: ['10 31', '10 ', `10 ${'78'.repeat(125)}`, '10 34'],
  },
  {
    title: 'a Close frame, and nothing behind it',
    frames: [frame(1, 'a'), frame(8, close(1001, 'bye')), frame(1, 'ignored'), frame(9), frame(3)],
    events: ['text "a" in 1', 'closing 1001 "bye"'],
    answers: ['8 03e9'],
  },
  { title: 'an empty Close frame', frames: [frame(8)], events: ['closing 1005 ""'], answers: ['8 '] },
  {
    title: 'a Close frame inside a message',
    frames: [part(2, 'a'), frame(8, close(4000))],
    events: ['closing 4000 ""'],
    answers: ['8 0fa0'],
  },
  ...[
    { frames: [frame(3, 'x')], event: violationOf('ERR_WS_RESERVED_OPCODE') },
    { frames: [frame(11)], event: violationOf('ERR_WS_RESERVED_OPCODE') },
    { frames: [{ ...frame(1, 'x'), rsv: 4 }], event: violationOf('ERR_WS_RESERVED_BITS') },
    { frames: [frame(0, 'x')], event: violationOf('ERR_WS_UNEXPECTED_CONTINUATION') },
    { frames: [part(9)], event: violationOf('ERR_WS_FRAGMENTED_CONTROL_FRAME') },
    { frames: [frame(9, 'x'.repeat(126))], event: violationOf('ERR_WS_CONTROL_FRAME_TOO_LONG') },
    { frames: [part(1, 'a'), frame(1, 'b')], event: violationOf('ERR_WS_EXPECTED_CONTINUATION') },
    { frames: [frame(8, 'x')], event: violationOf('ERR_WS_CLOSE_PAYLOAD_LENGTH') },
    { frames: [frame(8, close(1005))], event: violationOf('ERR_WS_CLOSE_CODE') },
    {
      frames: [frame(8, Buffer.from('03e8ff', 'hex'))],
      event: violationOf('ERR_WS_CLOSE_REASON_UTF8', 1007),
    },
    { frames: [frame(1, Buffer.from([0x61, 0xff]))], event: invalidUtf8 },
    { frames: [frame(1, Buffer.from([0xe2, 0x82]))], event: invalidUtf8 },
    { frames: [frame(2, 'x'.repeat(301))], event: violationOf('ERR_WS_MESSAGE_TOO_BIG', 1009) },
    {
      frames: [part(1, 'a'), part(0), part(0), part(0), frame(0)],
      event: violationOf('ERR_WS_TOO_MANY_FRAGMENTS', 1008),
    },
  ].map(
    ({ frames, event }): Sequence => ({
      title: event,
      frames: [...frames, frame(1, 'ignored'), frame(8)],
      events: [event],
      answers: [`8 ${Number(event.split(' ')[2]).toString(16).padStart(4, '0')}`],
    }),
  ),
];

describe.each(roles)('a %s', (role) => {
  test.each(sequences)('receives $title, however the bytes are cut', ({ frames, events, answers = [] }) => {
    const bytes = encode(role, frames);
    const observe = (chunker?: typeof oneByte) => {
      const connection = open(role);
      const received = receiveBytes(connection, bytes, 0, chunker).map(plainEvent);
      return { received, sent: answersOf(connection), transport: connection.transport };
    };
    const whole = observe();
    expect(whole.received).toEqual(events);
    expect(whole.sent).toEqual(answers);
    expect(observe(oneByte)).toEqual(whole);
    for (let cut = 1; cut < bytes.length; cut++) expect(observe(atBoundary(cut))).toEqual(whole);
  });

  test('fails the connection over a frame masked the wrong way', () => {
    const connection = open(role);
    const key = role === 'server' ? {} : { key: 1 };
    const events = receiveBytes(connection, encodeFrame({ ...frame(1, 'x'), ...key }));
    const code = role === 'server' ? 'ERR_WS_UNMASKED_FRAME' : 'ERR_WS_MASKED_FRAME';
    expect(events.map(plainEvent)).toEqual([violationOf(code)]);
    expect(answersOf(connection)).toEqual(['8 03ea']);
    expect([connection.state, connection.transport]).toEqual(['ending', 'end']);
  });

  test('masks what it sends exactly when it must', () => {
    const connection = open(role);
    connection.send('text');
    connection.send(Buffer.from('binary'));
    connection.sendPing(Buffer.from('p'));
    connection.sendPong();
    const frames = decodeFrames(takeBytes(connection));
    expect(frames.map(({ masked, opcode, payload }) => `${masked} ${opcode} ${payload}`)).toEqual(
      ['1 text', '2 binary', '9 p', '10 '].map((line) => `${role === 'client'} ${line}`),
    );
  });

  test('delivers nothing before it is pulled, and all of it after the end of the stream', () => {
    const connection = open(role);
    connection.receive(encode(role, [frame(1, 'a'), frame(1, 'b')]), 0);
    expect(takeBytes(connection).length).toBe(0);
    connection.receive(encode(role, [frame(1, 'c')]), 0);
    connection.receiveEnd();
    expect(pullEvents(connection).map(plainEvent)).toEqual([
      'text "a" in 1',
      'text "b" in 1',
      'text "c" in 1',
      'closed 1006 end-of-stream unclean',
    ]);
    expect(connection.nextEvent()).toBeNull();
  });

  test('gathers output until it is taken', () => {
    const connection = open(role);
    connection.send('a');
    connection.send('b');
    const { outputByteLength } = connection;
    const pieces = connection.takeOutput();
    expect(pieces.length).toBe(1);
    expect(pieces[0]?.length).toBe(outputByteLength);
    expect([connection.outputByteLength, connection.takeOutput()]).toEqual([0, []]);
  });

  test('sends nothing once it is not open, and says so', () => {
    const connection = open(role);
    expect(connection.send('before')).toBe(true);
    expect(connection.sendClose(checkClose(1000, ''), 0)).toBe(true);
    takeBytes(connection);
    expect(connection.send('after')).toBe(false);
    expect(connection.send(Buffer.from('after'))).toBe(false);
    expect(connection.sendPing()).toBe(false);
    expect(connection.sendPong()).toBe(false);
    expect(connection.sendClose(checkClose(1001, ''), 0)).toBe(false);
    expect(takeBytes(connection).length).toBe(0);
  });
});

describe('a peer that does not read', () => {
  const ping = (text: string) => encode('server', [frame(9, text)]);

  test('gets a Pong for its latest Ping only, when it reads again', () => {
    const connection = open('server');
    receiveBytes(connection, ping('before'));
    connection.pauseOutput(0);
    receiveBytes(connection, Buffer.concat([ping('1'), ping('2'), ping('3')]));
    expect(answersOf(connection)).toEqual(['10 6265666f7265']);
    connection.resumeOutput(0);
    expect(answersOf(connection)).toEqual(['10 33']);
    connection.resumeOutput(0);
    receiveBytes(connection, ping('4'));
    expect(answersOf(connection)).toEqual(['10 34']);
  });

  test('gets the Pong that waits with its own payload, whatever became of the chunk', () => {
    const connection = open('server');
    connection.pauseOutput(0);
    const chunk = ping('mine');
    connection.receive(chunk, 0);
    pullEvents(connection);
    chunk.fill(0);
    connection.resumeOutput(0);
    expect(answersOf(connection)).toEqual(['10 6d696e65']);
  });

  test('gets no Pong behind the answer to its Close frame', () => {
    const connection = open('server');
    connection.pauseOutput(0);
    receiveBytes(connection, encode('server', [frame(9, 'p'), frame(8, close(1000))]));
    connection.resumeOutput(0);
    expect(answersOf(connection)).toEqual(['8 03e8']);
  });

  test('gets no Pong after it broke a rule', () => {
    const connection = open('server');
    connection.pauseOutput(0);
    receiveBytes(connection, encode('server', [frame(9, 'p'), frame(3)]));
    connection.resumeOutput(0);
    expect(answersOf(connection)).toEqual(['8 03ea']);
  });
});

function open(role: Role): Connection {
  const limits = { maxMessageBytes: 300, maxFragments: 4 };
  return new Connection(
    role === 'server' ? { role, ...limits } : { role, maskingKeys: () => 0xa1b2c3d4, ...limits },
    0,
  );
}

/** The frames as the peer of `role` sends them. */
function encode(role: Role, frames: readonly FrameToEncode[]): Buffer {
  const key = role === 'server' ? { key: 0x1a2b3c4d } : {};
  return Buffer.concat(frames.map((each) => encodeFrame({ ...each, ...key })));
}

function answersOf(connection: Connection): string[] {
  const frames = decodeFrames(takeBytes(connection));
  return frames.map(({ opcode, payload }) => {
    const shown = opcode === 8 ? payload.subarray(0, 2) : payload;
    return `${opcode} ${shown.toString('hex')}`;
  });
}

function frame(opcode: number, payload: string | Buffer = ''): FrameToEncode {
  return { opcode, payload: Buffer.from(payload) };
}

function part(opcode: number, payload: string | Buffer = ''): FrameToEncode {
  return { ...frame(opcode, payload), fin: false };
}

function close(code: number, reason = ''): Buffer {
  return Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
}
