import { JetStreamApiError, type StoredMsg, type StreamAPI, type StreamInfo } from '@nats-io/jetstream';

import type { Receipt } from '../../hub/broker.js';
import { HubError } from '../../hub/hub-error.js';
import type { Position } from '../../hub/position.js';
import type { PublicationDraft } from '../../hub/publication.js';

import type { NatsLink } from './link.js';
import { headersOf, messageIdOf, type StreamMessage } from './message.js';
import type { NatsSettings } from './nats-options.js';
import type { RetentionClass } from './retention-class.js';
import { StreamPlan } from './stream-plan.js';
import { subjectOf } from './subject.js';

/** What a stream is like now. */
export interface StreamState {
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/**
 * The stream of a class of topics. An offset is a sequence of the stream. The epoch is when the stream was made, and which
 * generation it is: whoever sees its sequences go back, because a server lost what it had, begins the next one, by a number in
 * the stream's description, and everybody is told of that by an advisory of the server.
 *
 * Everything is asked of the stream's leader, never of a replica that may be behind.
 */
export class TopicStream {
  readonly retention: RetentionClass;
  readonly plan: StreamPlan;
  readonly #link: NatsLink;
  readonly #handleEpoch: (stream: TopicStream) => void;
  #epoch = '';
  #lastSeen = 0;
  #refreshing: Promise<void> | null = null;
  #ensuring: Promise<void> | null = null;

  constructor(
    retention: RetentionClass,
    settings: NatsSettings,
    link: NatsLink,
    handleEpoch: (stream: TopicStream) => void,
  ) {
    this.retention = retention;
    this.plan = new StreamPlan(retention, settings);
    this.#link = link;
    this.#handleEpoch = handleEpoch;
  }

  /** Empty until the stream was looked at for the first time. */
  get epoch(): string {
    return this.#epoch;
  }

  positionAt(offset: number): Position {
    return { offset, epoch: this.#epoch };
  }

  /** Notes a sequence that was seen: the stream may not go back behind it. */
  saw(sequence: number): void {
    if (sequence > this.#lastSeen) this.#lastSeen = sequence;
  }

  /**
   * Makes the stream, unless it is known to be there; while it is being looked at, waits for that. All who wait go on in the
   * order in which they came: what a node publishes keeps its order.
   */
  async ensure(): Promise<void> {
    if (this.#epoch !== '' && this.#refreshing === null) return;
    this.#ensuring ??= this.#link
      .persist(() => this.refresh())
      .finally(() => {
        this.#ensuring = null;
      });
    await this.#ensuring;
  }

  /** Looks at the stream again, makes it if it is gone, and tells when its epoch is another one. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async publish(draft: PublicationDraft, now: number): Promise<Receipt> {
    await this.ensure();
    return this.#link.persist(async () => {
      try {
        return await this.#publish(draft, now);
      } catch (error) {
        // Nobody takes the subject: the stream is gone, or has no leader at the moment.
        if (isNobodyThere(error)) await this.refresh();
        throw error;
      }
    });
  }

  last(topic: string): Promise<StreamMessage | null> {
    return this.#get({ last_by_subj: subjectOf(this.plan.root, topic) });
  }

  /** The first one of a topic whose sequence is at least `sequence`. */
  next(topic: string, sequence: number): Promise<StreamMessage | null> {
    return this.#get({ next_by_subj: subjectOf(this.plan.root, topic), seq: sequence });
  }

  async state(): Promise<StreamState> {
    const { state } = await this.#link.persist(() => this.#info());
    this.saw(state.last_seq);
    return { firstSequence: state.first_seq, lastSequence: state.last_seq };
  }

  /** How many messages of a topic are kept. */
  async count(topic: string): Promise<number> {
    const subject = subjectOf(this.plan.root, topic);
    const info = await this.#ask((streams) => streams.info(this.plan.name, { subjects_filter: subject }));
    return info.state.subjects?.[subject] ?? 0;
  }

  async #publish(draft: PublicationDraft, now: number): Promise<Receipt> {
    const seenBefore = this.#lastSeen;
    const epochBefore = this.#epoch;
    const ack = await this.#link.run(({ jetstream }) =>
      publishChecked(() =>
        jetstream.publish(subjectOf(this.plan.root, draft.topic), draft.payload, {
          msgID: messageIdOf(draft),
          headers: headersOf(draft, now),
          timeout: this.#link.attemptMs,
        }),
      ),
    );
    const isBack = !ack.duplicate && ack.seq <= seenBefore;
    if (isBack && this.#epoch === epochBefore) await this.refresh();
    this.saw(ack.seq);
    const position = this.retention.history === null ? null : this.positionAt(ack.seq);
    return { position, isDuplicate: ack.duplicate };
  }

  async #get(
    query: { last_by_subj: string } | { next_by_subj: string; seq: number },
  ): Promise<StreamMessage | null> {
    const stored = await this.#ask((streams) => streams.getMessage(this.plan.name, query));
    if (stored === null) return null;
    this.saw(stored.seq);
    return keptMessageOf(stored);
  }

  #ask<Value>(question: (streams: StreamAPI) => Promise<Value>): Promise<Value> {
    return this.#link.persist(() => this.#link.run(({ streams }) => question(streams.streams)));
  }

