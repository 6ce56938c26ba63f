/** A stretch of bytes that went over a connection before, to which compressed data may refer back. */
export type Dictionary = Uint8Array | null;

/** Why nothing came out: what was put in is no DEFLATE data, or there would be more than allowed. */
export type InflateFailure = 'invalid' | 'too-big';

/**
 * Raw DEFLATE (RFC 1951) as `permessage-deflate` uses it: compressed data ends with an empty block whose last four bytes
 * are left out on the wire (RFC 7692 §7.2). Keeps nothing from one call to the next.
 */
export interface DeflateCodec {
  /** Never makes more than `maxBytes`, not even while it works. Data that ends early is invalid. */
  inflate(data: Uint8Array, dictionary: Dictionary, maxBytes: number): Uint8Array | InflateFailure;
  /** The same off the event loop. */
  inflateLater(
    data: Uint8Array,
    dictionary: Dictionary,
    maxBytes: number,
  ): Promise<Uint8Array | InflateFailure>;
  /** Throws when there is no memory for it. @param windowBits 9–15 */
  deflate(data: Uint8Array, dictionary: Dictionary, windowBits: number): Uint8Array;
  /** The same off the event loop. */
  deflateLater(data: Uint8Array, dictionary: Dictionary, windowBits: number): Promise<Uint8Array>;
}
