import { Buffer } from 'node:buffer';
import { checkFrameHeader, type FrameContext, type FrameHeader } from './frame-header.js';
import { applyMask, fillMasked, type MaskingKey } from './masking/masking.js';
import { PayloadSlab } from './payload-slab.js';
import type { Violation } from './violation.js';

/** What one step of the decoder came to. */
export const DecodeStep = {
  /** More bytes are needed. */
  Incomplete: 0,
  /** `payload` holds the next piece of the frame's payload: all of it, some of it, or none when only the header is here. */
  Payload: 1,
  /** `violation` says which rule the frame's header breaks; no step follows. */
  Violation: 2,
} as const;

export type DecodeStep = (typeof DecodeStep)[keyof typeof DecodeStep];

/**
 * Decodes frames (RFC 6455 §5.2) from a byte stream cut anywhere. It is pulled: nothing is decoded before `step()` asks.
 * A frame that lies whole in one chunk comes in one step, with a payload that is a copy of its own; of a frame that is
 * cut, each step gives a piece, which is a view of the chunk, unmasked in place, and good until the next step.
 * The fields describe the frame at hand and change with the next step: no object is made for a frame.
 */
export class FrameDecoder implements FrameHeader {
  fin = false;
  rsv = 0;
  opcode = 0;
  masked = false;
  payloadLength = 0;
  extendedLengthBytes = 0;

  /** The piece that the last step yielded. */
  payload: Buffer = empty;
  /** Whether that piece is the frame's first. */
  beginsFrame = false;
  /** Set by `DecodeStep.Violation`. */
  violation: Violation | null = null;

  #key: MaskingKey = 0;
  #remaining = 0;
  #insideFrame = false;

  #chunk: Buffer = empty;
  #at = 0;
  /** Where the bytes end that have arrived; there may be more to the chunk. */
  #end = 0;
  /** Whether the chunk belongs to somebody else, who will use it again. */
  #isLent = false;
  /** Chunks behind the one at hand; null for none. */
  #waiting: Buffer[] | null = null;
  /** A header that is cut by the end of a chunk is gathered here. */
  #header: Buffer | null = null;
  #headerLength = 0;

  /** Takes the next bytes of the stream: lent until `step()` finds no more in them, or `keep()` is called. */
  receive(chunk: Uint8Array, byteLength: number = chunk.length): void {
    if (byteLength === 0) return;
    const bytes = Buffer.isBuffer(chunk)
      ? chunk
      : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    if (this.#at < this.#end || this.#waiting !== null) {
      this.#waiting ??= [];
      this.#waiting.push(Buffer.from(bytes.subarray(0, byteLength)));
    } else {
      this.#chunk = bytes;
      this.#at = 0;
      this.#end = byteLength;
      this.#isLent = true;
    }
  }

