import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import { Deviation } from '../verdict.js';
import type { Wire } from '../wire/wire.js';

import { expectAnswersThenFailure } from './answers.js';
import { close, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { asciiOf, mixedTextOf } from './payloads.js';
import { invalidTexts, truncatedTexts } from './utf8-texts.js';

/** Close frames: with and without a payload, every code, every kind of reason. */
export function closingCases(): readonly Case[] {
  return casesOf('closing', [
    withoutCode(),
    ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014].map(validCode),
    ...[3000, 3999, 4000, 4999].map(validCode),
    ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999].map(invalidCode),
    ...[5000, 65_535].map(undefinedCode),
    ...reasonRows().map(validReason),
    ...malformedRows().map(malformed),
    ...([16, 64] as const).map(longForm),
    ...invalidReasonRows().map(invalidReason),
    inPieces(),
  ]);
}

function withoutCode(): GroupedCase {
  return {
    name: 'payload/none',
    title: 'a Close frame without a payload',
    clause: 'RFC 6455 §5.5.1, §7.1.5',
    sends: 'an empty Close frame',
    expects:
      'a Close frame without a code or with 1000 (another one: non-strict), and the end of the connection',
    run: async (wire) => {
      wire.sendClose(1005);
      const event = await wire.receiveEvent();
      if (event !== null) wire.keepBack(event);
      const { code } = await wire.expectClose(event?.type === 'close' ? [event.code] : [1005, 1000]);
      if (code !== 1005 && code !== 1000) {
        wire.nonStrict(`a Close frame without a code was answered with ${code} (RFC 6455 §5.5.1)`);
      }
      await wire.expectEnd();
    },
  };
}

function validCode(code: number): GroupedCase {
  return {
    name: `code/${code}`,
    title: `a Close frame with code ${code}`,
    clause: code < 3000 ? 'RFC 6455 §7.4.1, RFC 7936' : 'RFC 6455 §7.4.2',
    sends: `Close ${code}`,
    expects: 'a Close frame with the same code (another one: non-strict), and the end of the connection',
    run: (wire) => wire.expectCloseHandshake(code),
  };
}

/** 1005, 1006 and 1015 MUST NOT be in a Close frame; the others are reserved or not used, and their echo breaks no rule. */
function invalidCode(code: number): GroupedCase {
  const isForbidden = [1005, 1006, 1015].includes(code);
  return {
    name: `code/${code}`,
    title: `a Close frame with code ${code}, which ${isForbidden ? 'nobody may send' : 'is reserved or not used'}`,
    clause: isForbidden ? 'RFC 6455 §7.4.1' : 'RFC 6455 §7.4.1, §7.4.2',
    sends: `Close ${code}`,
    expects: `the connection failed with 1002; closed with another code: non-strict; with ${code} itself: ${isForbidden ? 'fail' : 'non-strict'}`,
    run: async (wire) => {
      wire.sendFrame(rawClose(code));
      if (isForbidden || !(await isSentBack(wire, code))) return wire.expectFailure({ codes: [1002] });
      wire.nonStrict(`the ${wire.peer} took code ${code} and sent it back (RFC 6455 §7.4.2)`);
      await wire.expectEnd();
    },
  };
}

/** The RFC ends at 4999 and says nothing of what is beyond. */
function undefinedCode(code: number): GroupedCase {
  return {
    name: `code/${code}`,
    title: `a Close frame with code ${code}, of which the RFC says nothing`,
    clause: 'RFC 6455 §7.4.2',
    sends: `Close ${code}`,
    expects: 'the connection failed with 1002; closed with another code is told as info',
    run: async (wire) => {
      wire.sendFrame(rawClose(code));
      if (await isSentBack(wire, code)) {
        wire.inform(`the ${wire.peer} took code ${code} and sent it back`);
        return wire.expectEnd();
      }
      const event = await wire.receiveEvent();
      if (event !== null) wire.keepBack(event);
      if (event?.type !== 'close') return wire.expectFailure({ codes: [1002] });
      if (event.code !== 1002) wire.inform(`the ${wire.peer} closed with ${event.code}`);
      await wire.expectFailure({ codes: [event.code] });
    },
  };
}

/** Whether the code comes back, which the wire takes for a fault of its own. Anything else is left for later. */
async function isSentBack(wire: Wire, code: number): Promise<boolean> {
  try {
    const event = await wire.receiveEvent();
    if (event !== null) wire.keepBack(event);
    return false;
  } catch (error) {
    if (error instanceof Deviation && error.message.includes(`had code ${code} `)) return true;
    throw error;
  }
}

interface ReasonRow {
  readonly name: string;
  readonly what: string;
  readonly bytes: Buffer;
}

