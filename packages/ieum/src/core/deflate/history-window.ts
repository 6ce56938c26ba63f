import { Buffer } from 'node:buffer';

/** The last bytes of a stream of messages, as many as a window of DEFLATE reaches back. Takes twice that at most. */
export class HistoryWindow {
  readonly #size: number;
  #bytes: Buffer = empty;
  #length = 0;

  /** @param bits the window has 2 to the power of this many bytes */
  constructor(bits: number) {
    this.#size = 2 ** bits;
  }

  /** A view, good until the next `append`; null while there is nothing. */
  get dictionary(): Uint8Array | null {
    if (this.#length === 0) return null;
    return this.#bytes.subarray(Math.max(0, this.#length - this.#size), this.#length);
  }

  append(message: Uint8Array): void {
    const added = message.subarray(Math.max(0, message.length - this.#size));
    if (this.#length + added.length > this.#bytes.length) this.#makeRoom(added.length);
    this.#bytes.set(added, this.#length);
    this.#length += added.length;
  }

  /** Drops what the window has moved on from, into a larger buffer as long as it may grow. */
  #makeRoom(byteLength: number): void {
    const kept = Math.min(this.#length, this.#size - byteLength);
    const target =
      this.#bytes.length === 2 * this.#size
        ? this.#bytes
        : Buffer.allocUnsafeSlow(
            Math.min(2 * this.#size, Math.max(2 * this.#bytes.length, kept + byteLength)),
          );
    this.#bytes.copy(target, 0, this.#length - kept, this.#length);
    this.#bytes = target;
    this.#length = kept;
  }
}

const empty = Buffer.alloc(0);
