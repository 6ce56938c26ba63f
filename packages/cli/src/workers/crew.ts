import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

import { CommandFailure } from '../command-failure.js';
import type { Log } from '../log.js';
import type { ServeFlags } from '../serve-options.js';
import type { Drain, DrainCounts } from '../shutdown.js';

import { backOffMs, longLifeMs } from './back-off.js';
import { CrewMember, prepareCluster } from './crew-member.js';
import { ExchangeProcess } from './exchange-process.js';
import { createMeetingPlace, removeMeetingPlace } from './meeting-place.js';
import { type CountingMember, MetricsRounds } from './metrics-rounds.js';
import type { WorkerReport, WorkerSetup } from './worker-message.js';

export interface CrewOptions {
  /** The flags of each worker. */
  readonly shares: readonly ServeFlags[];
  /** What all of them are told. */
  readonly common: Pick<WorkerSetup, 'tls' | 'auth' | 'version'>;
  /** Whether the hubs of all workers meet in the memory of a process of their own. */
  readonly hasExchange: boolean;
  readonly log: Log;
}

/**
 * The worker processes of a primary process, which itself serves nobody: it accepts connections and hands them out,
 * starts workers, replaces those that die and ends them all. A worker listens only when it is linked with all others.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Map<number, CrewMember>();
  /** How many died in a row, by place. */
  readonly #deaths = new Map<number, number>();
  readonly #restarts = new Set<NodeJS.Timeout>();
  readonly #metrics: MetricsRounds = new MetricsRounds(() => this.#counting);
  readonly #exchange: ExchangeProcess | null;
  #questions: NodeJS.Timeout | undefined;
  #phase: 'starting' | 'running' | 'ending' = 'starting';
  /** Members that are prepared; the first of them is being linked with those before, one at a time. */
  readonly #joining: CrewMember[] = [];
  #folder = '';
  #url = '';
  /** The port to ask for: workers share a port only as long as all ask for the same, be it 0. */
  #port: number;
  #started: (url: string) => void = () => {};
  #failed: (failure: CommandFailure) => void = () => {};

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#port = options.shares[0]?.port ?? 0;
    this.#exchange = options.hasExchange ? this.#createExchange() : null;
  }

  /**
   * Resolves with the address when all listen, and never when they are ended before that. Rejects with CommandFailure when
   * one cannot listen; then all are ended.
   */
  async start(): Promise<string> {
    prepareCluster();
    const folder = await createMeetingPlace();
    if (this.#isEnding) {
      removeMeetingPlace(folder);
      return await new Promise(() => {});
    }
    this.#folder = folder;
    this.#exchange?.start(exchangePath(folder));
    const url = new Promise<string>((resolve, reject) => {
      this.#started = resolve;
      this.#failed = reject;
    });
    this.#questions = setInterval(() => this.#askAll(), questionIntervalMs);
    for (const index of this.#options.shares.keys()) this.#startMember(index + 1);
    return await url;
  }

  /** Begins to drain all workers. */
  async drain(timeoutMs: number): Promise<Drain> {
    const members = this.#stopReplacing();
    for (const member of members) {
      if (member.state === 'listening') member.tell({ type: 'drain', timeoutMs });
      else member.kill();
    }
    await within(
      answerMs,
      members.map(({ draining }) => draining),
    );
    const connections = members.reduce((sum, member) => sum + member.connections, 0);
    return { connections, drained: this.#untilDrained(members, timeoutMs) };
  }

  /** Ends all workers at once. */
  abandon(): void {
    for (const member of this.#stopReplacing()) member.kill();
    this.#leaveMeetingPlace();
  }

  async #untilDrained(members: readonly CrewMember[], timeoutMs: number): Promise<DrainCounts> {
    const ended = members.map((member) => member.ended);
    await within(timeoutMs + lateMs, ended);
    for (const member of members) {
      if (member.state === 'gone') continue;
      this.#options.log.warn(`${member.name} did not end in time and is killed`);
      member.kill();
    }
    await Promise.all(ended);
    this.#leaveMeetingPlace();
    return members.reduce(
      (sum, { counts }) => ({
        closed: sum.closed + counts.closed,
        terminated: sum.terminated + counts.terminated,
      }),
      { closed: 0, terminated: 0 },
    );
  }

  #stopReplacing(): readonly CrewMember[] {
    this.#phase = 'ending';
    clearInterval(this.#questions);
    for (const timer of this.#restarts) clearTimeout(timer);
    return [...this.#members.values()];
  }

  #startMember(number: number): void {
    const { shares, common, hasExchange } = this.#options;
    const flags = shares[number - 1] as ServeFlags;
    const exchange = hasExchange ? exchangePath(this.#folder) : null;
    const setup = { ...common, number, flags, folder: this.#folder, exchange };
    const member = new CrewMember(setup, {
      handleReport: (reporter, report) => this.#handleReport(reporter, report),
      handleGone: (gone) => this.#handleGone(gone),
    });
    this.#members.set(number, member);
  }

  #handleReport(member: CrewMember, report: WorkerReport): void {
    switch (report.type) {
      case 'prepared':
        this.#joining.push(member);
        if (this.#joining[0] === member) this.#linkNext();
        break;
      case 'joined':
        member.state = 'binding';
        member.tell({ type: 'listen', port: this.#port });
        this.#joining.shift();
        this.#linkNext();
        break;
      case 'listening':
        this.#handleListening(member, report);
        break;
      case 'failed':
        if (this.#phase === 'starting') this.#fail(new CommandFailure(report.reason, report.exitStatus));
        break;
      case 'link-lost':
        void this.#handleLinkLost(member, report.id);
        break;
      case 'counted':
        this.#metrics.receive(member, report.snapshot);
        break;
      case 'want-metrics':
        this.#metrics.ask(member);
        break;
    }
  }

  #createExchange(): ExchangeProcess {
    const exchange: ExchangeProcess = new ExchangeProcess(this.#options.log, {
      handleCounted: (snapshot) => this.#metrics.receive(exchange, snapshot),
      handleGone: () => this.#metrics.forget(exchange),
    });
    return exchange;
  }

  get #counting(): readonly CountingMember[] {
    const workers = this.#membersWho('listening');
    return this.#exchange?.isListening ? [...workers, this.#exchange] : workers;
  }

  /** One after the other, so that of any two the later knows the earlier. */
  #linkNext(): void {
    const member = this.#joining[0];
    if (member === undefined) return;
    member.state = 'joining';
    const linked = [...this.#members.values()].filter(({ state }) => holdsPort.has(state));
    member.tell({ type: 'join', paths: linked.map(({ path }) => path) });
  }

  #handleListening(member: CrewMember, { url, port }: { readonly url: string; readonly port: number }): void {
    if (this.#url !== '' && this.#url !== url) {
      // The last that held the port died while this one asked for any: it has to ask for that one.
      member.kill();
      return;
    }
    this.#url = url;
    member.state = 'listening';
    this.#options.log.info(`${member.name} listens`);
    this.#tellCount();
    if (this.#phase !== 'starting' || this.#listening < this.#options.shares.length) return;
    this.#phase = 'running';
    this.#options.log.info(`all ${this.#listening} workers listen on port ${port}`);
    this.#exchange?.announce();
    this.#started(url);
  }

  async #handleLinkLost(reporter: CrewMember, id: number): Promise<void> {
    const member = [...this.#members.values()].find((other) => other.id === id);
    if (member === undefined) return;
    // Most likely it has died: that we will hear presently.
    await within(deathNoticeMs, [Promise.race([member.ended, reporter.ended])]);
    if (member.state === 'gone' || reporter.state === 'gone') return;
    this.#giveUp(member, 'lost touch with another');
  }

  /** Ends those that are there and do nothing: whoever sends to their connections waits for them. */
  #askAll(): void {
    this.#exchange?.ask(maxQuestions);
    for (const member of this.#members.values()) {
      if (member.isSilentAfter(maxQuestions)) {
        this.#giveUp(member, `did not answer for ${(maxQuestions * questionIntervalMs) / 1_000} s`);
      }
    }
  }

  #giveUp(member: CrewMember, reason: string): void {
    if (this.#isEnding) return;
    this.#options.log.warn(`${member.name} ${reason} and is killed`);
    member.kill();
  }

  #handleGone(member: CrewMember): void {
    this.#members.delete(member.number);
    this.#metrics.forget(member);
    if (process.platform !== 'win32') rmSync(member.path, { force: true });
    const place = this.#joining.indexOf(member);
    if (place !== -1) this.#joining.splice(place, 1);
    if (place === 0) this.#linkNext();
    const isPortHeld = [...this.#members.values()].some(({ state }) => holdsPort.has(state));
    if (!isPortHeld && this.#url !== '') this.#port = Number(new URL(this.#url).port) || this.#port;
    if (this.#phase === 'starting') {
      this.#fail(new CommandFailure(`worker ${member.number} ${member.ending} before it listened`));
    } else if (this.#phase === 'running') this.#replace(member);
  }

  #replace({ number, name, ending, startedAt }: CrewMember): void {
    const isLongLife = performance.now() - startedAt >= longLifeMs;
    const deaths = isLongLife ? 1 : (this.#deaths.get(number) ?? 0) + 1;
    this.#deaths.set(number, deaths);
    const delayMs = backOffMs(deaths);
    this.#options.log.warn(`${name} ${ending}: another takes its place in ${delayMs / 1_000} s`);
    this.#tellCount();
    const timer = setTimeout(() => {
      this.#restarts.delete(timer);
      this.#startMember(number);
    }, delayMs);
    this.#restarts.add(timer);
  }

  #fail(failure: CommandFailure): void {
    this.abandon();
    this.#failed(failure);
  }

  get #isEnding(): boolean {
    return this.#phase === 'ending';
  }

  #leaveMeetingPlace(): void {
    this.#exchange?.end();
    if (this.#folder !== '') removeMeetingPlace(this.#folder);
  }

  get #listening(): number {
    return this.#membersWho('listening').length;
  }

  #membersWho(state: CrewMember['state']): readonly CrewMember[] {
    return [...this.#members.values()].filter((member) => member.state === state);
  }

  #tellCount(): void {
    const count = { listening: this.#listening, size: this.#options.shares.length };
    for (const member of this.#members.values()) member.tell({ type: 'count', ...count });
  }
}

/** Where workers reach the exchange: none of them has such a name. */
function exchangePath(folder: string): string {
  return `${folder}/exchange`;
}

/** Waits for all of them, but no longer than that. */
async function within(durationMs: number, promises: readonly Promise<void>[]): Promise<void> {
  const waiting = new AbortController();
  const late = pause(durationMs, undefined, { signal: waiting.signal }).catch(() => {});
  await Promise.race([Promise.all(promises), late]);
  waiting.abort();
}

/** Those that are linked with each other and have, or soon will have, the port. */
const holdsPort: ReadonlySet<CrewMember['state']> = new Set(['binding', 'listening']);
/** How often workers are asked whether they are there, in milliseconds. */
const questionIntervalMs = 2_000;
/** Counted, not timed: a primary process that stood still itself blames nobody. */
const maxQuestions = 5;
/** How long workers have to say that they drain, in milliseconds. */
const answerMs = 1_000;
/** How much later than asked for a drain may be over, in milliseconds. */
const lateMs = 3_000;
/** How long after its connections the death of a process may be heard of, in milliseconds. */
const deathNoticeMs = 1_000;
