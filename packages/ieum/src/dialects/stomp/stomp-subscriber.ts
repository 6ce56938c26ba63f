import type { SendResult } from '../../channel/send-queue.js';
import type { Publication } from '../../hub/publication.js';
import type {
  Gap,
  OutgoingRequest,
  SessionClose,
  Subscriber,
  SubscriptionEnd,
  SubscriptionFace,
} from '../../hub/subscriber.js';

import { isReserved } from './destination.js';
import { type Refusal, refusal } from './refusal.js';
import type { StompSubscription } from './stomp-subscription.js';

/** What a subscriber needs of its connection. */
export interface SubscriberOwner {
  refuse(refusal: Refusal): void;
  /** The client was asked what it cannot be asked. */
  refuseRequest(id: number): void;
  handleClose(close: SessionClose): void;
  report(error: unknown): void;
}

/** Tells the client what the hub has for it. */
export class StompSubscriber implements Subscriber {
  readonly #owner: SubscriberOwner;

  constructor(owner: SubscriberOwner) {
    this.#owner = owner;
  }

  handlePublication(publication: Publication, face: SubscriptionFace): SendResult | Promise<SendResult> {
    const { topic, isPattern } = face;
    if (isPattern && isReserved(publication.topic) && !isReserved(topic)) return 'written';
    try {
      const subscription = subscriptionOf(face);
      return subscription.accepts(publication) ? subscription.deliver(publication) : 'written';
    } catch (error) {
      this.#owner.report(error);
      return 'dropped';
    }
  }

  handleGap(gap: Gap, face: SubscriptionFace): void {
    subscriptionOf(face).deliverGap(gap, face);
  }

  /** Nobody can ask for it. */
  handlePresence(): void {}

  /** STOMP has no word for the end of one subscription. */
  handleEnd({ code }: SubscriptionEnd, face: SubscriptionFace): void {
    this.#owner.refuse(refusal(code, `the subscription to ${subscriptionOf(face).destination} has ended`));
  }

  /** STOMP has no word for it. */
  handleExpiring(): void {}

  handleRequest({ id }: OutgoingRequest): void {
    this.#owner.refuseRequest(id);
  }

  handleCancel(): void {}

  handleClose(close: SessionClose): void {
    this.#owner.handleClose(close);
  }
}

/** What a subscription of this dialect was made with. */
function subscriptionOf({ tag }: SubscriptionFace): StompSubscription {
  return tag as StompSubscription;
}
