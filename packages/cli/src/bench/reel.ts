import { randomBytes } from 'node:crypto';

import { encodeFrame, Opcode } from 'ieum/core';

import { compress, compressedRsv } from './compression.js';
import { createJsonPayload } from './json-payload.js';

/** What messages look like. */
export interface MessageShape {
  readonly payloadBytes: number;
  readonly payloadType: 'text' | 'binary';
  /** Whether they are sent compressed; text is JSON then. */
  readonly compressed: boolean;
}

/**
 * A ring of ready-made frames, laid out one after the other so that any run of consecutive frames is one slice. The
 * payloads follow from the shape alone, so they are the same in every process; only masking keys differ.
 */
export class Reel {
  /** How many different frames there are before they repeat. */
  readonly frameCount: number;
  /** Size of one frame, its header included; of the largest where they are compressed. */
  readonly frameBytes: number;
  /** Size of the whole ring. */
  readonly ringBytes: number;
  /** The most frames in one run. */
  readonly maxRun: number;
  readonly payloadBytes: number;
  readonly opcode: number;
  /** The ring, and enough of its first frames again for the longest run. */
  readonly #frames: Buffer;
  /** Where in it each frame begins, and where the last one ends. */
  readonly #starts: readonly number[];
  /** Slices that were asked for before. */
  readonly #runs: (Buffer | undefined)[] = [];

  private constructor(shape: MessageShape, options: { isSent: boolean; maxRun: number }) {
    this.payloadBytes = shape.payloadBytes;
    this.opcode = shape.payloadType === 'text' ? Opcode.Text : Opcode.Binary;
    this.frameCount = Math.max(2, Math.min(64, Math.floor(maxRingBytes / (shape.payloadBytes + 1))));
    const frames = Array.from({ length: this.frameCount }, (_, index) => {
      const payload = createPayload(shape, index);
      return options.isSent ? frameToSend(shape, payload) : encodeFrame({ opcode: this.opcode, payload });
    });
    this.frameBytes = Math.max(...frames.map(({ length }) => length));
    this.ringBytes = this.frameCount * this.frameBytes;
    this.maxRun = Math.max(1, Math.min(options.maxRun, Math.floor(maxRunBytes / this.frameBytes)));
    const repeated = Array.from(
      { length: this.maxRun - 1 },
      (_, index) => frames[index % this.frameCount] as Buffer,
    );
    this.#frames = Buffer.concat([...frames, ...repeated]);
    this.#starts = startsOf([...frames, ...repeated]);
  }

  /** Masked frames to send, up to `maxRun` in one slice (fewer when they are large). */
  static toSend(shape: MessageShape, maxRun: number): Reel {
    return new Reel(shape, { isSent: true, maxRun });
  }

  /**
   * The frames that a server answers with, as long as it uses one frame for a message and the shortest header, and compresses
   * none.
   */
  static toReceive(shape: MessageShape): Reel {
    return new Reel(shape, { isSent: false, maxRun: 1 });
  }

  /**
   * Frames `first` to `first + count - 1` of the endless stream, as one buffer that must not be changed.
   *
   * @param count at most `maxRun`
   */
  run(first: number, count: number): Buffer {
    const index = first % this.frameCount;
    const key = index * this.maxRun + count - 1;
    let run = this.#runs[key];
    if (run === undefined) {
      run = this.#frames.subarray(this.#starts[index], this.#starts[index + count]);
      this.#runs[key] = run;
    }
    return run;
  }

  /** Whether `chunk[start, end)` is what the ring has from `place` on. */
  matches(chunk: Buffer, start: number, end: number, place: number): boolean {
    let from = place;
    for (let at = start; at < end; ) {
      const until = Math.min(end, at + this.ringBytes - from);
      if (this.#frames.compare(chunk, at, until, from, from + until - at) !== 0) return false;
      from = 0;
      at = until;
    }
    return true;
  }

  /** The bytes of the ring from `place` on. */
  slice(place: number, byteCount: number): Buffer {
    return this.#frames.subarray(place, place + byteCount);
  }

  /** Whether a piece of a payload is what message `index` has there. Only for frames to receive. */
  matchesPayload(index: number, offset: number, piece: Uint8Array): boolean {
    if (piece.length === 0) return true;
    if (offset + piece.length > this.payloadBytes) return false;
    const start = ((index % this.frameCount) + 1) * this.frameBytes - this.payloadBytes + offset;
    return this.#frames.compare(piece, 0, piece.length, start, start + piece.length) === 0;
  }
}

function frameToSend({ payloadType, compressed }: MessageShape, payload: Buffer): Buffer {
  return encodeFrame({
    opcode: payloadType === 'text' ? Opcode.Text : Opcode.Binary,
    payload: compressed ? compress(payload) : payload,
    rsv: compressed ? compressedRsv : 0,
    key: randomBytes(4).readUInt32BE(0),
  });
}

function startsOf(frames: readonly Buffer[]): number[] {
  const starts = [0];
  for (const { length } of frames) starts.push((starts.at(-1) as number) + length);
  return starts;
}

function createPayload({ payloadType, payloadBytes, compressed }: MessageShape, index: number): Buffer {
  if (compressed && payloadType === 'text') return createJsonPayload(payloadBytes, index);
  const payload = Buffer.alloc(payloadBytes);
  let state = (index + 1) * 2_654_435_761;
  for (let i = 0; i < payloadBytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    payload[i] = payloadType === 'binary' ? state >>> 24 : firstPrintable + ((state >>> 16) % printableCount);
  }
  return payload;
}

const maxRingBytes = 2 * 1024 * 1024;
const maxRunBytes = 8 * 1024 * 1024;
const firstPrintable = 0x20;
const printableCount = 95;
