import { Buffer } from 'node:buffer';

/** Numbers that look random and are the same for the same seed. Not for secrets. */
export interface SeededRandom {
  /** An integer from 0 to 2^32 − 1. */
  uint32(): number;
  /** An integer from 0 to `limit` − 1; `limit` is at most 2^32. */
  below(limit: number): number;
  bytes(byteLength: number): Buffer;
}

export function seededRandom(seed: number): SeededRandom {
  let state = (Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ (seed >>> 15)) | 1;
  const uint32 = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.imul(state, 0x2545f491) >>> 0;
  };
  const below = (limit: number) => Math.floor((uint32() / 2 ** 32) * limit);
  const bytes = (byteLength: number) => {
    const filled = Buffer.alloc(byteLength);
    for (let i = 0; i < byteLength; i++) filled[i] = uint32() >>> 24;
    return filled;
  };
  return { uint32, below, bytes };
}
