import { type BrokerSink, HubError, type Position, type Publication, type Retention } from 'ieum/hub';

import type { ExchangeConnection } from './exchange-connection.js';
import type { Followed } from './exchange-reply.js';

/** The topics that a worker follows, and how far it has got with each. */
export class TopicFollowing {
  readonly #connection: ExchangeConnection;
  readonly #sink: BrokerSink;
  readonly #topics = new Map<string, FollowedTopic>();

  constructor(connection: ExchangeConnection, sink: BrokerSink) {
    this.#connection = connection;
    this.#sink = sink;
  }

  follow(name: string, retention: Retention): Promise<Position | null> {
    const topic = this.#topics.get(name) ?? { name, retention, position: null, isHeard: false };
    topic.retention = retention;
    this.#topics.set(name, topic);
    return new Promise((resolve, reject) => {
      this.#ask(topic, null, (outcome) => {
        if (!(outcome instanceof HubError)) {
          topic.isHeard = true;
          topic.position = outcome.position;
          resolve(outcome.position);
          return;
        }
        if (!topic.isHeard && topic.position === null) this.#forget(topic);
        reject(outcome);
      });
    });
  }

  unfollow(name: string): void {
    if (this.#topics.delete(name)) this.#connection.tell({ type: 'unfollow', topic: name });
  }

  /** What comes for a topic between `unfollow` and the answer to the next `follow` was published before. */
  handlePublication(publication: Publication): void {
    const topic = this.#topics.get(publication.topic);
    if (topic?.isHeard) this.#give(topic, publication);
  }

  /** Nothing is heard until `resume`. */
  handleDown(): void {
    for (const topic of this.#topics.values()) topic.isHeard = false;
  }

  /** Gives what was missed, or tells of gaps. @returns whether that was possible */
  async resume(): Promise<boolean> {
    const rest = this.#topics.values();
    const lanes = Array.from({ length: resumedAtOnce }, async () => {
      let isComplete = true;
      for (const topic of rest) isComplete = (await this.#resume(topic)) && isComplete;
      return isComplete;
    });
    return (await Promise.all(lanes)).every((isComplete) => isComplete);
  }

  async #resume(topic: FollowedTopic): Promise<boolean> {
    let state: Followed['state'] | 'failed' = 'behind';
    while (state === 'behind' && this.#topics.get(topic.name) === topic) {
      state = await new Promise((resolve) => {
        this.#ask(topic, topic.position, (outcome) => {
          if (!(outcome instanceof HubError)) this.#handleResumed(topic, outcome);
          resolve(outcome instanceof HubError ? 'failed' : outcome.state);
        });
      });
    }
    return state !== 'failed';
  }

  #handleResumed(topic: FollowedTopic, { state, position, missed }: Followed): void {
    if (this.#topics.get(topic.name) !== topic) return;
    topic.isHeard = state !== 'behind';
    const isGap = state === 'gap' || topic.position === null;
    for (const publication of missed) this.#give(topic, publication);
    if (!isGap) return;
    topic.position = position;
    this.#sink.handleGap(topic.name, position);
  }

  #give(topic: FollowedTopic, publication: Publication): void {
    if (publication.position !== null) topic.position = publication.position;
    this.#sink.handlePublication(publication);
  }

  #ask(
    { name, retention }: FollowedTopic,
    since: Position | null,
    handle: (outcome: Followed | HubError) => void,
  ): void {
    this.#connection.ask({ type: 'follow', topic: name, retention, since }, (outcome) => {
      if (outcome instanceof HubError) handle(outcome);
      else if (outcome.type === 'followed') handle(outcome);
    });
  }

  #forget(topic: FollowedTopic): void {
    if (this.#topics.get(topic.name) === topic) this.#topics.delete(topic.name);
  }
}

interface FollowedTopic {
  readonly name: string;
  retention: Retention;
  /** What was given to the sink last; null without history. */
  position: Position | null;
  /** Whether what comes is wanted. */
  isHeard: boolean;
}

/** Topics that are caught up with side by side. */
const resumedAtOnce = 16;
