import { Registry } from 'prom-client';

import { addEventLoopDelay, EventLoopDelay } from '../../metrics/event-loop-delay.js';
import type { MetricsSnapshot } from '../../metrics/metrics.js';
import { addProcessMetrics } from '../../metrics/process-metrics.js';
import { addCounter, addGauge } from '../../metrics/sampled-metric.js';

/** What is counted of an exchange. */
export interface CountedExchange {
  readonly topicCount: number;
  readonly nodeCount: number;
  readonly cutOffCount: number;
}

/** What the process of the exchange counts; added to what workers count. */
export class ExchangeMetrics {
  readonly #registry = new Registry();

  constructor(exchange: CountedExchange) {
    const registry = this.#registry;
    addGauge(registry, {
      name: 'ieum_exchange_topics',
      help: 'Topics that the exchange of the workers knows.',
      read: () => exchange.topicCount,
    });
    addGauge(registry, {
      name: 'ieum_exchange_nodes',
      help: 'Workers that are connected to their exchange.',
      read: () => exchange.nodeCount,
    });
    addCounter(registry, {
      name: 'ieum_exchange_cut_off_total',
      help: 'Times that a worker took nothing for too long, and had to come back.',
      read: () => exchange.cutOffCount,
    });
    addEventLoopDelay(registry, new EventLoopDelay());
    addProcessMetrics(registry);
  }

  async snapshot(): Promise<MetricsSnapshot> {
    return (await this.#registry.getMetricsAsJSON()) as MetricsSnapshot;
  }
}
