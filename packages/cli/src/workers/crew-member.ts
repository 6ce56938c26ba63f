import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';

import type { DrainCounts } from '../shutdown.js';

import type { WorkerOrder, WorkerReport, WorkerSetup } from './worker-message.js';

export interface CrewMemberOwner {
  handleReport(member: CrewMember, report: WorkerReport): void;
  /** The process is gone. Called once. */
  handleGone(member: CrewMember): void;
}

/**
 * How far a worker is. One that binds or listens holds the port; only one that listens has connections.
 */
export type CrewMemberState = 'preparing' | 'joining' | 'binding' | 'listening' | 'gone';

/** What a member is told beside what it knows of itself. */
export type CrewMemberSetup = Omit<WorkerSetup, 'id' | 'path'>;

/** One worker process, from its start to its end. */
export class CrewMember {
  readonly number: number;
  readonly id: number;
  /** Where other workers reach it. */
  readonly path: string;
  readonly startedAt: number = performance.now();
  state: CrewMemberState = 'preparing';
  /** Resolves when it has begun to drain, or is gone. */
  readonly draining: Promise<void>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;
  /** How many connections it had when it began to drain. */
  connections = 0;
  /** Why it ended, in words; empty until it has. */
  ending = '';
  /** Questions in a row without a word since; null until it hears them. */
  #unanswered: number | null = null;
  #counts: DrainCounts | null = null;
  #failure: string | null = null;
  readonly #setup: CrewMemberSetup;
  readonly #worker: Worker;
  readonly #owner: CrewMemberOwner;
  #resolveDraining: () => void = () => {};
  #resolveEnded: () => void = () => {};

  constructor(setup: CrewMemberSetup, owner: CrewMemberOwner) {
    this.#setup = setup;
    this.#owner = owner;
    this.draining = new Promise((resolve) => {
      this.#resolveDraining = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#worker = cluster.fork();
    this.number = setup.number;
    this.id = this.#worker.id;
    this.path = `${setup.folder}/${this.id}`;
    this.#worker.on('message', (report: WorkerReport) => this.#receive(report));
    this.#worker.on('error', (error) => this.#handleGone(error.message));
    this.#worker.on('exit', (code, signal) =>
      this.#handleGone(signal ? `was ended by ${signal}` : `ended with status ${code}`),
    );
  }

  get name(): string {
    return `worker ${this.number} (pid ${this.#worker.process.pid})`;
  }

  /** How the connections ended that it had when it began to drain. */
  get counts(): DrainCounts {
    return this.#counts ?? { closed: 0, terminated: this.connections };
  }

  tell(order: WorkerOrder): void {
    // One that is gone needs no orders; that it is gone is told elsewhere.
    if (this.#worker.isConnected()) this.#worker.send(order, () => {});
  }

  /** Called at regular intervals: asks whether it is there. True when it has left so many questions unanswered. */
  isSilentAfter(questions: number): boolean {
    if (this.#unanswered === null) return false;
    if (this.#unanswered >= questions) return true;
    this.#unanswered++;
    this.tell({ type: 'ask' });
    return false;
  }

  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }

  #receive(report: WorkerReport): void {
    this.#unanswered = 0;
    if (report.type === 'ready') {
      this.tell({ type: 'prepare', setup: { ...this.#setup, id: this.id, path: this.path } });
    }
    if (report.type === 'failed') this.#failure = report.reason;
    if (report.type === 'drained') this.#counts = report;
    if (report.type === 'draining') {
      this.connections = report.connections;
      this.#resolveDraining();
    }
    this.#owner.handleReport(this, report);
  }

  #handleGone(ending: string): void {
    if (this.state === 'gone') return;
    this.state = 'gone';
    this.ending = this.#failure === null ? ending : `${ending}: ${this.#failure}`;
    this.kill();
    this.#resolveDraining();
    this.#resolveEnded();
    this.#owner.handleGone(this);
  }
}

/** Settles for this whole process how members are started, and who takes a connection: each in its turn. */
export function prepareCluster(): void {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('worker-main.js', import.meta.url)),
    args: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}
