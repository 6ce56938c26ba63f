import type { BrokerSink } from '../../hub/broker.js';
import type { Position } from '../../hub/position.js';

import type { Gate } from './gate.js';
import type { NatsLink } from './link.js';
import { publicationOf, type StreamMessage } from './message.js';
import { elapsedMs, isLater, type Moment, momentNow } from './moment.js';
import { readHistory } from './topic-history.js';
import type { TopicStream } from './topic-stream.js';

/** What a feed works with. */
export interface FeedContext {
  readonly stream: TopicStream;
  readonly link: NatsLink;
  readonly sink: BrokerSink;
  /** How many feeds may read from streams at a time. */
  readonly gate: Gate;
}

/**
 * Gives one followed topic to the sink: in order, once. Each live message names the one before it on its topic. Where that is
 * not the last that was given, the feed waits a moment, as a server may publish what several clients store at once in another
 * order. What has not come then is read from the stream while new ones wait, and the feed says so when it is not there any more.
 */
export class TopicFeed {
  readonly topic: string;
  readonly stream: TopicStream;
  readonly #link: NatsLink;
  readonly #sink: BrokerSink;
  readonly #gate: Gate;
  /** `stuck` is mending that failed, until it is tried again. */
  #state: 'opening' | 'live' | 'reordering' | 'mending' | 'stuck' | 'closed' = 'opening';
  #reordering: NodeJS.Timeout | null = null;
  #last = 0;
  #epoch = '';
  #waiting: StreamMessage[] = [];
  #waitingBytes = 0;
  /** What waited was more than may wait: the stream has it. */
  #hasDropped = false;
  #isAskedAgain = false;
  /** When it was known for the last time that nothing is missing. */
  #sureAt: Moment = momentNow();

  constructor(topic: string, { stream, link, sink, gate }: FeedContext) {
    this.topic = topic;
    this.stream = stream;
    this.#link = link;
    this.#sink = sink;
    this.#gate = gate;
  }

