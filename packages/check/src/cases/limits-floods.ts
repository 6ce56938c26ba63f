import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';

import { expectAnswers } from './answers.js';
import { close, continuation, data, more, ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { expectEchoOrLimit, hasMetLimit } from './limit-of-peer.js';
import { inWords, payloadTypes } from './payloads.js';

/** Frames without end that carry little or nothing: a peer may take them or refuse them, and stays in order. */
export function floodCases(): readonly Case[] {
  return casesOf('limits', [
    ...payloadTypes.flatMap((type) => [1_000, 10_000, 200_000].map((count) => emptyFragments(type, count))),
    ...payloadTypes.flatMap((type) => [1_000, 50_000].map((count) => tinyFragments(type, count))),
    unendingEmptyFragments(),
    ...pingsBetweenFragments(),
    pongsInsideMessage(),
    closeBehindPings(),
  ]);
}

function emptyFragments(type: 'text' | 'binary', count: number): GroupedCase {
  return flood({
    name: `flood/${count}-empty-${type}-fragments`,
    title: `a ${type} message with ${inWords(count)} empty fragments in it`,
    type,
    payload: 'Hello',
    frames: () => [
      data(type, 'Hel', more),
      ...Array.from({ length: count }, () => continuation('', more)),
      continuation('lo'),
    ],
  });
}

function tinyFragments(type: 'text' | 'binary', count: number): GroupedCase {
  return flood({
    name: `flood/${count}-${type}-fragments-of-1`,
    title: `a ${type} message in ${inWords(count)} fragments of one byte`,
    type,
    payload: 'x'.repeat(count),
    frames: () =>
      Array.from({ length: count }, (_, index) => {
        const changes = { fin: index === count - 1 };
        return index === 0 ? data(type, 'x', changes) : continuation('x', changes);
      }),
  });
}

interface Flood {
  readonly name: string;
  readonly title: string;
  readonly type: 'text' | 'binary';
  readonly payload: string;
  readonly frames: () => readonly FrameToSend[];
}

function flood({ name, title, type, payload, frames }: Flood): GroupedCase {
  return {
    name,
    title,
    clause: 'RFC 6455 §5.4, §10.4',
    sends: title,
    expects: 'the message back; refused with 1008 or 1009, because of a limit, is told as info',
    timeoutMs: 15_000,
    run: async (wire) => {
      await wire.sendFrames(frames());
      await expectEchoOrLimit(wire, { type, payload });
    },
  };
}

/** It does not end: either the peer does something against it, or it takes it all and still answers. */
function unendingEmptyFragments(): GroupedCase {
  return {
    name: 'flood/unending-empty-fragments',
    title: 'a million empty fragments, and no last one',
    clause: 'RFC 6455 §10.4',
    sends: 'the beginning of a message, empty fragments as fast as they go, and a Ping every 50,000',
    expects: 'Pongs as long as the connection lasts; refused with 1008 or 1009 is told as info',
    timeoutMs: 30_000,
    run: async (wire) => {
      wire.sendFrame(text('', more));
      const many = Buffer.concat(
        Array.from({ length: 50_000 }, () => wire.encodeFrame(continuation('', more))),
      );
      for (let round = 0; round < 20; round++) {
        wire.sendBytes(many);
        wire.sendPing(`round ${round}`);
        if (!(await isAnswered(wire, `round ${round}`))) return;
      }
      await wire.expectCloseHandshake();
    },
  };
}

async function isAnswered(wire: Wire, payload: string): Promise<boolean> {
  const event = await wire.receiveEvent();
  if (event?.type === 'pong' && event.payload.toString() === payload) return true;
  if (event !== null && (await hasMetLimit(wire, event))) return false;
  return wire.fail(`the Pong to "${payload}" did not come`);
}

function pingsBetweenFragments(): GroupedCase[] {
  return [50, 500, 5_000].map((count) => ({
    name: `flood/${count}-pings-between-fragments`,
    title: `a message in ${inWords(count)} fragments of one byte with a Ping in every gap`,
    clause: 'RFC 6455 §5.4, §5.5.2',
    sends: `${inWords(count)} fragments, each with a Ping before it`,
    expects: 'the message back; refused with 1008 or 1009, because of a limit, is told as info',
    timeoutMs: 15_000,
    run: async (wire) => {
      const frames = Array.from({ length: count }, (_, index) => [
        ping(`gap ${index}`),
        index === 0 ? text('x', more) : continuation('x', { fin: index === count - 1 }),
      ]);
      await wire.sendFrames(frames.flat());
      await expectEchoOrLimit(wire, { type: 'text', payload: 'x'.repeat(count) });
    },
  }));
}

function pongsInsideMessage(): GroupedCase {
  return {
    name: 'flood/pongs-inside-message',
    title: '10,000 Pongs that nobody asked for between two fragments',
    clause: 'RFC 6455 §5.4, §5.5.3',
    sends: 'a fragment, 10,000 Pongs, the last fragment',
    expects: 'the message back',
    timeoutMs: 15_000,
    run: async (wire) => {
      const pongs = Array.from({ length: 10_000 }, () => pong('unasked'));
      await wire.sendFrames([text('Hel', more), ...pongs, continuation('lo')]);
      await expectAnswers(wire, [{ type: 'text', payload: 'Hello' }]);
    },
  };
}

function closeBehindPings(): GroupedCase {
  return {
    name: 'flood/close-behind-pings',
    title: 'a Close frame behind 50 Pings',
    clause: 'RFC 6455 §5.5.1, §5.5.3',
    sends: '50 Pings and Close 1000 in one go',
    expects: 'Pongs, or fewer of them, then a Close frame with 1000 and the end of the connection',
    run: async (wire) => {
      const pings = Array.from({ length: 50 }, (_, index) => ping(`${index}`));
      await wire.sendFrames([...pings, close(1000)]);
      await wire.expectClose([1000]);
      await wire.expectEnd();
    },
  };
}
