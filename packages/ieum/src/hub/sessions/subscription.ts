import type { SendResult } from '../../channel/send-queue.js';

import type { HistoryPage } from '../broker.js';
import type { FanOut } from '../hub-observer.js';
import type { Position } from '../position.js';
import type { Publication } from '../publication.js';
import type { Gap, Subscriber, SubscriptionEnd, SubscriptionFace } from '../subscriber.js';
import type { CompletePolicy } from '../topic-policy.js';
import { WaitingPublications } from './waiting-publications.js';

/** What became of one publication for one subscription. */
export type Delivery = keyof FanOut;

/** What a subscription needs of the session it belongs to. */
export interface SubscriptionOwner {
  readonly subscriber: Subscriber;
  /** Whether the connection's send queue is full: nothing is sent until there is room. */
  readonly isCongested: boolean;
  /** A publication filled the send queue; `room` settles when there is room again. */
  handleCongestion(room: Promise<SendResult>): void;
  /** Calls `subscription.resume()` when there is room. */
  resumeLater(subscription: Subscription): void;
  /** Resolves when there is room, or the session is closed. */
  whenRoom(): Promise<void>;
  /** The reader is too slow to be kept. */
  closeSlow(): void;
  handleClosed(subscription: Subscription): void;
}

/** What a subscription needs of the topic, or pattern, that it is for. */
export interface SubscriptionSource {
  readonly name: string;
  readonly isPattern: boolean;
  readonly policy: CompletePolicy<never>;
  /** Where the topic stands: what was given to its subscribers already. Null without history. */
  readonly last: Position | null;
  /** Rejects with `ERR_HUB_UNAVAILABLE`. */
  history(since: Position, limit: number): Promise<HistoryPage>;
  /** Resolves when it may be worth while to look at the history again. */
  whenMoved(): Promise<void>;
  /** What the namespace's `snapshot` gives for the subscriber; undefined without one, or when it failed. */
  snapshot(): Promise<unknown>;
  reportDelay(outcome: 'dropped' | 'closed'): void;
  reportRecovery(outcome: 'recovered' | Gap['reason'], publications: number): void;
}

/**
 * A session's subscription to a topic or a pattern.
 *
 * It is `live` while it gets what is published as it is published, `behind` while it reads the topic's history to get
 * there, because it came back or reads slowly, and `held` while it waits, without history, for what must come first.
 */
export class Subscription implements SubscriptionFace {
  readonly topic: string;
  readonly isPattern: boolean;
  readonly tag: unknown;
  readonly #owner: SubscriptionOwner;
  readonly #source: SubscriptionSource;
  /** Null until something has to wait for the first time. */
  #waiting: WaitingPublications | null = null;
  #state: 'live' | 'behind' | 'held' | 'ended' = 'held';
  /** All up to here was delivered, or told of as a gap. */
  #cursor: Position | null = null;
  /** What is being told, while a snapshot for it is taken. */
  #gap: UntoldGap | null = null;

  constructor(owner: SubscriptionOwner, source: SubscriptionSource, tag: unknown) {
    this.#owner = owner;
    this.#source = source;
    this.topic = source.name;
    this.isPattern = source.isPattern;
    this.tag = tag;
  }

  get isEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Begins to deliver what comes after `position`, where the topic stands. */
  begin(position: Position | null): void {
    if (this.isEnded) return;
    this.#cursor = position;
    this.#state = 'live';
  }

  /** Begins with what comes after `since`, of which a page may have been read already, and goes on with what is new. */
  recover(since: Position, page: HistoryPage | null): void {
    if (this.isEnded) return;
    this.#cursor = since;
    this.#state = 'behind';
    if (page !== null && !page.isContinuous) this.#skip(page);
    else void this.#catchUp(page === null ? firstStep : this.#sendPage(page, firstStep), 'recovered');
  }

  /** Begins with a gap: there is no way back to where the client was, and no history to read. */
  beginWithGap(reason: Gap['reason']): void {
    if (!this.isEnded) void this.#tellGap({ reason, position: null, missed: null });
  }

