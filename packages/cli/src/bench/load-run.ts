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
  #isStopped = false;

  constructor(context: LoadContext, load: Load) {
    this.#context = context;
    this.#load = load;
  }

  /** Ends the window now, or the warm-up and the window. */
  stop(): void {
    this.#isStopped = true;
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
    return {
      seconds: (after.nowMs - before.nowMs) / 1000,
      messages,
      reads,
      loadCpuSeconds: after.loadCpuSeconds - before.loadCpuSeconds,
      serverCpuSeconds: after.serverCpuSeconds - before.serverCpuSeconds,
      latencyCounts: tally.latencies.counts,
      maxLatencyUs: tally.latencies.maxUs,
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
    await spin(this.#reads, () => {}, isOver);
    const { outstanding, outstandingNoun } = this.#load;
    if (outstanding === 0) return;
    throw new LoadFailure(
      `the server did not answer in time: ${outstanding} ${outstandingNoun} did not come back within ${maxLateMs / 1000} s`,
    );
  }

  readonly #reads = (): number => this.#context.tally.reads;

  #readClocks(): { nowMs: number; loadCpuSeconds: number; serverCpuSeconds: number } {
    const { user, system } = process.cpuUsage();
    return {
      nowMs: monotonicMs(),
      loadCpuSeconds: (user + system) / 1e6,
      serverCpuSeconds: readCpuSeconds(this.#context.job.serverPids),
    };
  }
}

/** How long after the window a reply may come. */
const maxLateMs = 5_000;
