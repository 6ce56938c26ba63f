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
  readonly #limits: MessageLimits;
  readonly #extension: MessageExtension | null;
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

  constructor(limits: MessageLimits, extension: MessageExtension | null) {
    this.#limits = limits;
    this.#extension = extension;
  }

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

  /** Takes the decoder's piece of a data frame: gives the message it completes, the rule it breaks, or null. */
  receive(frame: FrameDecoder): Message | Violation | null {
    if (frame.beginsFrame) {
      const excess = this.#beginFrame(frame);
      if (excess !== null) return excess;
      if (frame.fin && this.#fragments === 1 && frame.isFrameComplete())
        return this.#finishWhole(frame.payload);
    }
    return this.#gather(frame);
  }

  #beginFrame(frame: FrameDecoder): Violation | null {
    if (!this.insideMessage) {
      this.#opcode = frame.opcode;
      this.#encoded = frame.rsv !== 0;
      this.#fragments = 0;
    }
    this.#fragments++;
    this.#messageBytes = (this.#gathered?.length ?? 0) + frame.payloadLength;
    const { maxMessageBytes } = this.#limits;
    const most = this.#encoded ? maxEncodedBytes(maxMessageBytes) : maxMessageBytes;
    if (this.#messageBytes > most) return violation('ERR_WS_MESSAGE_TOO_BIG');
    if (this.#fragments > this.#limits.maxFragments) return violation('ERR_WS_TOO_MANY_FRAGMENTS');
    return null;
  }

  /** A message in one frame that arrived in one chunk: nothing is copied. */
  #finishWhole(payload: Uint8Array): Message | Violation | null {
    if (this.#opcode === Opcode.Text && !this.#encoded && !isValidUtf8(payload)) {
      return violation('ERR_WS_INVALID_UTF8');
    }
    return this.#finish(payload);
  }

  #gather(frame: FrameDecoder): Message | Violation | null {
    if (this.#opcode === Opcode.Text && !this.#encoded) {
      this.#utf8 ??= new Utf8Validator();
      if (!this.#utf8.receive(frame.payload)) return violation('ERR_WS_INVALID_UTF8');
    }
    this.#gathered ??= new GrowingBuffer();
    this.#gathered.append(frame.payload, this.#messageBytes);
    if (!frame.fin || !frame.isFrameComplete()) return null;
    if (this.#utf8?.isComplete() === false) return violation('ERR_WS_INVALID_UTF8');
    return this.#finish(this.#gathered.take());
  }

  #finish(payload: Uint8Array): Message | Violation | null {
    const isText = this.#opcode === Opcode.Text;
    const encoded = this.#encoded;
    this.#opcode = Opcode.Continuation;
    this.#gathered = null;
    this.#utf8 = null;
    if (encoded && this.#extension !== null) return this.#decode(payload, isText, this.#extension);
    return isText ? new TextMessage(payload, this.#fragments) : new BinaryMessage(payload, this.#fragments);
  }

  #decode(payload: Uint8Array, isText: boolean, extension: MessageExtension): Message | Violation | null {
    const decoded = extension.decodeMessage(payload, this.#limits.maxMessageBytes);
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

/** What cannot be compressed comes out a little larger when it is: DEFLATE adds an eighth at most, and a few bytes. */
function maxEncodedBytes(maxMessageBytes: number): number {
  return maxMessageBytes + Math.ceil(maxMessageBytes / 8) + 64;
}