  /** Takes a publication that has just come. */
  deliver(publication: Publication): Delivery {
    if (this.#state === 'behind') return 'queued';
    if (this.#has(publication)) return 'delivered';
    const hasRoom = this.#state === 'live' && !this.#owner.isCongested;
    if (hasRoom && (this.#waiting === null || this.#waiting.isEmpty)) return this.#send(publication);
    return this.#delay(publication);
  }

  /** The broker lost something: what comes next comes after `position`. */
  handleGap(reason: Gap['reason'], position: Position | null): void {
    if (this.#state === 'ended' || this.#state === 'behind') return;
    void this.#tellGap({ reason, position, missed: null });
  }

  /** There is room in the send queue again. */
  resume(): void {
    if (this.#state !== 'live') return;
    const missed = this.#waiting?.takeMissed() ?? null;
    if (missed === null) this.#flush();
    else void this.#tellGap({ reason: 'slow-reader', ...missed });
  }

  /** Ends it: nothing more is delivered. */
  close(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#waiting?.clear();
    this.#owner.handleClosed(this);
  }

  /** Ends it because the right to it is gone. */
  end(reason: SubscriptionEnd): void {
    if (this.#state === 'ended') return;
    this.close();
    this.#owner.subscriber.handleEnd(reason, this);
  }

  get #hasSnapshot(): boolean {
    return this.#source.policy.snapshot !== null;
  }

  #has({ position }: Publication): boolean {
    const cursor = this.#cursor;
    return (
      position !== null &&
      cursor !== null &&
      position.epoch === cursor.epoch &&
      position.offset <= cursor.offset
    );
  }

  #send(publication: Publication): Delivery {
    if (publication.position !== null && !this.isPattern) this.#cursor = publication.position;
    const result = this.#owner.subscriber.handlePublication(publication, this);
    if (typeof result === 'object') {
      this.#owner.handleCongestion(result);
      return 'queued';
    }
    if (result === 'written') return 'delivered';
    if (result === 'dropped') this.#tellDropped(publication);
    return result === 'queued' ? 'queued' : 'dropped';
  }

  /** The subscriber could not take it. */
  #tellDropped({ position }: Publication): void {
    this.#source.reportDelay('dropped');
    const gap: Gap = { reason: 'slow-reader', position: this.isPattern ? null : position, missed: 1 };
    this.#owner.subscriber.handleGap(gap, this);
  }

  #delay(publication: Publication): Delivery {
    const { slowReader, maxQueuedBytes } = this.#source.policy;
    if (slowReader === 'wait' && this.#cursor !== null && this.#state === 'live') {
      this.#state = 'behind';
      void this.#catchUp(firstStep);
      return 'queued';
    }
    this.#waiting ??= new WaitingPublications(slowReader, maxQueuedBytes);
    const outcome = this.#waiting.offer(publication, this.#state === 'live');
    if (outcome === 'overflow') {
      this.#source.reportDelay('closed');
      this.#owner.closeSlow();
      return 'dropped';
    }
    if (outcome === 'dropped') this.#source.reportDelay('dropped');
    if (this.#state === 'live') this.#owner.resumeLater(this);
    return outcome;
  }

  /** Sends what waits, as far as there is room. */
  #flush(): void {
    while (this.#state === 'live' && !this.#owner.isCongested) {
      const publication = this.#waiting?.take();
      if (publication === undefined) return;
      if (!this.#has(publication)) this.#send(publication);
    }
    if (this.#state === 'live') this.#owner.resumeLater(this);
  }

  /** Reads the topic's history up to where it stands. What is published meanwhile will be in it. */
  async #catchUp(last: Step, outcome?: 'recovered'): Promise<void> {
    let step = last;
    let publications = 0;
    while (this.#state === 'behind') {
      publications += step.sent;
      await this.#owner.whenRoom();
      if (this.#state !== 'behind') return;
      if (this.#isCaughtUp()) {
        this.#state = 'live';
        if (outcome !== undefined) this.#source.reportRecovery(outcome, publications);
        return;
      }
      const next = await this.#step(step);
      if (next === null) return;
      step = next;
    }
  }

  /**
   * Reads a page and sends what there is room for: no page is kept while the reader does not read. Null when it is told of
   * a gap instead, behind which it begins anew.
   */
  async #step(last: Step): Promise<Step | null> {
    const page = await this.#nextPage(last);
    if (this.#state !== 'behind') return null;
    if (page === null) return { ...last, sent: 0, isStuck: false };
    if (page.isContinuous) return this.#sendPage(page, last);
    this.#skip(page);
    return null;
  }

  /** Null when history cannot be read now. */
  async #nextPage({ isStuck, nextLimit }: Step): Promise<HistoryPage | null> {
    try {
      if (isStuck) await this.#source.whenMoved();
      return await this.#source.history(this.#cursor as Position, nextLimit);
    } catch {
      await this.#source.whenMoved();
      return null;
    }
  }

  #sendPage({ publications, position }: HistoryPage, { nextLimit }: Step): Step {
    if (publications.length === 0) this.#cursor = position;
    let sent = 0;
    for (const publication of publications) {
      if (this.#state !== 'behind' || this.#owner.isCongested) break;
      this.#send(publication);
      sent++;
    }
    const isCut = sent < publications.length;
    const limit = isCut ? Math.max(sent * 2, smallestPage) : nextLimit * 2;
    return { sent, isStuck: publications.length === 0, nextLimit: Math.min(limit, largestPage) };
  }

  #isCaughtUp(): boolean {
    const { last } = this.#source;
    const cursor = this.#cursor as Position;
    return last === null || (cursor.epoch === last.epoch && cursor.offset >= last.offset);
  }

  /** History does not reach back to the cursor: says so, and goes on from where it can. */
  #skip(page: HistoryPage): void {
    const { reason, position } = goOnFrom(this.#cursor as Position, page, this.#hasSnapshot);
    void this.#tellGap({ reason, position, missed: null });
  }

  /** Tells a gap, with the snapshot if there is one, and goes on behind it. */
  async #tellGap(gap: UntoldGap): Promise<void> {
    const isBeingTold = this.#gap !== null;
    this.#gap = gap;
    this.#cursor = gap.position ?? this.#cursor;
    this.#state = gap.position === null ? 'held' : 'behind';
    if (isBeingTold) return;
    const snapshot = this.#hasSnapshot ? await this.#snapshotOfLast() : undefined;
    if (this.isEnded) return;
    const told = this.#gap;
    this.#gap = null;
    this.#source.reportRecovery(told.reason, 0);
    this.#owner.subscriber.handleGap(snapshot === undefined ? told : { ...told, snapshot }, this);
    this.#goOn();
  }

  /** A snapshot that is younger than the last gap. */
  async #snapshotOfLast(): Promise<unknown> {
    for (;;) {
      const gap = this.#gap;
      const snapshot = await this.#source.snapshot();
      if (this.#gap === gap || this.isEnded) return snapshot;
    }
  }

  #goOn(): void {
    if (this.#state === 'behind') {
      this.#waiting?.clear();
      void this.#catchUp(firstStep);
    } else if (this.#state === 'held') {
      this.#state = 'live';
      this.resume();
    }
  }
}

type UntoldGap = Omit<Gap, 'snapshot'>;

/** What one page of history brought to somebody who is behind. */
interface Step {
  readonly sent: number;
  /** There was nothing to read. */
  readonly isStuck: boolean;
  /** Publications to read next: about as many as there was room for. */
  readonly nextLimit: number;
}

/**
 * Where somebody goes on who was at `since`, from where `page` is not continuous: in the same epoch from the oldest that is
 * kept, unless a snapshot makes that needless; in another from where the topic stands, because what is kept may be what
 * they have seen.
 */
export function goOnFrom(
  since: Position,
  { position, publications: [kept] }: HistoryPage,
  hasSnapshot: boolean,
): { readonly reason: 'expired' | 'epoch'; readonly position: Position } {
  if (position.epoch !== since.epoch || position.offset < since.offset) return { reason: 'epoch', position };
  const first = kept?.position ?? null;
  if (hasSnapshot || first === null) return { reason: 'expired', position };
  return { reason: 'expired', position: { offset: first.offset - 1, epoch: first.epoch } };
}

const smallestPage = 8;
const largestPage = 256;
const firstStep: Step = { sent: 0, isStuck: false, nextLimit: largestPage };
