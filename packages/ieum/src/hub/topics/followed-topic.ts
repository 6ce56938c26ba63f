import type { Clock } from '../../channel/clock.js';

import type { Broker, HistoryPage } from '../broker.js';
import type { FanOut, HubObserver } from '../hub-observer.js';
import { isAfter, type Position } from '../position.js';
import type { Publication } from '../publication.js';
import { FanOutWatch } from '../publishing/fan-out-watch.js';
import type { Subscription, SubscriptionSource } from '../sessions/subscription.js';
import type { Gap } from '../subscriber.js';
import type { CompletePolicy } from '../topic-policy.js';
import { Lingering } from './lingering.js';

/** What topics and patterns share of their hub. */
export interface TopicOwner {
  readonly broker: Broker;
  readonly clock: Clock;
  readonly observer: HubObserver;
  readonly lingerMs: number;
  reportError(error: unknown): void;
}

/** A topic that somebody at this hub subscribes to: where it stands, and who is told. */
export class FollowedTopic {
  readonly name: string;
  readonly policy: CompletePolicy<never>;
  /** Own publications that are on their way back from the broker. */
  readonly watch: FanOutWatch = new FanOutWatch();
  readonly #owner: TopicOwner;
  readonly #subscriptions = new Set<Subscription>();
  readonly #lingering: Lingering;
  readonly #ready: Promise<void>;
  #last: Position | null = null;
  /** Where it moved before it was known where it stood. Null from then on. */
  #early: { readonly type: 'publication' | 'gap'; readonly position: Position | null }[] | null = [];
  #moved: (() => void)[] = [];

  /** @param handleUnneeded called when nobody has needed it for a while */
  constructor(
    name: string,
    policy: CompletePolicy<never>,
    owner: TopicOwner,
    handleUnneeded: (topic: FollowedTopic) => void,
  ) {
    this.name = name;
    this.policy = policy;
    this.#owner = owner;
    this.#lingering = new Lingering(owner.clock, owner.lingerMs, () => handleUnneeded(this));
    this.#ready = this.#follow();
  }

  /** Where it stands: publications up to here were given to subscribers. Null without history. */
  get last(): Position | null {
    return this.#last;
  }

  /** Whether what is published comes here. */
  get isFollowed(): boolean {
    return this.#early === null;
  }

  get subscriptions(): ReadonlySet<Subscription> {
    return this.#subscriptions;
  }

  /** Keeps it, and resolves when it is followed. Rejects with `ERR_HUB_UNAVAILABLE`. Call `release` once for each call. */
  hold(): Promise<void> {
    this.#lingering.hold();
    return this.#ready;
  }

  release(): void {
    this.#lingering.release();
  }

  /** Gives a subscription what comes from now on. */
  add(subscription: Subscription): void {
    this.#subscriptions.add(subscription);
  }

  delete(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
  }

  /** What a subscription with its snapshots taken for `snapshot` needs of the topic. */
  sourceFor(takeSnapshot: () => unknown): SubscriptionSource {
    const topic = this;
    return {
      name: this.name,
      isPattern: false,
      policy: this.policy,
      get last() {
        return topic.last;
      },
      history: (since, limit) => this.history(since, limit),
      whenMoved: () => this.#whenMoved(),
      snapshot: () => this.#snapshot(takeSnapshot),
      reportDelay: (outcome) => reportDelay(this.#owner.observer, this.policy, outcome),
      reportRecovery: (outcome, publications) => this.#owner.observer.handleRecovery?.(outcome, publications),
    };
  }

  history(since: Position, limit: number = firstPage): Promise<HistoryPage> {
    return this.#owner.broker.history(this.name, this.policy.retention, { since, limit });
  }

  /** Gives what was published to all subscribers. */
  handlePublication(publication: Publication): void {
    const { position } = publication;
    this.#early?.push({ type: 'publication', position });
    if (position !== null) this.#last = position;
    const fanOut = fanOutTo(this.#subscriptions, publication);
    this.#owner.observer.handleFanOut?.(this.name, publication.payload.byteLength, fanOut);
    this.watch.handle(publication.id, fanOut);
    this.#handleMoved();
  }

  handleGap(position: Position | null): void {
    const isSameEpoch = position === null || position.epoch === this.#last?.epoch;
    const reason: Gap['reason'] = isSameEpoch ? 'broker' : 'epoch';
    this.#early?.push({ type: 'gap', position });
    this.#last = position;
    for (const subscription of this.#subscriptions) subscription.handleGap(reason, position);
    this.watch.abandon();
    this.#handleMoved();
  }

  /** It is not followed any more. */
  close(): void {
    this.#lingering.cancel();
    this.#owner.broker.unfollow(this.name);
    this.watch.abandon();
    this.#handleMoved();
  }

  async #follow(): Promise<void> {
    const position = await this.#owner.broker.follow(this.name, this.policy.retention);
    this.#last = position;
    for (const moved of this.#early ?? []) {
      // What is older came late, from a time when the topic was followed before.
      const isNewer = moved.type === 'gap' || position === null || isLater(moved.position, this.#last);
      if (isNewer) this.#last = moved.position;
    }
    this.#early = null;
  }

  async #snapshot(takeSnapshot: () => unknown): Promise<unknown> {
    try {
      return await takeSnapshot();
    } catch (error) {
      this.#owner.reportError(error);
      return undefined;
    }
  }

  #whenMoved(): Promise<void> {
    return new Promise((resolve) => {
      this.#moved.push(resolve);
      if (this.#moved.length > 1) return;
      this.#owner.clock.setTimer(() => this.#handleMoved(), lookAgainMs);
    });
  }

  #handleMoved(): void {
    if (this.#moved.length === 0) return;
    const waiting = this.#moved;
    this.#moved = [];
    for (const resolve of waiting) resolve();
  }
}

function isLater(position: Position | null, than: Position | null): boolean {
  return position !== null && than !== null && isAfter(position, than);
}

/** Gives a publication to subscriptions. */
export function fanOutTo(subscriptions: Iterable<Subscription>, publication: Publication): FanOut {
  let delivered = 0;
  let queued = 0;
  let dropped = 0;
  for (const subscription of subscriptions) {
    const delivery = subscription.deliver(publication);
    if (delivery === 'delivered') delivered++;
    else if (delivery === 'queued') queued++;
    else dropped++;
  }
  return { delivered, queued, dropped };
}

export function reportDelay(
  observer: HubObserver,
  policy: CompletePolicy<never>,
  outcome: 'dropped' | 'closed',
): void {
  observer.handleSlowReader?.(policy.slowReader, outcome === 'dropped' ? 1 : 0);
}

/** Publications that are read at first for those who come back. */
const firstPage = 256;
const lookAgainMs = 100;
