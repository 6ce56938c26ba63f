import { Buffer } from 'node:buffer';

import type { MessageExtension } from './extension.js';
import { finalFrame, opcodeOf } from './frame-encoder.js';
import type { Role } from './frame-header.js';
import type { FrameWriter } from './frame-writer.js';
import { Opcode } from './opcode.js';
import { isMessage, type Outgoing, PreparedMessage, viewBytes } from './outgoing.js';
import type { OutputBuffer } from './output-buffer.js';

type DataOpcode = typeof Opcode.Text | typeof Opcode.Binary;

/** What a sender needs to know of its connections. */
export interface SenderSettings {
  readonly role: Role;
  readonly writer: FrameWriter;
}

/** Turns messages into frames, by way of an extension. Without one, it can serve any number of connections. */
export class MessageSender {
  readonly #settings: SenderSettings;
  readonly #extension: MessageExtension | null;

  constructor(settings: SenderSettings, extension: MessageExtension | null) {
    this.#settings = settings;
    this.#extension = extension;
  }

  /** @throws UsageError `ERR_WS_INVALID_DATA` */
  send(output: OutputBuffer, data: Outgoing): void {
    if (typeof data === 'string') this.#sendText(output, data);
    else if (data instanceof PreparedMessage) this.#sendPrepared(output, data);
    else if (isMessage(data)) this.#sendBytes(output, opcodeOf(data.type), data.bytes);
    else this.#sendBytes(output, Opcode.Binary, viewBytes(data));
  }

  /** Whether a message should be encoded off the event loop. @throws UsageError `ERR_WS_INVALID_DATA` */
  encodesLater(data: Outgoing): boolean {
    const extension = this.#extension;
    if (extension === null) return false;
    if (typeof data === 'string') return data.length > 0 && extension.encodesLater(Buffer.byteLength(data));
    if (!(data instanceof PreparedMessage)) {
      return extension.encodesLater((isMessage(data) ? data.bytes : viewBytes(data)).length);
    }
    if (!data.isCompressible || !extension.encodesLater(data.bytes.length)) return false;
    return this.#sharedEncoding === null || !data.hasFrameIn(this.#sharedEncoding);
  }

  /** Encodes a message off the event loop, for `sendEncoded`. */
  async encodeLater(message: PreparedMessage): Promise<Uint8Array | null> {
    const extension = this.#extension;
    if (extension === null) return null;
    const shared = this.#sharedEncoding;
    const encode = () => extension.encodeMessageLater(message.bytes);
    return shared === null ? encode() : message.encodeOnce(shared, encode);
  }

  /** Sends a message as `encodeLater` encoded it. */
  sendEncoded(output: OutputBuffer, message: PreparedMessage, encoded: Uint8Array | null): void {
    const shared = this.#sharedEncoding;
    if (shared === null) this.#write(output, opcodeOf(message.type), message.bytes, encoded);
    else this.#writeFrame(output, this.#frameOf(message, shared, encoded));
  }

  sendControl(output: OutputBuffer, opcode: Opcode, payload: Uint8Array): void {
    this.#settings.writer.writeBytes(output, finalFrame(opcode), payload);
  }

  #sendText(output: OutputBuffer, text: string): void {
    if (this.#extension === null) this.#settings.writer.writeText(output, finalFrame(Opcode.Text), text);
    else this.#sendBytes(output, Opcode.Text, Buffer.from(text, 'utf8'));
  }

  #sendBytes(output: OutputBuffer, opcode: DataOpcode, bytes: Uint8Array): void {
    this.#write(output, opcode, bytes, this.#extension?.encodeMessage(bytes) ?? null);
  }

  #sendPrepared(output: OutputBuffer, message: PreparedMessage): void {
    const extension = message.isCompressible ? this.#extension : null;
    const shared = this.#sharedEncoding;
    if (this.#settings.role === 'server' && extension === null) this.#writeFrame(output, message.frame);
    else if (extension === null || shared === null) {
      const encoded = extension?.encodeMessage(message.bytes) ?? null;
      this.#write(output, opcodeOf(message.type), message.bytes, encoded);
    } else if (message.hasFrameIn(shared)) this.#writeFrame(output, this.#frameOf(message, shared, null));
    else this.#writeFrame(output, this.#frameOf(message, shared, extension.encodeMessage(message.bytes)));
  }

  /** How frames are encoded that other connections can use too; null for a client, whose frames are masked. */
  get #sharedEncoding(): string | null {
    return this.#settings.role === 'server' ? (this.#extension?.sharedEncoding ?? null) : null;
  }

  #frameOf(message: PreparedMessage, encoding: string, encoded: Uint8Array | null): Uint8Array {
    const rsv = this.#extension?.rsv ?? 0;
    return message.frameIn(encoding, encoded, rsv);
  }

  #writeFrame(output: OutputBuffer, frame: Uint8Array): void {
    this.#settings.writer.writeEncoded(output, frame);
  }

  #write(output: OutputBuffer, opcode: DataOpcode, bytes: Uint8Array, encoded: Uint8Array | null): void {
    const rsv = encoded === null ? 0 : this.#extension?.rsv;
    this.#settings.writer.writeBytes(output, finalFrame(opcode, rsv), encoded ?? bytes);
    if (encoded !== null) this.#extension?.handleSent(bytes);
  }
}
