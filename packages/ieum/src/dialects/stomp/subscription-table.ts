import type { StompFrame } from '../../codecs/stomp/index.js';

import { type Refusal, refusal } from './refusal.js';
import type { StompSubscription } from './stomp-subscription.js';

/** The subscriptions of one client. */
export class SubscriptionTable {
  /** By what the client calls them; those without an id by their destination, behind a character that no id begins with. */
  readonly #subscriptions = new Map<string, StompSubscription>();
  readonly #bySerial = new Map<number, StompSubscription>();
  #lastSerial = 0;

  get size(): number {
    return this.#subscriptions.size;
  }

  nextSerial(): number {
    return ++this.#lastSerial;
  }

  has(id: string | null, destination: string): boolean {
    return this.#subscriptions.has(keyOf(id, destination));
  }

  add(subscription: StompSubscription): void {
    const { id, destination, serial } = subscription;
    this.#subscriptions.set(keyOf(id, destination), subscription);
    this.#bySerial.set(serial, subscription);
  }

  delete(subscription: StompSubscription): void {
    const { id, destination, serial } = subscription;
    this.#subscriptions.delete(keyOf(id, destination));
    this.#bySerial.delete(serial);
  }

  /** The one that an UNSUBSCRIBE means; null when there is none. */
  named({ headers }: StompFrame): StompSubscription | null {
    const key = keyOf(headers.get('id') ?? null, headers.get('destination') ?? '');
    return this.#subscriptions.get(key) ?? null;
  }

  /** Settles what an ACK or a NACK is about; what is settled already, or was a subscription's that has ended, is let be. */
  settle({ command, headers }: StompFrame): Refusal | null {
    const id = headers.get('id') ?? headers.get('message-id') ?? '';
    const [, serial, number] = /^(\d{1,15})-(\d{1,15})$/.exec(id) ?? [];
    if (Number(serial ?? 0) < 1 || Number(serial) > this.#lastSerial) return unknownMessage;
    const subscription = this.#bySerial.get(Number(serial));
    if (subscription === undefined) return null;
    const name = headers.get('subscription');
    if (name !== undefined && name !== subscription.id) return unknownMessage;
    return subscription.settle(Number(number), command === 'ACK') ? null : unknownMessage;
  }

  closeAll(): void {
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    this.#bySerial.clear();
    for (const subscription of subscriptions) subscription.close();
  }
}

const unknownMessage: Refusal = refusal(
  'ERR_STOMP_UNKNOWN_MESSAGE',
  'no such message was sent to be acknowledged',
);

function keyOf(id: string | null, destination: string): string {
  return id === null ? `d${destination}` : `i${id}`;
}
