import type { WebSocketServer } from 'ieum';
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client';

import type { ServedUser } from '../auth/authentication.js';
import type { WorkerCount } from '../health.js';

import type { ConnectionMetrics } from './connection-metrics.js';
import { addEventLoopDelay, EventLoopDelay } from './event-loop-delay.js';
import type { HubMetrics } from './hub-metrics.js';
import { addProcessMetrics } from './process-metrics.js';
import { addGauge } from './sampled-metric.js';

/** The metrics of one process, as plain data that another can be told. */
export type MetricsSnapshot = readonly MetricObjectWithValues<MetricValue<string>>[];

export interface MetricsParts {
  readonly version: string;
  readonly server: WebSocketServer<ServedUser>;
  readonly connections: ConnectionMetrics;
  readonly hub: { readonly metrics: HubMetrics; readonly hub: { readonly isReady: boolean } };
  /** Left out in a process that is alone. */
  readonly workers?: () => WorkerCount;
}

/** What this process counts. Nothing is computed before somebody asks. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #delay = new EventLoopDelay();

  constructor({ version, server, connections, hub, workers }: MetricsParts) {
    const registry = this.#registry;
    addGauge(registry, {
      name: 'ieum_build_info',
      help: 'Which versions run; always 1.',
      labels: ['version', 'node'],
      aggregator: 'first',
      read: () => [{ labels: { version, node: process.versions.node }, value: 1 }],
    });
    addGauge(registry, {
      name: 'ieum_draining',
      help: 'Whether it shuts down; with several workers, whether any does.',
      aggregator: 'max',
      read: () => Number(server.isDraining),
    });
    connections.register(registry, server);
    hub.metrics.register(registry, hub.hub);
    addEventLoopDelay(registry, this.#delay);
    addProcessMetrics(registry);
    if (workers !== undefined) addWorkerMetrics(registry, workers);
  }

  async snapshot(): Promise<MetricsSnapshot> {
    return (await this.#registry.getMetricsAsJSON()) as MetricsSnapshot;
  }

  stop(): void {
    this.#delay.stop();
  }
}

/** Snapshots of all workers, or of one process, as Prometheus reads it. */
export async function formatMetrics(snapshots: readonly MetricsSnapshot[]): Promise<string> {
  return await AggregatorRegistry.aggregate(snapshots as MetricsSnapshot[]).metrics();
}

/** The type of that text. */
export const metricsContentType: string = Registry.PROMETHEUS_CONTENT_TYPE;

function addWorkerMetrics(registry: Registry, workers: () => WorkerCount): void {
  addGauge(registry, {
    name: 'ieum_workers',
    help: 'Worker processes, by whether they take connections.',
    labels: ['state'],
    aggregator: 'max',
    read: () => {
      const { listening, size } = workers();
      return [
        { labels: { state: 'listening' }, value: listening },
        { labels: { state: 'missing' }, value: size - listening },
      ];
    },
  });
}
