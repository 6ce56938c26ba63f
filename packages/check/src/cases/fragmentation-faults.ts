import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';

import { type Answer, expectAnswersThenFailure } from './answers.js';
import { type Delivery, deliver, deliveries, deliveryInTurn, deliveryWords } from './delivery.js';
import { binary, close, continuation, more, ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';

/** Fragments in an order that makes no message, and control frames in fragments. */
export function fragmentationFaultCases(): readonly Case[] {
  return casesOf('fragmentation', [
    ...orderRows().flatMap((row) => deliveries.map((delivery) => failing(row, delivery))),
    ...nestedRows().map((row, index) => failing(row, deliveryInTurn(index))),
    ...controlRows().map((row, index) => failing(row, deliveryInTurn(index))),
  ]);
}

interface Row {
  readonly name: string;
  readonly what: string;
  readonly frames: readonly FrameToSend[];
  /** What was right before the fault. */
  readonly answers?: readonly Answer[];
}

const hello: Answer = { type: 'text', payload: 'Hello' };

function orderRows(): Row[] {
  return [
    {
      name: 'nothing-to-continue/final',
      what: 'a final continuation frame that continues nothing, then a message',
      frames: [continuation('nothing'), text('never')],
    },
    {
      name: 'nothing-to-continue/not-final',
      what: 'a continuation frame, not final, that continues nothing, then a message',
      frames: [continuation('nothing', more), text('never')],
    },
    {
      name: 'nothing-to-continue/after-a-message',
      what: 'a message in two fragments and one continuation frame more',
      frames: [text('Hel', more), continuation('lo'), continuation('more'), ping('never')],
      answers: [hello],
    },
    {
      name: 'new-message-inside/text-in-text',
      what: 'a text frame inside a text message',
      frames: [text('Hel', more), text('lo'), ping('never')],
    },
  ];
}

function nestedRows(): Row[] {
  const openers = { text, binary };
  const types = ['text', 'binary'] as const;
  const nested = types.flatMap((outer) =>
    types.flatMap((inner) =>
      [true, false].map(
        (fin): Row => ({
          name: `new-message-inside/${fin ? 'final' : 'not-final'}-${inner}-in-${outer}`,
          what: `a ${fin ? 'final' : 'first'} ${inner} frame after the second fragment of a ${outer} message`,
          frames: [
            openers[outer]('Hel', more),
            continuation('lo', more),
            openers[inner]('again', { fin }),
            continuation('!'),
          ],
        }),
      ),
    ),
  );
  return [
    ...nested,
    {
      name: 'new-message-inside/empty-text-in-empty-text',
      what: 'an empty text frame inside a message whose first fragment is empty',
      frames: [text('', more), text('')],
    },
    {
      name: 'nothing-to-continue/empty',
      what: 'an empty continuation frame that continues nothing',
      frames: [continuation('')],
    },
    {
      name: 'nothing-to-continue/again-and-again',
      what: 'continuation frames that continue nothing, and messages in fragments between them',
      frames: [
        continuation('nothing', more),
        text('Hel', more),
        continuation('lo'),
        continuation('nothing', more),
      ],
    },
    {
      name: 'nothing-to-continue/after-a-ping',
      what: 'a continuation frame after a Ping',
      frames: [ping('first'), continuation('nothing')],
      answers: [{ type: 'pong', payload: 'first' }],
    },
    {
      name: 'nothing-to-continue/after-a-whole-message',
      what: 'a continuation frame after a message in one frame',
      frames: [text('Hello'), continuation('more')],
      answers: [hello],
    },
  ];
}

function controlRows(): Row[] {
  const kinds: [string, (fin: boolean) => FrameToSend][] = [
    ['Ping', (fin) => ping('Hel', { fin })],
    ['Pong', (fin) => pong('Hel', { fin })],
    ['Close', (fin) => close(1000, 'bye', { fin })],
  ];
  return kinds.flatMap(([kind, frame]): Row[] => [
    {
      name: `fragmented-control/${kind.toLowerCase()}-continued`,
      what: `a ${kind} frame in two fragments`,
      frames: [frame(false), continuation('lo')],
    },
    {
      name: `fragmented-control/${kind.toLowerCase()}-alone`,
      what: `a ${kind} frame that is not final, after a message`,
      frames: [text('Hello'), frame(false)],
      answers: [hello],
    },
    {
      name: `fragmented-control/${kind.toLowerCase()}-inside-message`,
      what: `a ${kind} frame that is not final between two fragments`,
      frames: [text('Hel', more), frame(false), continuation('lo')],
    },
  ]);
}

function failing({ name, what, frames, answers = [] }: Row, delivery: Delivery): GroupedCase {
  return {
    name: `${name}-${delivery}`,
    title: `${what}, ${deliveryWords[delivery]}`,
    clause: name.startsWith('fragmented-control')
      ? 'RFC 6455 §5.5: control frames MUST NOT be fragmented'
      : 'RFC 6455 §5.4',
    sends: what,
    expects:
      'what was right before is answered (or not: the peer may have failed by then), and the connection failed with 1002',
    run: async (wire) => {
      await deliver(wire, frames, delivery);
      await expectAnswersThenFailure(wire, answers, { codes: [1002] });
    },
  };
}
