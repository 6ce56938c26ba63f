import { Buffer } from 'node:buffer';

/**
 * Gathers bytes that arrive in pieces into one buffer. Its size follows what has arrived, whatever was announced, so
 * neither tiny pieces nor large promises cost memory.
 */
export class GrowingBuffer {
  #bytes: Buffer = empty;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @param expected how many bytes there will be in all, as far as the peer has announced it */
  append(piece: Uint8Array, expected = 0): void {
    const length = this.#length + piece.length;
    if (length > this.#bytes.length) {
      const room = Math.min(expected, length * boldness);
      // Not from the shared pool: a message that never ends would keep a whole slab of it.
      const grown = Buffer.allocUnsafeSlow(
        Math.max(length, room > length ? room : this.#bytes.length * 2, smallest),
      );
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
/** An announced length is believed up to so many times what has arrived: fewer copies, and no more memory touched. */
const boldness = 4;
