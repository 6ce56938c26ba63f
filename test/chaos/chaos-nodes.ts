import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { SeededRandom } from 'ieum/testing';

import { type RunningCommand, startCommand } from '../support/command.js';
import { FaultProxy } from '../support/fault-proxy.js';

/** One `ieum serve`, and the proxy that clients reach it through. */
export class ChaosNode {
  readonly proxy: FaultProxy;
  readonly port: number;
  /** Ends that nobody caused. */
  readonly surprises: string[] = [];
  #command: RunningCommand;
  #isExpectedToEnd = false;
  readonly #configPath: string;

  static async start(configPath: string, random: SeededRandom): Promise<ChaosNode> {
    const command = await startServe(configPath, 0);
    const port = Number(/:(\d+)\s*$/.exec(command.stdout)?.[1]);
    return new ChaosNode(command, port, configPath, await FaultProxy.open(port, random));
  }

  private constructor(command: RunningCommand, port: number, configPath: string, proxy: FaultProxy) {
    this.#command = command;
    this.port = port;
    this.#configPath = configPath;
    this.proxy = proxy;
    this.#watch();
  }

  /** What clients connect to. */
  get url(): string {
    return `ws://127.0.0.1:${this.proxy.port}/hub`;
  }

  /** Around the proxy. */
  get directUrl(): string {
    return `ws://127.0.0.1:${this.port}/hub`;
  }

  async kill(): Promise<void> {
    this.#isExpectedToEnd = true;
    await this.#command.kill();
  }

  /** Starts it again on its port. */
  async restart(): Promise<void> {
    this.#command = await startServe(this.#configPath, this.port);
    this.#isExpectedToEnd = false;
    this.#watch();
  }

  freeze(isFrozen: boolean): void {
    this.#command.child.kill(isFrozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async stop(): Promise<void> {
    await this.proxy.close();
    await this.kill();
  }

  #watch(): void {
    const command = this.#command;
    void command.ended.then(({ status, signal, stderr }) => {
      if (!this.#isExpectedToEnd) this.surprises.push(`port ${this.port}: ${status} ${signal} ${stderr}`);
      this.#noteErrors(stderr);
    });
  }

  /** A node that reports an error has one. */
  #noteErrors(stderr: string): void {
    for (const line of stderr.split('\n')) {
      if (line.includes('"level":"error"')) this.surprises.push(`port ${this.port}: ${line}`);
    }
  }
}

/** Some nodes on one broker. */
export class ChaosNodes {
  readonly all: readonly ChaosNode[];
  readonly #folder: string;

  static async start(count: number, config: object, random: SeededRandom): Promise<ChaosNodes> {
    const folder = await mkdtemp(join(tmpdir(), 'ieum-chaos-'));
    const path = join(folder, 'config.json');
    await writeFile(path, JSON.stringify({ ...config, logLevel: 'warn', logFormat: 'json' }));
    const starting = Array.from({ length: count }, () => ChaosNode.start(path, random));
    return new ChaosNodes(folder, await Promise.all(starting));
  }

  private constructor(folder: string, all: readonly ChaosNode[]) {
    this.#folder = folder;
    this.all = all;
  }

  get surprises(): string[] {
    return this.all.flatMap(({ surprises }) => surprises);
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((node) => node.stop()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

async function startServe(configPath: string, port: number): Promise<RunningCommand> {
  const command = startCommand(['serve', '--config', configPath, '--port', String(port)]);
  await command.until(({ stdout }) => stdout.includes('\n'));
  return command;
}
