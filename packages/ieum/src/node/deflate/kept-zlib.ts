import { Buffer } from 'node:buffer';
import { constants, createDeflateRaw, createInflateRaw, type Zlib } from 'node:zlib';

import type { InflateFailure } from '../../core/deflate/deflate-codec.js';

import { endOfData, flushBytes, type InflatedRun } from './inflated-runs.js';
import type { CompressionSettings } from './zlib-codec.js';

/*
 * What we use of `node:zlib` without its being documented is in this file: the engine beneath its streams, which can be
 * reset and used again, and works synchronously. Making an engine costs several times what a small message does.
 */

/** An engine of zlib's, as the streams of `node:zlib` have it. */
interface Engine {
  onerror: (message: string, code: number) => void;
  reset(): void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputAt: number,
    inputLength: number,
    output: Uint8Array,
    outputAt: number,
    outputLength: number,
  ): void;
}

/** An engine that is kept, and what it tells after each write. */
export class KeptEngine {
  readonly #engine: Engine;
  /** How much room the output has left, and how much of the input. */
  readonly #left: Uint32Array;
  #hasFailed = false;

  constructor(engine: Engine, left: Uint32Array) {
    this.#engine = engine;
    this.#left = left;
    engine.onerror = () => {
      this.#hasFailed = true;
    };
  }

  /** Null where `node:zlib` has no such engine. */
  static of(stream: Zlib & object): KeptEngine | null {
    const engine: unknown = Reflect.get(stream, '_handle');
    const left: unknown = Reflect.get(stream, '_writeState');
    return isEngine(engine) && left instanceof Uint32Array && left.length === 2
      ? new KeptEngine(engine, left)
      : null;
  }

  /** Inflates data that refers to nothing before it, up to the end or to a final block. */
  inflate(data: Uint8Array, maxBytes: number): InflatedRun | InflateFailure {
    const input = Buffer.allocUnsafe(data.length + endOfData.length);
    input.set(data);
    input.set(endOfData, data.length);
    const bytes = this.#run(constants.Z_FINISH, input, maxBytes);
    return typeof bytes === 'string' ? bytes : { bytes, consumed: input.length - (this.#left[1] as number) };
  }

  deflate(data: Uint8Array): Uint8Array {
    const deflated = this.#run(constants.Z_SYNC_FLUSH, data, Number.POSITIVE_INFINITY);
    // What zlib can be given is never wrong to compress.
    if (typeof deflated === 'string') throw new Error(`zlib could not compress: ${deflated}`);
    return deflated.subarray(0, deflated.length - flushBytes);
  }

  #run(flush: number, input: Uint8Array, maxBytes: number): Buffer | InflateFailure {
    this.#hasFailed = false;
    this.#engine.reset();
    let pieces: Buffer[] | null = null;
    let total = 0;
    let inputAt = 0;
    for (;;) {
      this.#engine.writeSync(flush, input, inputAt, input.length - inputAt, output, 0, output.length);
      if (this.#hasFailed) return 'invalid';
      const length = output.length - (this.#left[0] as number);
      total += length;
      if (total > maxBytes) return 'too-big';
      const piece = Buffer.from(output.subarray(0, length));
      if (length < output.length) return pieces === null ? piece : Buffer.concat([...pieces, piece], total);
      pieces ??= [];
      pieces.push(piece);
      inputAt = input.length - (this.#left[1] as number);
    }
  }
}

/** Null where `node:zlib` has no engine that can be kept. */
export function keepInflate(): KeptEngine | null {
  return KeptEngine.of(createInflateRaw());
}

/** Null where `node:zlib` has no engine that can be kept. */
export function keepDeflate(settings: CompressionSettings, windowBits: number): KeptEngine | null {
  const { level, memoryLevel } = settings;
  return KeptEngine.of(createDeflateRaw({ level, memLevel: memoryLevel, windowBits }));
}

function isEngine(candidate: unknown): candidate is Engine {
  if (typeof candidate !== 'object' || candidate === null) return false;
  return ['reset', 'writeSync'].every((name) => typeof Reflect.get(candidate, name) === 'function');
}

/** What an engine writes into before it is known how much it is. */
const output: Uint8Array = Buffer.allocUnsafeSlow(64 * 1024);
