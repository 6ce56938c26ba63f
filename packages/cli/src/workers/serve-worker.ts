import { rmSync } from 'node:fs';

import type { WebSocketServer } from 'ieum';

import { CommandFailure, ExitStatus } from '../command-failure.js';
import type { WorkerCount } from '../health.js';
import type { Log } from '../log.js';
import { createServeServer, listenAsToldBy, loadConsole } from '../serve-server.js';
import { drainServer } from '../shutdown.js';
import { describeSystemError } from '../system-error.js';

import { MeshBus } from './mesh-bus.js';
import type { WorkerOrder, WorkerReport, WorkerSetup } from './worker-message.js';

/** A worker's way to the primary process. */
export interface WorkerSurroundings {
  tell(report: WorkerReport, told?: () => void): void;
  end(exitStatus: number): void;
}

/** One worker process: a server with a place on the bus, that does what it is told in order. */
export class ServeWorker {
  readonly #log: Log;
  readonly #surroundings: WorkerSurroundings;
  #setup: WorkerSetup | null = null;
  #bus: MeshBus | null = null;
  #server: WebSocketServer<undefined> | null = null;
  #count: WorkerCount = { listening: 0, size: 0 };

  constructor(log: Log, surroundings: WorkerSurroundings) {
    this.#log = log;
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
    this.#server = createServeServer({
      flags: setup.flags,
      tls: setup.tls,
      console: await loadConsole(),
      bus,
      log: withPrefix(this.#log, `worker ${setup.number}: `),
      workers: () => this.#count,
    });
    this.#surroundings.tell({ type: 'prepared' });
  }

  async #listen(port: number): Promise<void> {
    if (this.#server === null || this.#setup === null) return;
    const address = await listenAsToldBy({ host: this.#setup.flags.host, port }, this.#server);
    this.#surroundings.tell({ type: 'listening', url: address.url, port: address.port });
  }

  async #drain(timeoutMs: number): Promise<void> {
    if (this.#server === null) return;
    const { connections, drained } = drainServer(this.#server, timeoutMs);
    this.#surroundings.tell({ type: 'draining', connections });
    this.#surroundings.tell({ type: 'drained', ...(await drained) }, () =>
      this.#surroundings.end(ExitStatus.Ok),
    );
  }
}

function withPrefix(log: Log, prefix: string): Log {
  return {
    info: (text) => log.info(prefix + text),
    warn: (text) => log.warn(prefix + text),
    error: (text) => log.error(prefix + text),
  };
}
