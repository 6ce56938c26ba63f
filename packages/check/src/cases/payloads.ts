import { Buffer } from 'node:buffer';

/** A text of so many bytes in ASCII, no two places near each other alike. */
export function asciiOf(byteLength: number): Buffer {
  return patterned(byteLength, (at) => 0x20 + ((at * 7 + (at >> 8)) % 95));
}

/** So many bytes with every value among them. */
export function bytesOf(byteLength: number): Buffer {
  return patterned(byteLength, (at) => (at * 31 + (at >> 8)) & 0xff);
}

export function payloadOf(type: 'text' | 'binary', byteLength: number): Buffer {
  return type === 'text' ? asciiOf(byteLength) : bytesOf(byteLength);
}

/** A text of so many bytes in which characters of 1, 2, 3 and 4 bytes change at every place. */
export function mixedTextOf(byteLength: number): Buffer {
  const unit = Buffer.from('aß水😀z');
  const whole = Math.floor(byteLength / unit.length);
  return Buffer.concat([Buffer.alloc(whole * unit.length, unit), asciiOf(byteLength % unit.length)]);
}

export const payloadTypes = ['text', 'binary'] as const;

/** 65,536 with its comma, for titles. */
export function inWords(count: number): string {
  return count.toLocaleString('en-US');
}

/** Sizes from 1 KiB on in their unit, for titles. */
export function sizeInWords(byteLength: number): string {
  if (byteLength >= 1024 ** 2) return `${byteLength / 1024 ** 2} MiB`;
  return byteLength >= 1024 ? `${byteLength / 1024} KiB` : `${byteLength} bytes`;
}

/** The beginning is worked out byte by byte and then repeated, which is quick for any size. */
function patterned(byteLength: number, byteAt: (at: number) => number): Buffer {
  const unit = Buffer.from(Array.from({ length: Math.min(byteLength, patternBytes) }, (_, at) => byteAt(at)));
  return byteLength <= patternBytes ? unit : Buffer.alloc(byteLength, unit);
}

/** Prime, so that no power of two repeats it in step. */
const patternBytes = 4_093;
