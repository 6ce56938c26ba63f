import type { Socket } from 'node:net';

import { type SeededRandom, seededRandom } from 'ieum/testing';

import { clientFrame } from './client-frames.js';

/** What a client sends, and what is in it. */
export interface Traffic {
  readonly bytes: Buffer;
  /** The payloads of the messages, in order. */
  readonly messages: readonly Buffer[];
  /** The payloads of the pings, in order. */
  readonly pings: readonly Buffer[];
}

/** Text and binary messages of all sizes, whole and in fragments, with pings between. The same for the same seed. */
export function createTraffic(seed: number, count: number): Traffic {
  const random = seededRandom(seed);
  const frames: Buffer[] = [];
  const messages: Buffer[] = [];
  const pings: Buffer[] = [];
  const addPing = () => {
    const payload = random.bytes(random.below(126));
    pings.push(payload);
    frames.push(clientFrame(9, payload));
  };
  for (let i = 0; i < count; i++) {
    const isText = random.below(2) === 0;
    const payload = isText ? textOf(lengthOf(random), random) : random.bytes(lengthOf(random));
    const opcode = isText ? 1 : 2;
    messages.push(payload);
    const fragments = random.below(3) === 0 ? cut(payload, random) : [payload];
    for (const [at, fragment] of fragments.entries()) {
      frames.push(clientFrame(at === 0 ? opcode : 0, fragment, { fin: at === fragments.length - 1 }));
      if (random.below(4) === 0) addPing();
    }
  }
  return { bytes: Buffer.concat(frames), messages, pings };
}

/** Writes in pieces of random length, most of them in a turn of the event loop of their own. */
export async function sendInPieces(socket: Socket, bytes: Buffer, random: SeededRandom): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const length = 1 + random.below(2 ** (1 + random.below(17)));
    socket.write(bytes.subarray(at, at + length));
    at += length;
    if (random.below(3) > 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function lengthOf(random: SeededRandom): number {
  const longest = [1, 64, 126, 300, 5_000, 20_000, 70_000, 200_000][random.below(8)] as number;
  return random.below(longest);
}

/** Characters of one to four bytes, which fragments and chunks cut anywhere. */
function textOf(length: number, random: SeededRandom): Buffer {
  const characters = Array.from({ length: Math.ceil(length / 2) }, () => alphabet[random.below(8)]);
  return Buffer.from(characters.join(''));
}

function cut(payload: Buffer, random: SeededRandom): Buffer[] {
  const parts: Buffer[] = [];
  for (let at = 0; at < payload.length; ) {
    const length = 1 + random.below(Math.ceil(payload.length / 3));
    parts.push(payload.subarray(at, at + length));
    at += length;
  }
  return [...parts, Buffer.alloc(0)];
}

const alphabet = ['a', 'b', '\n', 'ü', 'Ж', '€', '漢', '🦋'];
