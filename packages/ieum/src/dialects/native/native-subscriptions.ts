import { HubError } from '../../hub/hub-error.js';
import type { Position } from '../../hub/position.js';
import type { Publication } from '../../hub/publication.js';
import type { Session } from '../../hub/session.js';
import type { Gap, PresenceChange, Subscribed, SubscriptionFace } from '../../hub/subscriber.js';
import { isPattern } from '../../hub/topic-name.js';

import type { Outbox } from './outbox.js';
import { OverlapFilter } from './overlap-filter.js';

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
    const entry: Entry = { topic, subscription: null, held: [] };
    this.#entries.set(topic, entry);
    try {
      const subscription = await session.subscribe(
        topic,
        { since, presence, tag: entry },
        (subscribed, opened) => {
          if (this.#isWanted(opened)) this.#handleOpened(id, entry, subscribed, opened);
        },
      );
      if (entry.subscription !== null) return;
      subscription.close();
      await this.#outbox.refuse(id, new HubError('ERR_HUB_CANCELLED', 'the client unsubscribed before'));
    } catch (error) {
      if (this.#entries.get(topic) === entry) this.#entries.delete(topic);
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
    this.#entries.delete(topic);
    if (entry.subscription !== null) {
      entry.subscription.close();
      this.#handleGone(topic);
    }
    return this.#outbox.send({ type: 'unsubscribed', id });
  }

  /** Whether a publication that a subscription delivers has not reached the client by another. */
  admits(publication: Publication, subscription: SubscriptionFace): boolean {
    if (!this.#isWanted(subscription)) return false;
    return subscription.isPattern
      ? this.#overlap.admitsByPattern(publication)
      : this.#overlap.admitsByTopic(publication);
  }

  /** Whether the client is to be told of a gap: it has not unsubscribed meanwhile. */
  admitsGap({ position }: Gap, subscription: SubscriptionFace): boolean {
    if (!this.#isWanted(subscription)) return false;
    if (!subscription.isPattern) this.#overlap.handleGap(subscription.topic, position);
    return true;
  }

  /** Tells of a change, behind the answer to the one who asked for it. */
  handlePresence(change: PresenceChange, subscription: SubscriptionFace): void {
    if (!this.#isWanted(subscription)) return;
    const entry = subscription.tag as Entry;
    if (entry.subscription === null) entry.held.push(change);
    else this.#sendPresence(entry.topic, change);
  }

  /** The hub ended a subscription. False when the client had ended it before. */
  handleEnd(subscription: SubscriptionFace): boolean {
    if (!this.#isWanted(subscription)) return false;
    this.#entries.delete(subscription.topic);
    this.#handleGone(subscription.topic);
    return true;
  }

  #isWanted({ topic, tag }: SubscriptionFace): boolean {
    return this.#entries.get(topic) === tag;
  }

  #handleOpened(id: number, entry: Entry, subscribed: Subscribed, subscription: ClosableSubscription): void {
    const { topic } = entry;
    entry.subscription = subscription;
    const { position, recovery, members } = subscribed;
    if (isPattern(topic)) this.#overlap.openPattern(topic);
    else this.#overlap.openTopic(topic, position);
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
  /** Null until it is open. */
  subscription: ClosableSubscription | null;
  /** Changes that came before. */
  readonly held: PresenceChange[];
}
