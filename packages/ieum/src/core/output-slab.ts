import { Buffer } from 'node:buffer';

/**
 * Memory for output, cut from larger pieces. What was cut last can grow where it lies, and is used again once it was written:
 * so connections that write at once share a few bytes that never leave the processor's caches.
 */
export class OutputSlab {
  #memory: Buffer = empty;
  /** That of the memory: to ask for it each time takes longer than to make a view. */
  #arrayBuffer: ArrayBufferLike = empty.buffer;
  #used = 0;
  /** What was given out last, and where it lies. */
  #last: Uint8Array | null = null;
  #lastStart = 0;
  #lastEnd = 0;

  /** The memory that `cut` speaks of. */
  get memory(): Buffer {
    return this.#memory;
  }

  /** Gives where `byteLength` bytes begin in `memory` that are the caller's. There must not be more than `largestCut`. */
  cut(byteLength: number): number {
    if (this.#used + byteLength > this.#memory.length) {
      this.#memory = Buffer.allocUnsafeSlow(slabBytes);
      this.#arrayBuffer = this.#memory.buffer;
      this.#used = 0;
    }
    const start = this.#used;
    this.#used = start + byteLength;
    return start;
  }

  /** Makes what was cut from `memory` up to `end` longer; false when something else lies there. */
  extend(memory: Buffer, end: number, byteLength: number): boolean {
    if (memory !== this.#memory || end !== this.#used || end + byteLength > memory.length) return false;
    this.#used = end + byteLength;
    return true;
  }

  /** What was cut from `memory`, to be given out. */
  view(memory: Buffer, start: number, end: number): Uint8Array {
    if (memory !== this.#memory) return memory.subarray(start, end);
    // Half the price of `subarray`, which looks for a species. The memory begins where its `ArrayBuffer` does.
    const view = new Uint8Array(this.#arrayBuffer, start, end - start);
    this.#last = view;
    this.#lastStart = start;
    this.#lastEnd = end;
    return view;
  }

  /** Nobody looks at these pieces any more. What was given out last is used again, if it is among them. */
  reclaim(pieces: readonly Uint8Array[]): void {
    const last = this.#last;
    if (last === null || (pieces[0] !== last && pieces[pieces.length - 1] !== last)) return;
    this.#last = null;
    if (this.#lastEnd === this.#used) this.#used = this.#lastStart;
  }
}

const empty = Buffer.alloc(0);
const slabBytes = 64 * 1024;
/** More is not worth sharing. */
export const largestCut: number = 16 * 1024;
