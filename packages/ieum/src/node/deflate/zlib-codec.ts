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
    const input = presentData(data);
    try {
      const options = inflateOptions(dictionary, maxBytes, chunkBytes);
      return checkConsumed(inflateRawSync(withEnd(input), options), input);
    } catch (error) {
      return failureOf(error);
    }
  }

  inflateLater(
    data: Uint8Array,
    dictionary: Dictionary,
    maxBytes: number,
  ): Promise<Uint8Array | InflateFailure> {
    const input = presentData(data);
    return new Promise<Uint8Array | InflateFailure>((resolve) => {
      inflateRaw(withEnd(input), inflateOptions(dictionary, maxBytes, laterChunkBytes), (error, inflated) => {
        resolve(error === null ? checkConsumed(inflated, input) : failureOf(error));
      });
    }).catch(failureOf);
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

/** A flush makes compressed data end with these four bytes, which are left out on the wire (RFC 7692 §7.2.1). */
export const flushBytes = 4;

/**
 * What to put behind compressed data before it is inflated: the bytes that were left out, and an empty final block, without
 * which zlib could not tell data that ends from data that was cut.
 */
export const endOfData: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff);

/**
 * Whether the data ended where it should: with `endOfData`, or with a final block of its own. That may end with the bytes
 * that are left out on the wire, and behind it may only be the byte that RFC 7692 §7.2.3.4 asks for.
 *
 * @param consumed how many bytes of the data and of `endOfData` were looked at
 */
export function isConsumed(consumed: number, data: Uint8Array): boolean {
  const excess = consumed - data.length;
  if (excess === -1) return data[consumed] === 0x00;
  return excess === 0 || excess === flushBytes || excess === endOfData.length;
}

/** Two empty messages in a row are nothing at all where compression goes on from one to the next. */
function presentData(data: Uint8Array): Uint8Array {
  return data.length === 0 ? emptyMessage : data;
}

function withEnd(data: Uint8Array): Buffer {
  return Buffer.concat([data, endOfData]);
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

function inflateOptions(dictionary: Dictionary, maxBytes: number, chunkSize: number): ZlibOptions {
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
const chunkBytes = 4 * 1024;
/** Off the event loop each piece takes a turn of it. */
const laterChunkBytes = 16 * 1024;
