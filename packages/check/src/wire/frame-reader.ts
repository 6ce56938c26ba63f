import { Buffer } from 'node:buffer';

import { applyMask } from 'ieum/core';

import type { RawFrame } from './frame.js';

/** Takes received bytes apart. It judges nothing: every sequence of bytes is some sequence of frames. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #byteLength = 0;

  receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#byteLength += chunk.length;
  }

  /** How many bytes wait. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** All bytes that wait; they go on waiting. */
  peek(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  /** Takes so many bytes off the front. */
  take(length: number): Buffer {
    const bytes = this.peek();
    const rest = bytes.subarray(length);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#byteLength = rest.length;
    return bytes.subarray(0, length);
  }

  /** The next frame and the bytes it came in; null while some of it is missing. */
  takeFrame(): { frame: RawFrame; bytes: Buffer } | null {
    const header = this.#readHeader();
    if (header === null || this.#byteLength < header.headerLength + header.length) return null;
    const { first, second, lengthForm, headerLength, length } = header;
    const bytes = this.take(headerLength + length);
    const payload = Buffer.from(bytes.subarray(headerLength));
    const key = second >= 0x80 ? bytes.readUInt32BE(headerLength - 4) : null;
    if (key !== null) applyMask(payload, key);
    const frame = {
      fin: first >= 0x80,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      masked: key !== null,
      key,
      lengthForm,
      payload,
    };
    return { frame, bytes };
  }

  #readHeader(): FrameLayout | null {
    // A large frame comes in many chunks: its header is read from the first ones alone.
    const bytes =
      (this.#chunks[0]?.length ?? 0) >= maxHeaderBytes ? (this.#chunks[0] as Buffer) : this.peek();
    if (bytes.length < 2) return null;
    const [first = 0, second = 0] = bytes;
    const lengthForm = (second & 0x7f) === 126 ? 16 : (second & 0x7f) === 127 ? 64 : 7;
    const lengthEnd = 2 + (lengthForm === 7 ? 0 : lengthForm / 8);
    if (bytes.length < lengthEnd) return null;
    const length =
      lengthForm === 7
        ? second & 0x7f
        : lengthForm === 16
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    return { first, second, lengthForm, headerLength: lengthEnd + (second >= 0x80 ? 4 : 0), length };
  }
}

interface FrameLayout {
  readonly first: number;
  readonly second: number;
  readonly lengthForm: 7 | 16 | 64;
  readonly headerLength: number;
  readonly length: number;
}

const maxHeaderBytes = 14;
