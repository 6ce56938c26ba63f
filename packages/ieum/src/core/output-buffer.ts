import { Buffer } from 'node:buffer';

import { JoinedFrames } from './joined-frames.js';

/**
 * Bytes that wait for the transport. Small frames are written side by side into one growing buffer, so that all that
 * was sent since the last `take()` leaves in one write; large payloads are kept by reference, between their neighbours.
 */
export class OutputBuffer {
  #finished: Uint8Array[] | null = null;
  /** Bytes that others use too, as long as nothing follows them. */
  #lone: Uint8Array | null = null;
  #tail: Buffer | null = null;
  #tailLength = 0;
  #byteLength = 0;

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Makes room for `byteLength` bytes in `tail` and counts them as written; returns where they begin. */
  reserve(byteLength: number): number {
    if (this.#lone !== null) this.#copyLone(this.#lone, byteLength);
    const at = this.#tailLength;
    if (this.#tail === null) this.#tail = Buffer.allocUnsafe(byteLength);
    else if (at + byteLength > this.#tail.length) return this.#grow(byteLength);
    this.#tailLength = at + byteLength;
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

  /** All bytes in order, in as few pieces as they lie in; nothing is kept. */
  take(): readonly Uint8Array[] {
    this.#finishTail();
    const taken = this.#finished ?? none;
    this.#finished = null;
    this.#byteLength = 0;
    return taken;
  }

  #grow(byteLength: number): number {
    const used = this.#tailLength;
    if (used + byteLength > largestTail) {
      this.#finishTail();
      return this.reserve(byteLength);
    }
    const grown = Buffer.allocUnsafe(Math.max(used + byteLength, 2 * used, smallestGrownTail));
    grown.set(this.tail.subarray(0, used));
    this.#tail = grown;
    this.#tailLength = used + byteLength;
    this.#byteLength += byteLength;
    return used;
  }

  #copyLone(lone: Uint8Array, byteLength: number): void {
    this.#lone = null;
    this.#tail = Buffer.allocUnsafe(Math.max(smallestGrownTail, lone.length + byteLength));
    this.#tail.set(lone);
    this.#tailLength = lone.length;
  }

  #finishTail(): void {
    if (this.#lone !== null) {
      this.#finish(this.#lone);
      this.#lone = null;
      return;
    }
    const tail = this.#tail;
    if (tail === null) return;
    this.#finish(this.#tailLength === tail.length ? tail : tail.subarray(0, this.#tailLength));
    this.#tail = null;
    this.#tailLength = 0;
  }

  #finish(bytes: Uint8Array): void {
    if (this.#finished === null) this.#finished = [bytes];
    else this.#finished.push(bytes);
  }
}

const empty = Buffer.alloc(0);
const none: readonly Uint8Array[] = [];
/** One for the process. */
const joinedFrames = new JoinedFrames();
const smallestGrownTail = 1024;
/** Beyond this size a tail is finished rather than copied into a larger one. */
const largestTail = 64 * 1024;
