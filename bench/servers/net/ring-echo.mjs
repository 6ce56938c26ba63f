/**
 * Echoes one connection's ring of frames that repeats without end. The first time around each frame is unmasked, and its reply
 * kept; from then on it counts the bytes that arrive and hands out replies that are ready, all for one chunk in one
 * piece. Rings are shared by the connections that send the same. A load that checks what comes back would notice a
 * ring that does not repeat.
 */
export class RingEcho {
  /** @type {import('./known-frames.mjs').KnownFrames} */
  #frames;
  /** @type {ReplyRing[]} */
  #knownRings;
  /** @type {ReplyRing | null} null the first time around */
  #ring = null;
  /** @type {Buffer | null} the first frame as it came, to see when it comes again */
  #firstFrame = null;
  /** @type {Buffer[]} the replies so far, the first time around */
  #replies = [];
  /** @type {Buffer} the frame that has not arrived whole, the first time around */
  #pending = NOTHING;
  #pendingBytes = 0;
  #next = 0;

  /**
   * @param {import('./known-frames.mjs').KnownFrames} frames
   * @param {ReplyRing[]} knownRings of all connections; a new one is added
   */
  constructor(frames, knownRings) {
    this.#frames = frames;
    this.#knownRings = knownRings;
  }

  get isBetweenFrames() {
    return this.#pendingBytes === 0;
  }

  /**
   * @param {Buffer} chunk
   * @returns {Buffer[]} what to write
   */
  receive(chunk) {
    return this.#ring === null ? this.#learn(chunk) : this.#answer(this.#ring, chunk.length);
  }

  /** @param {Buffer} chunk */
  #learn(chunk) {
    const { whole, rest } = this.#frames.split(Buffer.concat([this.#pending, chunk]));
    const answers = [];
    for (const [index, frame] of whole.entries()) {
      this.#ring = this.#findRing(frame);
      if (this.#ring !== null) {
        const { frameBytes } = this.#frames;
        this.#forget();
        return [...answers, ...this.#answer(this.#ring, (whole.length - index) * frameBytes + rest.length)];
      }
      this.#firstFrame ??= Buffer.from(frame);
      const reply = this.#frames.replyTo(frame);
      this.#replies.push(reply);
      answers.push(reply);
    }
    this.#pending = Buffer.from(rest);
    this.#pendingBytes = rest.length;
    return answers.length > 1 ? [Buffer.concat(answers)] : answers;
  }

  /**
   * The ring that begins with a frame: one that is known, or the own one when its first frame comes again.
   *
   * @param {Buffer} frame
   */
  #findRing(frame) {
    const firstFrame = this.#firstFrame;
    if (firstFrame !== null && !frame.equals(firstFrame)) return null;
    const known = this.#knownRings.find((ring) => frame.equals(ring.firstFrame));
    if (known !== undefined || firstFrame === null) return known ?? null;
    const ring = new ReplyRing(firstFrame, this.#replies);
    this.#knownRings.push(ring);
    return ring;
  }

  #forget() {
    this.#firstFrame = null;
    this.#replies = [];
    this.#pending = NOTHING;
    this.#pendingBytes = 0;
  }

  /**
   * @param {ReplyRing} ring
   * @param {number} byteCount how many bytes arrived
   */
  #answer(ring, byteCount) {
    const { frameBytes } = this.#frames;
    const bytes = this.#pendingBytes + byteCount;
    let count = Math.floor(bytes / frameBytes);
    this.#pendingBytes = bytes - count * frameBytes;
    const answers = [];
    while (count > 0) {
      const run = Math.min(count, ring.replyCount);
      answers.push(ring.run(this.#next, run));
      this.#next = (this.#next + run) % ring.replyCount;
      count -= run;
    }
    return answers;
  }
}

/** Ready-made replies to a ring of frames. */
export class ReplyRing {
  /** @type {Buffer} masked, as it came */
  firstFrame;
  /** @type {Buffer[]} */
  #replies;
  /** @type {Buffer} all replies twice, so that any run of them is one slice */
  #twice;

  /**
   * @param {Buffer} firstFrame
   * @param {Buffer[]} replies
   */
  constructor(firstFrame, replies) {
    this.firstFrame = firstFrame;
    this.#replies = replies;
    this.#twice = Buffer.concat([...replies, ...replies]);
  }

  get replyCount() {
    return this.#replies.length;
  }

  /**
   * @param {number} first
   * @param {number} count at most `replyCount`
   */
  run(first, count) {
    if (count === 1) return this.#replies[first];
    const replyBytes = this.#replies[0].length;
    return this.#twice.subarray(first * replyBytes, (first + count) * replyBytes);
  }
}

const NOTHING = Buffer.alloc(0);
