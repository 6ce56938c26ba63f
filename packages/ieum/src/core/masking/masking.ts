import { createSimdMasking } from './simd-masking.js';
import { maskBytes, maskWords, reversed } from './word-masking.js';

/** A masking key (RFC 6455 §5.3): its four bytes on the wire, the first one in the most significant place. Signed or not. */
export type MaskingKey = number;

/**
 * Masks or unmasks `payload` in place: byte `i` is XORed with byte `(offset + i) mod 4` of the key.
 *
 * @param offset how many bytes of the frame's payload went before, when it arrives in pieces
 */
export function applyMask(payload: Uint8Array, key: MaskingKey, offset = 0): void {
  const { length } = payload;
  const word = keyWord(key, offset);
  if (length < fewBytes) maskBytes(payload, 0, payload, 0, length, word);
  else if (simd === null) maskWords(payload, word);
  else if (simd.holds(payload)) simd.maskHeld(payload, word);
  else simd.maskElsewhere(payload, word);
}

/**
 * Writes the bytes of `source` from `start` up to `end`, masked or unmasked, to `target` from `at` on. `source` stays as it
 * is. For up to about a hundred bytes: for more, `applyMask` and a copy are faster.
 *
 * @param offset how many bytes of the frame's payload went before, when it arrives in pieces
 */
// A hot loop's way in, hence the many parameters.
export function copyMasked(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  start: number,
  end: number,
  key: MaskingKey,
  offset = 0,
): void {
  maskBytes(target, at, source, start, end, keyWord(key, offset));
}

/** Fills `target` with the bytes of `source` from `start` on, masked or unmasked. What they become in `source` is undefined. */
export function fillMasked(target: Uint8Array, source: Uint8Array, start: number, key: MaskingKey): void {
  const { length } = target;
  const word = keyWord(key, 0);
  if (length < fewBytes) maskBytes(target, 0, source, start, start + length, word);
  else if (simd?.holds(source)) simd.fillFromHeld(target, source, start, word);
  else {
    target.set(source.subarray(start, start + length));
    applyMask(target, key);
  }
}

/**
 * Bytes in which `applyMask` is several times as fast, for a buffer that the process keeps: they are never given back. Null
 * where masking has no such place, and when the 960 KiB for it are used up. Their `ArrayBuffer` cannot be transferred.
 */
export function allocateMaskable(byteLength: number): Uint8Array | null {
  return simd?.allocate(byteLength) ?? null;
}

/** The key as a little-endian word, turned so that its lowest byte masks byte `offset`. */
function keyWord(key: MaskingKey, offset: number): number {
  const bits = (offset & 3) << 3;
  return reversed((key << bits) | (key >>> (32 - bits)));
}

const simd = createSimdMasking();
/** Below this many bytes a loop over bytes is done before a call into WebAssembly, or a view of words, has begun. */
const fewBytes = 64;