  /** The last offset of the topic, up to which the feed heard everything a moment ago: null while it is in doubt. */
  get known(): number | null {
    if (this.#state !== 'live' || this.#epoch !== this.stream.epoch) return null;
    return this.#isDoubtYoung() ? this.#last : null;
  }

  /** Where the topic stands, once the server knows that we listen. What comes behind it goes to the sink. */
  async open(): Promise<Position | null> {
    await this.stream.ensure();
    await this.#link.flush();
    const page = await readHistory(this.stream, this.topic, nothing);
    this.#last = page.position.offset;
    this.#epoch = page.position.epoch;
    this.#sureAt = momentNow();
    // Whoever awaits the position has it before the first publication comes.
    setImmediate(() => this.#begin());
    return this.stream.retention.history === null ? null : page.position;
  }

  receive(message: StreamMessage): void {
    if (this.#state !== 'live') {
      this.#keep(message);
      if (this.#state === 'reordering') this.#reorder();
    } else if (message.sequence <= this.#last) {
      this.#handleKnown();
    } else if (message.previous <= this.#last) {
      this.#give(message);
    } else {
      this.#keep(message);
      this.#reorder();
    }
  }

  /** Looks whether anything is missing: after the connection was lost, or servers lost theirs. */
  mend(): void {
    if (this.#state === 'opening' || this.#state === 'mending') this.#isAskedAgain = true;
    else if (this.#state !== 'closed') this.#start(() => this.#mend());
  }

  close(): void {
    this.#state = 'closed';
    this.#stopReordering();
    this.#waiting = [];
  }

  /** Right after opening nothing can be missing but what waits, so the stream need not be asked. */
  #begin(): void {
    if (this.#state !== 'opening') return;
    if (this.#isAskedAgain || this.#hasDropped) this.#start(() => this.#mend());
    else this.#reorder();
  }

  /** Gives what waits as far as it is whole, and for a moment expects what is missing to come. */
  #reorder(): void {
    this.#state = 'reordering';
    if (this.#giveWaiting()) {
      this.#stopReordering();
      if (this.#state === 'reordering') this.#state = 'live';
      return;
    }
    const graceMs = this.stream.retention.history === null ? volatileGraceMs : keptGraceMs;
    this.#reordering ??= setTimeout(() => this.#start(() => this.#mend()), graceMs).unref();
  }

  #stopReordering(): void {
    if (this.#reordering !== null) clearTimeout(this.#reordering);
    this.#reordering = null;
  }

  /** A sequence that was passed: the copy of one that was read from the stream, or the stream was lost. */
  #handleKnown(): void {
    if (elapsedMs(this.#sureAt) < lateMs) return;
    this.#start(async () => {
      await this.stream.refresh();
      await this.#mend();
    });
  }

  #start(mend: () => Promise<void>): void {
    this.#stopReordering();
    this.#state = 'mending';
    mend().catch(() => this.#retry());
  }

  async #mend(): Promise<void> {
    while (this.#state === 'mending') {
      await this.#catchUp();
      if (this.#isBeyondStream()) this.#dropWaiting();
      if (!this.#giveWaiting() || this.#isAskedAgain || this.#state !== 'mending') continue;
      this.#state = 'live';
      this.#sureAt = momentNow();
    }
  }

  /** Whether what waits comes after something that the stream has not, or not yet. */
  #isBeyondStream(): boolean {
    const [first] = this.#waiting;
    return first !== undefined && !this.#hasDropped && first.previous > this.#last;
  }

  /** The stream decides: once it has them they are read from there. */
  #dropWaiting(): void {
    this.#waiting = [];
    this.#waitingBytes = 0;
    setTimeout(() => this.mend(), laterMs).unref();
  }

  #catchUp(): Promise<void> {
    return this.#gate.run(() => {
      this.#isAskedAgain = false;
      this.#hasDropped = false;
      return this.stream.retention.history === null ? this.#catchUpVolatile() : this.#catchUpKept();
    });
  }

  async #catchUpKept(): Promise<void> {
    for (;;) {
      const since = { offset: this.#last, epoch: this.#epoch };
      const known = this.#isDoubtYoung() ? this.#last : null;
      const question = { since, limit: pageMessages, now: Date.now(), known };
      const page = await readHistory(this.stream, this.topic, question);
      if (this.#state !== 'mending') return;
      if (!page.isContinuous) return this.#giveGap(page.position);
      for (const publication of page.publications) {
        // Whoever is given one may unfollow.
        if (this.#state !== 'mending') return;
        this.#last = publication.position?.offset ?? this.#last;
        this.#sink.handlePublication(publication);
      }
      if (page.publications.length < pageMessages) return;
    }
  }

  /** Nothing is kept but the last one: it, or the first that waits, shows whether there was something. */
  async #catchUpVolatile(): Promise<void> {
    await this.stream.ensure();
    const last = await this.stream.last(this.topic);
    if (this.#state !== 'mending') return;
    if (this.#epoch !== this.stream.epoch) return this.#giveGap(this.stream.positionAt(last?.sequence ?? 0));
    const first = this.#waiting.find(({ sequence }) => sequence > this.#last);
    const before = first === undefined ? (last?.sequence ?? 0) : first.previous;
    const isKnown = before > 0 || this.#isDoubtYoung();
    if (isKnown && before <= this.#last) return;
    this.#giveGap(this.stream.positionAt(first === undefined ? before : first.sequence - 1));
  }

  /** Whether all that may be missing is too young to have been removed from the stream for its age. */
  #isDoubtYoung(): boolean {
    const { lostAt, isCluster, unnoticedMs } = this.#link;
    const { keptMs } = this.stream.plan;
    if (isCluster) return elapsedMs(this.#sureAt) < keptMs;
    // One server gives everything to a connection in order, as long as it lasts.
    if (lostAt === null || isLater(this.#sureAt, lostAt)) return keptMs > 0;
    return Math.min(elapsedMs(this.#sureAt), elapsedMs(lostAt) + unnoticedMs) < keptMs;
  }

  #giveGap(position: Position): void {
    if (position.epoch !== this.#epoch) {
      // What waits may be of either history: the stream is asked once more.
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.#hasDropped = true;
    }
    this.#last = position.offset;
    this.#epoch = position.epoch;
    this.#sink.handleGap(this.topic, this.stream.retention.history === null ? null : position);
  }

  #give(message: StreamMessage): void {
    this.#last = message.sequence;
    this.stream.saw(message.sequence);
    const position = this.stream.retention.history === null ? null : this.#positionAt(message.sequence);
    this.#sink.handlePublication(publicationOf(this.topic, message, position));
  }

  #positionAt(offset: number): Position {
    return { offset, epoch: this.#epoch };
  }

  /** False when something before a waiting one is missing. */
  #giveWaiting(): boolean {
    if (this.#epoch !== this.stream.epoch) return false;
    let given = 0;
    for (const message of this.#waiting) {
      if (this.#state === 'closed') return true;
      if (message.sequence > this.#last) {
        if (message.previous > this.#last) break;
        this.#give(message);
      }
      given++;
    }
    this.#waiting = this.#waiting.slice(given);
    this.#waitingBytes = this.#waiting.reduce((sum, { payload }) => sum + payload.byteLength, 0);
    return this.#waiting.length === 0 && !this.#hasDropped;
  }

  #keep(message: StreamMessage): void {
    if (this.#state === 'closed') return;
    const at = this.#waiting.findLastIndex(({ sequence }) => sequence <= message.sequence);
    this.#waiting.splice(at + 1, 0, message);
    this.#waitingBytes += message.payload.byteLength;
    if (this.#waiting.length <= maxWaitingMessages && this.#waitingBytes <= maxWaitingBytes) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#hasDropped = true;
  }

  /** What failed is tried again: after a moment, or when the connection is back. */
  #retry(): void {
    if (this.#state !== 'mending') return;
    this.#state = 'stuck';
    if (!this.#link.isConnected) return;
    setTimeout(() => {
      if (this.#state === 'stuck') this.mend();
    }, retryMs).unref();
  }
}

const nothing = { since: null, limit: 0, now: 0, known: null };
const pageMessages = 256;
const maxWaitingMessages = 1_024;
const maxWaitingBytes = 4 * 1_024 * 1_024;
const retryMs = 250;
const laterMs = 1_000;
/** What is kept can be read instead; what is not is worth more patience. */
const keptGraceMs = 20;
const volatileGraceMs = 250;
/** So long after reading copies of what was read may come. */
const lateMs = 5_000;
