import { rmSync } from 'node:fs';

import { CommandFailure, ExitStatus } from '../command-failure.js';
import type { WorkerCount } from '../health.js';
import type { Log, LogOptions } from '../log.js';
import { ServeNode } from '../serve-node.js';
import { loadConsole } from '../serve-server.js';
import { describeSystemError } from '../system-error.js';

import { MeshBus } from './mesh-bus.js';
import { MetricsRequest } from './metrics-request.js';
import type { WorkerOrder, WorkerReport, WorkerSetup } from './worker-message.js';

/** A worker's way to the primary process. */
export interface WorkerSurroundings {
  tell(report: WorkerReport, told?: () => void): void;
  end(exitStatus: number): void;
}

/** One worker process: a server with a place on the bus, that does what it is told in order. */
export class ServeWorker {
  readonly #createLog: (options: LogOptions) => Log;
  readonly #surroundings: WorkerSurroundings;
  #setup: WorkerSetup | null = null;
  #bus: MeshBus | null = null;
  #node: ServeNode | null = null;
  #count: WorkerCount = { listening: 0, size: 0 };
  readonly #metrics = new MetricsRequest(() => this.#surroundings.tell({ type: 'want-metrics' }));

  constructor(createLog: (options: LogOptions) => Log, surroundings: WorkerSurroundings) {
    this.#createLog = createLog;
    this.#surroundings = surroundings;
  }

  /** Asks for orders. */
  start(): void {
    this.#surroundings.tell({ type: 'ready' });
  }

  /** Does what it is told; if it cannot, it says so and ends. */
  async handleOrder(order: WorkerOrder): Promise<void> {
    try {
      await this.#obey(order);
    } catch (error) {
      const exitStatus = error instanceof CommandFailure ? error.exitStatus : ExitStatus.Failure;
      this.#surroundings.tell({ type: 'failed', reason: describeSystemError(error), exitStatus }, () =>
        this.#surroundings.end(exitStatus),
      );
    }
  }

  /** The primary is gone: leaves nothing behind. */
  abandon(): void {
    if (this.#setup !== null) rmSync(this.#setup.folder, { recursive: true, force: true });
  }

  async #obey(order: WorkerOrder): Promise<void> {
    switch (order.type) {
      case 'prepare':
        await this.#prepare(order.setup);
        break;
      case 'join':
        await this.#bus?.join(order.paths);
        this.#surroundings.tell({ type: 'joined' });
        break;
      case 'listen':
        await this.#listen(order.port);
        break;
      case 'count':
        this.#count = order;
        break;
      case 'ask':
        this.#surroundings.tell({ type: 'here' });
        break;
      case 'count-metrics':
        if (this.#node === null) break;
        this.#surroundings.tell({ type: 'counted', snapshot: await this.#node.metrics.snapshot() });
        break;
      case 'metrics':
        this.#metrics.receive(order.snapshots);
        break;
      case 'drain':
        await this.#drain(order.timeoutMs);
        break;
    }
  }

  async #prepare(setup: WorkerSetup): Promise<void> {
    this.#setup = setup;
    const bus = await MeshBus.listen({
      worker: setup.id,
      path: setup.path,
      handleLinkLost: (id) => this.#surroundings.tell({ type: 'link-lost', id }),
    });
    this.#bus = bus;
    const { flags, tls, auth, version, number, exchange } = setup;
    const options = { format: flags.logFormat, level: flags.logLevel, fields: { worker: number } };
    const prefix = flags.logFormat === 'json' ? '' : `worker ${number}: `;
    this.#node = await ServeNode.create({
      ...{ flags, tls, auth, version, bus },
      ...(exchange === null ? {} : { exchange: { path: exchange, node: `worker-${setup.id}` } }),
      console: await loadConsole(),
      log: this.#createLog({ ...options, prefix }),
      crew: { count: () => this.#count, gatherMetrics: () => this.#metrics.ask() },
    });
    this.#surroundings.tell({ type: 'prepared' });
  }

  async #listen(port: number): Promise<void> {
    if (this.#node === null || this.#setup === null) return;
    const address = await this.#node.listen({ host: this.#setup.flags.host, port });
    this.#surroundings.tell({ type: 'listening', url: address.url, port: address.port });
  }

  async #drain(timeoutMs: number): Promise<void> {
    if (this.#node === null) return;
    const { connections, drained } = this.#node.drain(timeoutMs);
    this.#surroundings.tell({ type: 'draining', connections });
    this.#surroundings.tell({ type: 'drained', ...(await drained) }, () =>
      this.#surroundings.end(ExitStatus.Ok),
    );
  }
}
