import { Counter, Gauge, type Registry } from 'prom-client';

/** What is known of a metric when somebody asks: its values, each with its labels. */
export interface SampledMetric {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  /** How the values of several workers become one. Default `sum`. */
  readonly aggregator?: 'sum' | 'first' | 'min' | 'max' | 'omit';
  readonly read: () => Iterable<Sample> | number;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Adds a counter that is kept elsewhere: what happens often costs an addition, and nothing of a metrics library. */
export function addCounter(registry: Registry, metric: SampledMetric): void {
  new Counter({
    ...configurationOf(registry, metric),
    collect() {
      this.reset();
      const values = metric.read();
      if (typeof values === 'number') this.inc(values);
      else for (const { labels, value } of values) this.inc(labels, value);
    },
  });
}

/** Adds a gauge that is read when somebody asks. */
export function addGauge(registry: Registry, metric: SampledMetric): void {
  new Gauge({
    ...configurationOf(registry, metric),
    collect() {
      const values = metric.read();
      if (typeof values === 'number') {
        this.set(values);
        return;
      }
      this.reset();
      for (const { labels, value } of values) this.set(labels, value);
    },
  });
}

/** Counts by label values, of which there are never more than a few. */
export class LabelledCount {
  readonly #names: readonly string[];
  readonly #counts = new Map<string, number>();

  constructor(...names: readonly string[]) {
    this.#names = names;
  }

  add(values: readonly string[], by = 1): void {
    const key = values.join(separator);
    const before = this.#counts.get(key);
    // Whatever values come: what is kept and shown stays small.
    if (before === undefined && this.#counts.size >= maxSeries)
      this.#add(this.#names.map(() => 'other').join(separator), by);
    else this.#add(key, by);
  }

  *[Symbol.iterator](): Iterator<Sample> {
    for (const [key, value] of this.#counts) {
      const values = key.split(separator);
      yield { labels: Object.fromEntries(this.#names.map((name, i) => [name, values[i] ?? ''])), value };
    }
  }

  #add(key: string, by: number): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }
}

function configurationOf(registry: Registry, { name, help, labels = [], aggregator = 'sum' }: SampledMetric) {
  return { name, help, labelNames: [...labels], aggregator, registers: [registry] };
}

const separator = '\u0000';
const maxSeries = 200;
