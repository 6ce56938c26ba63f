import type { StompFrame } from '../../codecs/stomp/index.js';

import { type Refusal, refusal } from './refusal.js';

export interface TransactionLimits {
  readonly maxTransactions: number;
  /** Bytes of all frames that wait in a client's transactions. */
  readonly maxTransactionBytes: number;
}

/** What a client has begun and neither committed nor aborted: frames that wait. */
export class Transactions {
  readonly #limits: TransactionLimits;
  readonly #open = new Map<string, Transaction>();
  #bytes = 0;

  constructor(limits: TransactionLimits) {
    this.#limits = limits;
  }

  begin(name: string): Refusal | null {
    if (this.#open.has(name))
      return refusal('ERR_STOMP_ALREADY_IN_USE', 'there is such a transaction already');
    const { maxTransactions } = this.#limits;
    if (this.#open.size >= maxTransactions) {
      return refusal('ERR_STOMP_LIMIT', `there are no more than ${maxTransactions} transactions at once`);
    }
    this.#open.set(name, { frames: [], bytes: 0 });
    return null;
  }

  add(name: string, frame: StompFrame): Refusal | null {
    const transaction = this.#open.get(name);
    if (transaction === undefined) return unknown;
    const bytes = bytesOf(frame);
    if (this.#bytes + bytes > this.#limits.maxTransactionBytes) {
      return refusal('ERR_STOMP_LIMIT', 'more waits in transactions than may');
    }
    this.#bytes += bytes;
    transaction.bytes += bytes;
    transaction.frames.push(frame);
    return null;
  }

  /** Takes its frames, to be handled or forgotten; null when there is none of that name. */
  take(name: string): readonly StompFrame[] | null {
    const transaction = this.#open.get(name);
    if (transaction === undefined) return null;
    this.#open.delete(name);
    this.#bytes -= transaction.bytes;
    return transaction.frames;
  }
}

export const unknown: Refusal = refusal('ERR_STOMP_UNKNOWN_TRANSACTION', 'there is no such transaction');

interface Transaction {
  readonly frames: StompFrame[];
  bytes: number;
}

function bytesOf({ headers, body }: StompFrame): number {
  let bytes = body.byteLength + frameCharge;
  for (const [name, value] of headers) bytes += name.length + value.length;
  return bytes;
}

const frameCharge = 256;
