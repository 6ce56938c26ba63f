import { setTimeout as pause } from 'node:timers/promises';

import type { ListeningAddress, ServerTlsOptions, WebSocketServer } from 'ieum';
import type { Broker } from 'ieum/hub';
import type { AuthSettings } from './auth/auth-settings.js';
import { createAuthentication, type ServedUser } from './auth/authentication.js';
import { ConnectionLog } from './connection-log.js';
import type { ConsoleFile } from './console-files.js';
import { createEndpoints } from './endpoints.js';
import type { WorkerCount } from './health.js';
import { createBroker } from './hub/broker-choice.js';
import type { ExchangeBrokerOptions } from './hub/exchange/exchange-broker.js';
import { watchHub } from './hub/hub-watch.js';
import { ServeHub } from './hub/serve-hub.js';
import type { Log } from './log.js';
import { ConnectionMetrics } from './metrics/connection-metrics.js';
import { HubMetrics } from './metrics/hub-metrics.js';
import { formatMetrics, Metrics, type MetricsSnapshot } from './metrics/metrics.js';
import { metricsAccess } from './metrics/metrics-access.js';
import type { MetricsPage } from './pages.js';
import type { ServeFlags } from './serve-options.js';
import { createServeServer, listenAsToldBy } from './serve-server.js';
import { observeAll } from './server-observers.js';
import { type Drain, type DrainCounts, drainServer } from './shutdown.js';
import { SockJsServices } from './sockjs-services.js';
import { createTracing } from './tracing/tracing.js';
import type { WorkerBus } from './workers/worker-bus.js';

export interface ServeParts {
  readonly flags: ServeFlags;
  readonly tls: ServerTlsOptions | undefined;
  readonly auth: AuthSettings;
  /** Of this package. */
  readonly version: string;
  readonly console: ReadonlyMap<string, ConsoleFile>;
  readonly bus: WorkerBus;
  readonly log: Log;
  /** Where workers meet whose broker is in memory. Left out in a process that is alone, and with other brokers. */
  readonly exchange?: ExchangeBrokerOptions;
  /** Left out in a process that is alone. */
  readonly crew?: CrewView;
}

/** What a worker sees of the others. */
export interface CrewView {
  readonly count: () => WorkerCount;
  /** What all of them have counted, this one included. */
  readonly gatherMetrics: () => Promise<readonly MetricsSnapshot[]>;
}

/** What one process serves. It does not listen yet. */
export class ServeNode {
  readonly server: WebSocketServer<ServedUser>;
  readonly metrics: Metrics;
  readonly #hub: ServeHub;
  readonly #sockJs: SockJsServices;

  private constructor(parts: ServeParts, broker: Broker | null) {
    const { flags, tls, auth, version, console, log, crew } = parts;
    const authentication = createAuthentication(auth, log);
    const tracing = createTracing({ version, namespaces: Object.keys(flags.topics ?? {}) });
    const counts = { connections: new ConnectionMetrics(), hub: new HubMetrics() };
    const observer = watchHub({ metrics: counts.hub, tracing, log });
    this.#hub = new ServeHub({ flags, authentication, broker, observer, log });
    this.#sockJs = new SockJsServices({
      flags,
      authentication,
      hub: this.#hub.sockJsService,
      stomp: this.#hub.stomp.sockJsService,
      log,
    });
    const routes = { hub: this.#hub.route, stomp: this.#hub.stomp.route };
    const endpoints = {
      ...createEndpoints(parts.bus, routes),
      ...this.#sockJs.routes,
      ...this.#hub.socketIo.routes,
    };
    const observers = [
      counts.connections,
      new ConnectionLog(log, flags.logLevel),
      ...(tracing === null ? [] : [tracing]),
    ];
    const workers = crew === undefined ? {} : { workers: crew.count };
    this.server = createServeServer({
      ...{ flags, tls, authentication, log },
      routes: tracing?.wrap(endpoints) ?? endpoints,
      http: { ...this.#sockJs.http, ...this.#hub.socketIo.http },
      observer: observeAll(observers),
      pages: {
        console,
        metrics: metricsPage(flags, () => this.#gatherMetrics(crew)),
        isBrokerReady: () => this.#hub.isReady,
        ...workers,
      },
    });
    const hub = { metrics: counts.hub, hub: this.#hub };
    this.metrics = new Metrics({
      version,
      server: this.server,
      connections: counts.connections,
      hub,
      ...workers,
    });
  }

  /** Puts it together. Rejects with CommandFailure for flags that it cannot honour. */
  static async create(parts: ServeParts): Promise<ServeNode> {
    return new ServeNode(parts, await createBroker(parts.flags.broker, parts.exchange));
  }

  /** Listens, as soon as the broker is there or has been waited for. Rejects with CommandFailure. */
  async listen(where: Pick<ServeFlags, 'host' | 'port'>): Promise<ListeningAddress> {
    await this.#hub.open();
    return await listenAsToldBy(where, this.server);
  }

  /** Begins to shut down: connections first, then the hub. */
  drain(timeoutMs: number): Drain {
    void this.#sockJs.close();
    void this.#hub.socketIo.close();
    this.#hub.hub.dismiss();
    const { connections, drained } = drainServer(this.server, timeoutMs);
    return { connections, drained: this.#close(drained) };
  }

  async #close(drained: Promise<DrainCounts>): Promise<DrainCounts> {
    const counts = await drained;
    await Promise.race([this.#hub.hub.close(), pause(hubCloseMs, undefined, { ref: false })]);
    return counts;
  }

  async #gatherMetrics(crew: CrewView | undefined): Promise<readonly MetricsSnapshot[]> {
    return crew === undefined ? [await this.metrics.snapshot()] : await crew.gatherMetrics();
  }
}

function metricsPage(
  flags: ServeFlags,
  gather: () => Promise<readonly MetricsSnapshot[]>,
): MetricsPage | null {
  const isAllowed = metricsAccess(flags);
  return isAllowed && { isAllowed, read: async () => await formatMetrics(await gather()) };
}

/** How long a broker that is away may hold up the end, in milliseconds. */
const hubCloseMs = 2_000;
