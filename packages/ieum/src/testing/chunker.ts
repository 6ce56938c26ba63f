import { Buffer } from 'node:buffer';

import { seededRandom } from './seeded-random.js';

/** Cuts bytes on their way from one side to the other. What it gives are copies: the receiver may change them. */
export type Chunker = (bytes: Uint8Array) => Uint8Array[];

/** All at once. */
export const coalesced: Chunker = (bytes) => (bytes.length === 0 ? [] : [Buffer.from(bytes)]);

/** Every byte alone. */
export const oneByte: Chunker = (bytes) => Array.from(bytes, (byte) => Buffer.from([byte]));

/** One cut, behind byte number `position` of what is moved at a time. */
export function atBoundary(position: number): Chunker {
  return (bytes) => [...coalesced(bytes.subarray(0, position)), ...coalesced(bytes.subarray(position))];
}

/** Chunks of 1 to `maxBytes` bytes, the same ones for the same seed. */
export function random(seed: number, maxBytes = 64): Chunker {
  const source = seededRandom(seed);
  return (bytes) => {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + source.below(maxBytes));
      chunks.push(Buffer.from(bytes.subarray(at, end)));
      at = end;
    }
    return chunks;
  };
}
