import { Buffer } from 'node:buffer';

/**
 * Puts frames of fan-outs behind each other. Whoever sends several messages to many connections asks for the same again and
 * again, one connection after the other: the last answer is remembered, and all of them write the same few bytes.
 */
export class JoinedFrames {
  #first: Uint8Array | null = null;
  #second: Uint8Array | null = null;
  #joined: Uint8Array | null = null;

  /** Both, one behind the other; null when that is so long that it should not be copied each time something is added. */
  join(first: Uint8Array, second: Uint8Array): Uint8Array | null {
    if (first === this.#first && second === this.#second) return this.#joined;
    const byteLength = first.length + second.length;
    if (byteLength > largest) return null;
    const joined = Buffer.allocUnsafe(byteLength);
    joined.set(first);
    joined.set(second, first.length);
    this.#first = first;
    this.#second = second;
    this.#joined = joined;
    return joined;
  }
}

const largest = 4 * 1024;
