import { monotonicMs } from './clock.js';
import { closeFrame, type LoadContext } from './load.js';
import { LoadConnection, type LoadConnectionHandlers } from './load-connection.js';
import { LoadFailure } from './load-failure.js';
import type { Reel } from './reel.js';
import { ReplyReader } from './reply-reader.js';
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
export class EchoConnection implements LoadConnectionHandlers {
  /** Whether the TCP connection is over, after `close`. */
  isOver = false;
  readonly handleOpened: () => void;
  readonly #shared: EchoShared;
  readonly #index: number;
  readonly #connection: LoadConnection;
  readonly #replies: ReplyReader;
  /** When the messages in flight were due; a ring. */
  readonly #dueAt: Float64Array;
  /** Messages to be sent so far. */
  #owed = 0;
  #sent = 0;
  #replied = 0;
  #isReady = false;
  #isClosing = false;

  constructor(shared: EchoShared, index: number, handleOpened: () => void) {
    const { context, expected } = shared;
    this.#shared = shared;
    this.#index = index;
    this.handleOpened = handleOpened;
    this.#dueAt = new Float64Array(context.job.plan.inFlight);
    const { readBuffer } = context.target;
    this.#replies = new ReplyReader({ expected, readBuffer, send: (frame) => this.#connection.write(frame) });
    this.#connection = new LoadConnection(context.target, this);
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
    const count = Math.min(this.#owed - this.#sent, this.#dueAt.length - this.inFlight);
    for (let i = this.#sent; i < this.#sent + count; i++) {
      this.#dueAt[i % this.#dueAt.length] = this.#dueTime(i, nowMs);
    }
    this.#write(count);
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

  close(): void {
    this.#isClosing = true;
    this.#connection.write(closeFrame);
    this.#connection.end();
  }

  handleBytes(start: number, end: number): void {
    if (this.#isClosing) return;
    const { tally } = this.#shared.context;
    const count = this.#replies.receive(start, end);
    tally.reads++;
    if (count === 0) return;
    if (count > this.inFlight) throw new LoadFailure('a server sent more replies than it got messages');
    const nowMs = monotonicMs();
    for (let i = this.#replied; i < this.#replied + count; i++) {
      tally.recordLatency(this.#dueAt[i % this.#dueAt.length] as number, nowMs);
    }
    this.#replied += count;
    tally.messages += count;
    this.#getReady();
  }

  handleEnd(): void {
    this.isOver = true;
    if (!this.#isClosing) this.handleFailure('the server ended a connection without a Close frame');
  }

  handleFailure(reason: string): void {
    this.isOver = true;
    if (!this.#isClosing) this.#shared.context.fail(reason);
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

  #write(count: number): void {
    const { sent } = this.#shared;
    if (count <= sent.maxRun) this.#connection.write(sent.run(this.#sent, count));
    else {
      const pieces: Buffer[] = [];
      for (let at = 0; at < count; at += sent.maxRun) {
        pieces.push(sent.run(this.#sent + at, Math.min(sent.maxRun, count - at)));
      }
      this.#connection.writeAll(pieces);
    }
    this.#sent += count;
  }
}
