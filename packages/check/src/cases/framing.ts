import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';

import { type Answer, expectAnswers } from './answers.js';
import { binary, data, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { inWords, payloadOf, payloadTypes } from './payloads.js';

/** Messages in one frame, of every length at which the header changes, however the bytes come. */
export function framingCases(): readonly Case[] {
  return casesOf('framing', [
    ...payloadTypes.flatMap((type) => lengths.map((length) => wholeFrame(type, length))),
    ...payloadTypes.flatMap((type) => byteWiseLengths.map((length) => cutFrame(type, length, 1))),
    ...payloadTypes.flatMap((type) => pieceWiseLengths.map((length) => cutFrame(type, length, 997))),
    ...[7, 16, 64].map((form) => cutHeader(form)),
    ...severalFrames(),
    ...severalFramesInPieces(),
  ]);
}

function wholeFrame(type: 'text' | 'binary', length: number): GroupedCase {
  return {
    name: `${type}/${length}-bytes`,
    title: `a ${type} message of ${inWords(length)} bytes`,
    clause: 'RFC 6455 §5.2',
    sends: `one ${type} frame`,
    expects: 'the same message back',
    run: async (wire) => {
      await wire.expectEcho(type, payloadOf(type, length));
      await wire.expectCloseHandshake();
    },
  };
}

function cutFrame(type: 'text' | 'binary', length: number, pieceBytes: number): GroupedCase {
  const piece = pieceBytes === 1 ? 'byte by byte' : `in pieces of ${pieceBytes} bytes`;
  return {
    name: `${type}/${length}-bytes-in-pieces-of-${pieceBytes}`,
    title: `a ${type} message of ${inWords(length)} bytes, ${piece}`,
    clause: 'RFC 6455 §5.2',
    sends: `one ${type} frame, ${piece}`,
    expects: 'the same message back',
    run: async (wire) => {
      const payload = payloadOf(type, length);
      await wire.sendFrames([data(type, payload)], { pieceBytes });
      await expectAnswers(wire, [{ type, payload }]);
    },
  };
}

function cutHeader(form: number): GroupedCase {
  const length = form === 7 ? 100 : form === 16 ? 300 : 70_000;
  return {
    name: `cut-header/${form}-bit-length`,
    title: `a header with a length in ${form} bits, byte by byte, and its payload at once`,
    clause: 'RFC 6455 §5.2',
    sends: `the header of a binary frame of ${inWords(length)} bytes, byte by byte, then the payload`,
    expects: 'the same message back',
    run: async (wire) => {
      const payload = payloadOf('binary', length);
      const bytes = wire.encodeFrame(binary(payload));
      const headerBytes = bytes.length - payload.length;
      await wire.dribble(bytes.subarray(0, headerBytes), 1, 5);
      wire.sendBytes(bytes.subarray(headerBytes));
      await expectAnswers(wire, [{ type: 'binary', payload }]);
    },
  };
}

function severalFrames(): GroupedCase[] {
  return [
    {
      name: 'several/2-in-one-segment',
      title: 'two messages in one segment',
      clause: 'RFC 6455 §5.2',
      sends: 'a text and a binary frame in one write',
      expects: 'both messages back, in order',
      run: (wire) => echoTogether(wire, [text('Hello'), binary(payloadOf('binary', 9))]),
    },
    {
      name: 'several/every-length-form-in-one-segment',
      title: 'messages with all forms of the length in one segment',
      clause: 'RFC 6455 §5.2',
      sends: 'frames of 0, 1, 125, 126, 65,535, 65,536, 127 and 2 bytes in one write',
      expects: 'all messages back, in order',
      run: (wire) =>
        echoTogether(
          wire,
          [0, 1, 125, 126, 65_535, 65_536, 127, 2].map((length) => binary(payloadOf('binary', length))),
        ),
    },
    {
      name: 'several/200-in-one-segment',
      title: '200 messages of 0 to 199 bytes in one segment',
      clause: 'RFC 6455 §5.2',
      sends: '200 frames, text and binary by turns, in one write',
      expects: 'all messages back, in order',
      run: (wire) => echoTogether(wire, growingFrames(200)),
    },
    {
      name: 'several/cut-in-the-next-header',
      title: 'two messages, cut within the header of the second',
      clause: 'RFC 6455 §5.2',
      sends: 'a frame of 200 bytes and 1 byte of the next one, then its rest',
      expects: 'both messages back, in order',
      run: async (wire) => {
        const [first, second] = [payloadOf('text', 200), payloadOf('text', 300)];
        const next = wire.encodeFrame(text(second));
        wire.sendBytes(Buffer.concat([wire.encodeFrame(text(first)), next.subarray(0, 1)]));
        await wire.expectMessage('text', first);
        wire.sendBytes(next.subarray(1));
        await expectAnswers(wire, [{ type: 'text', payload: second }]);
      },
    },
  ];
}

function severalFramesInPieces(): GroupedCase[] {
  return [
    { count: 50, pieceBytes: 7 },
    { count: 200, pieceBytes: 64 },
    { count: 200, pieceBytes: 509 },
  ].map(
    ({ count, pieceBytes }): GroupedCase => ({
      name: `several/${count}-in-pieces-of-${pieceBytes}`,
      title: `${count} messages of 0 to ${count - 1} bytes in pieces of ${pieceBytes} bytes`,
      clause: 'RFC 6455 §5.2',
      sends: `${count} frames, text and binary by turns, cut wherever it falls`,
      expects: 'all messages back, in order',
      timeoutMs: 15_000,
      run: (wire) => echoTogether(wire, growingFrames(count), pieceBytes),
    }),
  );
}

function growingFrames(count: number): FrameToSend[] {
  return Array.from({ length: count }, (_, length) => {
    const type = length % 2 === 0 ? 'text' : 'binary';
    return data(type, payloadOf(type, length));
  });
}

async function echoTogether(wire: Wire, frames: readonly FrameToSend[], pieceBytes?: number): Promise<void> {
  await wire.sendFrames(frames, pieceBytes === undefined ? {} : { pieceBytes });
  await expectAnswers(
    wire,
    frames.map(({ opcode, payload = '' }): Answer => ({ type: opcode === 1 ? 'text' : 'binary', payload })),
  );
}

const lengths = [0, 1, 2, 125, 126, 127, 128, 65_535, 65_536, 65_537, 1_048_576];
const byteWiseLengths = [0, 1, 125, 126, 127, 128];
const pieceWiseLengths = [65_535, 65_536, 200_000];
