import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';

import { expectAnswers, expectAnswersThenFailure } from './answers.js';
import { binary, continuation, more, ping, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';
import { mixedTextOf } from './payloads.js';
import { invalidTexts, type TextRow, truncatedTexts, validTexts } from './utf8-texts.js';

/** Texts that are UTF-8, and texts that are not, in one frame and in fragments. */
export function utf8Cases(): readonly Case[] {
  return casesOf('utf8', [
    ...validTexts().map(valid),
    ...validCuts(),
    ...[...invalidTexts(), ...truncatedTexts()].map(invalid),
    ...invalidTexts()
      .filter(({ bytes }) => bytes.length > 1)
      .filter((_, index) => index % 2 === 0)
      .map(invalidOverFragments),
    ...invalidPlaces(),
    ...kosmeBeginnings(),
    neverInBinary(),
  ]);
}

function valid({ name, what, bytes }: TextRow): GroupedCase {
  return {
    name: `valid/${name}`,
    title: what,
    clause: 'RFC 6455 §5.6, RFC 3629',
    sends: `a text message with ${what}`,
    expects: 'the same message back',
    run: async (wire) => {
      await wire.expectEcho('text', bytes);
      await wire.expectCloseHandshake();
    },
  };
}

function validCuts(): GroupedCase[] {
  const kosme = Buffer.from('κόσμε');
  const mixed = mixedTextOf(44);
  return [
    { name: 'kosme', what: 'the word κόσμε', bytes: kosme },
    { name: 'all-lengths', what: 'characters of 1 to 4 bytes', bytes: mixed },
  ].flatMap(({ name, what, bytes }): GroupedCase[] => [
    {
      name: `valid-cut/${name}-fragments-of-1`,
      title: `${what}, in fragments of one byte`,
      clause: 'RFC 6455 §5.6',
      sends: `a text message with ${what}, a frame for each byte`,
      expects: 'the same message back',
      run: async (wire) => {
        await wire.expectEcho('text', bytes, { fragmentBytes: 1 });
        await wire.expectCloseHandshake();
      },
    },
    {
      name: `valid-cut/${name}-byte-by-byte`,
      title: `${what}, in one frame that comes byte by byte`,
      clause: 'RFC 6455 §5.6',
      sends: `a text frame with ${what}, byte by byte`,
      expects: 'the same message back',
      run: async (wire) => {
        await wire.sendFrames([text(bytes)], { pieceBytes: 1 });
        await expectAnswers(wire, [{ type: 'text', payload: bytes }]);
      },
    },
    {
      name: `valid-cut/${name}-with-pings`,
      title: `${what}, in fragments of one byte with a Ping in every gap`,
      clause: 'RFC 6455 §5.4, §5.6',
      sends: `a text message with ${what}, a frame for each byte and a Ping between any two`,
      expects: 'the same message back',
      run: async (wire) => {
        const frames = [...bytes].flatMap((byte, index) => {
          const part = Buffer.of(byte);
          const changes = { fin: index === bytes.length - 1 };
          return index === 0 ? [text(part, changes)] : [ping('gap'), continuation(part, changes)];
        });
        await wire.sendFrames(frames);
        await expectAnswers(wire, [{ type: 'text', payload: bytes }]);
      },
    },
  ]);
}

function invalid({ name, what, bytes }: TextRow): GroupedCase {
  return {
    name: `invalid/${name}`,
    title: what,
    clause,
    sends: `a text message with ${what}`,
    expects,
    run: async (wire) => {
      wire.sendMessage('text', bytes);
      await wire.expectFailure({ codes: [1007] });
    },
  };
}

/** Cut within what is wrong, so that no fragment alone can tell. */
function invalidOverFragments({ name, what, bytes }: TextRow): GroupedCase {
  return {
    name: `invalid-over-fragments/${name}`,
    title: `${what}, over two fragments`,
    clause,
    sends: `a text message with ${what}, cut after its first byte`,
    expects,
    run: async (wire) => {
      await wire.sendFrames([
        text(Buffer.concat([Buffer.from('κό'), bytes.subarray(0, 1)]), more),
        continuation(Buffer.concat([bytes.subarray(1), Buffer.from('σμε')])),
      ]);
      await wire.expectFailure({ codes: [1007] });
    },
  };
}

/** Validators work on words and blocks: a wrong byte is tried at every place of one. */
function invalidPlaces(): GroupedCase[] {
  return [
    ...[0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 31, 32, 63].map((place) => ({ place, length: 64 })),
    { place: 65_535, length: 65_536 },
    { place: 40_000, length: 65_536 },
    { place: 1_048_575, length: 1_048_576 },
  ].map(({ place, length }) => ({
    name: `invalid-place/${place}-of-${length}`,
    title: `the byte FF at place ${place} of ${length}`,
    clause,
    sends: `a right text message, and one of ${length} bytes with FF at place ${place}`,
    expects:
      'the first message back (or not: the peer may have failed by then), and the connection failed with 1007',
    run: async (wire) => {
      const bytes = Buffer.alloc(length, 'x');
      bytes[place] = 0xff;
      await wire.sendFrames([text('Hello'), text(bytes), ping('never')]);
      await expectAnswersThenFailure(wire, [{ type: 'text', payload: 'Hello' }], { codes: [1007] });
    },
  }));
}

/** Every beginning of a word: those that end with a character are right, the others are not. */
function kosmeBeginnings(): GroupedCase[] {
  const kosme = Buffer.from('κόσμε');
  return Array.from({ length: kosme.length }, (_, index) => {
    const bytes = kosme.subarray(0, index + 1);
    const isWhole = bytes.toString().at(-1) !== '\ufffd';
    const row = {
      name: `beginning/kosme-${bytes.length}`,
      what: `the first ${bytes.length} bytes of κόσμε`,
      bytes,
    };
    return isWhole ? valid(row) : invalid(row);
  });
}

function neverInBinary(): GroupedCase {
  return {
    name: 'valid/binary-is-not-looked-at',
    title: 'a binary message that is not UTF-8, in fragments',
    clause: 'RFC 6455 §5.6',
    sends: 'a binary message of FF bytes in two fragments',
    expects: 'the same message back',
    run: async (wire) => {
      const bytes = Buffer.alloc(20, 0xff);
      await wire.sendFrames([binary(bytes.subarray(0, 7), more), continuation(bytes.subarray(7))]);
      await expectAnswers(wire, [{ type: 'binary', payload: bytes }]);
    },
  };
}

const clause = 'RFC 6455 §8.1';
const expects = 'the connection failed with 1007';
