import type { Buffer } from 'node:buffer';

import type { BrokerSink, Retention } from '../../hub/broker.js';
import type { Position } from '../../hub/position.js';
import type { Publication } from '../../hub/publication.js';

import { decodeMessage } from './publication-frame.js';
import type { ChannelListener } from './redis-connection.js';
import type { RedisLink } from './redis-link.js';
import type { LogPage, TopicLog } from './topic-log.js';

/**
 * A topic whose publications the sink gets. They come over its channel, which loses whatever is published while it is not
 * connected. Offsets of an epoch have no holes, so every loss is seen, and read again from the stream before anything later
 * is given; what is not there any more is a gap.
 */
export class FollowedTopic {
  readonly topic: string;
  readonly #channel: string;
  readonly #retention: Retention;
  readonly #log: TopicLog;
  readonly #sink: BrokerSink;
  /** Where the sink stands. Null before the start, and without history. */
  #position: Position | null = null;
  /** The server that it listens to, and what it listens with: a new one each time, so that an old one is known. */
  #link: RedisLink | null = null;
  #listener: ChannelListener | null = null;
  /** What came while something earlier is being read; null while nothing is. */
  #waiting: Waiting | null = new Waiting();

  constructor(topic: string, channel: string, retention: Retention, log: TopicLog, sink: BrokerSink) {
    this.topic = topic;
    this.#channel = channel;
    this.#retention = retention;
    this.#log = log;
    this.#sink = sink;
  }

  get link(): RedisLink | null {
    return this.#link;
  }

  /** Begins behind where the topic stands now. Rejects when the server cannot be reached. */
  async start(link: RedisLink): Promise<Position | null> {
    const listener = this.#listenTo(link);
    await link.subscribe(this.#channel, listener);
    const { history } = this.#retention;
    if (history !== null) {
      const page = await this.#log.read(this.topic, history, { since: null, limit: 0, maxAgeMs: 0 });
      this.#position = page.last;
    }
    const position = this.#position;
    if (this.#listener === listener && this.#giveWaiting()) void this.#recover(listener);
    return position;
  }

  /** Goes on after the connection broke, or on another server. */
  resume(link: RedisLink): void {
    const listener = this.#listenTo(link);
    void this.#recover(listener, async () => {
      await link.subscribe(this.#channel, listener);
      if (this.#listener === listener && this.#position === null) this.#sink.handleGap(this.topic, null);
    });
  }

  /** Keeps what Redis knows of where it stands. */
  async touch(): Promise<void> {
    const { history } = this.#retention;
    if (history === null) return;
    // When it fails there is time for many more.
    await this.#log.read(this.topic, history, { since: null, limit: 0, maxAgeMs: 0 }).catch(() => {});
  }

  /** Its server is gone: until it resumes nothing comes. */
  suspend(): void {
    this.#link = null;
    this.#listener = null;
    this.#waiting ??= new Waiting();
  }

  stop(): void {
    if (this.#listener !== null) this.#link?.unsubscribe(this.#channel, this.#listener);
    this.suspend();
  }

  #listenTo(link: RedisLink): ChannelListener {
    this.stop();
    const listener = (message: Buffer) => {
      if (this.#listener === listener) this.#receive(message);
    };
    this.#link = link;
    this.#listener = listener;
    this.#waiting = new Waiting();
    return listener;
  }

  #receive(message: Buffer): void {
    const publication = decodeMessage(this.topic, message, this.#position?.epoch);
    // Nothing that we published: if it should have been something, the next one shows the hole.
    if (publication === null || (publication.position === null) !== (this.#retention.history === null))
      return;
    if (this.#waiting !== null) {
      this.#waiting.add(publication);
      return;
    }
    if (!this.#isAhead(publication)) {
      this.#give(publication);
      return;
    }
    this.#waiting = new Waiting();
    this.#waiting.add(publication);
    void this.#recover(this.#listener as ChannelListener);
  }

  /** Does what has to be done first, then mends; begins again when that fails while the server seems to be there. */
  async #recover(listener: ChannelListener, begin?: () => Promise<void>): Promise<void> {
    try {
      await begin?.();
      if (this.#listener !== listener) return;
      if (this.#position === null) this.#giveWaiting();
      else await this.#mend(listener);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, retryMs));
      // When the link is down, its being ready again will begin anew; so will another server.
      if (this.#listener === listener && this.#link?.isReady) this.resume(this.#link);
    }
  }

  /** Reads what was missed until there is no more, then gives what came meanwhile. */
  async #mend(listener: ChannelListener): Promise<void> {
    for (;;) {
      const since = this.#position as Position;
      const page = await this.#log.read(this.topic, this.#retention.history, {
        since,
        limit: pageSize,
        maxAgeMs: 0,
      });
      if (this.#listener !== listener) return;
      if (page.last.epoch !== since.epoch) {
        this.#giveGap({ epoch: page.last.epoch, offset: seenOf(since, page) });
        continue;
      }
      for (const publication of page.publications) this.#giveRead(publication);
      if (page.count === pageSize) continue;
      if ((this.#position as Position).offset !== page.last.offset) this.#giveGap(page.last);
      if (!this.#giveWaiting()) return;
    }
  }

  #giveRead(publication: Publication): void {
    const { offset, epoch } = publication.position as Position;
    const known = (this.#position as Position).offset;
    if (offset <= known) return;
    if (offset > known + 1) this.#giveGap({ offset: offset - 1, epoch });
    this.#give(publication);
  }

  /** Gives what waits, as far as it follows; tells whether something is missing. */
  #giveWaiting(): boolean {
    const waiting = this.#waiting as Waiting;
    for (const publication of waiting.publications) {
      if (this.#isAhead(publication)) {
        this.#waiting = new Waiting();
        return true;
      }
      this.#give(publication);
    }
    this.#waiting = waiting.isOverflown ? new Waiting() : null;
    return waiting.isOverflown;
  }

  /** Whether something before it is missing. */
  #isAhead({ position }: Publication): boolean {
    const known = this.#position;
    if (position === null || known === null) return false;
    return position.epoch !== known.epoch || position.offset > known.offset + 1;
  }

  #give(publication: Publication): void {
    const { position } = publication;
    if (position !== null) {
      if (position.offset <= (this.#position as Position).offset) return;
      this.#position = position;
    }
    this.#sink.handlePublication(publication);
  }

  #giveGap(position: Position): void {
    this.#position = position;
    this.#sink.handleGap(this.topic, position);
  }
}

/** What of the epoch that a page is of was given before. All after it comes behind the gap. */
function seenOf({ epoch, offset }: Position, { last, fork }: LogPage): number {
  // Nobody was given anything of a history that has begun anew.
  if (fork === null) return 0;
  return fork.epoch === epoch ? Math.min(fork.offset, offset) : last.offset;
}

/** Publications that wait for earlier ones. Beyond its bounds it keeps none: they are read again. */
class Waiting {
  isOverflown = false;
  publications: Publication[] = [];
  #bytes = 0;

  add(publication: Publication): void {
    if (this.isOverflown) return;
    this.#bytes += publication.payload.byteLength;
    // Without history nothing could be read again.
    const isBounded = publication.position !== null;
    if (isBounded && (this.publications.length >= maxWaiting || this.#bytes > maxWaitingBytes)) {
      this.isOverflown = true;
      this.publications = [];
    } else this.publications.push(publication);
  }
}

const pageSize = 256;
const maxWaiting = 1_000;
const maxWaitingBytes = 4_194_304;
const retryMs = 100;
