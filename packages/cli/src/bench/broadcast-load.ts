import { monotonicMs } from './clock.js';
import { DeliveryCount } from './delivery-count.js';
import { type Load, type LoadContext, openAll } from './load.js';
import { LoadFailure } from './load-failure.js';
import type { BroadcastNews } from './load-job.js';
import { Reel } from './reel.js';
import { closeAll, ReplyConnection } from './reply-connection.js';
import { Schedule } from './schedule.js';

/**
 * The first connection of the first process publishes, and every connection of every process gets each publish. A limited
 * number is on the way to anybody: the next one goes out when the oldest has reached all (closed loop), or when it is
 * due and there is room (open loop). Latency runs until the last connection has a publish.
 */
export class BroadcastLoad implements Load {
  opened = 0;
  readonly intervalUs = null;
  readonly #context: LoadContext;
  readonly #connections: ReplyConnection[] = [];
  readonly #sent: Reel;
  readonly #expected: Reel;
  /** Who has what, in this process. */
  readonly #deliveries: DeliveryCount;
  /** How many publishes have reached all connections of a process. Only the publisher hears of the others. */
  readonly #reached: number[];
  /** When publishes on their way were due, and when they had reached the last process so far; rings. */
  readonly #dueAt: Float64Array;
  readonly #reachedAt: Float64Array;
  #schedule: Schedule | null = null;
  #owed = 0;
  #published = 0;
  #completed = 0;
  /** What the publisher sent in all; null until it stopped. */
  #total: number | null = null;
  /** What the publisher was told. */
  #told = 0;

  constructor(context: LoadContext) {
    const { plan, connections } = context.job;
    this.#context = context;
    this.#sent = Reel.toSend(plan, plan.inFlight);
    this.#expected = Reel.toReceive(plan);
    this.#deliveries = new DeliveryCount(connections, plan.inFlight);
    this.#reached = new Array(plan.processes).fill(0);
    this.#dueAt = new Float64Array(plan.inFlight);
    this.#reachedAt = new Float64Array(plan.inFlight);
  }

  get #isPublisher(): boolean {
    return this.#context.job.process === 0;
  }

  get outstanding(): number {
    if (this.#isPublisher) return this.#published - this.#completed;
    return this.#total === null ? 1 : this.#total - this.#told;
  }

  get outstandingNoun(): string {
    const missing = this.#deliveries.describeMissing();
    return missing === null ? 'publishes' : `publishes (one reached only ${missing})`;
  }

  open(): Promise<void> {
    return openAll(this.#context, (index, handleOpened) => {
      const connection = new ReplyConnection(this.#context, this.#expected, {
        handleOpened: () => {
          this.opened++;
          handleOpened();
        },
        handleReplies: (count) => this.#deliver(index, count),
      });
      this.#connections.push(connection);
    });
  }

  begin(atMs: number): void {
    const { rate } = this.#context.job.plan;
    if (!this.#isPublisher) return;
    if (rate === null) this.#owed = Number.POSITIVE_INFINITY;
    else this.#schedule = new Schedule(atMs, { rate, processes: 1, process: 0 });
  }

  turn(nowMs: number): void {
    if (this.#isPublisher) this.#publish(nowMs);
    else this.#tellReached(nowMs);
  }

  stop(nowMs: number): number {
    if (!this.#isPublisher) return 0;
    const owed = this.#schedule?.dueCount(nowMs) ?? this.#published;
    for (let i = this.#published; i < owed; i++) {
      this.#context.tally.recordLatency(this.#schedule?.dueAt(i) ?? nowMs, nowMs);
    }
    this.#schedule = null;
    this.#owed = this.#published;
    this.#context.tell({ type: 'published', count: this.#published });
    return owed - this.#published;
  }

  hear(news: BroadcastNews): void {
    if (news.type === 'published') {
      this.#total = news.count;
      if (this.#deliveries.most > news.count) this.#context.fail(surplus);
      return;
    }
    this.#reach(news.process, news.count, news.atMs);
  }

  close(): Promise<void> {
    return closeAll(this.#connections);
  }

  #publish(nowMs: number): void {
    if (this.#schedule !== null) this.#owed = this.#schedule.dueCount(nowMs);
    const room = this.#dueAt.length - (this.#published - this.#completed);
    const count = Math.min(this.#owed - this.#published, room);
    if (count <= 0) return;
    const first = this.#published;
    for (let i = first; i < first + count; i++) {
      this.#dueAt[i % this.#dueAt.length] = this.#schedule?.dueAt(i) ?? nowMs;
      this.#reachedAt[i % this.#dueAt.length] = 0;
    }
    this.#published += count;
    this.#connections[0]?.sendRun(this.#sent, first, count);
  }

  #tellReached(nowMs: number): void {
    const count = this.#deliveries.reached;
    if (count === this.#told) return;
    this.#told = count;
    this.#context.tell({ type: 'reached', process: this.#context.job.process, count, atMs: nowMs });
  }

  #deliver(connection: number, count: number): void {
    this.#context.tally.messages += count;
    const before = this.#deliveries.reached;
    const hasRoom = this.#deliveries.deliver(connection, count);
    const limit = this.#isPublisher ? this.#published : (this.#total ?? Number.POSITIVE_INFINITY);
    if (!hasRoom || this.#deliveries.most > limit) throw new LoadFailure(surplus);
    const { reached } = this.#deliveries;
    if (this.#isPublisher && reached > before) this.#reach(0, reached, monotonicMs());
  }

  /** Publishes up to `count` have reached a process. */
  #reach(process: number, count: number, atMs: number): void {
    const size = this.#dueAt.length;
    for (let i = this.#reached[process] as number; i < count; i++) {
      this.#reachedAt[i % size] = Math.max(this.#reachedAt[i % size] as number, atMs);
    }
    this.#reached[process] = count;
    const completed = Math.min(...this.#reached);
    for (; this.#completed < completed; this.#completed++) {
      const slot = this.#completed % size;
      this.#context.tally.recordLatency(this.#dueAt[slot] as number, this.#reachedAt[slot] as number);
    }
  }
}

const surplus = 'the server delivered more messages than were published';