function reasonRows(): ReasonRow[] {
  return [
    { name: 'short', what: 'the reason "bye"', bytes: Buffer.from('bye') },
    { name: '1-byte', what: 'a reason of 1 byte', bytes: Buffer.from('x') },
    { name: '122-bytes', what: 'a reason of 122 bytes', bytes: asciiOf(122) },
    { name: '123-bytes', what: 'a reason of 123 bytes, the most there can be', bytes: asciiOf(123) },
    {
      name: '123-bytes-mixed',
      what: 'a reason of 123 bytes in all lengths of characters',
      bytes: mixedTextOf(123),
    },
    { name: 'kosme', what: 'the reason κόσμε', bytes: Buffer.from('κόσμε') },
    { name: 'nulls', what: 'a reason of 4 zero bytes', bytes: Buffer.alloc(4) },
  ];
}

function validReason({ name, what, bytes }: ReasonRow): GroupedCase {
  return {
    name: `reason/${name}`,
    title: `a Close frame with ${what}`,
    clause: 'RFC 6455 §5.5.1',
    sends: `Close 1000 with ${what}`,
    expects: 'a Close frame with the same code, and the end of the connection',
    run: (wire) => wire.expectCloseHandshake(1000, bytes.toString()),
  };
}

function malformedRows(): { name: string; what: string; payload: Buffer }[] {
  return [
    { name: '1-byte', what: 'a payload of 1 byte', payload: Buffer.of(3) },
    { name: '126-bytes', what: 'a reason of 124 bytes', payload: rawClosePayload(1000, asciiOf(124)) },
    { name: '127-bytes', what: 'a reason of 125 bytes', payload: rawClosePayload(1000, asciiOf(125)) },
    {
      name: '65536-bytes',
      what: 'a reason of 65,534 bytes',
      payload: rawClosePayload(1000, asciiOf(65_534)),
    },
  ];
}

function malformed({ name, what, payload }: ReturnType<typeof malformedRows>[number]): GroupedCase {
  return {
    name: `payload/${name}`,
    title: `a Close frame with ${what}`,
    clause: payload.length === 1 ? 'RFC 6455 §5.5.1' : 'RFC 6455 §5.5',
    sends: `a text message, then a Close frame with ${what}`,
    expects:
      'the message back (or not: the peer may have failed by then), and the connection failed with 1002',
    run: async (wire) => {
      await wire.sendFrames([text('Hello'), { ...close(), payload }]);
      await expectAnswersThenFailure(wire, [{ type: 'text', payload: 'Hello' }], { codes: [1002] });
    },
  };
}

function longForm(lengthForm: 16 | 64): GroupedCase {
  return {
    name: `payload/length-in-${lengthForm}-bits`,
    title: `a Close frame whose length is written in ${lengthForm} bits`,
    clause: 'RFC 6455 §5.2, §5.5',
    sends: 'Close 1000 whose length is not written the shortest way',
    expects: 'the connection failed with 1002; closed with 1000 is non-strict',
    run: async (wire) => {
      wire.sendFrame(close(1000, 'bye', { lengthForm }));
      await wire.expectFailure({ codes: [1002] });
    },
  };
}

function invalidReasonRows(): ReasonRow[] {
  const chosen = ['stray/80', 'never/ff', 'overlong/c0-af', 'surrogate/ed-a0-80', 'beyond/f4-90-80-80'];
  return [
    ...invalidTexts().filter(({ name }) => chosen.includes(name)),
    ...truncatedTexts().filter(({ bytes }) => bytes.length === 2),
  ];
}

/** The RFC names no code for this: 1007 is about messages, 1002 about frames. */
function invalidReason({ name, what, bytes }: ReasonRow): GroupedCase {
  return {
    name: `reason/${name}`,
    title: `a Close frame whose reason is not UTF-8: ${what}`,
    clause: 'RFC 6455 §5.5.1, §8.1',
    sends: `Close 1000 with a reason that has ${what}`,
    expects: 'the connection failed with 1007 or 1002; closed with 1000 is non-strict',
    run: async (wire) => {
      wire.sendFrame({
        ...close(),
        payload: rawClosePayload(1000, Buffer.concat([Buffer.from('κό'), bytes])),
      });
      await wire.expectFailure({ codes: [1007, 1002] });
    },
  };
}

function inPieces(): GroupedCase {
  return {
    name: 'payload/byte-by-byte',
    title: 'a Close frame that comes byte by byte',
    clause: 'RFC 6455 §5.5.1',
    sends: 'Close 1001 with a reason, byte by byte',
    expects: 'a Close frame with the same code (another one: non-strict), and the end of the connection',
    run: async (wire) => {
      await wire.sendFrames([close(1001, 'going away')], { pieceBytes: 1 });
      const { code } = await wire.expectClose([1001, 1000]);
      if (code !== 1001) wire.nonStrict(`Close 1001 was answered with ${code} (RFC 6455 §5.5.1)`);
      await wire.expectEnd();
    },
  };
}

function rawClose(code: number): ReturnType<typeof close> {
  return { ...close(), payload: rawClosePayload(code, Buffer.alloc(0)) };
}

/** Codes and reasons that are none. */
function rawClosePayload(code: number, reason: Buffer): Buffer {
  return Buffer.concat([Buffer.of(code >> 8, code & 0xff), reason]);
}
