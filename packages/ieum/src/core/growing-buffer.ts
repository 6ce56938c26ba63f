import { Buffer } from 'node:buffer';

/**
 * Gathers bytes that arrive in pieces into one buffer. Its size follows what has arrived, never what was announced,
 * so neither tiny pieces nor large promises cost memory.
 */
export class GrowingBuffer {
  #bytes: Buffer = empty;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      // Not from the shared pool: a message that never ends would keep a whole slab of it.
      const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#bytes.length * 2, smallest));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    this.#bytes.set(piece, this.#length);
    this.#length = length;
  }

  /** What was gathered; the buffer is empty afterwards and owns nothing. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = empty;
    this.#length = 0;
    return taken;
  }
}

const empty = Buffer.alloc(0);
const smallest = 64;
