import type { Broker, BrokerSink, MemberChange, PublicationDraft, Retention } from 'ieum/hub';

/**
 * A broker as if it were far away: its answers come late, and so does what it says by itself, in its own order. Either may
 * come before the other.
 */
export class DistantBroker implements Broker {
  readonly #broker: Broker;
  /** How many turns of the event loop the next answer takes. */
  readonly #turns: () => number;
  #said: Promise<void> = Promise.resolve();

  constructor(broker: Broker, turns: () => number) {
    this.#broker = broker;
    this.#turns = turns;
  }

  get isReady(): boolean {
    return this.#broker.isReady;
  }

  open(sink: BrokerSink): Promise<void> {
    return this.#broker.open({
      handlePublication: (...said) => this.#say(() => sink.handlePublication(...said)),
      handlePatternPublication: (...said) => this.#say(() => sink.handlePatternPublication(...said)),
      handleGap: (...said) => this.#say(() => sink.handleGap(...said)),
      handlePatternGap: () => this.#say(() => sink.handlePatternGap()),
      handleMemberChanges: (...said) => this.#say(() => sink.handleMemberChanges(...said)),
      handleMembers: (...said) => this.#say(() => sink.handleMembers(...said)),
      handleReadiness: (...said) => this.#say(() => sink.handleReadiness(...said)),
    });
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

  #say(what: () => void): void {
    const wait = this.#wait();
    this.#said = this.#said.then(() => wait).then(what);
  }

  async #wait(): Promise<void> {
    for (let left = this.#turns(); left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  }

  async #late<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const settled = await answer.then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    await this.#wait();
    return settled();
  }
}
