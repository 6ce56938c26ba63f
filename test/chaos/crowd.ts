import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Acknowledged, Heard } from './verdict.js';

export interface ClientWish {
  readonly name: string;
  readonly token: string;
  readonly topics: readonly string[];
  /** Topics whose members it wants to know. */
  readonly watched: readonly string[];
}

export interface PublisherWish {
  readonly name: string;
  readonly token: string;
  /** No two publishers have the same: it is in the numbers that they publish. */
  readonly index: number;
  readonly topics: readonly string[];
  readonly everyMs: number;
}

/** What one process is to do. */
export interface CrowdWish {
  readonly clients: readonly ClientWish[];
  readonly publishers: readonly PublisherWish[];
}

export interface CrowdCounts {
  readonly deliveries: number;
  readonly recovered: number;
  readonly connections: number;
  readonly acknowledged: number;
  readonly duplicates: number;
  /** By the topic's class and the reason. */
  readonly gaps: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
}

/** All that clients heard, and publishers were told. */
export interface CrowdLogs {
  readonly heard: readonly {
    readonly client: string;
    readonly topic: string;
    readonly log: readonly Heard[];
  }[];
  readonly acknowledged: readonly Acknowledged[];
}

/** Clients and publishers, in processes of their own. */
export class Crowd {
  readonly #processes: readonly CrowdProcess[];
  readonly #clients: readonly ClientWish[];

  constructor(wishes: readonly CrowdWish[], urls: readonly string[]) {
    this.#clients = wishes.flatMap(({ clients }) => clients);
    this.#processes = wishes.map((wish, i) => {
      const child = new CrowdProcess();
      void child.ask('begin', { urls, seed: i + 1, ...wish });
      return child;
    });
  }

  /** Resolves when every client is subscribed to all it wants, with the names of those who are not. */
  settle(timeoutMs: number): Promise<readonly string[]> {
    return this.#askAll<string>('settle', { timeoutMs });
  }

  /** Has one publication more, or several, made on each topic; resolves with where the last one of each stands. */
  async mark(
    topics: readonly string[],
    timeoutMs: number,
    load: object = {},
  ): Promise<readonly Acknowledged[]> {
    const marks = await this.#first.ask<Acknowledged[]>('mark', { topics, timeoutMs, ...load });
    return [...new Map(marks.map((mark) => [mark.topic, mark])).values()];
  }

  /** Resolves when all that was published is acknowledged, with how much is not. */
  async quiet(timeoutMs: number): Promise<number> {
    const pending = await Promise.all(this.#processes.map((one) => one.ask<number>('quiet', { timeoutMs })));
    return pending.reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when all clients have heard everything up to there, with who has not. */
  reach(ends: readonly Acknowledged[], timeoutMs: number): Promise<readonly string[]> {
    return this.#askAll<string>('reach', { ends, timeoutMs });
  }

  /** Some clients of a class of topics read nothing for a while. @returns how many */
  async stall(share: number, topicClass: string, ms: number): Promise<number> {
    const chosen = await Promise.all(
      this.#processes.map((one) => one.ask<number>('stall', { share, topicClass, ms })),
    );
    return chosen.reduce((sum, count) => sum + count, 0);
  }

  /** Some clients go away for good: their names. */
  leave(share: number): Promise<readonly string[]> {
    return this.#askAll<string>('leave', { share });
  }

  /** Who is on topics when everybody is connected but those who are gone. */
  membersOf(topics: readonly string[], gone: ReadonlySet<string>): Map<string, readonly string[]> {
    const here = this.#clients.filter(({ name }) => !gone.has(name));
    return new Map(
      topics.map((topic) => [
        topic,
        here.filter((one) => one.topics.includes(topic)).map(({ name }) => name),
      ]),
    );
  }

  /** Resolves when those who want to know it know who is there, with who does not. */
  members(expected: ReadonlyMap<string, readonly string[]>, timeoutMs: number): Promise<readonly string[]> {
    return this.#askAll<string>('members', { expected: [...expected], timeoutMs });
  }

  async counts(): Promise<CrowdCounts> {
    const all = await Promise.all(this.#processes.map((one) => one.ask<CrowdCounts>('counts')));
    return all.reduce(sumOf);
  }

  async logs(): Promise<CrowdLogs> {
    await Promise.all(this.#processes.map((one) => one.ask('logs')));
    return {
      heard: this.#processes.flatMap(({ heard }) => heard),
      acknowledged: this.#processes.flatMap(({ acknowledged }) => acknowledged),
    };
  }

  /** What its processes wrote to standard error: nothing, if all is well. */
  get complaints(): string {
    return this.#processes.map(({ complaints }) => complaints).join('');
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.end()));
  }

  get #first(): CrowdProcess {
    return this.#processes[0] as CrowdProcess;
  }

  async #askAll<Item>(order: string, rest: object): Promise<readonly Item[]> {
    return (await Promise.all(this.#processes.map((one) => one.ask<Item[]>(order, rest)))).flat();
  }
}

class CrowdProcess {
  readonly heard: { client: string; topic: string; log: readonly Heard[] }[] = [];
  readonly acknowledged: Acknowledged[] = [];
  complaints = '';
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #lastId = 0;

  constructor() {
    const program = fileURLToPath(new URL('crowd-process.mjs', import.meta.url));
    this.#child = fork(program, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.complaints += text;
    });
    this.#child.on('message', (message) => this.#receive(message as CrowdReport));
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`clients ended: ${this.complaints}`));
    });
  }

  ask<Result>(order: string, rest: object = {}): Promise<Result> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ id, order, ...rest });
    });
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    void this.ask('end').catch(() => {});
    await exited;
    clearTimeout(timer);
  }

  #receive(report: CrowdReport): void {
    if (report.type === 'heard') this.heard.push(report);
    else if (report.type === 'acknowledged') this.acknowledged.push(...report.acknowledged);
    else {
      this.#waiting.get(report.id)?.resolve(report.result as never);
      this.#waiting.delete(report.id);
    }
  }
}

type CrowdReport =
  | { readonly type: 'done'; readonly id: number; readonly result: unknown }
  | { readonly type: 'acknowledged'; readonly acknowledged: readonly Acknowledged[] }
  | {
      readonly type: 'heard';
      readonly client: string;
      readonly topic: string;
      readonly log: readonly Heard[];
    };

function sumOf(a: CrowdCounts, b: CrowdCounts): CrowdCounts {
  return {
    deliveries: a.deliveries + b.deliveries,
    recovered: a.recovered + b.recovered,
    connections: a.connections + b.connections,
    acknowledged: a.acknowledged + b.acknowledged,
    duplicates: a.duplicates + b.duplicates,
    gaps: sumByName(a.gaps, b.gaps),
    refusals: sumByName(a.refusals, b.refusals),
  };
}

function sumByName(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return Object.fromEntries([...names].map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
