import { Buffer } from 'node:buffer';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';

import type { ExtensionOffer, ExtensionParam } from 'ieum/core';

import type { Breaks } from './sloppy-switches.js';

/** What was agreed on, as the sloppy peer has it. */
export interface SloppyTerms {
  readonly ownTakeover: boolean;
  readonly otherTakeover: boolean;
  readonly ownBits: number;
  readonly otherBits: number;
}

/** permessage-deflate of the sloppy peers. */
export class SloppyDeflate {
  readonly #terms: SloppyTerms;
  readonly #breaks: Breaks;
  #sent: Buffer = Buffer.alloc(0);
  #received: Buffer = Buffer.alloc(0);

  constructor(terms: SloppyTerms, breaks: Breaks) {
    this.#terms = terms;
    this.#breaks = breaks;
  }

  encode(payload: Buffer): Buffer {
    const { ownTakeover, ownBits } = this.#terms;
    const keeps = ownTakeover || this.#breaks.has('keeps-window-in-spite');
    const bits = this.#breaks.has('exceeds-window') ? 15 : ownBits;
    const dictionary = this.#sent.length === 0 ? {} : { dictionary: this.#sent };
    const options = { windowBits: Math.max(9, bits), finishFlush: constants.Z_SYNC_FLUSH, ...dictionary };
    if (keeps) this.#sent = lastOf(this.#sent, payload, bits);
    if (payload.length === 0) return Buffer.from([0]);
    const bytes = deflateRawSync(payload, options);
    return this.#breaks.has('keeps-deflate-tail') ? bytes : bytes.subarray(0, -4);
  }

  /** A number is the close code of a failure. */
  decode(payload: Buffer): Buffer | number {
    const { otherTakeover } = this.#terms;
    const isTrusting = this.#breaks.has('accepts-truncated-deflate');
    let rest = Buffer.concat([payload, isTrusting ? ending.subarray(0, 4) : ending]);
    let window = this.#received;
    const parts: Buffer[] = [];
    try {
      while (rest.length > 0) {
        const dictionary = window.length === 0 ? {} : { dictionary: window };
        const limit = { maxOutputLength: maxInflatedBytes, info: true };
        const flush = isTrusting ? { finishFlush: constants.Z_SYNC_FLUSH } : {};
        const result: unknown = inflateRawSync(rest, { ...limit, ...dictionary, ...flush });
        const { buffer, engine } = result as { buffer: Buffer; engine: { bytesWritten: number } };
        parts.push(buffer);
        window = lastOf(window, buffer, 15);
        rest = rest.subarray(engine.bytesWritten || rest.length);
        if (this.#breaks.has('stops-at-final-block')) break;
      }
    } catch (error) {
      const isTooBig = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      if (isTooBig) return this.#breaks.has('wrong-code-for-bombs') ? 1002 : 1009;
      if (this.#breaks.has('accepts-invalid-deflate')) return Buffer.concat(parts);
      return this.#breaks.has('wrong-code-for-invalid-deflate') ? 1002 : 1007;
    }
    if (otherTakeover && !this.#breaks.has('forgets-window')) this.#received = window;
    return Buffer.concat(parts);
  }
}

/** What a server takes of the offers: its answer and the terms; null when it declines all. */
export function chooseOffer(
  offers: readonly ExtensionOffer[],
  breaks: Breaks,
): { answer: string; terms: SloppyTerms } | null {
  for (const offer of offers) {
    if (offer.name !== 'permessage-deflate' || !areSound(offer.params, breaks)) continue;
    const params = new Map<string, string | true>(offer.params);
    const ownBits = Number(params.get('server_max_window_bits') ?? 15);
    const asked = params.get('client_max_window_bits');
    const answer = [
      'permessage-deflate',
      ...(params.has('server_no_context_takeover') && !breaks.has('answers-without-no-takeover')
        ? ['server_no_context_takeover']
        : []),
      ...(params.has('client_no_context_takeover') ? ['client_no_context_takeover'] : []),
      ...(params.has('server_max_window_bits') && !breaks.has('answers-without-bits')
        ? [`server_max_window_bits=${ownBits}`]
        : []),
      ...(typeof asked === 'string' ? [`client_max_window_bits=${asked}`] : []),
      ...(breaks.has('answers-client-bits-unasked') && asked === undefined
        ? ['client_max_window_bits=15']
        : []),
      ...(breaks.has('answers-unknown-parameter') ? ['x_unknown'] : []),
    ].join('; ');
    return { answer, terms: termsOf(params, Number(typeof asked === 'string' ? asked : 15)) };
  }
  return null;
}

/** The terms for a client, from the answer to its offer of `client_max_window_bits`; null when the answer is wrong. */
export function readAnswer(answers: readonly ExtensionOffer[], breaks: Breaks): SloppyTerms | null {
  const [answer] = answers;
  const isAlone = answers.length === 1 || breaks.has('accepts-more-extensions');
  if (answer?.name !== 'permessage-deflate' || !isAlone) return null;
  const params = new Map<string, string | true>(answer.params);
  const hasBits = params.get('client_max_window_bits') !== true || breaks.has('accepts-bits-without-value');
  if (!areSound(answer.params, breaks) || !hasBits) return null;
  const { ownTakeover, otherTakeover, ownBits, otherBits } = termsOf(params, bitsOf(params));
  return { ownTakeover: otherTakeover, otherTakeover: ownTakeover, ownBits: otherBits, otherBits: ownBits };
}

function bitsOf(params: ReadonlyMap<string, string | true>): number {
  const bits = params.get('client_max_window_bits');
  return typeof bits === 'string' ? Number(bits) : 15;
}

function termsOf(params: ReadonlyMap<string, string | true>, otherBits: number): SloppyTerms {
  return {
    ownTakeover: !params.has('server_no_context_takeover'),
    otherTakeover: !params.has('client_no_context_takeover'),
    ownBits: Number(params.get('server_max_window_bits') ?? 15),
    otherBits,
  };
}

function areSound(params: readonly ExtensionParam[], breaks: Breaks): boolean {
  const names = params.map(([name]) => name);
  if (new Set(names).size !== names.length && !breaks.has('accepts-repeated-parameters')) return false;
  return params.every(([name, value]) => {
    if (name.endsWith('_no_context_takeover') && name.length === 26) {
      return value === true || breaks.has('accepts-flag-values');
    }
    if (!name.endsWith('_max_window_bits') || name.length !== 22)
      return breaks.has('accepts-unknown-parameters');
    if (value === true) return name.startsWith('client');
    return breaks.has('accepts-any-bits') ? Number(value) >= 0 : /^(?:[89]|1[0-5])$/.test(value);
  });
}

function lastOf(before: Buffer, added: Buffer, bits: number): Buffer {
  const size = 2 ** bits;
  return added.length >= size
    ? Buffer.from(added.subarray(-size))
    : Buffer.concat([before, added]).subarray(-size);
}

/** The bytes that were taken off, and a final empty block: it is only found when what comes before is whole. */
const ending = Buffer.from([0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]);
const maxInflatedBytes = 64 * 1024 ** 2;
