import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';

import { expectAnswers, expectAnswersThenFailure } from './answers.js';
import { expectEarlyFailure } from './early-failure.js';
import { ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { asciiOf, bytesOf, inWords } from './payloads.js';

/** Control frames that are too long, or whose length is written long. */
export function controlFrameLengthCases(): readonly Case[] {
  return casesOf('control-frames', [
    ...(['Ping', 'Pong'] as const).flatMap((kind) =>
      [126, 127, 65_536].map((length) => tooLong(kind, length)),
    ),
    ...(['Ping', 'Pong'] as const).flatMap((kind) => ([16, 64] as const).map((form) => longForm(kind, form))),
    tooLongHeader(),
  ]);
}

function frameOf(kind: 'Ping' | 'Pong', payload: Uint8Array): FrameToSend {
  return kind === 'Ping' ? ping(payload) : pong(payload);
}

function tooLong(kind: 'Ping' | 'Pong', length: number): GroupedCase {
  return {
    name: `${kind.toLowerCase()}/${length}-bytes`,
    title: `a ${kind} with ${inWords(length)} bytes`,
    clause: 'RFC 6455 §5.5: a payload length of 125 bytes or less',
    sends: `a text message, and a ${kind} that is too long`,
    expects:
      'the message back (or not: the peer may have failed by then), and the connection failed with 1002',
    run: async (wire) => {
      await wire.sendFrames([text('Hello'), frameOf(kind, bytesOf(length)), ping('never')]);
      await expectAnswersThenFailure(wire, [{ type: 'text', payload: 'Hello' }], { codes: [1002] });
    },
  };
}

function longForm(kind: 'Ping' | 'Pong', lengthForm: 16 | 64): GroupedCase {
  return {
    name: `${kind.toLowerCase()}/length-in-${lengthForm}-bits`,
    title: `a ${kind} with 5 bytes whose length is written in ${lengthForm} bits`,
    clause: 'RFC 6455 §5.2, §5.5',
    sends: `a ${kind} whose length is not written the shortest way, and a Ping behind it`,
    expects: 'the connection failed with 1002; a peer that reads it all the same is non-strict',
    run: async (wire) => {
      await wire.sendFrames([{ ...frameOf(kind, asciiOf(5)), lengthForm }, ping('behind')]);
      const event = await wire.receiveEvent();
      if (event !== null) wire.keepBack(event);
      if (event?.type !== 'pong') return wire.expectFailure({ codes: [1002] });
      wire.nonStrict(`the ${wire.peer} took a length that was not written the shortest way (RFC 6455 §5.2)`);
      if (kind === 'Ping') await wire.expectPong(asciiOf(5));
      await expectAnswers(wire, [{ type: 'pong', payload: 'behind' }]);
    },
  };
}

function tooLongHeader(): GroupedCase {
  return {
    name: 'ping/126-bytes-announced',
    title: 'the header of a Ping with 126 bytes, and nothing of its payload',
    clause: 'RFC 6455 §5.5',
    sends: 'the header of a Ping of 126 bytes; the payload if nothing happens',
    expects: 'the connection failed at once with 1002; later is non-strict',
    run: async (wire) => {
      const bytes = wire.encodeFrame(ping(bytesOf(126)));
      const headerBytes = bytes.length - 126;
      await expectEarlyFailure(
        wire,
        {
          beginning: () => wire.sendBytes(bytes.subarray(0, headerBytes)),
          rest: bytes.subarray(headerBytes),
        },
        { codes: [1002] },
      );
    },
  };
}
