import type { DeflateCodec, Dictionary, InflateFailure } from '../../core/deflate/deflate-codec.js';

import { InflatedRuns } from './inflated-runs.js';
import { type KeptEngine, keepDeflate, keepInflate } from './kept-zlib.js';
import { type CompressionSettings, ZlibCodec } from './zlib-codec.js';

/** Raw DEFLATE with engines that are kept from message to message, where a message stands by itself. */
export class KeptCodec implements DeflateCodec {
  readonly #settings: CompressionSettings;
  readonly #inflate: KeptEngine;
  /** By window bits. */
  readonly #deflate = new Map<number, KeptEngine>();
  /** For all that a kept engine cannot do: dictionaries, and work off the event loop. */
  readonly #other: ZlibCodec;

  private constructor(settings: CompressionSettings, inflate: KeptEngine) {
    this.#settings = settings;
    this.#inflate = inflate;
    this.#other = new ZlibCodec(settings);
  }

  /** Null where `node:zlib` has no engines that can be kept. */
  static create(settings: CompressionSettings): KeptCodec | null {
    const inflate = keepInflate();
    return inflate === null ? null : new KeptCodec(settings, inflate);
  }

  inflate(data: Uint8Array, dictionary: Dictionary, maxBytes: number): Uint8Array | InflateFailure {
    if (dictionary !== null || data.length === 0) return this.#other.inflate(data, dictionary, maxBytes);
    const runs = new InflatedRuns(data, null, maxBytes);
    return runs.take(this.#inflate.inflate(data, maxBytes)) ?? this.#other.finish(runs);
  }

  inflateLater(
    data: Uint8Array,
    dictionary: Dictionary,
    maxBytes: number,
  ): Promise<Uint8Array | InflateFailure> {
    return this.#other.inflateLater(data, dictionary, maxBytes);
  }

  deflate(data: Uint8Array, dictionary: Dictionary, windowBits: number): Uint8Array {
    const engine = dictionary === null ? this.#engineFor(windowBits) : null;
    return engine?.deflate(data) ?? this.#other.deflate(data, dictionary, windowBits);
  }

  deflateLater(data: Uint8Array, dictionary: Dictionary, windowBits: number): Promise<Uint8Array> {
    return this.#other.deflateLater(data, dictionary, windowBits);
  }

  #engineFor(windowBits: number): KeptEngine | null {
    const kept = this.#deflate.get(windowBits) ?? keepDeflate(this.#settings, windowBits);
    if (kept !== null) this.#deflate.set(windowBits, kept);
    return kept;
  }
}
