import { Buffer } from 'node:buffer';

/** Bytes that arrive in pieces and are taken from the front. A piece that comes alone is read where it is. */
export class PieceBuffer {
  /** What is before `start` is taken. */
  bytes: Buffer = nothing;
  start = 0;
  /** What was looked for last is not before. */
  #searched = 0;
  /** What `bytes` is the beginning of, when it is memory of this buffer. */
  #own: Buffer | null = null;

  get length(): number {
    return this.bytes.length - this.start;
  }

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** The piece must not change until `settle` was called. */
  add(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    if (!this.isEmpty) {
      this.#append(piece);
      return;
    }
    this.clear();
    this.bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
  }

  /** Where the first of these values is, or null; what was searched already, for the same, is not searched again. */
  find(value: number, other: number = value): number | null {
    if (value === other) return this.#findOne(value);
    for (let at = this.#searched; at < this.bytes.length; at++) {
      const byte = this.bytes[at];
      if (byte === value || byte === other) {
        this.#searched = at;
        return at;
      }
    }
    this.#searched = this.bytes.length;
    return null;
  }

  #findOne(value: number): number | null {
    const at = this.bytes.indexOf(value, this.#searched);
    this.#searched = at === -1 ? this.bytes.length : at;
    return at === -1 ? null : at;
  }

  /** Takes what is before `end`, and forgets the byte there. Valid until more is added. */
  takeTo(end: number): Buffer {
    const taken = this.bytes.subarray(this.start, end);
    this.skipTo(end + 1);
    return taken;
  }

  skipTo(start: number): void {
    this.start = start;
    this.#searched = start;
  }

  /** What is left becomes memory of its own; nothing is kept when nothing is left. */
  settle(): void {
    if (this.isEmpty) this.clear();
    else if (this.#own === null) this.#move(this.length);
  }

  clear(): void {
    this.bytes = nothing;
    this.skipTo(0);
    this.#own = null;
  }

  #append(piece: Uint8Array): void {
    const end = this.bytes.length;
    if (this.#own === null || end + piece.byteLength > this.#own.length) {
      this.#move(2 * (this.length + piece.byteLength));
      this.#append(piece);
      return;
    }
    this.#own.set(piece, end);
    this.bytes = this.#own.subarray(0, end + piece.byteLength);
  }

  #move(byteLength: number): void {
    const own = Buffer.alloc(Math.max(byteLength, minBytes));
    own.set(this.bytes.subarray(this.start));
    this.bytes = own.subarray(0, this.length);
    this.#searched -= this.start;
    this.start = 0;
    this.#own = own;
  }
}

const nothing = Buffer.alloc(0);
const minBytes = 256;
