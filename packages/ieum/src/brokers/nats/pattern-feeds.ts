import type { Msg, Subscription } from '@nats-io/transport-node';

import type { BrokerSink } from '../../hub/broker.js';

import type { NatsLink } from './link.js';
import { readLiveMessage } from './live-message.js';
import { publicationOf } from './message.js';
import { type Arrival, PatternOrder } from './pattern-order.js';
import { RecentSet } from './recent-set.js';
import { liveRootOf } from './stream-plan.js';
import type { StreamTable } from './stream-table.js';
import { subjectOf, topicOf } from './subject.js';
import type { TopicStream } from './topic-stream.js';

/**
 * The patterns that this node follows: a subscription for each, of topics of all classes. A message that several of them
 * match comes once for each, close together: the recent ones are remembered.
 */
export class PatternFeeds {
  readonly #prefix: string;
  readonly #link: NatsLink;
  readonly #streams: StreamTable;
  readonly #sink: BrokerSink;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #recent = new RecentSet(4_096);
  /** Messages of streams that are being looked at for the first time. */
  readonly #waiting = new Map<TopicStream, PatternArrival[]>();
  readonly #order: PatternOrder<PatternArrival>;

  constructor(prefix: string, link: NatsLink, streams: StreamTable, sink: BrokerSink) {
    this.#prefix = prefix;
    this.#link = link;
    this.#streams = streams;
    this.#sink = sink;
    this.#order = new PatternOrder({
      give: (arrival) => this.#give(arrival),
      handleLoss: () => this.#sink.handlePatternGap(),
      // If it is another stream, that is told; otherwise it is a late one, whose loss was told.
      handlePassed: ({ stream }) => stream.refresh().catch(() => {}),
    });
  }

  async follow(pattern: string): Promise<void> {
    if (!this.#subscriptions.has(pattern)) {
      const subject = subjectOf(liveRootOf(this.#prefix, '*'), pattern);
      const subscription = await this.#link.run(async ({ connection }) =>
        connection.subscribe(subject, {
          callback: (error, message) => {
            if (error === null) this.#receive(message);
          },
        }),
      );
      this.#subscriptions.get(pattern)?.unsubscribe();
      this.#subscriptions.set(pattern, subscription);
    }
    await this.#link.flush();
  }

  unfollow(pattern: string): void {
    this.#subscriptions.get(pattern)?.unsubscribe();
    this.#subscriptions.delete(pattern);
    this.#order.clear();
  }

  /** Messages may be lost. */
  handleGap(): void {
    if (this.#subscriptions.size === 0) return;
    this.#order.clear();
    this.#sink.handlePatternGap();
  }

  close(): void {
    this.#waiting.clear();
    for (const pattern of [...this.#subscriptions.keys()]) this.unfollow(pattern);
  }

  #receive(message: Msg): void {
    const live = readLiveMessage(message);
    const token = message.subject.split('.', 3)[2] ?? '';
    const stream = live === null ? null : this.#streams.ofToken(token);
    if (live === null || stream === null) return;
    // Sequences begin anew when a stream is lost, so the message's own id is part of what is remembered.
    const id = `${token} ${live.sequence} ${live.headers?.get('Nats-Msg-Id')}`;
    if (!this.#recent.add(id)) return;
    const arrival = { subject: message.subject, live, stream };
    if (stream.epoch !== '' && !this.#waiting.has(stream)) this.#order.receive(arrival);
    else this.#keep(arrival);
  }

  #give({ subject, live, stream }: PatternArrival): void {
    const topic = topicOf(subject, 3);
    const position = stream.retention.history === null ? null : stream.positionAt(live.sequence);
    this.#sink.handlePatternPublication(publicationOf(topic, live, position));
  }

  /** Until the stream's epoch is known: what is more than may wait is told as a gap. */
  #keep(arrival: PatternArrival): void {
    const { stream } = arrival;
    const waiting = this.#waiting.get(stream);
    if (waiting !== undefined) {
      if (waiting.length < maxWaiting) waiting.push(arrival);
      return;
    }
    this.#waiting.set(stream, [arrival]);
    stream.ensure().then(
      () => this.#giveWaiting(stream),
      () => {
        this.#waiting.delete(stream);
        this.handleGap();
      },
    );
  }

  #giveWaiting(stream: TopicStream): void {
    const waiting = this.#waiting.get(stream) ?? [];
    this.#waiting.delete(stream);
    for (const arrival of waiting) this.#order.receive(arrival);
    if (waiting.length === maxWaiting) this.handleGap();
  }
}

interface PatternArrival extends Arrival {
  readonly stream: TopicStream;
}

const maxWaiting = 1_024;
