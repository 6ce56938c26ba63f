import { Buffer } from 'node:buffer';

import { encodeMessages, quoteMessage } from '../../codecs/sockjs/index.js';
import { UsageError } from '../../core/errors.js';
import { BinaryMessage, type Message, TextMessage } from '../../core/message.js';
import { isMessage, type Outgoing, PreparedMessage, prepareMessage, viewBytes } from '../../core/outgoing.js';

/** Makes of messages what SockJS carries, which is text; a prepared message is encoded once for all who get it. */
export class MessageQuoter {
  readonly #binaryMessages: 'refuse' | 'base64';
  readonly #quoted = new WeakMap<PreparedMessage, string>();
  readonly #frames = new WeakMap<PreparedMessage, PreparedMessage>();

  constructor(binaryMessages: 'refuse' | 'base64') {
    this.#binaryMessages = binaryMessages;
  }

  /** A message as a string of JSON. @throws UsageError `ERR_WS_INVALID_DATA` for what cannot be sent */
  quote(data: Outgoing): string {
    if (!(data instanceof PreparedMessage)) return quoteMessage(this.#textOf(data));
    const known = this.#quoted.get(data);
    if (known !== undefined) return known;
    const quoted = quoteMessage(this.#textOf(data));
    this.#quoted.set(data, quoted);
    return quoted;
  }

  /** A frame with one message, to be sent over WebSocket. @throws UsageError `ERR_WS_INVALID_DATA` */
  frame(data: Outgoing): Outgoing {
    if (!(data instanceof PreparedMessage)) return encodeMessages([this.quote(data)]);
    const known = this.#frames.get(data);
    if (known !== undefined) return known;
    const frame = prepareMessage(encodeMessages([quoteMessage(this.#textOf(data))]), {
      compress: data.isCompressible,
    });
    this.#frames.set(data, frame);
    return frame;
  }

  /** The message that a client sent as a text. */
  messageOf(text: string): Message {
    if (this.#binaryMessages === 'base64' && text.length % 4 === 1 && base64.test(text)) {
      return new BinaryMessage(Buffer.from(text.slice(1), 'base64'));
    }
    return TextMessage.of(text);
  }

  #textOf(data: Outgoing): string {
    if (typeof data === 'string') return data;
    if (data instanceof PreparedMessage) {
      return data.type === 'text' ? utf8(data.bytes) : this.#binaryText(data.bytes);
    }
    if (isMessage(data)) return data.type === 'text' ? data.data : this.#binaryText(data.data);
    return this.#binaryText(viewBytes(data));
  }

  #binaryText(bytes: Uint8Array): string {
    if (this.#binaryMessages === 'refuse') {
      throw new UsageError('ERR_WS_INVALID_DATA', 'SockJS carries no binary messages: send text');
    }
    const { buffer, byteOffset, byteLength } = bytes;
    return `b${Buffer.from(buffer, byteOffset, byteLength).toString('base64')}`;
  }
}

function utf8({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8');
}

/** The letter, and groups of four. */
const base64 = /^b[A-Za-z0-9+/]*={0,2}$/;
