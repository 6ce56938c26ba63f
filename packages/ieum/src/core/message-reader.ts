import type { FrameContexts } from './connection-options.js';
import { ControlAssembler } from './control-assembler.js';
import type { MessageExtension } from './extension.js';
import { DecodeStep, FrameDecoder } from './frame-decoder.js';
import type { Message } from './message.js';
import { MessageAssembler, type MessageLimits } from './message-assembler.js';
import { isControlOpcode } from './opcode.js';
import { Spares } from './spares.js';
import type { Violation } from './violation.js';

/** A whole control frame (RFC 6455 §5.5). */
export interface ControlFrame {
  readonly type: 'control';
  readonly opcode: number;
  readonly payload: Uint8Array;
}

/** What a connection's peer is held to. */
export interface ReadingRules {
  readonly limits: MessageLimits;
  readonly contexts: FrameContexts;
  readonly extension: MessageExtension | null;
}

/**
 * Turns bytes into messages and control frames, and keeps what is half there: a frame that is cut, a message of which fragments
 * are missing. One that is at rest keeps nothing, and can read for any connection.
 */
export class MessageReader {
  readonly #decoder = new FrameDecoder();
  readonly #assembler = new MessageAssembler();
  readonly #control = new ControlAssembler();

  /** Takes the next bytes: lent until `next` gives null, or `keep` is called. */
  receive(chunk: Uint8Array, byteLength: number): void {
    this.#decoder.receive(chunk, byteLength);
  }

  /** Copies what is left of the bytes that were lent. */
  keep(): void {
    this.#decoder.keep();
  }

  /** Not null while a message is decoded off the event loop: `next` gives null until then. Never rejects. */
  get decoding(): Promise<void> | null {
    return this.#assembler.decoding;
  }

  /** Whether nothing is half there. */
  get isAtRest(): boolean {
    return this.#decoder.isAtRest && this.#assembler.isAtRest;
  }

  /** What comes next, or null when that is not here yet. After a violation there is no next. */
  next(rules: ReadingRules): Message | ControlFrame | Violation | null {
    const decoder = this.#decoder;
    const assembler = this.#assembler;
    const { betweenMessages, insideMessage } = rules.contexts;
    while (assembler.decoding === null) {
      const decoded = assembler.takeDecoded();
      if (decoded !== null) return decoded;
      const step = decoder.step(assembler.insideMessage ? insideMessage : betweenMessages);
      if (step === DecodeStep.Incomplete) return null;
      if (step === DecodeStep.Violation) return decoder.violation;
      const read = isControlOpcode(decoder.opcode)
        ? this.#readControl(decoder)
        : assembler.receive(decoder, rules.limits, rules.extension);
      if (read !== null) return read;
    }
    return null;
  }

  #readControl(decoder: FrameDecoder): ControlFrame | null {
    const payload = this.#control.receive(decoder);
    return payload === null ? null : { type: 'control', opcode: decoder.opcode, payload };
  }
}

/** For the next connection that something arrives on; more than one are in use where a handler makes another one read. */
export const spareReaders: Spares<MessageReader> = new Spares(() => new MessageReader(), 8);
