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

  constructor(settings: CompressionSettings) {
    this.#settings = settings;
  }

  inflate(data: Uint8Array, dictionary: Dictionary, maxBytes: number): Uint8Array | InflateFailure {
    try {
      const inflated = inflateRawSync(withEnd(data), inflateOptions(dictionary, maxBytes));
      return checkConsumed(inflated, data);
    } catch (error) {
      return failureOf(error);
    }
  }

  inflateLater(
    data: Uint8Array,
    dictionary: Dictionary,
    maxBytes: number,
  ): Promise<Uint8Array | InflateFailure> {
    return new Promise((resolve) => {
      inflateRaw(withEnd(data), inflateOptions(dictionary, maxBytes), (error, inflated) => {
        resolve(error === null ? checkConsumed(inflated, data) : failureOf(error));
      });
    });
  }

  deflate(data: Uint8Array, dictionary: Dictionary, windowBits: number): Uint8Array {
    return withoutFlush(deflateRawSync(data, this.#deflateOptions(dictionary, windowBits)));
  }

  deflateLater(data: Uint8Array, dictionary: Dictionary, windowBits: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      deflateRaw(data, this.#deflateOptions(dictionary, windowBits), (error, deflated) => {
        if (error === null) resolve(withoutFlush(deflated));
        else reject(error);
      });
    });
  }

  #deflateOptions(dictionary: Dictionary, windowBits: number): ZlibOptions {
    const { level, memoryLevel } = this.#settings;
    const finishFlush = constants.Z_SYNC_FLUSH;
    const options = { level, memLevel: memoryLevel, windowBits, finishFlush, chunkSize };
    return dictionary === null ? options : { ...options, dictionary };
  }
}

/** A flush makes compressed data end with these four bytes, which are left out on the wire (RFC 7692 §7.2.1). */
export const flushBytes = 4;

/**
 * What to put behind compressed data before it is inflated: the bytes that were left out, and an empty final block, without
 * which zlib could not tell data that ends from data that was cut.
 */
export const endOfData: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff);

/**
 * Whether all of the data was looked at: behind a final block of its own may only be the byte that RFC 7692 §7.2.3.4 asks for.
 *
 * @param consumed how many bytes of the data and of `endOfData` were
 */
export function isConsumed(consumed: number, data: Uint8Array): boolean {
  return consumed >= data.length - 1;
}

function withEnd(data: Uint8Array): Buffer {
  // Two empty messages in a row are nothing at all where compression goes on from one to the next.
  return Buffer.concat([data.length === 0 ? emptyMessage : data, endOfData]);
}

/** With `info` the functions give more than a buffer, which their types do not know. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

function checkConsumed(result: unknown, data: Uint8Array): Uint8Array | InflateFailure {
  const { buffer, engine } = result as Inflated;
  return isConsumed(engine.bytesWritten, data) ? buffer : 'invalid';
}

function inflateOptions(dictionary: Dictionary, maxBytes: number): ZlibOptions {
  const options = { maxOutputLength: Math.min(maxBytes, kMaxLength), chunkSize, info: true };
  return dictionary === null ? options : { ...options, dictionary };
}

function failureOf(error: unknown): InflateFailure {
  return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-big' : 'invalid';
}

function withoutFlush(deflated: Buffer): Uint8Array {
  return deflated.subarray(0, deflated.length - flushBytes);
}

const emptyMessage = Uint8Array.of(0x00);
/** How much is made room for at a time. Most messages are small. */
const chunkSize = 4 * 1024;
