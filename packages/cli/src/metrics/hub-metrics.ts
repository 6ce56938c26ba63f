import type { Registry } from 'prom-client';

import { addCounter, addGauge, LabelledCount } from './sampled-metric.js';

/** Counts what a hub does: it is an observer of one. */
export class HubMetrics {
  #publications = 0;
  #publicationBytes = 0;
  #delivered = 0;
  #queued = 0;
  #dropped = 0;
  #recovered = 0;
  readonly #recoveries = new LabelledCount('outcome');
  readonly #slowReaders = new LabelledCount('policy');
  readonly #refusals = new LabelledCount('code');

  handleFanOut(
    _topic: string,
    payloadBytes: number,
    {
      delivered,
      queued,
      dropped,
    }: { readonly delivered: number; readonly queued: number; readonly dropped: number },
  ): void {
    this.#publications++;
    this.#publicationBytes += payloadBytes;
    this.#delivered += delivered;
    this.#queued += queued;
    this.#dropped += dropped;
  }

  handleRecovery(outcome: string, publications: number): void {
    this.#recoveries.add([outcome]);
    this.#recovered += publications;
  }

  handleSlowReader(policy: string, _dropped: number): void {
    this.#slowReaders.add([policy]);
  }

  handleRefusal(code: string): void {
    this.#refusals.add([code]);
  }

  register(registry: Registry, hub: { readonly isReady: boolean }): void {
    const fanOut = () => [
      { labels: { outcome: 'delivered' }, value: this.#delivered },
      { labels: { outcome: 'queued' }, value: this.#queued },
      { labels: { outcome: 'dropped' }, value: this.#dropped },
    ];
    addCounter(registry, { ...counters.publications, read: () => this.#publications });
    addCounter(registry, { ...counters.publicationBytes, read: () => this.#publicationBytes });
    addCounter(registry, { ...counters.deliveries, read: fanOut });
    addCounter(registry, { ...counters.recoveries, read: () => this.#recoveries });
    addCounter(registry, { ...counters.recovered, read: () => this.#recovered });
    addCounter(registry, { ...counters.slowReaders, read: () => this.#slowReaders });
    addCounter(registry, { ...counters.refusals, read: () => this.#refusals });
    addGauge(registry, {
      name: 'ieum_broker_ready',
      help: 'Whether the broker can be reached; with several workers, by all of them.',
      aggregator: 'min',
      read: () => Number(hub.isReady),
    });
  }
}

const counters = {
  publications: {
    name: 'ieum_hub_publications_total',
    help: 'Publications that were given to the subscribers of this node.',
  },
  publicationBytes: { name: 'ieum_hub_publication_bytes_total', help: 'Bytes of their payloads, each once.' },
  deliveries: {
    name: 'ieum_hub_deliveries_total',
    help: 'What became of publications at each subscriber when they were given out.',
    labels: ['outcome'],
  },
  recoveries: {
    name: 'ieum_hub_recoveries_total',
    help: 'Clients that came back for what they missed: recovered, or why there is a gap.',
    labels: ['outcome'],
  },
  recovered: {
    name: 'ieum_hub_recovered_publications_total',
    help: 'Publications that clients missed and got when they came back.',
  },
  slowReaders: {
    name: 'ieum_hub_slow_readers_total',
    help: 'Times that a policy dropped publications of a slow reader, or closed its connection.',
    labels: ['policy'],
  },
  refusals: { name: 'ieum_hub_refusals_total', help: 'What the hub refused to clients.', labels: ['code'] },
} as const;
