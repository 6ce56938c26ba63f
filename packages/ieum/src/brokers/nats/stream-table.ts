import type { Subscription } from '@nats-io/transport-node';

import type { Retention } from '../../hub/broker.js';

import type { NatsLink } from './link.js';
import type { NatsSettings } from './nats-options.js';
import { classOf, classOfToken, type RetentionClass } from './retention-class.js';
import { TopicStream } from './topic-stream.js';

/** What streams tell their owner. */
export interface StreamHandlers {
  /** Another history began. */
  handleEpoch(stream: TopicStream): void;
  /** It is being looked at: it may not be the one that it was. */
  handleDoubt(stream: TopicStream): void;
  /** Another server leads the stream: what the one before did not publish again is lost on the way. */
  handleLeader(stream: TopicStream): void;
}

/** The streams that this node has to do with, one for each class of topics. */
export class StreamTable {
  readonly #settings: NatsSettings;
  readonly #link: NatsLink;
  readonly #handlers: StreamHandlers;
  readonly #streams = new Map<string, TopicStream>();
  #advisories: Subscription | null = null;

  constructor(settings: NatsSettings, link: NatsLink, handlers: StreamHandlers) {
    this.#settings = settings;
    this.#link = link;
    this.#handlers = handlers;
  }

  /** Listens to what the server says about streams. */
  async open(): Promise<void> {
    await this.#link.run(async ({ connection }) => {
      this.#advisories = connection.subscribe('$JS.EVENT.ADVISORY.STREAM.*.*', {
        callback: (error, message) => {
          if (error === null) this.#receiveAdvisory(message.subject);
        },
      });
    });
  }

  of(retention: Retention): TopicStream {
    return this.#streamOf(classOf(retention));
  }

  /** The stream of a token in a subject, null when it is none of ours. */
  ofToken(token: string): TopicStream | null {
    const known = this.#streams.get(token);
    if (known !== undefined) return known;
    const retention = classOfToken(token);
    return retention === null ? null : this.#streamOf(retention);
  }

  /** After the connection was away: whether the streams are still what they were. */
  async refresh(): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => stream.refresh()));
  }

  close(): void {
    this.#advisories?.unsubscribe();
  }

  #streamOf(retention: RetentionClass): TopicStream {
    let stream = this.#streams.get(retention.token);
    if (stream === undefined) {
      const handleEpoch = (changed: TopicStream) => this.#handlers.handleEpoch(changed);
      stream = new TopicStream(retention, this.#settings, this.#link, handleEpoch);
      this.#streams.set(retention.token, stream);
    }
    return stream;
  }

  #receiveAdvisory(subject: string): void {
    const [, , , , kind, name] = subject.split('.');
    for (const stream of this.#streams.values()) {
      if (stream.plan.name !== name || stream.epoch === '') continue;
      if (kind === 'LEADER_ELECTED') this.#handlers.handleLeader(stream);
      if (kind === 'DELETED' || kind === 'CREATED' || kind === 'UPDATED' || kind === 'RESTORE_COMPLETE') {
        // What fails is looked at again with the next operation, or when the connection is back.
        stream.refresh().catch(() => {});
        this.#handlers.handleDoubt(stream);
      }
    }
  }
}
