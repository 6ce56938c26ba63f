import type { MessageExtension } from '../extension.js';
import { type Violation, violation } from '../violation.js';

import type { DeflateCodec, InflateFailure } from './deflate-codec.js';
import { type DeflateTerms, permessageDeflate } from './deflate-parameters.js';
import { HistoryWindow } from './history-window.js';

export interface DeflateSettings {
  readonly codec: DeflateCodec;
  /** Messages with fewer bytes are sent as they are. */
  readonly threshold: number;
  /** A connection with these terms is over. */
  readonly handleClosed: (terms: DeflateTerms) => void;
}

/** `permessage-deflate` in force on one connection (RFC 7692 §7.2). */
export class PermessageDeflate implements MessageExtension {
  readonly name: string = permessageDeflate;
  /** RSV1. */
  readonly rsv = 4;
  readonly #settings: DeflateSettings;
  readonly #terms: DeflateTerms;
  readonly #sharedEncoding: string | null;
  /** Null where each message stands by itself. */
  readonly #sent: HistoryWindow | null;
  readonly #received: HistoryWindow | null;
  /** What may still be inflated at once before a message is inflated off the event loop, so that others get their turn. */
  #inlineCredit = mostInlineCredit;

  constructor(settings: DeflateSettings, terms: DeflateTerms) {
    this.#settings = settings;
    this.#terms = terms;
    this.#sent = terms.sendNoContextTakeover ? null : new HistoryWindow(terms.sendWindowBits);
    this.#received = terms.receiveNoContextTakeover ? null : new HistoryWindow(terms.receiveWindowBits);
    this.#sharedEncoding = terms.sendNoContextTakeover
      ? `deflate-${terms.sendWindowBits}-${settings.threshold}`
      : null;
  }

  get sharedEncoding(): string | null {
    return this.#sharedEncoding;
  }

  decodeMessage(
    payload: Uint8Array,
    maxBytes: number,
  ): Uint8Array | Violation | Promise<Uint8Array | Violation> {
    const { codec } = this.#settings;
    const dictionary = this.#received?.dictionary ?? null;
    if (payload.length <= largestInline && this.#inlineCredit > 0) {
      const inflated = codec.inflate(payload, dictionary, Math.min(maxBytes, largestInlineOutput));
      this.#inlineCredit -= inlineCharge + payload.length + inflated.length / 16;
      if (inflated !== 'too-big' || maxBytes <= largestInlineOutput) return this.#finishDecoding(inflated);
    }
    this.#inlineCredit = mostInlineCredit;
    return codec
      .inflateLater(payload, dictionary, maxBytes)
      .then((inflated) => this.#finishDecoding(inflated));
  }

  encodesLater(byteLength: number): boolean {
    return byteLength > largestInline && this.#compresses(byteLength);
  }

  encodeMessage(payload: Uint8Array): Uint8Array | null {
    if (!this.#compresses(payload.length)) return null;
    const { codec } = this.#settings;
    try {
      const deflated = codec.deflate(payload, this.#sent?.dictionary ?? null, this.#terms.sendWindowBits);
      return smaller(deflated, payload);
    } catch {
      return null;
    }
  }

  async encodeMessageLater(payload: Uint8Array): Promise<Uint8Array | null> {
    const { codec } = this.#settings;
    const dictionary = this.#sent?.dictionary ?? null;
    try {
      return smaller(await codec.deflateLater(payload, dictionary, this.#terms.sendWindowBits), payload);
    } catch {
      return null;
    }
  }

  handleSent(payload: Uint8Array): void {
    this.#sent?.append(payload);
  }

  close(): void {
    this.#settings.handleClosed(this.#terms);
  }

  /** A peer that allows a window of 8 bits only gets no compressed messages: zlib cannot make them. */
  #compresses(byteLength: number): boolean {
    return byteLength >= this.#settings.threshold && this.#terms.sendWindowBits > 8;
  }

  #finishDecoding(inflated: Uint8Array | InflateFailure): Uint8Array | Violation {
    if (inflated === 'too-big') return violation('ERR_WS_MESSAGE_TOO_BIG');
    if (inflated === 'invalid') return violation('ERR_WS_INVALID_PAYLOAD');
    this.#received?.append(inflated);
    return inflated;
  }
}

function smaller(deflated: Uint8Array, payload: Uint8Array): Uint8Array | null {
  return deflated.length < payload.length ? deflated : null;
}

/** Up to this many bytes a message is done with at once. */
const largestInline = 32 * 1024;
/** What comes out of them may have so many: larger ones are begun anew off the event loop. */
const largestInlineOutput = 256 * 1024;
/**
 * A peer may send many messages at once. Of the smallest about a thousand are inflated in a row, which takes some ten
 * milliseconds; a byte of input counts as much as 16 of output.
 */
const mostInlineCredit = 256 * 1024;
/** What a message costs beside its bytes. */
const inlineCharge = 256;
