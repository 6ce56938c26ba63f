import type { Broker, BrokerSink, MemberChange, PublicationDraft, Retention } from 'ieum/hub';

/** A broker as if it were far away: its answers come late, and what is published meanwhile comes before them. */
export class DistantBroker implements Broker {
  readonly #broker: Broker;
  /** How many turns of the event loop the next answer takes. */
  readonly #turns: () => number;

  constructor(broker: Broker, turns: () => number) {
    this.#broker = broker;
    this.#turns = turns;
  }

  get isReady(): boolean {
    return this.#broker.isReady;
  }

  open(sink: BrokerSink): ReturnType<Broker['open']> {
    return this.#broker.open(sink);
  }

  publish(draft: PublicationDraft, retention: Retention): ReturnType<Broker['publish']> {
    return this.#late(this.#broker.publish(draft, retention));
  }

  follow(topic: string, retention: Retention): ReturnType<Broker['follow']> {
    return this.#late(this.#broker.follow(topic, retention));
  }

  unfollow(topic: string): void {
    this.#broker.unfollow(topic);
  }

  followPattern(pattern: string): Promise<void> {
    return this.#late(this.#broker.followPattern(pattern));
  }

  unfollowPattern(pattern: string): void {
    this.#broker.unfollowPattern(pattern);
  }

  history(...request: Parameters<Broker['history']>): ReturnType<Broker['history']> {
    return this.#late(this.#broker.history(...request));
  }

  changeMembers(topic: string, changes: readonly MemberChange[]): Promise<void> {
    return this.#late(this.#broker.changeMembers(topic, changes));
  }

  followMembers(topic: string): ReturnType<Broker['followMembers']> {
    return this.#late(this.#broker.followMembers(topic));
  }

  unfollowMembers(topic: string): void {
    this.#broker.unfollowMembers(topic);
  }

  members(topic: string): ReturnType<Broker['members']> {
    return this.#late(this.#broker.members(topic));
  }

  close(): Promise<void> {
    return this.#broker.close();
  }

  async #late<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const settled = await answer.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    for (let left = this.#turns(); left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
    return settled();
  }
}
