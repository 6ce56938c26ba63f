import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

import { Histogram, type Registry } from 'prom-client';

/** How late timers are, as a histogram that only grows. */
export interface DelayReading {
  /** How many were at most so late, by seconds; in the order of the bounds. */
  readonly buckets: readonly (readonly [bound: number, count: number])[];
  readonly count: number;
  readonly sumSeconds: number;
}

/**
 * How long what is due has to wait for the event loop. Measured by Node.js from the first time that somebody asks: whoever
 * does not pays nothing.
 */
export class EventLoopDelay {
  #histogram: IntervalHistogram | null = null;
  /** The counts of the last reading: what is found by searching may be off by one, and a counter never falls. */
  readonly #counts = new Map<number, number>();

  read(): DelayReading {
    if (this.#histogram === null) {
      this.#histogram = monitorEventLoopDelay({ resolution: resolutionMs });
      this.#histogram.enable();
    }
    const histogram = this.#histogram;
    const { count, mean } = histogram;
    const buckets = bounds.map((bound): readonly [number, number] => {
      const found = Math.round(count * shareUpTo(histogram, (bound + resolutionMs / 1_000) * 1e9));
      const total = Math.max(found, this.#counts.get(bound) ?? 0);
      this.#counts.set(bound, total);
      return [bound, total];
    });
    // What is measured is the time between two timers: all but the interval itself is delay.
    const sumSeconds = count === 0 ? 0 : Math.max(0, (count * (mean - resolutionMs * 1e6)) / 1e9);
    return { buckets, count, sumSeconds };
  }

  stop(): void {
    this.#histogram?.disable();
  }
}

/** Adds the delay to a registry. */
export function addEventLoopDelay(registry: Registry, delay: EventLoopDelay): void {
  registry.registerMetric(new DelayHistogram(delay));
}

type Reading = ReturnType<Histogram<'le'>['get']>;

class DelayHistogram extends Histogram<'le'> {
  readonly #delay: EventLoopDelay;

  constructor(delay: EventLoopDelay) {
    super({ ...description, buckets: [...bounds], registers: [] });
    this.#delay = delay;
  }

  override async get(): Reading {
    const { buckets, count, sumSeconds } = this.#delay.read();
    const values = [
      ...buckets.map(([bound, value]) => ({ metricName: `${name}_bucket`, labels: { le: bound }, value })),
      { metricName: `${name}_bucket`, labels: { le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels: {}, value: sumSeconds },
      { metricName: `${name}_count`, labels: {}, value: count },
    ];
    // Its type asks for a function that nobody calls, and that could not be told to another process.
    return { ...description, type: 'histogram', aggregator: 'sum', values } as unknown as Awaited<Reading>;
  }

  /** What the text is made of. */
  getForPromString(): Reading {
    return this.get();
  }
}

/** Which share of the values is no larger: found by halving, for a histogram of Node.js tells values by shares only. */
function shareUpTo(histogram: IntervalHistogram, nanoseconds: number): number {
  if (histogram.count === 0 || histogram.min > nanoseconds) return 0;
  if (histogram.max <= nanoseconds) return 1;
  let [low, high] = [0, 1];
  for (let step = 0; step < 30; step++) {
    const middle = (low + high) / 2;
    if (histogram.percentile(middle * 100) <= nanoseconds) low = middle;
    else high = middle;
  }
  return low;
}

const resolutionMs = 10;
const bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const name = 'ieum_event_loop_delay_seconds';
const description = { name, help: 'How long what is due waits for the event loop, since the first scrape.' };
