import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { monotonicMs } from './clock.js';
import { LoadFailure } from './load-failure.js';
import type { LoadJob, LoadOrder, LoadReport, LoadResult } from './load-job.js';

/** What all processes together have done so far. */
export interface CrewProgress {
  readonly opened: number;
  readonly messages: number;
}

/** The load processes, from the side of the process that started them. */
export class LoadCrew {
  readonly #members: readonly ChildProcess[];
  readonly #progress: CrewProgress[];
  readonly #opened: Promise<unknown>;
  readonly #results: Promise<LoadResult[]>;
  readonly #ended: Promise<unknown>;

  constructor(jobs: readonly LoadJob[]) {
    this.#progress = jobs.map(() => ({ opened: 0, messages: 0 }));
    this.#members = jobs.map(() =>
      fork(fileURLToPath(new URL('load-process.js', import.meta.url)), {
        serialization: 'advanced',
        // Ctrl-C of a terminal is for the process that started them, which tells them to stop.
        detached: true,
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
        execArgv: ['--max-semi-space-size=16'],
      }),
    );
    this.#opened = Promise.all(this.#members.map((member) => this.#hears(member, 'opened')));
    this.#results = Promise.all(
      this.#members.map(async (member) => (await this.#hears(member, 'result')).result),
    );
    this.#ended = Promise.all(this.#members.map(hasEnded));
    for (const promise of [this.#opened, this.#results]) promise.catch(() => {});
    for (const [index, member] of this.#members.entries()) {
      member.on('message', (report: LoadReport) => this.#relay(index, report));
      this.#tell(member, { type: 'job', job: jobs[index] as LoadJob });
    }
  }

  get progress(): CrewProgress {
    return this.#progress.reduce((sum, { opened, messages }) => ({
      opened: sum.opened + opened,
      messages: sum.messages + messages,
    }));
  }

  /** Resolves when all connections are open. @throws LoadFailure */
  async opened(): Promise<void> {
    await this.#opened;
  }

  /** Has all begin at the same time and gives their results, one for each process. @throws LoadFailure */
  run(delayMs: number): Promise<LoadResult[]> {
    this.#tellAll({ type: 'begin', atMs: monotonicMs() + delayMs });
    return this.#results;
  }

  /** Ends the window now. */
  stop(): void {
    this.#tellAll({ type: 'stop' });
  }

  /** Closes the connections and resolves when the processes are gone. */
  async leave(): Promise<void> {
    this.#tellAll({ type: 'leave' });
    await this.#ended;
  }

  /** Ends the processes at once. */
  async kill(): Promise<void> {
    for (const member of this.#members) member.kill('SIGKILL');
    await this.#ended;
  }

  #relay(index: number, report: LoadReport): void {
    if (report.type === 'progress') this.#progress[index] = report;
    // The first process publishes.
    if (report.type === 'reached' && this.#members[0] !== undefined) this.#tell(this.#members[0], report);
    if (report.type === 'published') this.#tellAll(report);
  }

  /** Resolves with the first report of a type. */
  #hears<Type extends LoadReport['type']>(
    member: ChildProcess,
    type: Type,
  ): Promise<Extract<LoadReport, { type: Type }>> {
    return new Promise((resolve, reject) => {
      member.on('message', (report: LoadReport) => {
        if (report.type === type) resolve(report as Extract<LoadReport, { type: Type }>);
        if (report.type === 'failed') reject(new LoadFailure(report.reason));
      });
      member.on('exit', (status, signal) => {
        reject(new LoadFailure(`a load process ended before its time, with ${signal ?? status}`));
      });
      member.on('error', (error) => reject(new LoadFailure(`a load process failed: ${error.message}`)));
    });
  }

  #tellAll(order: LoadOrder): void {
    for (const member of this.#members) this.#tell(member, order);
  }

  #tell(member: ChildProcess, order: LoadOrder): void {
    // One that is gone has been noticed by its exit.
    if (member.connected) member.send(order, () => {});
  }
}

function hasEnded(member: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    member.on('exit', () => resolve());
    member.on('error', () => {
      if (member.pid === undefined) resolve();
    });
  });
}
