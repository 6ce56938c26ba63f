import { Buffer } from 'node:buffer';

/**
 * Memory for payloads of medium size, cut from larger pieces: to allocate and collect a buffer for each message costs more than
 * to copy it. A payload that is kept keeps its piece: four times its size at most from 16 KiB on, 64 KiB otherwise.
 */
export class PayloadSlab {
  #slab: Buffer = empty;
  #used = 0;

  /** Uninitialised memory: the caller must write all of it. */
  allocate(byteLength: number): Buffer {
    if (byteLength < smallest || byteLength > largest) return Buffer.allocUnsafe(byteLength);
    if (this.#used + byteLength > this.#slab.length) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes);
      this.#used = 0;
    }
    const start = this.#used;
    // Words of 8 bytes are copied fastest where they are aligned.
    this.#used = (start + byteLength + 7) & ~7;
    return this.#slab.subarray(start, start + byteLength);
  }
}

const empty = Buffer.alloc(0);
const slabBytes = 64 * 1024;
/** Below it Node's own pool serves. */
const smallest = 512;
const largest = 16 * 1024;
