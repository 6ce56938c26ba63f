import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';

import { expectAnswersThenFailure } from './answers.js';
import { type Delivery, deliver, deliveries, deliveryInTurn, deliveryWords } from './delivery.js';
import { expectEarlyFailure } from './early-failure.js';
import { binary, close, continuation, more, ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { asciiOf } from './payloads.js';

/** Bits and opcodes that are reserved, and that no extension was agreed on for. */
export function reservedCases(): readonly Case[] {
  return [bitCases(), opcodeCases()].flat();
}

function bitCases(): readonly Case[] {
  const single = [4, 2, 1];
  return casesOf('reserved', [
    ...[4, 2, 1, 6, 5, 3, 7].map((rsv) =>
      fault(bitsRow(rsv, 'text', 'a text frame', [text('Hello', { rsv })])),
    ),
    ...single.flatMap((rsv) => bitRows(rsv).map(fault)),
    ...single.flatMap((rsv) => deliveries.map((delivery) => faultInPipeline(pipelinedBits(rsv), delivery))),
    ...single.map((rsv) => earlyFault(bitsRow(rsv, 'header-only', '', [text(asciiOf(100), { rsv })]))),
  ]);
}

function opcodeCases(): readonly Case[] {
  return casesOf('reserved', [
    ...reservedOpcodes.flatMap((opcode) => opcodeRows(opcode).map(fault)),
    ...reservedOpcodes.map((opcode, index) =>
      faultInPipeline(pipelinedOpcode(opcode), deliveryInTurn(index)),
    ),
    ...[3, 11].map((opcode) =>
      earlyFault(opcodeRow(opcode, 'header-only', '', [{ opcode, payload: asciiOf(100) }])),
    ),
  ]);
}

/** Frames of which the last one that is not a Ping is at fault. */
interface Fault {
  readonly name: string;
  readonly title: string;
  readonly what: string;
  readonly frames: readonly FrameToSend[];
}

function bitsRow(rsv: number, kind: string, on: string, frames: readonly FrameToSend[]): Fault {
  const names = bitNames.filter(([bit]) => (rsv & bit) !== 0).map(([, name]) => name);
  const what = names.join(' and ');
  const title = on === '' ? `${what} on a frame` : `${what} on ${on}`;
  return { name: `bits/${names.join('-').toLowerCase()}-${kind}`, title, what, frames };
}

function bitRows(rsv: number): Fault[] {
  return [
    bitsRow(rsv, 'binary', 'a binary frame', [binary('Hello', { rsv })]),
    bitsRow(rsv, 'empty-text', 'an empty text frame', [text('', { rsv })]),
    bitsRow(rsv, 'continuation', 'a second fragment', [text('Hel', more), continuation('lo', { rsv })]),
    bitsRow(rsv, 'ping', 'a Ping', [ping('Hello', { rsv })]),
    bitsRow(rsv, 'pong', 'a Pong', [pong('Hello', { rsv })]),
    bitsRow(rsv, 'close', 'a Close frame', [close(1000, '', { rsv })]),
  ];
}

function pipelinedBits(rsv: number): Fault {
  return bitsRow(rsv, 'pipeline', 'a text frame behind a right one', [text('again', { rsv })]);
}

function opcodeRow(opcode: number, kind: string, how: string, frames: readonly FrameToSend[]): Fault {
  const what = `opcode ${opcode}`;
  return { name: `opcode/${opcode}-${kind}`, title: how === '' ? what : `${what}, ${how}`, what, frames };
}

function opcodeRows(opcode: number): Fault[] {
  const rows = [
    opcodeRow(opcode, 'empty', 'without a payload', [{ opcode }]),
    opcodeRow(opcode, 'payload', 'with a payload', [{ opcode, payload: 'Hello' }]),
  ];
  if (![3, 7, 11, 15].includes(opcode)) return rows;
  return [
    ...rows,
    opcodeRow(opcode, 'inside-message', 'between two fragments', [
      text('Hel', more),
      { opcode, payload: 'Hello' },
      continuation('lo'),
    ]),
    opcodeRow(opcode, 'not-final', 'not final', [{ opcode, payload: 'Hello', fin: false }]),
  ];
}

function pipelinedOpcode(opcode: number): Fault {
  return opcodeRow(opcode, 'pipeline', 'behind a right message', [{ opcode, payload: 'again' }]);
}

function fault({ name, title, what, frames }: Fault): GroupedCase {
  return {
    name,
    title,
    clause,
    sends: `${frames.length === 1 ? 'one frame' : `${frames.length} frames`} with ${what}`,
    expects: 'the connection failed with 1002',
    run: async (wire) => {
      await wire.sendFrames(frames);
      await wire.expectFailure({ codes: [1002] });
    },
  };
}

function faultInPipeline({ name, title, what, frames }: Fault, delivery: Delivery): GroupedCase {
  return {
    name: `${name}-${delivery}`,
    title: `${title}, ${deliveryWords[delivery]}`,
    clause,
    sends: `a text message, a frame with ${what}, and a Ping`,
    expects:
      'the message back (or not: the peer may have failed by then), the connection failed with 1002, and no Pong',
    run: async (wire) => {
      await deliver(wire, [text('Hello'), ...frames, ping('never')], delivery);
      await expectAnswersThenFailure(wire, [{ type: 'text', payload: 'Hello' }], { codes: [1002] });
    },
  };
}

function earlyFault({ name, title, what, frames }: Fault): GroupedCase {
  return {
    name,
    title: `${title}, and nothing of its payload`,
    clause,
    sends: `the header of a frame of 100 bytes with ${what}; the payload if nothing happens`,
    expects: 'the connection failed at once with 1002; later is non-strict',
    run: async (wire) => {
      const [frame] = frames as [FrameToSend];
      const bytes = wire.encodeFrame(frame);
      const headerBytes = bytes.length - 100;
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

const clause = 'RFC 6455 §5.2';
const reservedOpcodes = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15];
const bitNames = [
  [4, 'RSV1'],
  [2, 'RSV2'],
  [1, 'RSV3'],
] as const;
