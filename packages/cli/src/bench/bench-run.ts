import { type BenchReport, createReport, type ResidentBytes } from './bench-report.js';
import { LoadCrew } from './load-crew.js';
import { LoadFailure } from './load-failure.js';
import type { BenchPlan, LoadJob, LoadResult, OpeningPlan } from './load-job.js';
import { processTree, readResidentBytes } from './process-usage.js';
import type { ProgressView } from './progress-view.js';
import { settledResidentBytes } from './settled-memory.js';

/** The run was stopped before there was anything to report. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
}

/** One measurement, from the side of the process that has others generate the load. */
export class BenchRun {
  /** What to know about the report; complete when it is there. */
  readonly warnings: string[] = [];
  readonly #plan: BenchPlan;
  readonly #opening: OpeningPlan;
  readonly #view: ProgressView;
  readonly #stopped = new AbortController();
  #crew: LoadCrew | null = null;

  constructor(plan: BenchPlan, opening: OpeningPlan, view: ProgressView) {
    this.#plan = plan;
    this.#opening = opening;
    this.#view = view;
  }

  /** Ends the measured window now; before it has begun, the run. */
  stop(): void {
    this.#stopped.abort();
  }

  /** @throws LoadFailure when the server or the load failed, Interruption */
  async run(): Promise<BenchReport> {
    const pids = this.#serverPids();
    const before = await this.#weigh(pids, baselineMs);
    this.#checkStopped();
    this.#crew = new LoadCrew(this.#jobs(pids));
    try {
      const [results, after] = await this.#load(this.#crew, pids);
      const resident: ResidentBytes | null = pids.length === 0 ? null : { before, after };
      this.#warn(results);
      await this.#crew.leave();
      return createReport(this.#plan, results, resident);
    } catch (error) {
      await this.#crew.kill();
      throw error;
    }
  }

  /** Loads the server; gives what the processes measured, and the memory of the server after it. */
  async #load(crew: LoadCrew, pids: readonly number[]): Promise<readonly [LoadResult[], number]> {
    this.#showOpening(crew);
    await this.#untilStopped(crew.opened());
    this.#checkStopped();
    return this.#plan.scenario === 'idle' ? this.#hold(crew, pids) : this.#measure(crew, pids);
  }

