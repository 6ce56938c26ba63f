/** Checks the bytes that arrive on one connection against the frames that must, and counts the whole frames. */
export class ReplyCounter {
  /** @type {import('../reel.mjs').Reel} */
  #expected;
  /** @type {Buffer} */
  #readBuffer;
  #place = 0;
  #partialBytes = 0;

  /**
   * @param {import('../reel.mjs').Reel} expected
   * @param {Buffer} readBuffer
   */
  constructor(expected, readBuffer) {
    this.#expected = expected;
    this.#readBuffer = readBuffer;
  }

  /**
   * @param {number} byteCount how many bytes of the read buffer just arrived
   * @returns {number} how many frames they completed
   */
  take(byteCount) {
    const expected = this.#expected;
    if (!expected.matches(this.#readBuffer, byteCount, this.#place)) {
      throw new Error('a reply differs from what was sent');
    }
    this.#place = (this.#place + byteCount) % expected.ringBytes;
    const bytes = this.#partialBytes + byteCount;
    this.#partialBytes = bytes % expected.frameBytes;
    return Math.floor(bytes / expected.frameBytes);
  }
}
