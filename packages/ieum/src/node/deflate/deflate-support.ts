import type { DeflateCodec } from '../../core/deflate/deflate-codec.js';
import {
  type DeflateTerms,
  grantDeflate,
  offerDeflate,
  permessageDeflate,
  readDeflateAnswer,
} from '../../core/deflate/deflate-parameters.js';
import { PermessageDeflate } from '../../core/deflate/permessage-deflate.js';
import type { MessageExtension } from '../../core/extension.js';
import type { ExtensionOffer } from '../../core/handshake/extension-list.js';

import type { DeflateSettings } from './deflate-options.js';
import { KeptCodec } from './kept-codec.js';
import { MemoryBudget } from './memory-budget.js';
import { ZlibCodec } from './zlib-codec.js';

/** An extension that a server grants, and what its answer says of it. */
export interface ExtensionGrant {
  readonly answer: ExtensionOffer;
  readonly extension: MessageExtension;
}

/** `permessage-deflate` for all connections that share settings. */
export class DeflateSupport {
  /** What a client offers. */
  readonly offer: ExtensionOffer;
  readonly #settings: DeflateSettings;
  readonly #codec: DeflateCodec;

  constructor(settings: DeflateSettings) {
    this.#settings = settings;
    this.offer = offerDeflate(settings);
    this.#codec = codecFor(settings);
  }

  /**
   * Whether there is memory for what a server may make of the offer. Clients that connect at the same time all find it
   * there: together they may take more.
   */
  get canOffer(): boolean {
    const { maxMemoryBytes } = this.#settings;
    return budget.has(windowBytes(termsOfOffer(this.#settings)), maxMemoryBytes);
  }

  /** What a server grants of the offers; null for nothing, because none can be granted or memory is short. */
  grant(offers: readonly ExtensionOffer[]): ExtensionGrant | null {
    const grant = grantDeflate(offers, this.#settings);
    if (grant === null) return null;
    const hasMemory = budget.has(windowBytes(grant.terms), this.#settings.maxMemoryBytes);
    return hasMemory ? { answer: grant.answer, extension: this.#open(grant.terms) } : null;
  }

  /** What a client makes of the answer to its offer; null when that breaks the rules. */
  accept(answer: ExtensionOffer): MessageExtension | null {
    const terms = answer.name === permessageDeflate ? readDeflateAnswer(answer, this.offer) : null;
    return terms === null ? null : this.#open(terms);
  }

  #open(terms: DeflateTerms): MessageExtension {
    budget.take(windowBytes(terms));
    return new PermessageDeflate(
      {
        codec: this.#codec,
        threshold: this.#settings.thresholdBytes,
        handleClosed: (closed) => budget.giveBack(windowBytes(closed)),
      },
      terms,
    );
  }
}

/** The costliest terms on which a client can find itself with its offer. */
function termsOfOffer(settings: DeflateSettings): DeflateTerms {
  return {
    sendNoContextTakeover: settings.clientNoContextTakeover,
    sendWindowBits: settings.clientMaxWindowBits,
    receiveNoContextTakeover: settings.serverNoContextTakeover,
    receiveWindowBits: settings.serverMaxWindowBits,
  };
}

/** What the windows of a connection take when they are full. */
function windowBytes(terms: DeflateTerms): number {
  const sent = terms.sendNoContextTakeover ? 0 : 2 ** terms.sendWindowBits;
  const received = terms.receiveNoContextTakeover ? 0 : 2 ** terms.receiveWindowBits;
  return 2 * (sent + received);
}

/** Each client has settings of its own, and an engine that is kept takes more memory than all else of a connection. */
function codecFor(settings: DeflateSettings): DeflateCodec {
  const { level, memoryLevel, zlibAccess } = settings;
  const key = `${level} ${memoryLevel} ${zlibAccess}`;
  const kept = codecs.get(key) ?? (zlibAccess === 'direct' ? KeptCodec.create(settings) : null);
  const codec = kept ?? new ZlibCodec(settings);
  codecs.set(key, codec);
  return codec;
}

/** Those of the process, by how they compress. */
const codecs = new Map<string, DeflateCodec>();
/** One for the process. */
const budget = new MemoryBudget();
