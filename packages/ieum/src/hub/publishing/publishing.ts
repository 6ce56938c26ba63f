import type { Clock } from '../../channel/clock.js';

import type { Broker, Receipt, Retention } from '../broker.js';
import { HubError } from '../hub-error.js';
import type { FanOut, HubObserver } from '../hub-observer.js';
import type { Position } from '../position.js';
import type { PublicationDraft } from '../publication.js';
import { type FanOutWatch, nobody } from './fan-out-watch.js';
import type { PublicationBacklog } from './publication-backlog.js';

/** What became of a publication; the counts are of subscribers of this hub, not of others on the same broker. */
export interface PublishResult extends FanOut {
  /** Where it stands; null on a topic without history. */
  readonly position: Position | null;
  /** It was published before: nothing was sent. */
  readonly isDuplicate: boolean;
}

/** What publishing needs of the hub. */
export interface PublishingOwner {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly observer: HubObserver;
  /** Null: what cannot be published now is refused. */
  readonly backlog: PublicationBacklog | null;
  /** Where the fan-outs of a topic can be watched: nowhere when nobody here has subscribed to it. */
  watchesOf(topic: string): readonly FanOutWatch[];
}

/** Publishes drafts, and finds out what became of them here. */
export class Publishing {
  readonly #owner: PublishingOwner;
  #drafts = 0;

  constructor(owner: PublishingOwner) {
    this.#owner = owner;
  }

  /** Rejects with HubError `ERR_HUB_UNAVAILABLE`: it may have been published all the same, and can be again with the same key. */
  async publish(draft: PublicationDraft, retention: Retention): Promise<PublishResult> {
    const { observer } = this.#owner;
    const { topic, payload } = draft;
    const end = observer.startOperation?.({ type: 'publish', topic, payloadBytes: payload.byteLength });
    const watches = this.#owner.watchesOf(topic);
    for (const watch of watches) watch.begin(draft.id);
    try {
      const { position, isDuplicate: wasKnown } = await this.#send(draft, retention);
      // Without a key, or when it came here, the broker knew this very draft: it was sent again because an answer was lost.
      const isDuplicate = wasKnown && draft.key !== null && !watches.some((watch) => watch.hasSeen(draft.id));
      const fanOut = isDuplicate ? nobody : await this.#fanOutOf(draft.id, watches);
      end?.();
      return { position, isDuplicate, ...fanOut };
    } catch (error) {
      end?.(error);
      throw error;
    } finally {
      for (const watch of watches) watch.end(draft.id);
    }
  }

  async #send(draft: PublicationDraft, retention: Retention): Promise<Receipt> {
    const { broker, backlog } = this.#owner;
    const number = this.#drafts++;
    if (backlog !== null && !(broker.isReady && backlog.isEmpty)) {
      return backlog.publish(draft, retention, number);
    }
    if (!broker.isReady) throw new HubError('ERR_HUB_UNAVAILABLE', 'the broker cannot be reached');
    try {
      return await broker.publish(draft, retention);
    } catch (error) {
      const isAway = error instanceof HubError && error.code === 'ERR_HUB_UNAVAILABLE';
      if (backlog === null || !isAway) throw error;
      return backlog.publish(draft, retention, number);
    }
  }

  async #fanOutOf(id: string, watches: readonly FanOutWatch[]): Promise<FanOut> {
    let sum = nobody;
    for (const watch of watches) {
      const result = watch.result(id);
      const fanOut = result instanceof Promise ? await this.#inTime(result) : result;
      sum = {
        delivered: sum.delivered + fanOut.delivered,
        queued: sum.queued + fanOut.queued,
        dropped: sum.dropped + fanOut.dropped,
      };
    }
    return sum;
  }

  /** It is published; that it takes long to come back is no reason to wait for ever. */
  #inTime(result: Promise<FanOut>): Promise<FanOut> {
    return new Promise((resolve) => {
      const cancel = this.#owner.clock.setTimer(() => resolve(nobody), maxReturnMs);
      void result.then((fanOut) => {
        cancel();
        resolve(fanOut);
      });
    });
  }
}

const maxReturnMs = 5_000;
