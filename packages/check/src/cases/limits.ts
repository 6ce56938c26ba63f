import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';

import { takeAnswers } from './answers.js';
import { continuation, data } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { expectEchoOrLimit } from './limit-of-peer.js';
import { bytesOf, inWords, mixedTextOf, payloadOf, payloadTypes, sizeInWords } from './payloads.js';

/** Large messages in one frame, in many frames and in pieces, and many messages in one go. */
export function limitCases(): readonly Case[] {
  return [largeCases(), manyCases()].flat();
}

function largeCases(): readonly Case[] {
  const whole = [65_536, 262_144, mebibyte, 4 * mebibyte, 8 * mebibyte, 16 * mebibyte];
  const fragments = [64, 256, 1024, 4096, 16_384, 65_536, 262_144, mebibyte];
  return casesOf('limits', [
    ...payloadTypes.flatMap((type) => whole.map((size) => wholeMessage(type, size))),
    ...payloadTypes.flatMap((type) => fragments.map((bytes) => fragmented(type, 4 * mebibyte, bytes))),
    ...[16_384, 65_536, 4 * mebibyte].map((bytes) => fragmented('binary', 16 * mebibyte, bytes)),
    ...payloadTypes.flatMap((type) => [1024, 2048, 65_536].map((bytes) => inPieces(type, mebibyte, bytes))),
  ]);
}

function manyCases(): readonly Case[] {
  const sizes = [0, 16, 64, 256, 1024, 4096];
  return casesOf('limits', [
    ...payloadTypes.flatMap((type) => sizes.map((size) => manyInOneGo(type, 1_000, size))),
    manyInOneGo('text', 20_000, 0),
    manyInOneGo('binary', 20_000, 16),
    manyInOneGo('binary', 1_000, 16_384),
  ]);
}

function wholeMessage(type: 'text' | 'binary', size: number): GroupedCase {
  return large({
    name: `one-frame/${type}-${size}`,
    title: `a ${type} message of ${sizeInWords(size)} in one frame`,
    type,
    size,
    frames: (payload) => [data(type, payload)],
  });
}

function fragmented(type: 'text' | 'binary', size: number, fragmentBytes: number): GroupedCase {
  const count = size / fragmentBytes;
  return large({
    name: `many-frames/${type}-${size}-in-${fragmentBytes}`,
    title: `a ${type} message of ${sizeInWords(size)} in ${inWords(count)} frames of ${sizeInWords(fragmentBytes)}`,
    type,
    size,
    frames: (payload) => fragmentsOf(type, payload, fragmentBytes),
  });
}

function inPieces(type: 'text' | 'binary', size: number, pieceBytes: number): GroupedCase {
  return large({
    name: `pieces/${type}-${size}-in-${pieceBytes}`,
    title: `a ${type} message of ${sizeInWords(size)} in one frame that comes in pieces of ${sizeInWords(pieceBytes)}`,
    type,
    size,
    frames: (payload) => [data(type, payload)],
    pieceBytes,
  });
}

interface LargeMessage {
  readonly name: string;
  readonly title: string;
  readonly type: 'text' | 'binary';
  readonly size: number;
  readonly frames: (payload: Buffer) => readonly FrameToSend[];
  readonly pieceBytes?: number;
}

function large({ name, title, type, size, frames, pieceBytes }: LargeMessage): GroupedCase {
  return {
    name,
    title,
    clause: 'RFC 6455 §5.2, §5.4, §10.4',
    sends: title,
    expects: 'the same message back; refused with 1009 or 1008, because of a limit, is told as info',
    timeoutMs: 30_000,
    run: async (wire) => {
      const payload = type === 'text' ? mixedTextOf(size) : bytesOf(size);
      await wire.sendFrames(frames(payload), pieceBytes === undefined ? {} : { pieceBytes });
      await expectEchoOrLimit(wire, { type, payload });
    },
  };
}

function fragmentsOf(type: 'text' | 'binary', payload: Buffer, fragmentBytes: number): FrameToSend[] {
  return Array.from({ length: Math.ceil(payload.length / fragmentBytes) }, (_, index) => {
    const at = index * fragmentBytes;
    const part = payload.subarray(at, at + fragmentBytes);
    const changes = { fin: at + fragmentBytes >= payload.length };
    return index === 0 ? data(type, part, changes) : continuation(part, changes);
  });
}

function manyInOneGo(type: 'text' | 'binary', count: number, size: number): GroupedCase {
  return {
    name: `many-messages/${count}-${type}-of-${size}`,
    title: `${inWords(count)} ${type} messages of ${sizeInWords(size)} in one go`,
    clause: 'RFC 6455 §5.2',
    sends: `${inWords(count)} frames as fast as they go`,
    expects: 'all messages back, in order',
    timeoutMs: 30_000,
    run: async (wire) => {
      const payload = payloadOf(type, size);
      const frames = Array.from({ length: count }, (_, index) => data(type, numbered(payload, index)));
      await wire.sendFrames(frames);
      await takeAnswers(
        wire,
        frames.map((frame) => ({ type, payload: frame.payload ?? '' })),
      );
      await wire.expectCloseHandshake();
    },
  };
}

/** The payload with its number in front, as far as there is room: one that is lost or out of order shows. */
function numbered(payload: Buffer, index: number): Buffer {
  const own = Buffer.from(payload);
  if (own.length >= 8) own.write(`${index}`.padStart(8, '0'), 'latin1');
  return own;
}

const mebibyte = 1024 ** 2;
