import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { FrameToSend } from '../wire/frame.js';
import type { Wire } from '../wire/wire.js';

import { type Answer, expectAnswers, expectAnswersThenFailure } from './answers.js';
import { expectEarlyFailure } from './early-failure.js';
import { binary, close, continuation, more, ping, pong, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { asciiOf, bytesOf } from './payloads.js';

/** Frames masked, or not, against the role of who sends them; and whatever masking key a client may choose. */
export function maskingCases(): readonly Case[] {
  return casesOf('masking', [
    ...wrongMaskingRows().map(wrongMasking),
    wrongMaskingEarly(),
    ...keyRows().map(oddKey),
    ...manyKeys(),
  ]);
}

interface WrongMasking {
  readonly name: string;
  readonly what: string;
  /** Given how to mask wrongly. */
  readonly frames: (wrong: { readonly masked: boolean }) => readonly FrameToSend[];
  readonly answers?: readonly Answer[];
}

function wrongMaskingRows(): WrongMasking[] {
  const hello: Answer = { type: 'text', payload: 'Hello' };
  return [
    { name: 'text', what: 'a text frame', frames: (wrong) => [text('Hello', wrong)] },
    { name: 'binary', what: 'a binary frame', frames: (wrong) => [binary(bytesOf(9), wrong)] },
    { name: 'empty-text', what: 'an empty text frame', frames: (wrong) => [text('', wrong)] },
    {
      name: 'large',
      what: 'a binary frame of 65,536 bytes',
      frames: (wrong) => [binary(bytesOf(65_536), wrong)],
    },
    { name: 'ping', what: 'a Ping', frames: (wrong) => [ping('Hello', wrong)] },
    { name: 'pong', what: 'a Pong', frames: (wrong) => [pong('Hello', wrong)] },
    { name: 'close', what: 'a Close frame', frames: (wrong) => [close(1000, '', wrong)] },
    {
      name: 'second-fragment',
      what: 'a continuation frame after a right first fragment',
      frames: (wrong) => [text('Hel', more), continuation('lo', wrong)],
    },
    {
      name: 'second-message',
      what: 'a text frame after a right one, in one segment',
      frames: (wrong) => [text('Hello'), text('again', wrong)],
      answers: [hello],
    },
    {
      name: 'ping-inside-message',
      what: 'a Ping between right fragments',
      frames: (wrong) => [text('Hel', more), ping('', wrong), continuation('lo')],
    },
  ];
}

function wrongMasking({ name, what, frames, answers = [] }: WrongMasking): GroupedCase {
  return {
    name: `against-the-role/${name}`,
    title: `${what}, not masked to a server or masked to a client`,
    clause: 'RFC 6455 §5.1',
    sends: `${what}: a tester that is client does not mask it, one that is server does`,
    expects: 'the connection failed, with Close 1002 or without a Close frame',
    run: async (wire) => {
      await wire.sendFrames(frames({ masked: wire.tester === 'server' }));
      await expectAnswersThenFailure(wire, answers, { codes: [1002], allowNoClose: true });
    },
  };
}

function wrongMaskingEarly(): GroupedCase {
  return {
    name: 'against-the-role/header-only',
    title: 'the header of a frame that is masked against the role, and nothing of its payload',
    clause: 'RFC 6455 §5.1',
    sends: 'the header of a text frame of 100 bytes; the payload if nothing happens',
    expects: 'the connection failed at once; later is non-strict',
    run: async (wire) => {
      const bytes = wire.encodeFrame(text(asciiOf(100), { masked: wire.tester === 'server' }));
      const headerBytes = bytes.length - 100;
      await expectEarlyFailure(
        wire,
        {
          beginning: () => wire.sendBytes(bytes.subarray(0, headerBytes)),
          rest: bytes.subarray(headerBytes),
        },
        { codes: [1002], allowNoClose: true },
      );
    },
  };
}

function keyRows(): { name: string; key: number }[] {
  return [
    { name: 'zero', key: 0 },
    { name: 'all-ones', key: 0xffffffff },
    { name: 'last-byte-only', key: 0x000000ff },
    { name: 'top-bit-only', key: 0x80000000 },
    { name: 'four-bytes', key: 0x12345678 },
  ];
}

function oddKey({ name, key }: { name: string; key: number }): GroupedCase {
  const hex = `0x${key.toString(16).padStart(8, '0')}`;
  return {
    name: `key/${name}`,
    title: `a message and a Ping masked with the key ${hex}`,
    clause: 'RFC 6455 §5.3',
    judges: 'server',
    sends: `a Ping and messages of 1 to 1,000 bytes with the masking key ${hex}`,
    expects: 'a Pong and the same messages back',
    run: async (wire) => {
      const payloads = [1, 3, 4, 5, 125, 1_000].map(bytesOf);
      await wire.sendFrames([ping('Hello', { key }), ...payloads.map((payload) => binary(payload, { key }))]);
      await expectAnswers(wire, [
        { type: 'pong', payload: 'Hello' },
        ...payloads.map((payload): Answer => ({ type: 'binary', payload })),
      ]);
    },
  };
}

function manyKeys(): GroupedCase[] {
  const clause = 'RFC 6455 §5.3';
  return [
    {
      name: 'key/same-as-payload',
      title: 'a payload that is its own masking key, so that only zeros are sent',
      clause,
      judges: 'server',
      sends: 'a binary message of 400 bytes, the key 100 times over',
      expects: 'the same message back',
      run: async (wire) => {
        const payload = Buffer.alloc(400, Buffer.from('deadbeef', 'hex'));
        wire.sendFrame(binary(payload, { key: 0xdeadbeef }));
        await expectAnswers(wire, [{ type: 'binary', payload }]);
      },
    },
    {
      name: 'key/another-for-each-fragment',
      title: 'fragments of odd lengths, each with a key of its own',
      clause,
      judges: 'server',
      sends: 'a binary message in 40 fragments of 1 to 40 bytes',
      expects: 'the same message back',
      run: async (wire) => {
        const fragments = Array.from({ length: 40 }, (_, index) => bytesOf(index + 1));
        await wire.sendFrames(
          fragments.map((payload, index) => {
            const changes = { fin: index === 39, key: 0x01020408 * (index + 1) };
            return index === 0 ? binary(payload, changes) : continuation(payload, changes);
          }),
        );
        await expectAnswers(wire, [{ type: 'binary', payload: Buffer.concat(fragments) }]);
      },
    },
    {
      name: 'key/every-alignment',
      title: 'messages of 0 to 69 bytes at every place in a segment',
      clause,
      judges: 'server',
      sends: '70 binary frames in one write, so that payloads begin at odd places',
      expects: 'all messages back, in order',
      run: (wire) => echoAtOddPlaces(wire),
    },
    {
      name: 'key/cut-payload',
      title: 'a masked payload that comes in pieces of 3 bytes',
      clause,
      judges: 'server',
      sends: 'a binary message of 203 bytes, in pieces of 3',
      expects: 'the same message back',
      run: async (wire) => {
        await wire.sendFrames([binary(bytesOf(203), { key: 0x11223344 })], { pieceBytes: 3 });
        await expectAnswers(wire, [{ type: 'binary', payload: bytesOf(203) }]);
      },
    },
  ];
}

async function echoAtOddPlaces(wire: Wire): Promise<void> {
  const payloads = Array.from({ length: 70 }, (_, length) => bytesOf(length));
  await wire.sendFrames(payloads.map((payload) => binary(payload)));
  await expectAnswers(
    wire,
    payloads.map((payload) => ({ type: 'binary', payload })),
  );
}
