/**
 * @typedef {object} Case
 * @property {string} group what is done; cases of one group are compared
 * @property {string} name who does it: `ieum`, or something to compare with
 * @property {number} bytes payload bytes that one operation handles
 * @property {(count: number) => unknown} repeat does the operation so many times. Every case has a loop of its own, so that
 *   what one of them teaches the compiler is not charged to the next; what is returned keeps the work from being dropped, and
 *   a promise of it is awaited.
 */

/** A masking key whose bytes leave ASCII text ASCII: masked texts are then valid, however often they are unmasked in place. */
export const KEY = 0x12345678;
export const KEY_BYTES = Buffer.from([0x12, 0x34, 0x56, 0x78]);

/** Small messages, the longest short form, and three sizes that real payloads have. */
export const SIZES = [20, 125, 1024, 16 * 1024, 1024 * 1024];

/** @param {number} bytes */
export function formatSize(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 ** 2 ? `${bytes / 1024} KiB` : `${bytes / 1024 ** 2} MiB`;
}

/** @param {number} byteCount */
export function asciiText(byteCount) {
  return 'The quick brown fox jumps over the lazy dog. '
    .repeat(Math.ceil(byteCount / 45))
    .slice(0, byteCount);
}

/**
 * A text of two-, three- and four-byte characters.
 *
 * @param {number} byteCount a multiple of 4 and 5, or the end is ASCII
 */
export function mixedText(byteCount) {
  const piece = 'é이음🙂 bien. ';
  const count = Math.floor(byteCount / Buffer.byteLength(piece));
  const text = piece.repeat(count);
  return text + '.'.repeat(byteCount - Buffer.byteLength(text));
}