  #info(): Promise<StreamInfo> {
    return this.#link.run(({ streams }) => streams.streams.info(this.plan.name));
  }

  async #refresh(): Promise<void> {
    const seenBefore = this.#lastSeen;
    let info = await this.#look();
    // The leader of a cluster may be new, and know of the latest ones a little later.
    for (let i = 0; i < 8 && info.cluster !== undefined && this.#isBack(info, seenBefore); i++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      info = await this.#look();
    }
    if (this.#isBack(info, seenBefore)) info = await this.#beginGeneration(info);
    const epoch = this.plan.epochOf(info);
    const isNew = this.#epoch !== '' && this.#epoch !== epoch;
    if (this.#epoch !== epoch) this.#lastSeen = 0;
    this.#epoch = epoch;
    this.saw(info.state.last_seq);
    if (isNew) this.#handleEpoch(this);
  }

  /** Whether this is the stream that we know, with less in it than we saw. */
  #isBack(info: StreamInfo, seenBefore: number): boolean {
    return this.plan.epochOf(info) === this.#epoch && info.state.last_seq < seenBefore;
  }

  async #beginGeneration(info: StreamInfo): Promise<StreamInfo> {
    const description = this.plan.descriptionAfter(info);
    return this.#link.run(({ streams }) => streams.streams.update(this.plan.name, { description }));
  }

  /** What the stream is like; one that is not there is made. */
  async #look(): Promise<StreamInfo> {
    const info = await this.#find();
    if (info !== null) return info;
    // A server that has just deleted a stream goes on removing its folder for a moment, with whatever is new in it.
    if (this.#epoch !== '') await new Promise((resolve) => setTimeout(resolve, deletingMs));
    try {
      return (
        (await this.#find()) ?? (await this.#link.run(({ streams }) => streams.streams.add(this.plan.config)))
      );
    } catch (error) {
      // Somebody was there first, maybe with other options: the stream is as they wanted it.
      const isTaken = error instanceof JetStreamApiError && takenCodes.has(error.code);
      const made = isTaken ? await this.#link.persist(() => this.#find()) : null;
      if (made === null) throw error;
      return made;
    }
  }

  async #find(): Promise<StreamInfo | null> {
    try {
      return await this.#info();
    } catch (error) {
      if (error instanceof JetStreamApiError && error.code === streamNotFound) return null;
      throw error;
    }
  }
}

function keptMessageOf(stored: StoredMsg): StreamMessage {
  return {
    sequence: stored.seq,
    previous: 0,
    headers: stored.header,
    payload: stored.data,
    storedAt: stored.time.getTime(),
  };
}

/** The client throws at once what is too large for the server. */
async function publishChecked<Value>(publish: () => Promise<Value>): Promise<Value> {
  try {
    return await publish();
  } catch (error) {
    const { name, message } = error as Error;
    const isTooLarge =
      (name === 'InvalidArgumentError' && message.includes('max_payload')) ||
      (error instanceof JetStreamApiError && error.code === messageTooLarge);
    if (!isTooLarge) throw error;
    throw new HubError('ERR_HUB_MESSAGE_TOO_LARGE', 'the message is larger than NATS takes', {
      cause: error,
    });
  }
}

function isNobodyThere(error: unknown): boolean {
  return error instanceof Error && error.name === 'JetStreamNotEnabled';
}

/** Numbers of JetStream's errors. */
const streamNotFound = 10_059;
/** The name is in use; its subjects are another stream's, which may be the one that is just being made. */
const takenCodes: ReadonlySet<number> = new Set([10_058, 10_065]);
const messageTooLarge = 10_054;

const deletingMs = 1_000;
