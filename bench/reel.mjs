import { randomBytes } from 'node:crypto';

/**
 * A ring of ready-made frames, laid out one after the other so that any run of consecutive frames is one slice.
 * It is built from the workload alone: two processes have the same payloads, only the masking keys differ.
 */
export class Reel {
  /** @type {number} how many different frames there are before they repeat */
  frameCount;
  /** @type {number} size of one frame, header included */
  frameBytes;
  /** @type {Buffer} the frames, followed by enough of the first ones again for the longest run */
  #frames;
  /** @type {Map<number, Buffer>} slices that were asked for before */
  #runs = new Map();
  /** @type {number} */
  #maxRun;

  /**
   * @param {import('./workloads.mjs').Workload} workload
   * @param {{ masked: boolean, maxRun: number }} options `maxRun` is the most frames that one slice may hold
   */
  constructor(workload, { masked, maxRun }) {
    const { payloadBytes, payloadType } = workload;
    this.frameCount = Math.max(2, Math.min(64, Math.floor(MAX_RING_BYTES / payloadBytes)));
    const frames = Array.from({ length: this.frameCount }, (_, index) =>
      encodeFrame(payloadType, createPayload(payloadType, payloadBytes, index), masked),
    );
    this.frameBytes = frames[0].length;
    this.#maxRun = maxRun;
    const repeated = Array.from({ length: maxRun - 1 }, (_, index) => frames[index % this.frameCount]);
    this.#frames = Buffer.concat([...frames, ...repeated]);
  }

  /** Size of the whole ring: the position in an endless stream of its frames, modulo this, is a place in the ring. */
  get ringBytes() {
    return this.frameCount * this.frameBytes;
  }

  /**
   * Frames `first` to `first + count - 1` of the endless stream, as one buffer that must not be changed.
   *
   * @param {number} first
   * @param {number} count at most `maxRun`
   */
  run(first, count) {
    const index = first % this.frameCount;
    const key = index * (this.#maxRun + 1) + count;
    let run = this.#runs.get(key);
    if (!run) {
      run = this.#frames.subarray(index * this.frameBytes, (index + count) * this.frameBytes);
      this.#runs.set(key, run);
    }
    return run;
  }

  /**
   * Whether `chunk[0, byteCount)` is what the endless stream has from `position` on.
   *
   * @param {Buffer} chunk
   * @param {number} byteCount
   * @param {number} position
   */
  matches(chunk, byteCount, position) {
    let place = position % this.ringBytes;
    for (let start = 0; start < byteCount; ) {
      const end = Math.min(byteCount, start + this.#frames.length - place);
      if (this.#frames.compare(chunk, start, end, place, place + end - start) !== 0) return false;
      place = (place + end - start) % this.ringBytes;
      start = end;
    }
    return true;
  }
}

/**
 * @param {'text' | 'binary'} type
 * @param {number} byteCount
 * @param {number} index
 */
function createPayload(type, byteCount, index) {
  const payload = Buffer.alloc(byteCount);
  let state = (index + 1) * 2_654_435_761;
  for (let i = 0; i < byteCount; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    payload[i] = type === 'binary' ? state >>> 24 : FIRST_PRINTABLE + ((state >>> 16) % PRINTABLE_COUNT);
  }
  return payload;
}

/**
 * One unfragmented message with the shortest length form (RFC 6455 §5.2).
 *
 * @param {'text' | 'binary'} type
 * @param {Buffer} payload
 * @param {boolean} masked
 */
function encodeFrame(type, payload, masked) {
  const maskBit = masked ? 0x80 : 0;
  const firstByte = type === 'text' ? 0x81 : 0x82;
  const header = Buffer.alloc(payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
  header[0] = firstByte;
  if (header.length === 2) {
    header[1] = maskBit | payload.length;
  } else if (header.length === 4) {
    header[1] = maskBit | 126;
    header.writeUInt16BE(payload.length, 2);
  } else {
    header[1] = maskBit | 127;
    header.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  if (!masked) return Buffer.concat([header, payload]);
  const maskingKey = randomBytes(4);
  return Buffer.concat([header, maskingKey, payload.map((byte, i) => byte ^ maskingKey[i & 3])]);
}

const MAX_RING_BYTES = 2 * 1024 * 1024;
const FIRST_PRINTABLE = 0x20;
const PRINTABLE_COUNT = 95;
