/** Masked frames of one size that is known beforehand, and the replies that echo them. */
export class KnownFrames {
  /** @type {number} size of a masked frame as it arrives */
  frameBytes;
  /** @type {Buffer} of a reply */
  #header;

  /** @param {{ payloadBytes: number, payloadType: 'text' | 'binary' }} shape */
  constructor({ payloadBytes, payloadType }) {
    const first = payloadType === 'text' ? 0x81 : 0x82;
    if (payloadBytes < 126) this.#header = Buffer.from([first, payloadBytes]);
    else if (payloadBytes < 65_536) {
      this.#header = Buffer.from([first, 126, 0, 0]);
      this.#header.writeUInt16BE(payloadBytes, 2);
    } else {
      this.#header = Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
      this.#header.writeUInt32BE(payloadBytes, 6);
    }
    this.frameBytes = this.#header.length + MASKING_KEY_BYTES + payloadBytes;
  }

  /**
   * The whole frames at the start of some bytes, and what is left.
   *
   * @param {Buffer} bytes
   */
  split(bytes) {
    const count = Math.floor(bytes.length / this.frameBytes);
    const whole = Array.from({ length: count }, (_, index) =>
      bytes.subarray(index * this.frameBytes, (index + 1) * this.frameBytes),
    );
    return { whole, rest: bytes.subarray(count * this.frameBytes) };
  }

  /**
   * The frame that echoes one.
   *
   * @param {Buffer} frame masked, and not changed
   */
  replyTo(frame) {
    const keyStart = this.#header.length;
    const key = frame.subarray(keyStart, keyStart + MASKING_KEY_BYTES);
    const masked = frame.subarray(keyStart + MASKING_KEY_BYTES);
    return Buffer.concat([this.#header, masked.map((byte, i) => byte ^ key[i & 3])]);
  }
}

const MASKING_KEY_BYTES = 4;
