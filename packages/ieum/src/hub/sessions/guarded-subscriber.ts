import type { SendResult } from '../../channel/send-queue.js';

import type { Publication } from '../publication.js';
import type {
  Gap,
  OutgoingRequest,
  PresenceChange,
  SessionClose,
  Subscriber,
  SubscriptionEnd,
  SubscriptionFace,
} from '../subscriber.js';

/** A subscriber whose failures stay its own: nothing of it throws, and whoever owns it is told what it threw. */
export class GuardedSubscriber implements Subscriber {
  readonly #subscriber: Subscriber;
  readonly #handleFailure: (error: unknown) => void;

  /** @param handleFailure the client may have missed something: its session must end */
  constructor(subscriber: Subscriber, handleFailure: (error: unknown) => void) {
    this.#subscriber = subscriber;
    this.#handleFailure = handleFailure;
  }

  handlePublication(
    publication: Publication,
    subscription: SubscriptionFace,
  ): SendResult | Promise<SendResult> {
    try {
      return this.#subscriber.handlePublication(publication, subscription);
    } catch (error) {
      this.#handleFailure(error);
      return 'closed';
    }
  }

  handleGap(gap: Gap, subscription: SubscriptionFace): void {
    this.#guard(() => this.#subscriber.handleGap(gap, subscription));
  }

  handlePresence(change: PresenceChange, subscription: SubscriptionFace): void {
    this.#guard(() => this.#subscriber.handlePresence(change, subscription));
  }

  handleEnd(reason: SubscriptionEnd, subscription: SubscriptionFace): void {
    this.#guard(() => this.#subscriber.handleEnd(reason, subscription));
  }

  handleExpiring(inMs: number): void {
    this.#guard(() => this.#subscriber.handleExpiring(inMs));
  }

  handleRequest(request: OutgoingRequest): void {
    this.#guard(() => this.#subscriber.handleRequest(request));
  }

  handleCancel(id: number): void {
    this.#guard(() => this.#subscriber.handleCancel(id));
  }

  handleClose(close: SessionClose): void {
    this.#guard(() => this.#subscriber.handleClose(close));
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#handleFailure(error);
    }
  }
}
