import { Buffer, kMaxLength } from 'node:buffer';
import {
  constants,
  deflateRaw,
  deflateRawSync,
  inflateRaw,
  inflateRawSync,
  type ZlibOptions,
} from 'node:zlib';

import type { DeflateCodec, Dictionary, InflateFailure } from '../../core/deflate/deflate-codec.js';

import { endOfData, flushBytes, type InflatedRun, InflatedRuns } from './inflated-runs.js';
import { WorkGate } from './work-gate.js';

/** How zlib compresses. */
export interface CompressionSettings {
  /** 1 (fast) to 9 (small). */
  readonly level: number;
  /** 1 to 9: how much memory zlib takes while it compresses, 2 to the power of this plus 9 bytes and some. */
  readonly memoryLevel: number;
}

/** Raw DEFLATE by the documented one-shot functions of `node:zlib`. */
export class ZlibCodec implements DeflateCodec {
  readonly #settings: CompressionSettings;
  /** However many peers send what inflates to much: only so many such messages are in memory half done. */
  readonly #inflating = new WorkGate(maxInflating);

  constructor(settings: CompressionSettings) {
    this.#settings = settings;
  }

  inflate(data: Uint8Array, dictionary: Dictionary, maxBytes: number): Uint8Array | InflateFailure {
    return this.finish(new InflatedRuns(data, dictionary, maxBytes));
  }

  /** Inflates what is left to inflate of a message. */
  finish(runs: InflatedRuns): Uint8Array | InflateFailure {
    let message = runs.take(inflateRun(runs));
    while (message === null) message = runs.take(inflateRun(runs));
    return message;
  }

  inflateLater(
    data: Uint8Array,
    dictionary: Dictionary,
    maxBytes: number,
  ): Promise<Uint8Array | InflateFailure> {
    return this.#inflating.run(async () => {
      const runs = new InflatedRuns(data, dictionary, maxBytes);
      let message = runs.take(await inflateRunLater(runs));
      while (message === null) message = runs.take(await inflateRunLater(runs));
      return message;
    });
  }

  deflate(data: Uint8Array, dictionary: Dictionary, windowBits: number): Uint8Array {
    return withoutFlush(deflateRawSync(data, this.#deflateOptions(dictionary, windowBits, chunkBytes)));
  }

  deflateLater(data: Uint8Array, dictionary: Dictionary, windowBits: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      deflateRaw(data, this.#deflateOptions(dictionary, windowBits, laterChunkBytes), (error, deflated) => {
        if (error === null) resolve(withoutFlush(deflated));
        else reject(error);
      });
    });
  }

  #deflateOptions(dictionary: Dictionary, windowBits: number, chunkSize: number): ZlibOptions {
    const { level, memoryLevel } = this.#settings;
    const finishFlush = constants.Z_SYNC_FLUSH;
    const options = { level, memLevel: memoryLevel, windowBits, finishFlush, chunkSize };
    return dictionary === null ? options : { ...options, dictionary };
  }
}

function inflateRun(runs: InflatedRuns): InflatedRun | InflateFailure {
  try {
    return toRun(inflateRawSync(Buffer.concat([runs.rest, endOfData]), inflateOptions(runs, chunkBytes)));
  } catch (error) {
    return failureOf(error);
  }
}

function inflateRunLater(runs: InflatedRuns): Promise<InflatedRun | InflateFailure> {
  const input = Buffer.concat([runs.rest, endOfData]);
  return new Promise<InflatedRun | InflateFailure>((resolve) => {
    inflateRaw(input, inflateOptions(runs, laterChunkBytes), (error, inflated) => {
      resolve(error === null ? toRun(inflated) : failureOf(error));
    });
  }).catch(failureOf);
}

/** With `info` the functions give more than a buffer, which their types do not know. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function toRun(result: unknown): InflatedRun {
  const { buffer, engine } = result as Inflated;
  return { bytes: buffer, consumed: engine.bytesWritten };
}

function inflateOptions({ dictionary, room }: InflatedRuns, chunkSize: number): ZlibOptions {
  // Zero would be no limit.
  const maxOutputLength = Math.min(Math.max(room, 1), kMaxLength);
  const options = { maxOutputLength, chunkSize, info: true };
  return dictionary === null ? options : { ...options, dictionary };
}

function failureOf(error: unknown): InflateFailure {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-big' : 'invalid';
}

function withoutFlush(deflated: Buffer): Uint8Array {
  return deflated.subarray(0, deflated.length - flushBytes);
}

/** How much is made room for at a time. Most messages are small. */
const chunkBytes = 4 * 1024;
/** Off the event loop each piece takes a turn of it. */
const laterChunkBytes = 16 * 1024;
/** How many messages are inflated at a time off the event loop: twice the threads that Node has for it. */
const maxInflating = 8;
