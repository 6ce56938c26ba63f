import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';

import { seededRandom } from '../../testing/seeded-random.js';
import {
  agreeHeartBeat,
  encodeStompFrame,
  negotiateVersion,
  parseHeartBeat,
  StompDecoder,
  type StompLimits,
  type StompStep,
  type StompVersion,
  stompVersions,
} from './index.js';

const limits: StompLimits = { maxFrameBytes: 1_000, maxHeaders: 8, maxHeaderBytes: 64 };

function decodeAll(
  pieces: readonly (string | Uint8Array)[],
  version: StompVersion | null = '1.2',
  changed: Partial<StompLimits> = {},
): StompStep[] {
  const decoder = new StompDecoder({ ...limits, ...changed });
  decoder.version = version;
  const steps: StompStep[] = [];
  for (const piece of pieces) {
    decoder.receive(Buffer.from(piece as string));
    for (let step = decoder.next(); step !== null; step = decoder.next()) steps.push(step);
  }
  return steps;
}

/** A step as one line: what tests compare. */
function lineOf(step: StompStep): string {
  if (step.type === 'violation') return step.code;
  if (step.type === 'heart-beat') return 'heart-beat';
  const { command, headers, body } = step.frame;
  return `${command} ${JSON.stringify([...headers])} ${Buffer.from(body).toString('latin1')}`;
}

const lines = (...args: Parameters<typeof decodeAll>) => decodeAll(...args).map(lineOf);

