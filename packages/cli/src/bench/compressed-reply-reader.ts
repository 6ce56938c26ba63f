import type { KnownReplies } from './known-replies.js';
import { LoadFailure } from './load-failure.js';
import { MessageInflater } from './message-inflater.js';
import { closedByServer, wrongReply } from './reply-failure.js';
import type { ReplySource } from './reply-reader.js';
import { pongFor, type ServerFrameHandlers, ServerFrames } from './server-frames.js';

/** What the replies on one connection with compression are read with. */
export interface CompressedReplySource extends ReplySource {
  /** Whether what the server compresses refers to what it sent before. */
  readonly serverKeepsContext: boolean;
  /** Shared by all connections. */
  readonly known: KnownReplies;
  /** A reply was not compressed. */
  readonly handlePlainReply: () => void;
}

/**
 * Holds what arrives on one connection with `permessage-deflate` against the replies that must, to the last byte, and counts
 * them.
 *
 * The first reply is always inflated, and all others are where the server's compression goes on from message to message.
 * Where it does not, a reply with the very bytes that were found right before is right.
 */
export class CompressedReplyReader implements ServerFrameHandlers {
  /** Replies that are complete. */
  replies = 0;
  readonly #source: CompressedReplySource;
  readonly #frames: ServerFrames;
  readonly #inflater: MessageInflater;
  /** Of a message that came in several pieces. */
  #pieces: Buffer[] = [];

  constructor(source: CompressedReplySource) {
    this.#source = source;
    this.#frames = new ServerFrames(this, { areCompressed: true });
    const { payloadBytes } = source.expected;
    this.#inflater = new MessageInflater({
      keepsContext: source.serverKeepsContext,
      usualBytes: payloadBytes,
      maxBytes: Math.max(payloadBytes, maxGreetingBytes) + 1,
    });
  }

  /**
   * Takes bytes `[start, end)` of the read buffer.
   *
   * @returns how many replies they completed
   * @throws LoadFailure for a wrong reply, a broken rule, a Close frame
   */
  receive(start: number, end: number): number {
    const before = this.replies;
    this.#frames.receive(this.#source.readBuffer.subarray(start, end));
    return this.replies - before;
  }

  handlePayload(piece: Uint8Array, opcode: number, endsMessage: boolean): void {
    const bytes = piece as Buffer;
    if (!endsMessage) {
      this.#pieces.push(Buffer.from(bytes));
      return;
    }
    if (this.#pieces.length === 0) {
      this.#receiveMessage(bytes, opcode);
      return;
    }
    const payload = Buffer.concat([...this.#pieces, bytes]);
    this.#pieces = [];
    this.#receiveMessage(payload, opcode);
  }

  handlePing(payload: Uint8Array): void {
    this.#source.send(pongFor(payload));
  }

  handleClose(payload: Uint8Array): void {
    throw closedByServer(payload);
  }

  #receiveMessage(payload: Buffer, opcode: number): void {
    const { expected, known, serverKeepsContext, handlePlainReply } = this.#source;
    const place = this.replies % expected.frameCount;
    const isCompressed = this.#frames.isMessageCompressed;
    const canBeKnown = isCompressed && !serverKeepsContext && opcode === expected.opcode;
    if (canBeKnown && this.replies > 0 && known.has(place, payload)) {
      this.replies++;
      return;
    }
    const message = isCompressed ? this.#inflate(payload) : payload;
    if (!this.#takeReply(message, opcode)) return;
    if (canBeKnown) known.learn(place, payload);
    if (!isCompressed) handlePlainReply();
  }

  #inflate(payload: Buffer): Buffer {
    const message = this.#inflater.inflate(payload);
    if (message === null) throw new LoadFailure('a wrong reply: it cannot be inflated, or to far too much');
    return message;
  }

  /** False for a message that came before the first reply and is none. */
  #takeReply(message: Buffer, opcode: number): boolean {
    const { expected } = this.#source;
    const hasShape = opcode === expected.opcode && message.length === expected.payloadBytes;
    if (hasShape && expected.matchesPayload(this.replies, 0, message)) {
      this.replies++;
      return true;
    }
    if (hasShape || this.replies > 0) throw wrongReply(expected, { opcode, byteCount: message.length });
    return false;
  }
}

/** Of messages that a server may send before its first reply. */
const maxGreetingBytes = 1024 * 1024;
