import type { Case } from '../case.js';
import type { RawFrame } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';

import { close, continuation, more, ping, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';

/** How the peer masks what it sends itself. */
export function peerMaskingCases(): readonly Case[] {
  return casesOf('masking', [...everyKind().map(byItsRole), freshKeys()]);
}

function byItsRole({ name, what, provoke }: Provoked): GroupedCase {
  return {
    name: `by-peer/${name}`,
    title: `the peer masks ${what} as client, and does not as server`,
    clause: 'RFC 6455 §5.1',
    sends: `what is answered with ${what}`,
    expects: `${what}, masked by a client and not masked by a server`,
    run: async (wire) => {
      provoke(wire);
      const frame = await wire.receiveFrame();
      if (frame === null) return wire.conclude(`${what} did not come: there is no masking to judge`);
      if (frame.masked !== (wire.peer === 'client')) {
        wire.fail(`${what} was ${frame.masked ? 'masked' : 'not masked'}`);
      }
    },
  };
}

interface Provoked {
  readonly name: string;
  readonly what: string;
  readonly provoke: (wire: Wire) => void;
}

function everyKind(): Provoked[] {
  return [
    { name: 'message', what: 'a message', provoke: (wire) => wire.sendFrame(text('Hello')) },
    { name: 'empty-message', what: 'an empty message', provoke: (wire) => wire.sendFrame(text('')) },
    {
      name: 'fragmented-message',
      what: 'a message that was sent to it in fragments',
      provoke: (wire) => void wire.sendFrames([text('Hel', more), continuation('lo')]),
    },
    { name: 'pong', what: 'a Pong', provoke: (wire) => wire.sendFrame(ping('Hello')) },
    { name: 'close', what: 'the Close frame that answers ours', provoke: (wire) => wire.sendFrame(close()) },
    {
      name: 'failure',
      what: 'the Close frame with which it fails the connection',
      provoke: (wire) => wire.sendFrame(continuation('nothing to continue')),
    },
  ];
}

function freshKeys(): GroupedCase {
  return {
    name: 'by-client/fresh-keys',
    title: 'the masking keys of 200 frames are fresh and not predictable',
    clause: 'RFC 6455 §5.3, §10.3',
    judges: 'client',
    sends: '100 text messages and 100 Pings',
    expects: '200 frames, masked with keys that do not repeat, follow no step and are as random as they look',
    run: async (wire) => {
      const keys: number[] = [];
      for (let index = 0; index < 100; index++) {
        wire.sendFrame(text('the same text each time'));
        keys.push(keyOf(wire, await wire.receiveFrame()));
        wire.sendFrame(ping('ping'));
        keys.push(keyOf(wire, await wire.receiveFrame()));
      }
      const fault = keysFault(keys);
      if (fault !== null) wire.fail(fault);
      await wire.expectCloseHandshake();
    },
  };
}

function keyOf(wire: Wire, frame: RawFrame | null): number {
  if (frame === null) return wire.fail('a frame did not come');
  return frame.key ?? wire.fail('a frame was not masked');
}

/** What chance does less than once in a million runs. */
function keysFault(keys: readonly number[]): string | null {
  if (new Set(keys).size < keys.length - 1)
    return 'masking keys repeat (RFC 6455 §5.3: fresh for each frame)';
  const steps = keys.slice(1).map((key, index) => (key - (keys[index] as number)) >>> 0);
  if (new Set(steps).size < steps.length - 1)
    return 'masking keys follow a step (RFC 6455 §10.3: not predictable)';
  const oneBits = keys.map((key) => countBits(key)).reduce((sum, count) => sum + count, 0);
  const expected = keys.length * 16;
  const deviation = Math.sqrt(keys.length * 8);
  if (Math.abs(oneBits - expected) > 6 * deviation) {
    return `${oneBits} of ${keys.length * 32} bits of the masking keys are set (RFC 6455 §10.3: not predictable)`;
  }
  return null;
}

function countBits(key: number): number {
  return key.toString(2).replaceAll('0', '').length;
}