describe('a decoder', () => {
  it.each<[name: string, input: string, version: StompVersion | null, expected: string[]]>([
    ['a body up to its NUL', 'SEND\na:b\n\nbody\0', '1.2', ['SEND [["a","b"]] body']],
    [
      'content-length before NUL',
      'SEND\ncontent-length:3\n\na\0b\0',
      '1.2',
      ['SEND [["content-length","3"]] a\0b'],
    ],
    ['the first of repeated headers', 'SEND\na:1\na:2\n\n\0', '1.2', ['SEND [["a","1"]] ']],
    [
      'several frames in one piece',
      'BEGIN\n\n\0\nABORT\n\n\0',
      '1.2',
      ['BEGIN [] ', 'heart-beat', 'ABORT [] '],
    ],
    ['CR LF in 1.2', '\r\nBEGIN\r\na:b\r\n\r\n\0', '1.2', ['heart-beat', 'BEGIN [["a","b"]] ']],
    ['CR as part of a value in 1.1', 'BEGIN\na:b\r\n\n\0', '1.1', ['BEGIN [["a","b\\r"]] ']],
    ['escapes of 1.2', 'BEGIN\na\\cb:\\n\\r\\\\\n\n\0', '1.2', ['BEGIN [["a:b","\\n\\r\\\\"]] ']],
    ['escapes of 1.1, which has no \\r', 'BEGIN\na:\\r\n\n\0', '1.1', ['ERR_STOMP_INVALID_HEADER']],
    ['no escapes in 1.0', 'BEGIN\na:\\x\\n\n\n\0', '1.0', ['BEGIN [["a","\\\\x\\\\n"]] ']],
    [
      'no escapes in CONNECT',
      'CONNECT\naccept-version:1.2\npasscode:a\\b:c\n\n\0',
      null,
      ['CONNECT [["accept-version","1.2"],["passcode","a\\\\b:c"]] '],
    ],
    ['escapes in STOMP', 'STOMP\npasscode:a\\\\b\n\n\0', null, ['STOMP [["passcode","a\\\\b"]] ']],
    ['spaces, which belong to 1.2', 'BEGIN\na: b \n\n\0', '1.2', ['BEGIN [["a"," b "]] ']],
    ['spaces, which do not belong to 1.0', 'BEGIN\na : b \n\n\0', '1.0', ['BEGIN [["a","b"]] ']],
    ['colons in values', 'BEGIN\na:b:c\n\n\0', '1.2', ['BEGIN [["a","b:c"]] ']],
    [
      'names that objects have',
      'BEGIN\n__proto__:1\nconstructor:2\n\n\0',
      '1.2',
      ['BEGIN [["__proto__","1"],["constructor","2"]] '],
    ],
    ['a body of a frame that 1.0 lets have one', 'BEGIN\n\nx\0', '1.0', ['BEGIN [] x']],
  ])('reads %s', (_name, input, version, expected) => {
    expect(lines([input], version)).toEqual(expected);
    expect(
      lines(
        [...Buffer.from(input)].map((byte) => Buffer.of(byte)),
        version,
      ).filter(isFrame),
    ).toEqual(expected.filter(isFrame));
  });

  it.each<[name: string, input: string | Uint8Array, expected: string]>([
    ['no command', ':\n\n\0', 'ERR_STOMP_MALFORMED_FRAME'],
    ['a command in lower case', 'send\n\n\0', 'ERR_STOMP_MALFORMED_FRAME'],
    ['a header without a colon', 'SEND\nabc\n\n\0', 'ERR_STOMP_MALFORMED_FRAME'],
    ['a header without a name', 'SEND\n:abc\n\n\0', 'ERR_STOMP_MALFORMED_FRAME'],
    ['a NUL among its headers', 'SEND\nabc:d\0', 'ERR_STOMP_MALFORMED_FRAME'],
    ['an escape that is not defined', 'SEND\na:\\t\n\n\0', 'ERR_STOMP_INVALID_HEADER'],
    ['an escape that is cut off', 'SEND\na:b\\\n\n\0', 'ERR_STOMP_INVALID_HEADER'],
    ['headers that are not UTF-8', Buffer.from('SEND\na:\xff\n\n\0', 'latin1'), 'ERR_STOMP_INVALID_HEADER'],
    ['a content-length that is none', 'SEND\ncontent-length:-1\n\n\0', 'ERR_STOMP_INVALID_CONTENT_LENGTH'],
    ['a content-length too short', 'SEND\ncontent-length:1\n\nab\0', 'ERR_STOMP_INVALID_CONTENT_LENGTH'],
    ['a body where none may be', 'BEGIN\n\nbody\0', 'ERR_STOMP_UNEXPECTED_BODY'],
    ['an announced length over the limit', 'SEND\ncontent-length:999\n\n', 'ERR_STOMP_FRAME_TOO_LARGE'],
    [
      'a content-length beyond all numbers',
      `SEND\ncontent-length:${'9'.repeat(15)}\n\n`,
      'ERR_STOMP_FRAME_TOO_LARGE',
    ],
    ['a body over the limit', `SEND\n\n${'x'.repeat(1_000)}`, 'ERR_STOMP_FRAME_TOO_LARGE'],
    ['more headers than may be', `SEND\n${'a:b\n'.repeat(9)}`, 'ERR_STOMP_TOO_MANY_HEADERS'],
    ['a header that does not end', `SEND\n${'a'.repeat(66)}`, 'ERR_STOMP_HEADER_TOO_LONG'],
  ])('refuses %s, and reads nothing more', (_name, input, expected) => {
    expect(lines([input, 'BEGIN\n\n\0'])).toEqual([expected]);
  });

  it('tells the receipt that a bad frame asked for', () => {
    const [step] = decodeAll(['SEND\nreceipt:7\ncontent-length:1\n\nab\0']);
    expect(step).toMatchObject({ type: 'violation', receipt: '7' });
  });

  it('takes a frame of exactly the limit', () => {
    const frame = `SEND\n\n${'x'.repeat(1_000 - 7)}\0`;
    expect(frame.length).toBe(1_000);
    expect(lines([frame]).length).toBe(1);
    expect(lines([frame])[0]).toMatch(/^SEND/);
  });

  it('reads the same however the bytes are cut', () => {
    const stream = Buffer.from(
      '\n\r\nSEND\r\ncontent-length:4\r\na:\\c\r\n\r\n\0\n\r\0\0\nBEGIN\ntransaction:이음\n\n\0SEND\n\nx\r\ny\0\r\n\n',
    );
    const whole = lines([stream]).filter(isFrame);
    expect(whole.length).toBe(3);
    const cuts = fc.array(fc.nat(stream.length), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, (places) => {
        const ends = [...places.sort((a, b) => a - b), stream.length];
        const pieces = ends.map((end, i) => stream.subarray(ends[i - 1] ?? 0, end));
        expect(lines(pieces).filter(isFrame)).toEqual(whole);
      }),
    );
  });
});

test('bytes are its own once it asks for more', () => {
  const decoder = new StompDecoder(limits);
  const lent = Buffer.from('SEND\na:b\n\nhel');
  decoder.receive(lent);
  expect(decoder.next()).toBeNull();
  lent.fill('!');
  decoder.receive(Buffer.from('lo\0'));
  expect(lineOf(decoder.next() as StompStep)).toBe('SEND [["a","b"]] hello');
});

const isFrame = (line: string) => line !== 'heart-beat';

