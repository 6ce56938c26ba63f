import { HubError } from '../../hub/hub-error.js';
import type { Position } from '../../hub/position.js';
import type { Publication } from '../../hub/publication.js';
import type { Session } from '../../hub/sessions/session.js';
import type { Gap, PresenceChange, Subscribed, SubscriptionFace } from '../../hub/subscriber.js';
import { isPattern } from '../../hub/topic-name.js';

import type { Outbox } from './outbox.js';
import { OverlapFilter, type TopicShare } from './overlap-filter.js';

/** What a client asks for when it subscribes. */
export interface SubscribeOrder {
  readonly id: number;
  readonly topic: string;
  readonly since?: Position;
  readonly presence?: boolean;
}

/** The subscriptions of a connection: one for each topic or pattern, and no publication twice. */
export class NativeSubscriptions {
  readonly #outbox: Outbox;
  /** By what is subscribed to; those that are being made included. */
  readonly #entries = new Map<string, Entry>();
  readonly #overlap = new OverlapFilter();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** Subscribes, and answers. Never rejects. */
  async subscribe<User>(session: Session<User>, order: SubscribeOrder): Promise<void> {
    const { id, topic, since, presence = false } = order;
    if (this.#entries.has(topic)) {
      const problem = 'there is a subscription to it: unsubscribe first';
      await this.#outbox.refuse(id, new HubError('ERR_HUB_ALREADY_SUBSCRIBED', problem));
      return;
    }
    const entry: Entry = { topic, isWanted: true, subscription: null, share: null, held: [] };
    this.#entries.set(topic, entry);
    try {
      const subscription = await session.subscribe(
        topic,
        { since, presence, tag: entry },
        (subscribed, opened) => {
          if (entry.isWanted) this.#handleOpened(id, entry, subscribed, opened);
        },
      );
      if (entry.subscription !== null) return;
      subscription.close();
      await this.#outbox.refuse(id, new HubError('ERR_HUB_CANCELLED', 'the client unsubscribed before'));
    } catch (error) {
      if (entry.isWanted) this.#forget(entry);
      await this.#outbox.refuse(id, error);
    }
  }

  /** Unsubscribes at once, also from what is being subscribed to, and answers. */
  unsubscribe(id: number, topic: string): unknown {
    const entry = this.#entries.get(topic);
    if (entry === undefined) {
      return this.#outbox.refuse(
        id,
        new HubError('ERR_HUB_NOT_SUBSCRIBED', 'there is no subscription to it'),
      );
    }
    this.#forget(entry);
    if (entry.subscription !== null) {
      entry.subscription.close();
      this.#handleGone(topic);
    }
    return this.#outbox.send({ type: 'unsubscribed', id });
  }

  /** Whether a publication that a subscription delivers has not reached the client by another. */
  admits(publication: Publication, subscription: SubscriptionFace): boolean {
    const { isWanted, share } = entryOf(subscription);
    if (!isWanted) return false;
    return share === null ? this.#overlap.admitsByPattern(publication) : share.admits(publication);
  }

  /** Whether the client is to be told of a gap: it has not unsubscribed meanwhile. */
  admitsGap({ position }: Gap, subscription: SubscriptionFace): boolean {
    if (!entryOf(subscription).isWanted) return false;
    if (!subscription.isPattern) this.#overlap.handleGap(subscription.topic, position);
    return true;
  }

  /** Tells of a change, behind the answer to the one who asked for it. */
  handlePresence(change: PresenceChange, subscription: SubscriptionFace): void {
    const entry = entryOf(subscription);
    if (!entry.isWanted) return;
    if (entry.subscription === null) entry.held.push(change);
    else this.#sendPresence(entry.topic, change);
  }

  /** The hub ended a subscription. False when the client had ended it before. */
  handleEnd(subscription: SubscriptionFace): boolean {
    const entry = entryOf(subscription);
    if (!entry.isWanted) return false;
    this.#forget(entry);
    this.#handleGone(subscription.topic);
    return true;
  }

  #forget(entry: Entry): void {
    entry.isWanted = false;
    this.#entries.delete(entry.topic);
  }

  #handleOpened(id: number, entry: Entry, subscribed: Subscribed, subscription: ClosableSubscription): void {
    const { topic } = entry;
    entry.subscription = subscription;
    const { position, recovery, members } = subscribed;
    if (isPattern(topic)) this.#overlap.openPattern(topic);
    else entry.share = this.#overlap.openTopic(topic, position);
    this.#outbox.send({
      type: 'subscribed',
      id,
      position,
      recovery,
      ...(members === null ? {} : { members }),
    });
    for (const change of entry.held.splice(0)) this.#sendPresence(topic, change);
  }

  #sendPresence(topic: string, { joined, left }: PresenceChange): void {
    this.#outbox.send({ type: 'presence-changed', topic, joined, left });
  }

  /** What a topic's subscription had yet to deliver, and patterns left to it, nobody delivers now: the client is told. */
  #handleGone(topic: string): void {
    if (isPattern(topic)) {
      this.#overlap.closePattern(topic);
      return;
    }
    if (!this.#overlap.closeTopic(topic)) return;
    this.#outbox.send({ type: 'gap', topic, reason: 'slow-reader', position: null, missed: null });
  }
}

interface ClosableSubscription extends SubscriptionFace {
  close(): void;
}

interface Entry {
  readonly topic: string;
  /** Whether the client has not unsubscribed. */
  isWanted: boolean;
  /** Null until it is open. */
  subscription: ClosableSubscription | null;
  /** What of a topic is this subscription's to deliver. Null for a pattern, and until it is open. */
  share: TopicShare | null;
  /** Changes that came before. */
  readonly held: PresenceChange[];
}

/** What a subscription of this connection was made with. */
function entryOf({ tag }: SubscriptionFace): Entry {
  return tag as Entry;
}