  #showOpening(crew: LoadCrew): void {
    const { connections, idleMessages } = this.#plan;
    const echoes = idleMessages === 1 ? '' : `, ${idleMessages} echoes on each`;
    const state = (): { share: number; detail: string } => {
      const { opened, messages } = crew.progress;
      const done = idleMessages === 1 ? opened : messages / idleMessages;
      return { share: done / connections, detail: `${Math.floor(done)}` };
    };
    this.#view.begin({ title: `opening ${connections} connections${echoes}`, state });
  }

  async #measure(crew: LoadCrew, pids: readonly number[]): Promise<readonly [LoadResult[], number]> {
    const { warmupMs, durationMs } = this.#plan;
    const handleStop = (): void => crew.stop();
    this.#stopped.signal.addEventListener('abort', handleStop);
    const results = Promise.race([
      crew.run(beginDelayMs),
      this.#never(beginDelayMs + warmupMs + durationMs + reportPatienceMs),
    ]);
    if (warmupMs > 0) this.#showWindow(crew, 'warming up', warmupMs);
    const measuring = setTimeout(
      () => this.#showWindow(crew, 'measuring', durationMs),
      warmupMs + beginDelayMs,
    );
    try {
      const measured = await results;
      if (measured.some(({ seconds }) => seconds < shortestWindowSeconds)) throw interrupted();
      return [measured, readResidentBytes(pids)];
    } finally {
      clearTimeout(measuring);
      this.#stopped.signal.removeEventListener('abort', handleStop);
    }
  }

  /** Rejects after a time in which every load process should have told its result or why there is none. */
  #never(timeoutMs: number): Promise<never> {
    return new Promise((_, reject) => {
      const late = new LoadFailure('a load process is stuck: nothing was heard of it in time');
      setTimeout(() => reject(late), timeoutMs).unref();
    });
  }

  /** Shows a stretch of time, and how many messages come in a second. */
  #showWindow(crew: LoadCrew, verb: string, durationMs: number): void {
    const beginMs = performance.now();
    let [lastMs, lastMessages, perSecond] = [beginMs, crew.progress.messages, 0];
    const state = (): { share: number; detail: string } => {
      const nowMs = performance.now();
      const { messages } = crew.progress;
      if (nowMs - lastMs >= rateIntervalMs) {
        perSecond = Math.max(0, ((messages - lastMessages) / (nowMs - lastMs)) * 1000);
        [lastMs, lastMessages] = [nowMs, messages];
      }
      return {
        share: (nowMs - beginMs) / durationMs,
        detail: `${Math.round(perSecond).toLocaleString('en-US')} / s`,
      };
    };
    this.#view.begin({ title: `${verb} for ${durationMs / 1000} s`, state });
  }

  async #hold(crew: LoadCrew, pids: readonly number[]): Promise<readonly [LoadResult[], number]> {
    const results = crew.run(0);
    const after = await Promise.race([this.#weigh(pids, this.#plan.durationMs), results.then(() => 0)]);
    crew.stop();
    return [await results, after];
  }

  /** The memory of the server, now or once it has settled; 0 when no server process was named. */
  async #weigh(pids: readonly number[], leastMs: number): Promise<number> {
    if (this.#plan.scenario !== 'idle') return readResidentBytes(pids);
    const beginMs = performance.now();
    this.#view.begin({
      title: 'waiting until memory has settled',
      state: () => ({ share: (performance.now() - beginMs) / leastMs, detail: '' }),
    });
    return settledResidentBytes(pids, leastMs, this.#stopped.signal);
  }

  #jobs(serverPids: readonly number[]): LoadJob[] {
    const { connections, processes } = this.#plan;
    return Array.from({ length: processes }, (_, process) => ({
      plan: this.#plan,
      opening: this.#opening,
      process,
      connections: Math.floor(connections / processes) + (process < connections % processes ? 1 : 0),
      serverPids,
    }));
  }

  #serverPids(): readonly number[] {
    const { serverPid } = this.#plan;
    return serverPid === null ? [] : processTree(serverPid, process.pid);
  }

  #warn(results: readonly LoadResult[]): void {
    const plain = results.reduce((sum, { plainReplies }) => sum + plainReplies, 0);
    if (plain > 0) this.warnings.push(`note: the server sent ${plain} replies without compressing them`);
    const unsent = results.reduce((sum, result) => sum + result.unsent, 0);
    if (unsent > maxUnsentShare * (this.#plan.rate ?? 0) * (this.#plan.durationMs / 1000)) {
      this.warnings.push(
        `note: ${unsent} messages were due and had no place in flight when the window ended; their wait is counted`,
      );
    }
    const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
    const busy = results.reduce((sum, { loadCpuSeconds }) => sum + loadCpuSeconds, 0) / seconds;
    if (this.#plan.scenario !== 'idle' && busy > busyShare) {
      this.warnings.push(
        `note: the load used ${(busy * 100).toFixed(0)} % of its CPU and may be the bottleneck: more --processes tell`,
      );
    }
  }

  async #untilStopped(work: Promise<void>): Promise<void> {
    const { signal } = this.#stopped;
    await Promise.race([
      work,
      new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve())),
    ]);
  }

  #checkStopped(): void {
    if (this.#stopped.signal.aborted) throw interrupted();
  }
}

function interrupted(): Interruption {
  return new Interruption('interrupted before anything was measured');
}

/** Orders need a moment to reach all processes, and servers to notice that a connection is open. */
const beginDelayMs = 100;
/** Replies have five seconds after the window. */
const reportPatienceMs = 20_000;
const rateIntervalMs = 500;
const baselineMs = 1_000;
const shortestWindowSeconds = 0.01;
/** Of the messages asked for: what is due right at the end is no news. */
const maxUnsentShare = 0.01;
/** Of its CPU: beyond it the load may be what is measured. */
const busyShare = 0.9;
