import { Buffer } from 'node:buffer';

/** A whole text message, validated as UTF-8. */
export class TextMessage {
  readonly type = 'text';
  /** The payload as it arrived. A view: the bytes behind it are not copied. */
  readonly bytes: Uint8Array;
  /** How many frames carried it. */
  readonly fragments: number;
  #text: string | undefined;

  constructor(bytes: Uint8Array, fragments = 1) {
    this.bytes = bytes;
    this.fragments = fragments;
  }

  /** The message that a text is, also one that UTF-8 cannot hold: `data` is the same text, `bytes` what is nearest to it. */
  static of(text: string): TextMessage {
    const message = new TextMessage(Buffer.from(text, 'utf8'));
    message.#text = text;
    return message;
  }

  /** The text, decoded when first asked for. */
  get data(): string {
    this.#text ??= decode(this.bytes);
    return this.#text;
  }

  /** Parses the text as JSON. Throws the platform's `SyntaxError` when it is none. */
  json(): unknown {
    return JSON.parse(this.data);
  }
}

/** A whole binary message. */
export class BinaryMessage {
  readonly type = 'binary';
  /** The payload as it arrived. A view: the bytes behind it are not copied. */
  readonly data: Uint8Array;
  /** How many frames carried it. */
  readonly fragments: number;

  constructor(bytes: Uint8Array, fragments = 1) {
    this.data = bytes;
    this.fragments = fragments;
  }

  /** The same as `data`, so that both kinds of message have their payload under one name. */
  get bytes(): Uint8Array {
    return this.data;
  }
}

/** A message from the peer: `type` tells whether `data` is a string or bytes. */
export type Message = TextMessage | BinaryMessage;

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
