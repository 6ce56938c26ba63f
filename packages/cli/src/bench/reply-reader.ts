import type { Reel } from './reel.js';
import { closedByServer, wrongReply } from './reply-failure.js';
import { pongFor, type ServerFrameHandlers, ServerFrames } from './server-frames.js';

/** What the replies on one connection are read with. */
export interface ReplySource {
  readonly expected: Reel;
  /** Where what was read is. */
  readonly readBuffer: Buffer;
  /** Writes a frame to the server. */
  readonly send: (frame: Uint8Array) => void;
}

/**
 * Holds what arrives on one connection against the replies that must, to the last byte, and counts them.
 *
 * As long as the server frames messages as the reel has them, one comparison checks header, length, order and payload of
 * all that one read brought. Where that fails, the frames are decoded until the two are in step again: a reply may come in
 * fragments, and Pings are answered. Before its first reply a server may send messages of its own, unless they have the
 * type and the length of the reply and differ from it.
 */
export class ReplyReader implements ServerFrameHandlers {
  /** Replies that are complete. */
  replies = 0;
  /** Messages that came before the first reply. */
  greetings = 0;
  /** Whether frames are decoded, since what came was not what the reel has. */
  isDecoding = false;
  readonly #source: ReplySource;
  /** Where the connection stands in the ring, while nothing is decoded. */
  #place = 0;
  /** Bytes of a frame that is not complete, while nothing is decoded. */
  #partialBytes = 0;
  /** Null until decoding was needed. */
  #frames: ServerFrames | null = null;
  /** Of the message that is decoded: how much there is, and whether it is the reply so far. */
  #receivedBytes = 0;
  #isReply = true;

  constructor(source: ReplySource) {
    this.#source = source;
  }

  /**
   * Takes bytes `[start, end)` of the read buffer.
   *
   * @returns how many replies they completed
   * @throws LoadFailure for a wrong reply, a broken rule, a Close frame
   */
  receive(start: number, end: number): number {
    const { expected, readBuffer } = this.#source;
    if (this.isDecoding || !expected.matches(readBuffer, start, end, this.#place)) {
      return this.#decode(start, end);
    }
    const byteCount = end - start;
    this.#place = (this.#place + byteCount) % expected.ringBytes;
    const bytes = this.#partialBytes + byteCount;
    const count = Math.floor(bytes / expected.frameBytes);
    this.#partialBytes = bytes - count * expected.frameBytes;
    this.replies += count;
    return count;
  }

  #decode(start: number, end: number): number {
    const before = this.replies;
    const { expected, readBuffer } = this.#source;
    this.#frames ??= new ServerFrames(this);
    if (!this.isDecoding) {
      const frameStart = (before % expected.frameCount) * expected.frameBytes;
      this.#frames.receive(expected.slice(frameStart, this.#partialBytes));
      this.isDecoding = true;
    }
    this.#frames.receive(readBuffer.subarray(start, end));
    if (this.#frames.isBetweenMessages) {
      this.isDecoding = false;
      this.#partialBytes = 0;
      this.#place = (this.replies % expected.frameCount) * expected.frameBytes;
    }
    return this.replies - before;
  }

  handlePayload(piece: Uint8Array, opcode: number, endsMessage: boolean): void {
    const { expected } = this.#source;
    this.#isReply &&=
      opcode === expected.opcode && expected.matchesPayload(this.replies, this.#receivedBytes, piece);
    this.#receivedBytes += piece.length;
    if (!endsMessage) return;
    const hasLength = this.#receivedBytes === expected.payloadBytes;
    if (this.#isReply && hasLength) this.replies++;
    else if (this.replies > 0 || (hasLength && opcode === expected.opcode))
      throw wrongReply(expected, { opcode, byteCount: this.#receivedBytes });
    else this.greetings++;
    this.#isReply = true;
    this.#receivedBytes = 0;
  }

  handlePing(payload: Uint8Array): void {
    this.#source.send(pongFor(payload));
  }

  handleClose(payload: Uint8Array): void {
    throw closedByServer(payload);
  }
}
