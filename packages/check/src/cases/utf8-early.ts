import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';

import { expectEarlyFailure } from './early-failure.js';
import { continuation, more, text } from './frames.js';
import { casesOf, type GroupedCase } from './group.js';

/** Texts that are wrong long before they end: a peer can tell at once, and is non-strict when it waits. */
export function utf8EarlyCases(): readonly Case[] {
  return casesOf('utf8', [
    ...rows().map(atTheEndOfAFragment),
    ...rows().map(insideAFrame),
    atTheLastPossibleByte(),
  ]);
}

interface Row {
  readonly name: string;
  readonly what: string;
  /** Everything up to the byte that makes it wrong. */
  readonly wrong: Buffer;
}

function rows(): Row[] {
  return [
    { name: 'beyond', what: 'the first two bytes of U+110000', hex: 'f490' },
    { name: 'surrogate', what: 'the first two bytes of a surrogate', hex: 'eda0' },
    { name: 'overlong', what: 'the first two bytes of an overlong sequence', hex: 'e080' },
    { name: 'never', what: 'the byte FF', hex: 'ff' },
    { name: 'incomplete', what: 'a character cut short by a letter', hex: 'e28278' },
  ].map(({ name, what, hex }) => ({ name, what, wrong: Buffer.from(hex, 'hex') }));
}

/** The frame is complete and the message is not. */
function atTheEndOfAFragment({ name, what, wrong }: Row): GroupedCase {
  return {
    name: `early/${name}-fragment`,
    title: `a fragment that ends with ${what}`,
    clause,
    sends: `a right fragment, one that ends with ${what}, and the last one if nothing happens`,
    expects: 'the connection failed with 1007 after the second fragment; later is non-strict',
    run: async (wire) => {
      await expectEarlyFailure(
        wire,
        {
          beginning: () => {
            wire.sendFrame(text('κόσμε', more));
            wire.sendFrame(continuation(wrong, more));
          },
          rest: [continuation(Buffer.from('edited'))],
        },
        { codes: [1007] },
      );
    },
  };
}

/** Not even the frame is complete. */
function insideAFrame({ name, what, wrong }: Row): GroupedCase {
  return {
    name: `early/${name}-inside-frame`,
    title: `a frame that begins with ${what} and does not go on`,
    clause,
    sends: `the beginning of a text frame up to ${what}, and its rest if nothing happens`,
    expects: 'the connection failed with 1007 before the frame is complete; later is non-strict',
    run: async (wire) => {
      const [before, after] = [Buffer.from('κόσμε'), Buffer.alloc(80, 'x')];
      const bytes = wire.encodeFrame(text(Buffer.concat([before, wrong, after])));
      const cut = bytes.length - after.length;
      await expectEarlyFailure(
        wire,
        { beginning: () => wire.sendBytes(bytes.subarray(0, cut)), rest: bytes.subarray(cut) },
        { codes: [1007] },
      );
    },
  };
}

/** Nothing is wrong until the empty last fragment ends the message within a character. */
function atTheLastPossibleByte(): GroupedCase {
  return {
    name: 'early/not-before-the-end',
    title: 'a text that ends within a character, and an empty last fragment',
    clause,
    sends: 'a fragment that ends with two bytes of three; 300 ms later an empty last fragment',
    expects: 'nothing before the last fragment, then the connection failed with 1007',
    run: async (wire) => {
      wire.sendFrame(text(Buffer.from('6120e282', 'hex'), more));
      await wire.expectNothing(300);
      wire.sendFrame(continuation(''));
      await wire.expectFailure({ codes: [1007] });
    },
  };
}

const clause = 'RFC 6455 §8.1';
