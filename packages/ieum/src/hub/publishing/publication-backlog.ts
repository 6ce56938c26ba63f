import type { Clock } from '../../channel/clock.js';

import type { Broker, Receipt, Retention } from '../broker.js';
import { HubError } from '../hub-error.js';
import type { PublicationDraft } from '../publication.js';

export interface BacklogLimits {
  readonly maxBytes: number;
  readonly maxWaitMs: number;
}

/** Publications that wait for the broker to come back, in the order in which they were published, bounded in bytes and in time. */
export class PublicationBacklog {
  readonly #broker: Broker;
  readonly #clock: Clock;
  readonly #limits: BacklogLimits;
  #entries: Entry[] = [];
  #bytes = 0;
  #isSending = false;

  constructor(broker: Broker, clock: Clock, limits: BacklogLimits) {
    this.#broker = broker;
    this.#clock = clock;
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  /**
   * Keeps a draft until the broker has it. Rejects with `ERR_HUB_UNAVAILABLE` when it waits too long or too many do.
   *
   * @param number of two drafts the one with the smaller number goes first, whichever of them comes first
   */
  publish(draft: PublicationDraft, retention: Retention, number: number): Promise<Receipt> {
    const cost = draft.payload.byteLength + draftCharge;
    if (this.#bytes + cost > this.#limits.maxBytes) {
      return Promise.reject(unavailable('too much waits for the broker'));
    }
    this.#bytes += cost;
    return new Promise((resolve, reject) => {
      const entry: Entry = { draft, retention, number, cost, resolve, reject, cancel: () => undefined };
      entry.cancel = this.#clock.setTimer(
        () => this.#fail(entry, unavailable('the broker could not be reached in time')),
        this.#limits.maxWaitMs,
      );
      this.#entries.splice(this.#entries.findLastIndex((other) => other.number < number) + 1, 0, entry);
      if (this.#broker.isReady) void this.send();
    });
  }

  /** The broker can be reached: publishes what waits, one after the other. */
  async send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#broker.isReady) {
      const entry = this.#entries[0];
      if (entry === undefined) break;
      try {
        const receipt = await this.#broker.publish(entry.draft, entry.retention);
        if (this.#remove(entry)) entry.resolve(receipt);
      } catch (error) {
        const isAway = error instanceof HubError && error.code === 'ERR_HUB_UNAVAILABLE';
        if (!isAway) this.#fail(entry, error);
        else await this.#pause();
      }
    }
    this.#isSending = false;
  }

  /** Nothing is published any more. */
  close(): void {
    for (const entry of [...this.#entries]) this.#fail(entry, unavailable('the hub is closed'));
  }

  #fail(entry: Entry, error: unknown): void {
    if (this.#remove(entry)) entry.reject(error);
  }

  #remove(entry: Entry): boolean {
    const at = this.#entries.indexOf(entry);
    if (at === -1) return false;
    this.#entries.splice(at, 1);
    this.#bytes -= entry.cost;
    entry.cancel();
    return true;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimer(resolve, tryAgainMs);
    });
  }
}

interface Entry {
  readonly draft: PublicationDraft;
  readonly retention: Retention;
  readonly number: number;
  readonly cost: number;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: unknown) => void;
  cancel: () => void;
}

function unavailable(reason: string): HubError {
  return new HubError('ERR_HUB_UNAVAILABLE', `not published: ${reason}`);
}

/** What keeping a draft costs beside its payload, roughly, in bytes. */
const draftCharge = 512;
const tryAgainMs = 50;
