import { monotonicMs } from './clock.js';
import { Histogram } from './histogram.js';
import { closeFrame, type Load, type LoadContext } from './load.js';
import { LoadConnection, type LoadConnectionHandlers } from './load-connection.js';
import { LoadFailure } from './load-failure.js';
import { Schedule } from './schedule.js';
import { ServerFrames } from './server-frames.js';

/**
 * Opens connections and closes them as soon as they are open, a limited number at a time: as many as may be (closed loop),
 * or by a schedule (open loop). Latency runs until the opening handshake is done.
 */
export class ConnectLoad implements Load {
  readonly outstandingNoun = 'closing handshakes';
  readonly #context: LoadContext;
  /** How long whole cycles take. */
  readonly #cycles = new Histogram();
  #schedule: Schedule | null = null;
  /** Cycles to begin so far. */
  #owed = 0;
  #started = 0;
  #ended = 0;

  constructor(context: LoadContext) {
    this.#context = context;
  }

  /** None has to be open beforehand. */
  get opened(): number {
    return this.#context.job.connections;
  }

  get outstanding(): number {
    return this.#started - this.#ended;
  }

  get intervalUs(): number {
    return this.#cycles.quantileUs(0.5);
  }

  async open(): Promise<void> {}

  begin(atMs: number): void {
    const { plan, process } = this.#context.job;
    const { rate, processes } = plan;
    if (rate === null) this.#owed = Number.POSITIVE_INFINITY;
    else this.#schedule = new Schedule(atMs, { rate, processes, process });
  }

  turn(nowMs: number): void {
    if (this.#schedule !== null) this.#owed = this.#schedule.dueCount(nowMs);
    while (this.#started < this.#owed && this.outstanding < this.#context.job.connections) {
      const dueAtMs = this.#schedule?.dueAt(this.#started) ?? nowMs;
      this.#started++;
      new Cycle(this.#context, dueAtMs, () => {
        this.#ended++;
        this.#cycles.record(monotonicMs() - nowMs);
      });
    }
  }

  stop(nowMs: number): number {
    if (this.#schedule === null) {
      this.#owed = this.#started;
      return 0;
    }
    const due = this.#schedule.dueCount(nowMs);
    for (let i = this.#started; i < due; i++) {
      this.#context.tally.recordLatency(this.#schedule.dueAt(i), nowMs);
    }
    this.#schedule = null;
    this.#owed = this.#started;
    return due - this.#started;
  }

  hear(): void {}

  async close(): Promise<void> {}
}

/** A connection that is closed as soon as it is open. */
class Cycle implements LoadConnectionHandlers {
  readonly #context: LoadContext;
  readonly #dueAtMs: number;
  readonly #handleCycled: () => void;
  readonly #connection: LoadConnection;
  readonly #frames: ServerFrames;
  #isAnswered = false;

  constructor(context: LoadContext, dueAtMs: number, handleCycled: () => void) {
    this.#context = context;
    this.#dueAtMs = dueAtMs;
    this.#handleCycled = handleCycled;
    this.#frames = new ServerFrames({
      handlePayload() {},
      handlePing() {},
      handleClose: (payload) => this.#receiveClose(payload),
    });
    this.#connection = new LoadConnection(context.target, this);
  }

  handleOpened(): void {
    this.#context.tally.reads++;
    this.#context.tally.recordLatency(this.#dueAtMs, monotonicMs());
    this.#connection.write(closeFrame);
  }

  handleBytes(start: number, end: number): void {
    this.#context.tally.reads++;
    this.#frames.receive(this.#context.target.readBuffer.subarray(start, end));
  }

  /** The server ends TCP first (RFC 6455 §7.1.1); one that waits for us is given a moment. */
  #receiveClose(payload: Uint8Array): void {
    const code = payload.length < 2 ? noStatus : Buffer.from(payload).readUInt16BE(0);
    if (code !== normalClosure) throw new LoadFailure(`a Close frame with 1000 was answered with ${code}`);
    this.#isAnswered = true;
    this.#connection.endAfter(serverEndMs);
  }

  handleEnd(): void {
    if (!this.#isAnswered) {
      this.#context.fail('the server ended a connection without answering its Close frame');
      return;
    }
    this.#context.tally.messages++;
    this.#handleCycled();
  }

  handleFailure(reason: string): void {
    this.#context.fail(reason);
  }
}

const normalClosure = 1000;
const noStatus = 1005;
const serverEndMs = 500;
