import type { MessageExtension } from './extension.js';
import type { FrameDecoder } from './frame-decoder.js';
import { GrowingBuffer } from './growing-buffer.js';
import { BinaryMessage, type Message, TextMessage } from './message.js';
import { Opcode } from './opcode.js';
import { isValidUtf8, Utf8Validator } from './utf8.js';
import { type Violation, violation } from './violation.js';

export interface MessageLimits {
  readonly maxMessageBytes: number;
  readonly maxFragments: number;
}

/**
 * Puts messages together from data frames (RFC 6455 §5.4). Limits are checked when a frame's header arrives, before
 * its payload is kept; text is validated piece by piece, and fails at the first wrong byte.
 */
export class MessageAssembler {
  #opcode: number = Opcode.Continuation;
  /** Whether the extension encoded this message: then its text is validated once decoded. */
  #encoded = false;
  #fragments = 0;
  /** Payload bytes up to the end of the frame at hand. */
  #messageBytes = 0;
  #gathered: GrowingBuffer | null = null;
  #utf8: Utf8Validator | null = null;
  #decoding: Promise<void> | null = null;
  #decoded: Message | Violation | null = null;

  /** Not null while a message is decoded that takes time: no piece may be given meanwhile. */
  get decoding(): Promise<void> | null {
    return this.#decoding;
  }

  /** What that came to, once. */
  takeDecoded(): Message | Violation | null {
    const decoded = this.#decoded;
    this.#decoded = null;
    return decoded;
  }

  /** Whether a message has begun and not ended. */
  get insideMessage(): boolean {
    return this.#opcode !== Opcode.Continuation;
  }

  /** Whether it keeps nothing: the next piece may be another connection's. */
  get isAtRest(): boolean {
    return this.#opcode === Opcode.Continuation && this.#decoding === null && this.#decoded === null;
  }

  /**
   * Takes the decoder's piece of a data frame: gives the message it completes, the rule it breaks, or null.
   *
   * @param limits the same for all pieces of a message, as is `extension`
   */
  receive(
    frame: FrameDecoder,
    limits: MessageLimits,
    extension: MessageExtension | null,
  ): Message | Violation | null {
    if (frame.beginsFrame) {
      const isAlone = frame.fin && !this.insideMessage && frame.isFrameComplete();
      if (isAlone && frame.rsv === 0) return receiveWhole(frame, limits);
      const excess = this.#beginFrame(frame, limits);
      if (excess !== null) return excess;
      if (isAlone) return this.#finish(frame.payload, limits, extension);
    }
    if (!this.#gather(frame)) return violation('ERR_WS_INVALID_UTF8');
    if (!frame.fin || !frame.isFrameComplete()) return null;
    return this.#finishGathered(limits, extension);
  }

  #beginFrame(frame: FrameDecoder, limits: MessageLimits): Violation | null {
    if (!this.insideMessage) {
      this.#opcode = frame.opcode;
      this.#encoded = frame.rsv !== 0;
      this.#fragments = 0;
    }
    this.#fragments++;
    this.#messageBytes = (this.#gathered?.length ?? 0) + frame.payloadLength;
    const { maxMessageBytes } = limits;
    const most = this.#encoded ? maxEncodedBytes(maxMessageBytes) : maxMessageBytes;
    if (this.#messageBytes > most) return violation('ERR_WS_MESSAGE_TOO_BIG');
    if (this.#fragments > limits.maxFragments) return violation('ERR_WS_TOO_MANY_FRAGMENTS');
    return null;
  }

  /** False when the text cannot be valid any more. */
  #gather(frame: FrameDecoder): boolean {
    if (this.#opcode === Opcode.Text && !this.#encoded) {
      this.#utf8 ??= new Utf8Validator();
      if (!this.#utf8.receive(frame.payload)) return false;
    }
    this.#gathered ??= new GrowingBuffer();
    this.#gathered.append(frame.payload, this.#messageBytes);
    return true;
  }

  #finishGathered(limits: MessageLimits, extension: MessageExtension | null): Message | Violation | null {
    const payload = this.#gathered?.take() ?? empty;
    const isCut = this.#utf8?.isComplete() === false;
    this.#gathered = null;
    this.#utf8 = null;
    return isCut ? violation('ERR_WS_INVALID_UTF8') : this.#finish(payload, limits, extension);
  }

  #finish(
    payload: Uint8Array,
    limits: MessageLimits,
    extension: MessageExtension | null,
  ): Message | Violation | null {
    const isText = this.#opcode === Opcode.Text;
    this.#opcode = Opcode.Continuation;
    if (this.#encoded && extension !== null) return this.#decode(payload, isText, limits, extension);
    return isText ? new TextMessage(payload, this.#fragments) : new BinaryMessage(payload, this.#fragments);
  }

  #decode(
    payload: Uint8Array,
    isText: boolean,
    limits: MessageLimits,
    extension: MessageExtension,
  ): Message | Violation | null {
    const decoded = extension.decodeMessage(payload, limits.maxMessageBytes);
    if (!(decoded instanceof Promise)) return this.#toMessage(decoded, isText);
    this.#decoding = decoded.then((result) => {
      this.#decoding = null;
      this.#decoded = this.#toMessage(result, isText);
    });
    return null;
  }

  #toMessage(decoded: Uint8Array | Violation, isText: boolean): Message | Violation {
    if (!(decoded instanceof Uint8Array)) return decoded;
    if (!isText) return new BinaryMessage(decoded, this.#fragments);
    return isValidUtf8(decoded)
      ? new TextMessage(decoded, this.#fragments)
      : violation('ERR_WS_INVALID_UTF8');
  }
}

/** A message in one frame that arrived in one chunk, as most do: nothing is copied, and nothing has to be remembered. */
function receiveWhole({ opcode, payload }: FrameDecoder, limits: MessageLimits): Message | Violation {
  if (payload.length > limits.maxMessageBytes) return violation('ERR_WS_MESSAGE_TOO_BIG');
  if (opcode !== Opcode.Text) return new BinaryMessage(payload, 1);
  return isValidUtf8(payload) ? new TextMessage(payload, 1) : violation('ERR_WS_INVALID_UTF8');
}

/** What cannot be compressed comes out a little larger when it is: DEFLATE adds an eighth at most, and a few bytes. */
function maxEncodedBytes(maxMessageBytes: number): number {
  return maxMessageBytes + Math.ceil(maxMessageBytes / 8) + 64;
}

const empty = new Uint8Array(0);
