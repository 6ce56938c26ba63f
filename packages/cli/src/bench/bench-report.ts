import { Histogram } from './histogram.js';
import type { BenchPlan, LoadResult, Scenario } from './load-job.js';
import { correctForOmission } from './omission.js';

/** What `ieum bench --json` prints. */
export interface BenchReport {
  readonly url: string;
  readonly scenario: Scenario;
  readonly connections: number;
  readonly payloadBytes: number;
  readonly payloadType: 'text' | 'binary';
  /** Whether messages were sent with `permessage-deflate`. */
  readonly compressed: boolean;
  /** Messages on their way on each connection; publishes on their way in a broadcast. */
  readonly inFlight: number;
  /** Asked messages per second in all; null for a closed loop. */
  readonly rate: number | null;
  /** The measured window. */
  readonly seconds: number;
  /** Replies, deliveries, complete cycles of opening and closing, or connections held. */
  readonly messages: number;
  readonly messagesPerSecond: number;
  /** Corrected for coordinated omission; null where nothing was timed. */
  readonly latencyUs: LatencyQuantiles | null;
  readonly load: {
    readonly cpuSeconds: number;
    readonly processes: number;
    readonly messagesPerRead: number;
  };
  readonly server: ServerUsage | null;
}

export interface LatencyQuantiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface ServerUsage {
  readonly pid: number;
  readonly cpuSeconds: number;
  readonly messagesPerCpuSecond: number;
  readonly residentBytes: ResidentBytes;
  readonly residentBytesPerConnection: number;
}

export interface ResidentBytes {
  readonly before: number;
  readonly after: number;
}

/** Puts the results of the load processes together. `resident` is null when no server process was named. */
export function createReport(
  plan: BenchPlan,
  results: readonly LoadResult[],
  resident: ResidentBytes | null,
): BenchReport {
  const messages = sum(results, (result) => result.messages);
  const reads = sum(results, (result) => result.reads);
  return {
    url: plan.url,
    scenario: plan.scenario,
    connections: plan.connections,
    payloadBytes: plan.payloadBytes,
    payloadType: plan.payloadType,
    compressed: plan.compressed,
    inFlight: plan.inFlight,
    rate: plan.rate,
    seconds: mean(results, ({ seconds }) => seconds),
    messages,
    messagesPerSecond: sum(results, (result) => ratio(result.messages, result.seconds)),
    latencyUs: latencyOf(plan, results),
    load: {
      cpuSeconds: sum(results, ({ loadCpuSeconds }) => loadCpuSeconds),
      processes: plan.processes,
      messagesPerRead: ratio(messages, reads),
    },
    server: resident === null ? null : serverUsage(plan, results, resident),
  };
}

function latencyOf(plan: BenchPlan, results: readonly LoadResult[]): LatencyQuantiles | null {
  const measured = new Histogram();
  for (const { latencyCounts, maxLatencyUs } of results) {
    measured.merge(new Histogram(latencyCounts, maxLatencyUs));
  }
  if (measured.total === 0) return null;
  const latencies =
    plan.rate === null ? correctForOmission(measured, expectedIntervalUs(measured, results)) : measured;
  return {
    p50: latencies.quantileUs(0.5),
    p90: latencies.quantileUs(0.9),
    p99: latencies.quantileUs(0.99),
    p999: latencies.quantileUs(0.999),
    max: latencies.maxUs,
  };
}

/** How often a closed loop sends when nothing holds it up: once in the median time that it takes to be answered. */
function expectedIntervalUs(measured: Histogram, results: readonly LoadResult[]): number {
  const own = results.flatMap(({ intervalUs }) => (intervalUs === null ? [] : [intervalUs]));
  return own.length === 0 ? measured.quantileUs(0.5) : mean(own, (intervalUs) => intervalUs);
}

/** Each process saw what the server used in its own window; the windows are the same but for a moment. */
function serverUsage(plan: BenchPlan, results: readonly LoadResult[], resident: ResidentBytes): ServerUsage {
  const cpuSeconds = mean(results, ({ serverCpuSeconds }) => serverCpuSeconds);
  return {
    pid: plan.serverPid ?? 0,
    cpuSeconds,
    messagesPerCpuSecond: ratio(
      sum(results, ({ messages }) => messages),
      cpuSeconds,
    ),
    residentBytes: resident,
    residentBytesPerConnection: (resident.after - resident.before) / plan.connections,
  };
}

function sum<Item>(items: readonly Item[], valueIn: (item: Item) => number): number {
  return items.reduce((total, item) => total + valueIn(item), 0);
}

function mean<Item>(items: readonly Item[], valueIn: (item: Item) => number): number {
  return ratio(sum(items, valueIn), items.length);
}

/** Zero where there is nothing to divide by. */
function ratio(dividend: number, divisor: number): number {
  return divisor === 0 ? 0 : dividend / divisor;
}
