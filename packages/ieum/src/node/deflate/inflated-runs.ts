import { Buffer } from 'node:buffer';

import type { Dictionary, InflateFailure } from '../../core/deflate/deflate-codec.js';
import { HistoryWindow } from '../../core/deflate/history-window.js';

/** What came of compressed data up to the end or to a final block. */
export interface InflatedRun {
  readonly bytes: Uint8Array;
  /** How many bytes of the data, and of `endOfData` behind it, were looked at. */
  readonly consumed: number;
}

/**
 * What to put behind compressed data before it is inflated: the bytes that were left out on the wire, and an empty final
 * block, without which zlib could not tell data that ends from data that was cut.
 */
export const endOfData: Uint8Array = Uint8Array.of(0x00, 0x00, 0xff, 0xff, 0x01, 0x00, 0x00, 0xff, 0xff);

/**
 * Puts a message together from runs of blocks. zlib stops at a final block, but in a message others may follow it, which
 * refer back across it (RFC 7692 §7.2.1, §7.2.3.4).
 */
export class InflatedRuns {
  /** What is to be inflated next, referring back to `dictionary`, to `room` bytes at most. */
  rest: Uint8Array;
  dictionary: Dictionary;
  room: number;
  /** Null while there is one run only, as nearly always. */
  #bytes: Uint8Array[] | null = null;

  constructor(data: Uint8Array, dictionary: Dictionary, maxBytes: number) {
    // Two empty messages in a row are nothing at all where compression goes on from one to the next.
    this.rest = data.length === 0 ? emptyMessage : data;
    this.dictionary = dictionary;
    this.room = maxBytes;
  }

  /** Takes a run: gives the message once it is whole, null when there is more to inflate. */
  take(run: InflatedRun | InflateFailure): Uint8Array | InflateFailure | null {
    if (typeof run === 'string') return run;
    const { bytes, consumed } = run;
    if (bytes.length > this.room) return 'too-big';
    if (isEnd(consumed, this.rest))
      return this.#bytes === null ? bytes : Buffer.concat([...this.#bytes, bytes]);
    if (consumed >= this.rest.length) return 'invalid';
    this.#bytes ??= [];
    if (this.#bytes.push(bytes) === maxFinalBlocks) return 'invalid';
    this.rest = this.rest.subarray(consumed);
    this.room -= bytes.length;
    this.dictionary = lastOf(this.dictionary, bytes);
    return null;
  }
}

/**
 * Whether the data ended where it should: with `endOfData`, or with a final block of its own. That may end with the bytes
 * that are left out on the wire, and behind it may be the byte that RFC 7692 §7.2.3.4 asks for.
 */
function isEnd(consumed: number, data: Uint8Array): boolean {
  const excess = consumed - data.length;
  if (excess === -1) return data[consumed] === 0x00;
  return excess === 0 || excess === flushBytes || excess === endOfData.length;
}

function lastOf(dictionary: Dictionary, bytes: Uint8Array): Dictionary {
  const window = new HistoryWindow(largestWindowBits);
  if (dictionary !== null) window.append(dictionary);
  window.append(bytes);
  return window.dictionary;
}

/** A flush makes compressed data end with these four bytes, which are left out on the wire (RFC 7692 §7.2.1). */
export const flushBytes = 4;
const emptyMessage = Uint8Array.of(0x00);
const largestWindowBits = 15;
/** Final blocks inside a message cost much and are of no use: so many are taken for an attack. */
const maxFinalBlocks = 8;
