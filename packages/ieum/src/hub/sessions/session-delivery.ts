import type { Subscriber } from '../subscriber.js';
import type { Subscription, SubscriptionOwner } from './subscription.js';

/** What a session's deliveries ask of it. */
export interface DeliveryOwner {
  closeSlow(): void;
  handleClosed(subscription: Subscription): void;
}

/** Delivers to one client: knows whether there is room, and who waits for it. */
export class SessionDelivery implements SubscriptionOwner {
  readonly subscriber: Subscriber;
  readonly #owner: DeliveryOwner;
  /** Promises of the send queue that have not settled. */
  #congestions = 0;
  #resumable = new Set<Subscription>();
  #waiting: (() => void)[] = [];

  constructor(subscriber: Subscriber, owner: DeliveryOwner) {
    this.subscriber = subscriber;
    this.#owner = owner;
  }

  get isCongested(): boolean {
    return this.#congestions > 0;
  }

  handleCongestion(room: Promise<unknown>): void {
    this.#congestions++;
    const settle = () => {
      this.#congestions--;
      if (this.#congestions === 0) this.#handleRoom();
    };
    room.then(settle, settle);
  }

  resumeLater(subscription: Subscription): void {
    if (this.isCongested) this.#resumable.add(subscription);
    else subscription.resume();
  }

  whenRoom(): Promise<void> {
    if (!this.isCongested) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  closeSlow(): void {
    this.#owner.closeSlow();
  }

  handleClosed(subscription: Subscription): void {
    this.#resumable.delete(subscription);
    this.#owner.handleClosed(subscription);
  }

  /** The session is closed: nobody need wait. */
  close(): void {
    this.#resumable.clear();
    this.#settleWaiting();
  }

  #handleRoom(): void {
    this.#settleWaiting();
    const resumable = this.#resumable;
    this.#resumable = new Set();
    for (const subscription of resumable) this.resumeLater(subscription);
  }

  #settleWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
