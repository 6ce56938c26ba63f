import { Buffer } from 'node:buffer';

import { JoinedFrames } from './joined-frames.js';
import { largestCut, OutputSlab } from './output-slab.js';
import { Spares } from './spares.js';

/**
 * Bytes that wait for the transport. Small frames are written side by side into one growing buffer, so that all that
 * was sent since the last `take()` leaves in one write; large payloads are kept by reference, between their neighbours.
 */
export class OutputBuffer {
  #finished: Uint8Array[] | null = null;
  /** Bytes that others use too, as long as nothing follows them. */
  #lone: Uint8Array | null = null;
  /** The memory that is written to; null for none. */
  #tail: Buffer | null = null;
  #tailStart = 0;
  #tailEnd = 0;
  /** Up to where the memory is ours. */
  #tailLimit = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Makes room for `byteLength` bytes in `tail` and counts them as written; returns where they begin. */
  reserve(byteLength: number): number {
    if (this.#lone !== null) this.#copyLone(this.#lone, byteLength);
    const tail = this.#tail;
    if (tail === null) this.#beginTail(byteLength);
    else if (this.#tailEnd + byteLength > this.#tailLimit && !this.#extendTail(tail, byteLength)) {
      return this.#grow(tail, byteLength);
    }
    const at = this.#tailEnd;
    this.#tailEnd = at + byteLength;
    this.#byteLength += byteLength;
    return at;
  }

  /** The buffer that `reserve()` made room in. The caller must write every byte it reserved. */
  get tail(): Buffer {
    return this.#tail ?? empty;
  }

  /**
   * Appends bytes that never change, such as a frame of a fan-out: without copying them for this connection, as long as only
   * such bytes go together; else side by side with the rest, for one piece is written faster than several.
   */
  appendShared(bytes: Uint8Array): void {
    const lone = this.#byteLength === 0 ? bytes : this.#lone && joinedFrames.join(this.#lone, bytes);
    if (lone !== null) {
      this.#lone = lone;
      this.#byteLength = lone.length;
      return;
    }
    const at = this.reserve(bytes.length);
    this.tail.set(bytes, at);
  }

  /** Appends bytes without copying them. They must not change until they were taken and written. */
  appendReference(bytes: Uint8Array): void {
    this.#finishTail();
    this.#finish(bytes);
    this.#byteLength += bytes.length;
  }

  /**
   * All bytes in order, in as few pieces as they lie in; nothing is kept. They stay as they are, unless `reclaim` is told
   * that nobody looks at them any more.
   */
  take(): readonly Uint8Array[] {
    this.#finishTail();
    const taken = this.#finished ?? none;
    this.#finished = null;
    this.#byteLength = 0;
    return taken;
  }

  /** The pieces that `take` gave were written: their memory can be used again. */
  static reclaim(pieces: readonly Uint8Array[]): void {
    outputSlab.reclaim(pieces);
  }

  #beginTail(byteLength: number): void {
    const start = byteLength > largestCut ? 0 : outputSlab.cut(byteLength);
    this.#tail = byteLength > largestCut ? Buffer.allocUnsafe(byteLength) : outputSlab.memory;
    this.#tailStart = start;
    this.#tailEnd = start;
    this.#tailLimit = start + byteLength;
  }

  #extendTail(tail: Buffer, byteLength: number): boolean {
    const missing = this.#tailEnd + byteLength - this.#tailLimit;
    if (!outputSlab.extend(tail, this.#tailLimit, missing)) return false;
    this.#tailLimit += missing;
    return true;
  }

  #grow(tail: Buffer, byteLength: number): number {
    const used = this.#tailEnd - this.#tailStart;
    if (used + byteLength > largestTail) {
      this.#finishTail();
      return this.reserve(byteLength);
    }
    const room = Math.max(used + byteLength, 2 * used, smallestGrownTail);
    this.#replaceTail(tail.subarray(this.#tailStart, this.#tailEnd), room);
    return this.reserve(byteLength);
  }

  #copyLone(lone: Uint8Array, byteLength: number): void {
    this.#lone = null;
    this.#replaceTail(lone, Math.max(smallestGrownTail, lone.length + byteLength));
  }

  /** Goes on behind a copy of `bytes`, in memory of our own. */
  #replaceTail(bytes: Uint8Array, room: number): void {
    const tail = Buffer.allocUnsafe(room);
    tail.set(bytes);
    this.#tail = tail;
    this.#tailStart = 0;
    this.#tailEnd = bytes.length;
    this.#tailLimit = room;
  }

  #finishTail(): void {
    if (this.#lone !== null) {
      this.#finish(this.#lone);
      this.#lone = null;
      return;
    }
    const tail = this.#tail;
    if (tail === null) return;
    this.#finish(outputSlab.view(tail, this.#tailStart, this.#tailEnd));
    this.#tail = null;
  }

  #finish(bytes: Uint8Array): void {
    if (this.#finished === null) this.#finished = [bytes];
    else this.#finished.push(bytes);
  }
}

/** For the next connection that something is sent on; a fan-out needs many at once. */
export const spareOutputs: Spares<OutputBuffer> = new Spares(() => new OutputBuffer(), 1024);

const empty = Buffer.alloc(0);
const none: readonly Uint8Array[] = [];
/** One of each for the process. */
const joinedFrames = new JoinedFrames();
const outputSlab = new OutputSlab();
const smallestGrownTail = 1024;
/** Beyond this size a tail is finished rather than copied into a larger one. */
const largestTail = 64 * 1024;
