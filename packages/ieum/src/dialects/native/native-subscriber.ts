import type { SendResult } from '../../channel/send-queue.js';
import { HubError } from '../../hub/hub-error.js';
import type { Publication } from '../../hub/publication.js';
import type {
  Gap,
  OutgoingRequest,
  PresenceChange,
  SessionClose,
  Subscriber,
  SubscriptionEnd,
  SubscriptionFace,
} from '../../hub/subscriber.js';

import type { NativeSubscriptions } from './native-subscriptions.js';
import type { Outbox } from './outbox.js';
import { encodeDelivery } from './publication-message.js';

/** What a subscriber needs of its connection. */
export interface SubscriberOwner {
  /** A request to the client could not be sent. */
  handleUnsendable(id: number, error: HubError): void;
  handleClose(close: SessionClose): void;
}

/** Tells the client what the hub has for it. */
export class NativeSubscriber implements Subscriber {
  readonly #outbox: Outbox;
  readonly #subscriptions: NativeSubscriptions;
  readonly #owner: SubscriberOwner;

  constructor(outbox: Outbox, subscriptions: NativeSubscriptions, owner: SubscriberOwner) {
    this.#outbox = outbox;
    this.#subscriptions = subscriptions;
    this.#owner = owner;
  }

  handlePublication(
    publication: Publication,
    subscription: SubscriptionFace,
  ): SendResult | Promise<SendResult> {
    if (!this.#subscriptions.admits(publication, subscription)) return 'written';
    try {
      return this.#outbox.sendPrepared(publication.encodedBy(encodeDelivery));
    } catch (error) {
      this.#outbox.report(error);
      return 'dropped';
    }
  }

  handleGap(gap: Gap, subscription: SubscriptionFace): void {
    if (!this.#subscriptions.admitsGap(gap, subscription)) return;
    const { reason, position, missed, snapshot } = gap;
    const told = { type: 'gap', topic: subscription.topic, reason, position, missed } as const;
    if (snapshot !== undefined && this.#outbox.send({ ...told, snapshot }) !== 'dropped') return;
    this.#outbox.send(told);
  }

  handlePresence(change: PresenceChange, subscription: SubscriptionFace): void {
    this.#subscriptions.handlePresence(change, subscription);
  }

  handleEnd({ code }: SubscriptionEnd, subscription: SubscriptionFace): void {
    if (!this.#subscriptions.handleEnd(subscription)) return;
    this.#outbox.send({ type: 'ended', topic: subscription.topic, code });
  }

  handleExpiring(inMs: number): void {
    this.#outbox.send({ type: 'expiring', inMs: Math.max(0, inMs) });
  }

  handleRequest({ id, method, data }: OutgoingRequest): void {
    const result = this.#outbox.send({ type: 'request', id, method, data });
    if (result !== 'dropped') return;
    this.#owner.handleUnsendable(id, new HubError('ERR_HUB_INVALID_DATA', 'JSON cannot hold the request'));
  }

  handleCancel(id: number): void {
    this.#outbox.send({ type: 'cancel', id });
  }

  handleClose(close: SessionClose): void {
    this.#owner.handleClose(close);
  }
}
