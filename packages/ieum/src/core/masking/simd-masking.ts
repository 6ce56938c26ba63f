import { maskingModule } from './masking-module.js';

/**
 * The loop of masking.wat and its memory. Bytes that lie in the memory are masked where they are; others are copied in,
 * masked and copied out again, which from about a hundred bytes on is still faster than to mask them without.
 */
export class SimdMasking {
  readonly #mask: MaskingExports['mask'];
  readonly #memory: ArrayBuffer;
  readonly #scratch: Uint8Array;
  #allocatedBytes = 0;
  /** What `holds` found in the memory last: to ask for an `ArrayBuffer` costs more than to mask a hundred bytes. */
  #lastHeld: Uint8Array | null = null;

  constructor(exports: MaskingExports) {
    this.#mask = exports.mask;
    this.#memory = exports.memory.buffer;
    this.#scratch = new Uint8Array(this.#memory, this.#memory.byteLength - scratchBytes);
  }

  /** Whether bytes lie in the memory. */
  holds(bytes: Uint8Array): boolean {
    if (bytes === this.#lastHeld) return true;
    const isHeld = bytes.buffer === this.#memory;
    if (isHeld) this.#lastHeld = bytes;
    return isHeld;
  }

  /** Masks in place what the memory holds. `key` is a little-endian word: its lowest byte masks the first byte. */
  maskHeld(payload: Uint8Array, key: number): void {
    this.#mask(payload.byteOffset, payload.length, key);
  }

  /** Masks in place a part of what the memory holds, and fills `target` with it. */
  fillFromHeld(target: Uint8Array, source: Uint8Array, start: number, key: number): void {
    const at = source.byteOffset + start;
    this.#mask(at, target.length, key);
    target.set(new Uint8Array(this.#memory, at, target.length));
  }

  /** Masks in place what lies elsewhere, in blocks. */
  maskElsewhere(payload: Uint8Array, key: number): void {
    if (payload.length <= scratchBytes) {
      this.#maskBlock(payload, key);
      return;
    }
    // The key begins anew with each block: it is shorter than a block and divides it.
    for (let at = 0; at < payload.length; at += scratchBytes) {
      const byteLength = Math.min(scratchBytes, payload.length - at);
      this.#maskBlock(new Uint8Array(payload.buffer, payload.byteOffset + at, byteLength), key);
    }
  }

  /** A part of the memory that is nobody else's, for good; null when no such room is left. */
  allocate(byteLength: number): Uint8Array | null {
    const at = this.#allocatedBytes;
    if (!(at + byteLength <= this.#scratch.byteOffset)) return null;
    const allocated = new Uint8Array(this.#memory, at, byteLength);
    this.#allocatedBytes = at + Math.ceil(byteLength / cacheLineBytes) * cacheLineBytes;
    return allocated;
  }

  #maskBlock(block: Uint8Array, key: number): void {
    const scratch = this.#scratch;
    scratch.set(block);
    this.#mask(scratch.byteOffset, block.length, key);
    block.set(block.length === scratchBytes ? scratch : scratch.subarray(0, block.length));
  }
}

/** Null where there is no WebAssembly, where it knows no SIMD, and where the platform does not let code be made. */
export function createSimdMasking(): SimdMasking | null {
  try {
    if (typeof WebAssembly === 'undefined') return null;
    return new SimdMasking(new WebAssembly.Instance(new WebAssembly.Module(maskingModule)).exports);
  } catch {
    return null;
  }
}

/** What masking.wat exports. */
interface MaskingExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly mask: (start: number, length: number, key: number) => void;
}

/** The part of the JavaScript API that is used here: the types for Node do not have it. */
declare const WebAssembly:
  | {
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: MaskingExports };
    }
  | undefined;

/** Large enough that views and calls cost little beside the copying, small enough for the processor's second cache. */
const scratchBytes = 64 * 1024;
const cacheLineBytes = 64;
