import type { Case } from '../case.js';
import type { Wire } from '../wire/wire.js';

import { binary, continuation, more, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { asciiOf, inWords, payloadOf } from './payloads.js';

/** Lengths that are written longer than they need to be, and lengths that nobody can mean. */
export function framingLengthCases(): readonly Case[] {
  return casesOf('framing', [
    ...([0, 1, 125] as const).map((length) => notMinimal(length, 16)),
    ...([0, 1, 125, 126, 65_535] as const).map((length) => notMinimal(length, 64)),
    ...topBitSet(),
    ...announced(),
  ]);
}

function notMinimal(length: number, lengthForm: 16 | 64): GroupedCase {
  return {
    name: `length/${length}-in-${lengthForm}-bits`,
    title: `a length of ${inWords(length)} written in ${lengthForm} bits`,
    clause: 'RFC 6455 §5.2: the minimal number of bytes MUST be used',
    sends: 'a text frame whose length is not written the shortest way',
    expects: 'the connection failed with 1002; a peer that reads it all the same is non-strict',
    run: async (wire) => {
      const payload = asciiOf(length);
      wire.sendFrame(text(payload, { lengthForm }));
      const event = await wire.receiveEvent();
      if (event !== null) wire.keepBack(event);
      if (event?.type !== 'message') return wire.expectFailure({ codes: [1002] });
      wire.nonStrict(`the ${wire.peer} took a length that was not written the shortest way (RFC 6455 §5.2)`);
      await wire.expectMessage('text', payload);
      await wire.expectCloseHandshake();
    },
  };
}

function topBitSet(): GroupedCase[] {
  return [
    { name: 'nothing', announcedLength: 2n ** 63n, payload: '', words: '2^63' },
    { name: 'five-bytes', announcedLength: 2n ** 63n + 5n, payload: 'Hello', words: '2^63 + 5' },
    { name: 'all-bits', announcedLength: 2n ** 64n - 1n, payload: '', words: '2^64 - 1' },
  ].map(({ name, announcedLength, payload, words }) => ({
    name: `length/top-bit-and-${name}`,
    title: `a length in 64 bits with the highest one set: ${words}`,
    clause: 'RFC 6455 §5.2: the most significant bit MUST be 0',
    sends: `a text frame that announces ${words} bytes, and ${payload.length} of them`,
    expects: 'the connection failed with 1002 or 1009; a peer that waits is non-strict',
    run: async (wire) => {
      wire.sendFrame(text(payload, { announcedLength, lengthForm: 64 }));
      const event = await wire.receiveEvent({ timeoutMs: patienceMs });
      if (event === null) return wire.nonStrict(`the ${wire.peer} waits for a length that cannot be`);
      wire.keepBack(event);
      await wire.expectFailure({ codes: [1002, 1009] });
    },
  }));
}

function announced(): GroupedCase[] {
  const rows = [
    { name: '2-to-31', length: 2n ** 31n, words: '2^31' },
    { name: '2-to-32', length: 2n ** 32n, words: '2^32' },
    { name: '2-to-53', length: 2n ** 53n + 1n, words: '2^53 + 1' },
    { name: '2-to-63-less-1', length: 2n ** 63n - 1n, words: '2^63 - 1' },
  ];
  return [
    ...rows.map(
      ({ name, length, words }): GroupedCase => ({
        name: `length/announced-${name}`,
        title: `a frame that announces ${words} bytes, and then nothing`,
        clause: 'RFC 6455 §10.4',
        sends: `the header of a binary frame of ${words} bytes`,
        expects: 'the connection failed with 1009; a peer that waits is told as info',
        run: async (wire) => {
          wire.sendFrame(binary('', { announcedLength: length }));
          await expectTooBig(wire);
        },
      }),
    ),
    {
      name: 'length/announced-beyond-2-to-63-in-fragments',
      title: 'a second fragment that makes the message longer than 2^63',
      clause: 'RFC 6455 §10.4',
      sends: 'a first fragment of 100 bytes, and the header of a second one of 2^63 - 1',
      expects: 'the connection failed with 1009; a peer that waits is told as info',
      run: async (wire) => {
        wire.sendFrame(binary(payloadOf('binary', 100), more));
        wire.sendFrame(continuation('', { announcedLength: 2n ** 63n - 1n }));
        await expectTooBig(wire);
      },
    },
  ];
}

/** What is too big may be refused at once, or when as much of it has come as the peer takes. */
async function expectTooBig(wire: Wire): Promise<void> {
  const event = await wire.receiveEvent({ timeoutMs: patienceMs });
  if (event === null) {
    wire.conclude(`the ${wire.peer} waits for what was announced, as far as its limit or beyond`);
  }
  wire.keepBack(event);
  await wire.expectFailure({ codes: [1009] });
}

const patienceMs = 800;
