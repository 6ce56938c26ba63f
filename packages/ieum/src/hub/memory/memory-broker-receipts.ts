import type { Position } from '../position.js';

/** Remembers for a while what was published under a name, so that it is published once. Bounded. */
export class MemoryReceipts {
  readonly #maxNames: number;
  /** In the order in which they came, which is about that in which they are forgotten. */
  readonly #receipts = new Map<string, MemoryReceipt>();
  /** What comes after the oldest: a new iterator would pass all that was deleted each time. */
  #rest = this.#receipts.entries();
  #oldest: readonly [name: string, receipt: MemoryReceipt] | null = null;

  /** @param maxNames beyond so many the oldest is forgotten before its time */
  constructor(maxNames: number) {
    this.#maxNames = maxNames;
  }

  get size(): number {
    return this.#receipts.size;
  }

  find(name: string, now: number): MemoryReceipt | undefined {
    const receipt = this.#receipts.get(name);
    return receipt === undefined || receipt.expiresAt <= now ? undefined : receipt;
  }

  /** Also forgets what is old: a little each time, so that no call does much. */
  remember(name: string, receipt: MemoryReceipt, now: number): void {
    this.#receipts.delete(name);
    this.#receipts.set(name, receipt);
    for (let rest = forgottenAtOnce; rest > 0; rest--) {
      const oldest = this.#findOldest();
      if (oldest === null || (oldest[1].expiresAt > now && this.#receipts.size <= this.#maxNames)) return;
      this.#receipts.delete(oldest[0]);
    }
  }

  /** Forgets all that is old. */
  expire(now: number): void {
    for (const [name, { expiresAt }] of this.#receipts) {
      if (expiresAt <= now) this.#receipts.delete(name);
    }
  }

  clear(): void {
    this.#receipts.clear();
  }

  #findOldest(): readonly [name: string, receipt: MemoryReceipt] | null {
    const known = this.#oldest;
    if (known !== null && this.#receipts.get(known[0]) === known[1]) return known;
    const { value, done } = this.#rest.next();
    if (done === true) this.#rest = this.#receipts.entries();
    this.#oldest = value ?? null;
    return this.#oldest;
  }
}

export interface MemoryReceipt {
  readonly position: Position | null;
  readonly expiresAt: number;
}

const forgottenAtOnce = 3;
