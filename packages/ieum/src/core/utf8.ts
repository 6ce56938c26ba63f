import { isUtf8 } from 'node:buffer';

/** Whether `bytes` are a whole, valid UTF-8 text (RFC 3629). */
export function isValidUtf8(bytes: Uint8Array): boolean {
  if (bytes.length > nativeThreshold) return isUtf8(bytes);
  for (let i = 0; i < bytes.length; i++) {
    if ((bytes[i] as number) > 0x7f) return isUtf8(bytes);
  }
  return true;
}

/**
 * Validates a text that arrives in pieces, and rejects it at the first byte that no valid text can have there
 * (RFC 6455 §8.1). Between pieces it keeps only where in a character it stands.
 */
export class Utf8Validator {
  /** Continuation bytes that the character begun last still needs. */
  #missing = 0;
  /** The range that the next continuation byte must be in: narrower than 80–BF after E0, ED, F0 and F4. */
  #lowest = 0x80;
  #highest = 0xbf;

  /** Takes the next piece; false as soon as the text cannot become valid. */
  receive(piece: Uint8Array): boolean {
    let start = 0;
    while (this.#missing > 0 && start < piece.length) {
      if (!this.#step(piece[start++] as number)) return false;
    }
    const tail = startOfLastCharacter(piece, start);
    if (!isValidUtf8(piece.subarray(start, tail))) return false;
    for (let i = tail; i < piece.length; i++) {
      if (!this.#step(piece[i] as number)) return false;
    }
    return true;
  }

  /** Whether the text may end here: no character is half there. */
  isComplete(): boolean {
    return this.#missing === 0;
  }

  #step(byte: number): boolean {
    if (this.#missing > 0) {
      if (byte < this.#lowest || byte > this.#highest) return false;
      this.#missing--;
      this.#lowest = 0x80;
      this.#highest = 0xbf;
      return true;
    }
    if (byte < 0x80) return true;
    if (byte < 0xc2 || byte > 0xf4) return false;
    this.#missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte === 0xe0) this.#lowest = 0xa0;
    if (byte === 0xed) this.#highest = 0x9f;
    if (byte === 0xf0) this.#lowest = 0x90;
    if (byte === 0xf4) this.#highest = 0x8f;
    return true;
  }
}

/** Where the last character that may be cut off begins: at most three bytes before the end. */
function startOfLastCharacter(piece: Uint8Array, from: number): number {
  const earliest = Math.max(from, piece.length - 3);
  for (let i = piece.length - 1; i >= earliest; i--) {
    const byte = piece[i] as number;
    if (byte < 0x80) return i + 1;
    if (byte >= 0xc0) return i;
  }
  return piece.length;
}

/** Above this many bytes the native check is faster than a loop, whatever the text. */
const nativeThreshold = 32;
