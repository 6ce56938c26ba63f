import { encodePacket, type PacketType } from '../../codecs/engineio/index.js';
import { type PreparedMessage, prepareMessage } from '../../core/outgoing.js';

/** A packet that is sent, encoded for each transport when first asked for: one serves a whole fan-out. */
export class OutgoingPacket {
  readonly type: PacketType;
  readonly data: string | Uint8Array;
  #message: PreparedMessage | null = null;
  #text: string | null = null;

  constructor(type: 'message', data: string | Uint8Array);
  constructor(type: PacketType, data?: string);
  constructor(type: PacketType, data: string | Uint8Array = '') {
    this.type = type;
    this.data = data;
  }

  /** As a WebSocket message: bytes as they are, everything else as text. */
  get message(): PreparedMessage {
    this.#message ??= prepareMessage(typeof this.data === 'string' ? this.text : this.data);
    return this.#message;
  }

  /** As text: what polling sends. */
  get text(): string {
    this.#text ??=
      typeof this.data === 'string'
        ? encodePacket({ type: this.type as 'noop', data: this.data })
        : encodePacket({ type: 'message', data: this.data });
    return this.#text;
  }

  /** How much of a queue it takes, about. */
  get byteLength(): number {
    return typeof this.data === 'string' ? this.data.length : this.data.byteLength;
  }
}
