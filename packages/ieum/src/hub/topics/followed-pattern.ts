import type { FanOut } from '../hub-observer.js';
import type { Publication } from '../publication.js';
import type { Subscription, SubscriptionSource } from '../sessions/subscription.js';
import type { CompletePolicy } from '../topic-policy.js';
import { fanOutTo, reportDelay, type TopicOwner } from './followed-topic.js';
import { Lingering } from './lingering.js';

/** A pattern that somebody at this hub subscribes to. It has no history: there is no one order over many topics. */
export class FollowedPattern {
  readonly name: string;
  readonly policy: CompletePolicy<never>;
  readonly #owner: TopicOwner;
  readonly #subscriptions = new Set<Subscription>();
  readonly #lingering: Lingering;
  readonly #ready: Promise<void>;
  #isFollowed = false;

  constructor(
    name: string,
    policy: CompletePolicy<never>,
    owner: TopicOwner,
    handleUnneeded: (pattern: FollowedPattern) => void,
  ) {
    this.name = name;
    this.policy = { ...policy, retention: { ...policy.retention, history: null }, snapshot: null };
    this.#owner = owner;
    this.#lingering = new Lingering(owner.clock, owner.lingerMs, () => handleUnneeded(this));
    this.#ready = this.#follow();
  }

  /** Whether what is published comes here. */
  get isFollowed(): boolean {
    return this.#isFollowed;
  }

  /** Keeps it, and resolves when it is followed. Rejects with `ERR_HUB_UNAVAILABLE`. Call `release` once for each call. */
  hold(): Promise<void> {
    this.#lingering.hold();
    return this.#ready;
  }

  release(): void {
    this.#lingering.release();
  }

  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
  }

  delete(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
  }

  get source(): SubscriptionSource {
    const { observer } = this.#owner;
    return {
      name: this.name,
      isPattern: true,
      policy: this.policy,
      last: null,
      history: () => Promise.reject(new Error('patterns have no history')),
      whenMoved: () => Promise.resolve(),
      snapshot: () => Promise.resolve(undefined),
      reportDelay: (outcome) => reportDelay(observer, this.policy, outcome),
      reportRecovery: (outcome, publications) => observer.handleRecovery?.(outcome, publications),
    };
  }

  handlePublication(publication: Publication): FanOut {
    return fanOutTo(this.#subscriptions, publication);
  }

  handleGap(): void {
    for (const subscription of this.#subscriptions) subscription.handleGap('broker', null);
  }

  close(): void {
    this.#lingering.cancel();
    this.#owner.broker.unfollowPattern(this.name);
  }

  async #follow(): Promise<void> {
    await this.#owner.broker.followPattern(this.name);
    this.#isFollowed = true;
  }
}
