import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import type { ExchangeOrder, ExchangeReport } from '../hub/exchange/exchange-message.js';
import type { Log } from '../log.js';
import type { MetricsSnapshot } from '../metrics/metrics.js';

import { backOffMs, longLifeMs } from './back-off.js';
import type { CountingMember } from './metrics-rounds.js';
import type { WorkerOrder } from './worker-message.js';

export interface ExchangeProcessOwner {
  handleCounted(snapshot: MetricsSnapshot): void;
  /** What it has counted is gone with it. */
  handleGone(): void;
}

/**
 * The process in which the hubs of all workers meet when their broker is in memory, and those that take its place: it
 * does nothing else, so that the primary process carries no messages and no worker's death loses what is kept.
 */
export class ExchangeProcess implements CountingMember {
  readonly #log: Log;
  readonly #owner: ExchangeProcessOwner;
  #path = '';
  #child: ChildProcess | null = null;
  #startedAt = 0;
  /** How many died in a row. */
  #deaths = 0;
  #restart: NodeJS.Timeout | undefined;
  /** Questions in a row without a word since; null until it hears them. */
  #unanswered: number | null = null;
  #failure: string | null = null;
  #isListening = false;
  #isAnnounced = false;
  #isEnding = false;

  constructor(log: Log, owner: ExchangeProcessOwner) {
    this.#log = log;
    this.#owner = owner;
  }

  /** Whether workers can reach it. */
  get isListening(): boolean {
    return this.#isListening;
  }

  /** @param path where it listens */
  start(path: string): void {
    this.#path = path;
    this.#startedAt = performance.now();
    this.#unanswered = null;
    this.#failure = null;
    const child = fork(mainPath, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child = child;
    child.on('message', (report: ExchangeReport) => this.#receive(child, report));
    child.on('error', (error) => this.#handleGone(child, error.message));
    child.on('exit', (code, signal) =>
      this.#handleGone(child, signal ? `was ended by ${signal}` : `ended with status ${code}`),
    );
  }

  /** Says in the log that it is there, now or when it is, and whenever another one has taken its place. */
  announce(): void {
    this.#isAnnounced = true;
    if (this.#isListening) this.#logUp();
  }

  tell(order: WorkerOrder): void {
    if (order.type === 'count-metrics') this.#send(order);
  }

  /** Called at regular intervals: asks whether it is there. One that has left so many questions unanswered is killed. */
  ask(maxQuestions: number): void {
    if (this.#unanswered === null || this.#isEnding) return;
    if (this.#unanswered >= maxQuestions) {
      this.#log.warn(`${this.#name} did not answer and is killed`, { event: 'exchange.killed' });
      this.#child?.kill('SIGKILL');
      return;
    }
    this.#unanswered++;
    this.#send({ type: 'ask' });
  }

  /** Ends it for good, at once. */
  end(): void {
    this.#isEnding = true;
    clearTimeout(this.#restart);
    this.#child?.kill('SIGKILL');
  }

  get #name(): string {
    return `the exchange of the workers (pid ${this.#child?.pid})`;
  }

  #logUp(): void {
    this.#log.info(`${this.#name} is there`, { event: 'exchange.up' });
  }

  #send(order: ExchangeOrder): void {
    // One that is gone needs no orders; that it is gone is told elsewhere.
    if (this.#child?.connected) this.#child.send(order, () => {});
  }

  #receive(child: ChildProcess, report: ExchangeReport): void {
    if (child !== this.#child) return;
    this.#unanswered = 0;
    switch (report.type) {
      case 'ready':
        this.#send({ type: 'listen', path: this.#path });
        break;
      case 'listening':
        this.#isListening = true;
        if (this.#isAnnounced) this.#logUp();
        break;
      case 'failed':
        this.#failure = report.reason;
        break;
      case 'counted':
        this.#owner.handleCounted(report.snapshot);
        break;
      case 'here':
        break;
    }
  }

  #handleGone(child: ChildProcess, ending: string): void {
    if (child !== this.#child) return;
    const name = this.#name;
    child.kill('SIGKILL');
    this.#child = null;
    this.#isListening = false;
    this.#unanswered = null;
    this.#owner.handleGone();
    if (this.#isEnding) return;
    const isLongLife = performance.now() - this.#startedAt >= longLifeMs;
    this.#deaths = isLongLife ? 1 : this.#deaths + 1;
    const delayMs = backOffMs(this.#deaths);
    const reason = this.#failure === null ? ending : `${ending}: ${this.#failure}`;
    this.#log.warn(`${name} ${reason}: another takes its place in ${delayMs / 1_000} s`, {
      event: 'exchange.down',
      reason,
    });
    this.#restart = setTimeout(() => this.start(this.#path), delayMs);
  }
}

const mainPath = fileURLToPath(new URL('../hub/exchange/exchange-main.js', import.meta.url));
