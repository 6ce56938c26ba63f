import { monotonicMs } from './clock.js';
import type { LoadContext } from './load.js';
import { LoadFailure } from './load-failure.js';
import type { Reel } from './reel.js';
import { ReplyConnection, type ReplyHandlers } from './reply-connection.js';
import type { Schedule } from './schedule.js';

/** What the connections of an echo load share. */
export interface EchoShared {
  readonly context: LoadContext;
  readonly sent: Reel;
  readonly expected: Reel;
  readonly connectionCount: number;
  /** Those that have something to send, and room for it. */
  readonly ready: EchoConnection[];
  /** Null in a closed loop. */
  schedule: Schedule | null;
}

/** One connection of an echo load. */
export class EchoConnection implements ReplyHandlers {
  readonly handleOpened: () => void;
  readonly connection: ReplyConnection;
  readonly #shared: EchoShared;
  readonly #index: number;
  /** When the messages in flight were due; a ring. */
  readonly #dueAt: Float64Array;
  /** Messages to be sent so far. */
  #owed = 0;
  #sent = 0;
  #replied = 0;
  #isReady = false;

  constructor(shared: EchoShared, index: number, handleOpened: () => void) {
    this.#shared = shared;
    this.#index = index;
    this.handleOpened = handleOpened;
    this.#dueAt = new Float64Array(shared.context.job.plan.inFlight);
    this.connection = new ReplyConnection(shared.context, shared.expected, this);
  }

  get inFlight(): number {
    return this.#sent - this.#replied;
  }

  /** Gives more messages to send. */
  owe(count: number): void {
    this.#owed += count;
    this.#getReady();
  }

  /** Sends what is due and has room, in one write. */
  sendDue(nowMs: number): void {
    this.#isReady = false;
    const first = this.#sent;
    const count = Math.min(this.#owed - first, this.#dueAt.length - this.inFlight);
    for (let i = first; i < first + count; i++) {
      this.#dueAt[i % this.#dueAt.length] = this.#dueTime(i, nowMs);
    }
    this.#sent += count;
    this.connection.sendRun(this.#shared.sent, first, count);
  }

  /** Forgets what is due and not sent, and returns how much that is: it has waited for so long at least. */
  stop(nowMs: number): number {
    const unsent = Number.isFinite(this.#owed) ? this.#owed - this.#sent : 0;
    for (let i = this.#sent; i < this.#sent + unsent; i++) {
      this.#shared.context.tally.recordLatency(this.#dueTime(i, nowMs), nowMs);
    }
    this.#owed = this.#sent;
    return unsent;
  }

  handleReplies(count: number): void {
    if (count > this.inFlight) throw new LoadFailure('the server sent more replies than it got messages');
    const { tally } = this.#shared.context;
    const nowMs = monotonicMs();
    for (let i = this.#replied; i < this.#replied + count; i++) {
      tally.recordLatency(this.#dueAt[i % this.#dueAt.length] as number, nowMs);
    }
    this.#replied += count;
    tally.messages += count;
    this.#getReady();
  }

  #getReady(): void {
    if (this.#isReady || this.#sent >= this.#owed || this.inFlight >= this.#dueAt.length) return;
    this.#isReady = true;
    this.#shared.ready.push(this);
  }

  #dueTime(message: number, nowMs: number): number {
    const { schedule, connectionCount } = this.#shared;
    return schedule === null ? nowMs : schedule.dueAt(message * connectionCount + this.#index);
  }
}