test.each(stompVersions)('what is encoded in %s is decoded as it was', (version) => {
  const text = fc.string({ unit: version === '1.0' ? 'grapheme-ascii' : 'binary', maxLength: 20 });
  const plain = version === '1.0' ? text.map((value) => value.replaceAll(/[:\s\0]/g, '')) : text;
  const meant = plain.map((value) =>
    value.replaceAll('\0', '').replaceAll(version === '1.1' ? '\r' : '\0', ''),
  );
  const names = meant.filter((name) => name !== '' && name !== 'content-length');
  const headers = fc.uniqueArray(fc.tuple(names, meant), { selector: ([name]) => name, maxLength: 6 });
  fc.assert(
    fc.property(headers, fc.uint8Array({ maxLength: 100 }), (pairs, body) => {
      const bytes = encodeStompFrame({ command: 'MESSAGE', headers: pairs, body }, version);
      const [step, ...more] = decodeAll([bytes], version, { maxHeaderBytes: 1_000 });
      if (step?.type !== 'frame') throw new Error(JSON.stringify(step));
      expect(more).toEqual([]);
      expect(Buffer.compare(step.frame.body, body)).toBe(0);
      const decoded = [...step.frame.headers].filter(([name]) => name !== 'content-length');
      expect(decoded).toEqual(pairs);
    }),
  );
});

test.each(stompVersions)('no header breaks out of its line in %s', (version) => {
  const hostile = 'x\nsubscription:y\r\n\n\0ERROR\n\n\0';
  for (const command of ['CONNECTED', 'MESSAGE']) {
    const bytes = encodeStompFrame({ command, headers: [[hostile, hostile]] }, version);
    const steps = decodeAll([bytes], version, { maxHeaderBytes: 1_000 });
    expect(steps.map(({ type }) => type)).toEqual(['frame']);
  }
});

test('whatever is received is a step, and costs no more than a limit', () => {
  const random = seededRandom(20_260_801);
  const words = [
    'SEND',
    'CONNECT',
    '\n',
    '\n\n',
    '\0',
    '\r\n',
    'a:b',
    'content-length:',
    '5',
    '\\n',
    '\\',
    ':',
    '이',
    'receipt:1',
  ];
  for (let round = 0; round < 3_000; round++) {
    const pieces = Array.from({ length: 1 + random.below(20) }, () =>
      random.below(8) === 0 ? random.bytes(random.below(12)) : (words[random.below(words.length)] as string),
    );
    const steps = decodeAll(pieces, ([null, ...stompVersions] as const)[random.below(4)] ?? null);
    const failed = steps.findIndex(({ type }) => type === 'violation');
    expect([-1, steps.length - 1]).toContain(failed);
  }
});

test('a frame in single bytes costs no more than its length', () => {
  const body = Buffer.alloc(200_000, 'x');
  const decoder = new StompDecoder({ ...limits, maxFrameBytes: 1_000_000 });
  decoder.receive(Buffer.from('SEND\n\n'));
  const started = performance.now();
  for (const byte of body) {
    decoder.receive(Buffer.of(byte));
    if (decoder.next() !== null) throw new Error('too early');
  }
  decoder.receive(Buffer.of(0));
  expect(decoder.next()).toMatchObject({ type: 'frame' });
  expect(performance.now() - started).toBeLessThan(5_000);
});

test.each([
  [undefined, '1.0'],
  ['1.0', '1.0'],
  ['1.0,1.1,1.2', '1.2'],
  ['1.2,1.1', '1.2'],
  ['1.1, 2.0', '1.1'],
  ['2.0', null],
  ['', null],
])('of accept-version %s the newest common one is %s', (accepted, version) => {
  expect(negotiateVersion(accepted)).toBe(version);
});

test.each([
  [undefined, { sendMs: 0, receiveMs: 0 }],
  ['10,20', { sendMs: 10, receiveMs: 20 }],
  ['1', null],
  ['-1,2', null],
  ['1,2,3', null],
  ['a,b', null],
])('a heart-beat of %s is %o', (value, expected) => {
  expect(parseHeartBeat(value)).toEqual(expected);
});

test('heart-beats are as rare as the rarer side wants, and none where one side has none', () => {
  expect([
    agreeHeartBeat(10, 20),
    agreeHeartBeat(20, 10),
    agreeHeartBeat(0, 10),
    agreeHeartBeat(10, 0),
  ]).toEqual([20, 20, 0, 0]);
});
