import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';

import { type Answer, expectAnswers } from './answers.js';
import { deliver, deliveries, deliveryWords } from './delivery.js';
import { binary, continuation, data, more, ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { bytesOf, mixedTextOf, payloadOf, payloadTypes } from './payloads.js';

/** Messages in fragments that are right, with and without control frames between them. */
export function fragmentationCases(): readonly Case[] {
  return casesOf('fragmentation', [
    ...messageRows().flatMap(delivered),
    ...payloadTypes.flatMap((type) => emptyRows(type).map(echoed)),
    ...payloadTypes.flatMap((type) => [2, 3, 7, 100].map((count) => echoed(evenRow(type, count)))),
    ...[1, 2, 3, 5].map(textInFragmentsOf),
    ...pongComesFirst(),
  ]);
}

interface Row {
  readonly name: string;
  readonly what: string;
  readonly frames: readonly FrameToSend[];
  readonly answers: readonly Answer[];
}

/** What is tried in every delivery. */
function messageRows(): Row[] {
  const hello: Answer = { type: 'text', payload: 'Hello' };
  const between: Answer = { type: 'pong', payload: 'between' };
  const bytes = bytesOf(9);
  return [
    {
      name: 'two-fragments/text',
      what: 'a text message in two fragments',
      frames: [text('Hel', more), continuation('lo')],
      answers: [hello],
    },
    {
      name: 'two-fragments/binary',
      what: 'a binary message in two fragments',
      frames: [binary(bytes.subarray(0, 4), more), continuation(bytes.subarray(4))],
      answers: [{ type: 'binary', payload: bytes }],
    },
    {
      name: 'control-between/ping',
      what: 'a message in two fragments with a Ping between them',
      frames: [text('Hel', more), ping('between'), continuation('lo')],
      answers: [between, hello],
    },
    {
      name: 'control-between/empty-ping',
      what: 'a message in two fragments with an empty Ping between them',
      frames: [text('Hel', more), ping(''), continuation('lo')],
      answers: [{ type: 'pong', payload: '' }, hello],
    },
    {
      name: 'control-between/pong',
      what: 'a message in two fragments with a Pong between them',
      frames: [text('Hel', more), pong('between'), continuation('lo')],
      answers: [hello],
    },
    {
      name: 'control-between/pings-in-every-gap',
      what: 'a message in five fragments with a Ping in every gap',
      frames: fivesWithPings(),
      answers: [
        ...[1, 2, 3, 4].map((gap): Answer => ({ type: 'pong', payload: `gap ${gap}` })),
        { type: 'text', payload: 'one two three four five' },
      ],
    },
    {
      name: 'several/two-messages',
      what: 'two messages in two fragments each',
      frames: [text('Hel', more), continuation('lo'), text('Wor', more), continuation('ld')],
      answers: [hello, { type: 'text', payload: 'World' }],
    },
    {
      name: 'several/whole-and-fragmented',
      what: 'a message in one frame, one in three fragments, one in one frame',
      frames: [binary(bytes), text('H', more), continuation('ell', more), continuation('o'), text('World')],
      answers: [{ type: 'binary', payload: bytes }, hello, { type: 'text', payload: 'World' }],
    },
  ];
}

function fivesWithPings(): FrameToSend[] {
  const [first = '', ...rest] = ['one ', 'two ', 'three ', 'four ', 'five'];
  return [
    text(first, more),
    ...rest.flatMap((part, index) => [
      ping(`gap ${index + 1}`),
      continuation(part, { fin: index === rest.length - 1 }),
    ]),
  ];
}

function delivered({ name, what, frames, answers }: Row): GroupedCase[] {
  return deliveries.map((delivery) => ({
    name: `${name}-${delivery}`,
    title: `${what}, ${deliveryWords[delivery]}`,
    clause: 'RFC 6455 §5.4',
    sends: what,
    expects: 'every message back, and a Pong to every Ping',
    run: async (wire) => {
      await deliver(wire, frames, delivery);
      await expectAnswers(wire, answers);
    },
  }));
}

function echoed({ name, what, frames, answers }: Row): GroupedCase {
  return {
    name,
    title: what,
    clause: 'RFC 6455 §5.4',
    sends: what,
    expects: 'the same message back',
    run: async (wire) => {
      await wire.sendFrames(frames);
      await expectAnswers(wire, answers);
    },
  };
}

function emptyRows(type: 'text' | 'binary'): Row[] {
  const rows = [
    { name: 'first', parts: ['', 'Hello'] },
    { name: 'middle', parts: ['Hel', '', 'lo'] },
    { name: 'last', parts: ['Hello', ''] },
    { name: 'all', parts: ['', '', ''] },
    { name: 'first-and-last', parts: ['', 'Hello', ''] },
    { name: 'nine-in-the-middle', parts: ['Hel', '', '', '', '', '', '', '', '', '', 'lo'] },
  ];
  return rows.map(({ name, parts }) => ({
    name: `empty-fragments/${type}-${name}`,
    what: `a ${type} message whose fragments have ${parts.map((part) => part.length).join(', ')} bytes`,
    frames: framesOf(
      type,
      parts.map((part) => Buffer.from(part)),
    ),
    answers: [{ type, payload: parts.join('') }],
  }));
}

function evenRow(type: 'text' | 'binary', count: number): Row {
  const payload = payloadOf(type, count * 130);
  const parts = Array.from({ length: count }, (_, index) => payload.subarray(index * 130, (index + 1) * 130));
  return {
    name: `even-fragments/${type}-${count}`,
    what: `a ${type} message in ${count} fragments of 130 bytes`,
    frames: framesOf(type, parts),
    answers: [{ type, payload }],
  };
}

function textInFragmentsOf(fragmentBytes: number): GroupedCase {
  return {
    name: `cut-characters/${fragmentBytes}-bytes`,
    title: `characters of 1 to 4 bytes in fragments of ${fragmentBytes}`,
    clause: 'RFC 6455 §5.6: a fragment may end within a character',
    sends: `a text message of 220 bytes in fragments of ${fragmentBytes}`,
    expects: 'the same message back',
    run: async (wire) => {
      await wire.expectEcho('text', mixedTextOf(220), { fragmentBytes });
      await wire.expectCloseHandshake();
    },
  };
}

/** A message that is never completed must not hold back the Pong. */
function pongComesFirst(): GroupedCase[] {
  return payloadTypes.map((type) => ({
    name: `control-between/pong-before-the-end-of-a-${type}`,
    title: `a Ping inside a ${type} message is answered before the message is complete`,
    clause: 'RFC 6455 §5.4, §5.5.2',
    sends: `a fragment of a ${type} message, a Ping, and the rest when the Pong is there`,
    expects: 'a Pong, and then the message back',
    run: async (wire) => {
      const payload = payloadOf(type, 300);
      wire.sendFrame(data(type, payload.subarray(0, 200), more));
      wire.sendPing('inside');
      await wire.expectPong('inside');
      wire.sendFrame(continuation(payload.subarray(200)));
      await expectAnswers(wire, [{ type, payload }]);
    },
  }));
}

function framesOf(type: 'text' | 'binary', parts: readonly Uint8Array[]): FrameToSend[] {
  return parts.map((part, index) => {
    const changes = { fin: index === parts.length - 1 };
    return index === 0 ? data(type, part, changes) : continuation(part, changes);
  });
}