  /** Copies what is left of a chunk that was lent. */
  keep(): void {
    if (!this.#isLent) return;
    this.#isLent = false;
    this.#chunk = this.#at === this.#end ? empty : Buffer.from(this.#chunk.subarray(this.#at, this.#end));
    this.#at = 0;
    this.#end = this.#chunk.length;
  }

  /** Whether it keeps nothing of the stream: the next bytes may be another one's. */
  get isAtRest(): boolean {
    return (
      !this.#insideFrame &&
      this.#at === this.#end &&
      this.#header === null &&
      this.#waiting === null &&
      this.violation === null
    );
  }

  /** Whether the last piece ends its frame. */
  isFrameComplete(): boolean {
    return this.#remaining === 0;
  }

  /** Decodes up to the next piece of payload. `context` must hold for the frame that begins now. */
  step(context: FrameContext): DecodeStep {
    if (this.violation !== null) return DecodeStep.Violation;
    this.payload = empty;
    if (this.#insideFrame) {
      if (!this.#hasBytes()) return DecodeStep.Incomplete;
      this.beginsFrame = false;
      return this.#takePayload();
    }
    if (!this.#takeHeader()) return DecodeStep.Incomplete;
    this.violation = checkFrameHeader(this, context);
    if (this.violation !== null) return DecodeStep.Violation;
    this.#remaining = this.payloadLength;
    this.beginsFrame = true;
    return this.#takePayload();
  }

  /** Forgets all bytes that were not decoded yet. */
  discard(): void {
    this.payload = empty;
    this.#chunk = empty;
    this.#at = 0;
    this.#end = 0;
    this.#waiting = null;
    this.#header = null;
  }

  #takePayload(): DecodeStep {
    const start = this.#at;
    const length = Math.min(this.#remaining, this.#end - start);
    const isWhole = length === this.payloadLength;
    if (length === 0) this.payload = empty;
    else if (isWhole) this.payload = this.#copyPayload(start, length);
    else {
      this.payload = this.#chunk.subarray(start, start + length);
      if (this.masked) applyMask(this.payload, this.#key, this.payloadLength - this.#remaining);
    }
    this.#at = start + length;
    this.#remaining -= length;
    this.#insideFrame = this.#remaining > 0;
    return DecodeStep.Payload;
  }

  #copyPayload(start: number, length: number): Buffer {
    const payload = payloadSlab.allocate(length);
    if (this.masked || length < fewBytes) fillMasked(payload, this.#chunk, start, this.#key);
    else payload.set(this.#chunk.subarray(start, start + length));
    return payload;
  }

  #hasBytes(): boolean {
    while (this.#at === this.#end) {
      this.#at = 0;
      this.#chunk = this.#waiting?.shift() ?? empty;
      this.#end = this.#chunk.length;
      this.#isLent = false;
      if (this.#waiting?.length === 0) this.#waiting = null;
      if (this.#end === 0) return false;
    }
    return true;
  }

  /** Reads a whole header, masking key included; false when its end is not here yet. */
  #takeHeader(): boolean {
    while (this.#hasBytes()) {
      if (this.#header === null) {
        const length = this.#readHeader(this.#chunk, this.#at, this.#end - this.#at);
        if (length > 0) {
          this.#at += length;
          return true;
        }
        this.#header = Buffer.alloc(longestHeader);
        this.#headerLength = 0;
      }
      const gathered = this.#headerLength;
      const copied = this.#chunk.copy(this.#header, gathered, this.#at, this.#end);
      const length = this.#readHeader(this.#header, 0, gathered + copied);
      if (length > 0) {
        this.#at += length - gathered;
        this.#header = null;
        return true;
      }
      this.#headerLength += copied;
      this.#at += copied;
    }
    return false;
  }

  /** Sets the header fields from `bytes` and returns the header's length, or 0 when it is cut. */
  #readHeader(bytes: Buffer, at: number, available: number): number {
    if (available < 2) return 0;
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    const masked = (second & 0x80) !== 0;
    const lengthCode = second & 0x7f;
    const extendedLengthBytes = lengthCode < 126 ? 0 : lengthCode === 126 ? 2 : 8;
    const length = 2 + extendedLengthBytes + (masked ? 4 : 0);
    if (available < length) return 0;

    this.fin = (first & 0x80) !== 0;
    this.rsv = (first >> 4) & 0x7;
    this.opcode = first & 0xf;
    this.masked = masked;
    this.extendedLengthBytes = extendedLengthBytes;
    this.payloadLength =
      extendedLengthBytes === 0
        ? lengthCode
        : extendedLengthBytes === 2
          ? bytes.readUInt16BE(at + 2)
          : readLength64(bytes, at + 2);
    this.#key = masked ? bytes.readInt32BE(at + length - 4) : 0;
    return length;
  }
}

/** Exact up to 2^53, rounded down above: never up to 2^63, where the forbidden lengths begin. */
function readLength64(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at);
  return high * 2 ** 32 + (high < 2 ** 21 ? bytes.readUInt32BE(at + 4) : 0);
}

const empty = Buffer.alloc(0);
/** One for the process. */
const payloadSlab = new PayloadSlab();
/** Below this, a loop that copies is faster than a view to do it with. */
const fewBytes = 64;
/** Two bytes, a 64-bit length and a masking key. */
const longestHeader = 14;
