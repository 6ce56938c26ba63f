import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';

import { type Answer, takeAnswersUntilEnd } from './answers.js';
import { type Delivery, deliver, deliveryWords } from './delivery.js';
import { binary, close, continuation, more, ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { bytesOf, payloadOf } from './payloads.js';

/** What comes before a Close frame is answered, and what comes behind it is not. */
export function closingOrderCases(): readonly Case[] {
  return casesOf('closing', [
    ...behindRows().flatMap((row) =>
      (['one-segment', 'frame-by-frame'] as const).map((how) => behind(row, how)),
    ),
    ...insideRows().map(inside),
    ...beforeRows().map(before),
  ]);
}

interface Row {
  readonly name: string;
  readonly what: string;
  readonly frames: readonly FrameToSend[];
}

function behindRows(): Row[] {
  return [
    { name: 'text', what: 'a text message', frames: [text('never')] },
    { name: 'ping', what: 'a Ping', frames: [ping('never')] },
    { name: 'pong', what: 'a Pong', frames: [pong('never')] },
    { name: 'close', what: 'another Close frame', frames: [close(1000)] },
    { name: 'close-with-another-code', what: 'a Close frame with another code', frames: [close(3000)] },
    { name: 'large-binary', what: 'a binary message of 100,000 bytes', frames: [binary(bytesOf(100_000))] },
    { name: 'fragments', what: 'a message in fragments', frames: [text('ne', more), continuation('ver')] },
    { name: 'reserved-opcode', what: 'a frame with opcode 3', frames: [{ opcode: 3, payload: 'never' }] },
    { name: 'reserved-bits', what: 'a frame with RSV1', frames: [text('never', { rsv: 4 })] },
    { name: 'bad-text', what: 'a text that is not UTF-8', frames: [text(Uint8Array.of(0xff))] },
  ];
}

function behind({ name, what, frames }: Row, delivery: Delivery): GroupedCase {
  return {
    name: `behind-close/${name}-${delivery}`,
    title: `a Close frame and ${what} behind it, ${deliveryWords[delivery]}`,
    clause: 'RFC 6455 §1.4, §5.5.1: what comes after a Close frame is discarded',
    sends: `Close 1000, then ${what}`,
    expects:
      'a Close frame with 1000 (another code: non-strict), nothing else, and the end of the connection',
    run: async (wire) => {
      await deliver(wire, [close(1000), ...frames], delivery);
      await expectOnlyClose(wire);
    },
  };
}

function insideRows(): Row[] {
  return [
    {
      name: 'after-first-fragment',
      what: 'after the first fragment',
      frames: [text('Hel', more), close(1000)],
    },
    {
      name: 'between-fragments',
      what: 'between two fragments',
      frames: [text('Hel', more), close(1000), continuation('lo')],
    },
    {
      name: 'between-binary-fragments',
      what: 'between fragments of a binary message, a Ping behind it',
      frames: [binary('Hel', more), continuation('l', more), close(1000), ping('never'), continuation('o')],
    },
    {
      name: 'within-a-character',
      what: 'after a text fragment that ends within a character',
      frames: [text(Uint8Array.of(0xe2, 0x82), more), close(1000)],
    },
  ];
}

function inside({ name, what, frames }: Row): GroupedCase {
  return {
    name: `inside-message/${name}`,
    title: `a Close frame ${what}`,
    clause: 'RFC 6455 §5.4, §5.5.1',
    sends: `Close 1000 ${what}`,
    expects: 'a Close frame with 1000, no message, and the end of the connection',
    run: async (wire) => {
      await wire.sendFrames(frames);
      await expectOnlyClose(wire);
    },
  };
}

/** Answers that could only be to what must be discarded end the case. */
async function expectOnlyClose(wire: Wire): Promise<void> {
  const event = await wire.receiveEvent();
  if (event?.type === 'message' || event?.type === 'pong') {
    wire.fail(`a ${event.type} answered what was to be discarded`);
  }
  if (event !== null) wire.keepBack(event);
  const { code } = await wire.expectClose(event?.type === 'close' ? [event.code] : [1000]);
  if (code !== 1000) wire.nonStrict(`Close 1000 was answered with ${code} (RFC 6455 §5.5.1)`);
  await wire.expectEnd();
}

interface BeforeRow extends Row {
  readonly answers: readonly Answer[];
}

function beforeRows(): BeforeRow[] {
  const hundred = Array.from({ length: 100 }, (_, index) => `message ${index}`);
  const large = payloadOf('text', 262_144);
  return [
    {
      name: 'text',
      what: 'a text message',
      frames: [text('Hello')],
      answers: [{ type: 'text', payload: 'Hello' }],
    },
    { name: 'ping', what: 'a Ping', frames: [ping('Hello')], answers: [{ type: 'pong', payload: 'Hello' }] },
    {
      name: 'hundred',
      what: '100 text messages',
      frames: hundred.map((payload) => text(payload)),
      answers: hundred.map((payload) => ({ type: 'text', payload })),
    },
    {
      name: 'large',
      what: 'a text message of 256 KiB',
      frames: [text(large)],
      answers: [{ type: 'text', payload: large }],
    },
    {
      name: 'fragments',
      what: 'a message in fragments',
      frames: [text('Hel', more), continuation('lo')],
      answers: [{ type: 'text', payload: 'Hello' }],
    },
  ];
}

/** The application may find the connection closing by the time at which it answers: a message need not come back. */
function before({ name, what, frames, answers }: BeforeRow): GroupedCase {
  return {
    name: `before-close/${name}`,
    title: `${what} and a Close frame in one segment`,
    clause: 'RFC 6455 §5.5.1, §6.1',
    sends: `${what}, then Close 1000`,
    expects:
      'messages back in order, all or none or the first ones, then a Close frame with 1000 and the end',
    run: async (wire) => {
      await wire.sendFrames([...frames, close(1000)]);
      const event = await takeAnswersUntilEnd(wire, answers);
      if (event !== null) wire.keepBack(event);
      await expectOnlyClose(wire);
    },
  };
}
