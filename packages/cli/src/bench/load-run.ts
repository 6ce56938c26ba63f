import { monotonicMs } from './clock.js';
import type { Load, LoadContext } from './load.js';
import { LoadFailure } from './load-failure.js';
import type { LoadResult } from './load-job.js';
import { readCpuSeconds } from './process-usage.js';
import { spin } from './turn-loop.js';

/** Takes a load through warm-up, window and the wait for what is still in flight. */
export class LoadRun {
  readonly #context: LoadContext;
  readonly #load: Load;
  readonly #stopped: Promise<void>;
  #isStopped = false;
  #resolveStopped: () => void = () => {};

  constructor(context: LoadContext, load: Load) {
    this.#stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
    this.#context = context;
    this.#load = load;
  }

  /** Ends the window now, or the warm-up and the window. */
  stop(): void {
    this.#isStopped = true;
    this.#resolveStopped();
  }

  /**
   * Loads the server from `beginMs` on.
   *
   * @throws LoadFailure when messages were not answered
   */
  async run(beginMs: number): Promise<LoadResult> {
    const { tally, job } = this.#context;
    const warmMs = beginMs + job.plan.warmupMs;
    await this.#spinUntil(beginMs, () => {});
    this.#load.begin(beginMs);
    await this.#spinUntil(warmMs);
    const before = this.#readClocks();
    tally.beginWindow(before.nowMs);
    await this.#spinUntil(warmMs + job.plan.durationMs);
    const after = this.#readClocks();
    const { messages, reads } = tally;
    const unsent = this.#load.stop(after.nowMs);
    await this.#drain();
    return this.#result({ before, after, messages, reads, unsent });
  }

  /** Leaves the connections alone until `stop`, and gives them as messages. */
  async hold(): Promise<LoadResult> {
    const before = this.#readClocks();
    await this.#stopped;
    const { reads } = this.#context.tally;
    const messages = this.#load.opened;
    return this.#result({ before, after: this.#readClocks(), messages, reads, unsent: 0 });
  }

  #result(window: MeasuredWindow): LoadResult {
    const { before, after, messages, reads, unsent } = window;
    const { latencies } = this.#context.tally;
    return {
      seconds: (after.nowMs - before.nowMs) / 1000,
      messages,
      reads,
      plainReplies: this.#context.tally.plainReplies,
      loadCpuSeconds: after.loadCpuSeconds - before.loadCpuSeconds,
      serverCpuSeconds: after.serverCpuSeconds - before.serverCpuSeconds,
      latencyCounts: latencies.counts,
      maxLatencyUs: latencies.maxUs,
      intervalUs: this.#load.intervalUs,
      unsent,
    };
  }

  #spinUntil(endMs: number, turn = (nowMs: number): void => this.#load.turn(nowMs)): Promise<void> {
    return spin(this.#reads, turn, (nowMs) => nowMs >= endMs || this.#isStopped);
  }

  /** Every message that was sent must come back. */
  async #drain(): Promise<void> {
    const endMs = monotonicMs() + maxLateMs;
    const isOver = (nowMs: number): boolean => this.#load.outstanding === 0 || nowMs >= endMs;
    await spin(this.#reads, (nowMs) => this.#load.turn(nowMs), isOver);
    const { outstanding, outstandingNoun } = this.#load;
    if (outstanding === 0) return;
    throw new LoadFailure(
      `the server did not answer in time: ${outstanding} ${outstandingNoun} did not come back within ${maxLateMs / 1000} s`,
    );
  }

  readonly #reads = (): number => this.#context.tally.reads;

  #readClocks(): Clocks {
    const { user, system } = process.cpuUsage();
    return {
      nowMs: monotonicMs(),
      loadCpuSeconds: (user + system) / 1e6,
      serverCpuSeconds: readCpuSeconds(this.#context.job.serverPids),
    };
  }
}

interface Clocks {
  readonly nowMs: number;
  readonly loadCpuSeconds: number;
  readonly serverCpuSeconds: number;
}

interface MeasuredWindow {
  readonly before: Clocks;
  readonly after: Clocks;
  readonly messages: number;
  readonly reads: number;
  readonly unsent: number;
}

/** How long after the window a reply may come. */
const maxLateMs = 5_000;
