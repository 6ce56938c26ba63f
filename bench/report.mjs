import { median } from './statistics.mjs';
import { findWorkload } from './workloads.mjs';

/**
 * @typedef {{ workload: string, server: string, round: number } & (
 *   DoneRun | { type: 'failed', reason: string })} Run
 *
 * @typedef {object} DoneRun
 * @property {'done'} type
 * @property {import('./load-process.mjs').LoadResult} result
 * @property {number} otherCpus how many CPUs the machine spent on other things in the meantime
 *
 * @typedef {object} WorkloadSummary
 * @property {string} workload
 * @property {'msgs/CPU-s' | 'bytes/connection' | 'p99 µs'} unit
 * @property {string} reference the server that ratios refer to
 * @property {ServerSummary[]} servers
 * @property {Verdict | undefined} verdict on ieum beside ws; none without both
 *
 * @typedef {object} ServerSummary one server in one workload: medians over the rounds
 * @property {string} server
 * @property {number | undefined} figure in the workload's unit
 * @property {number | undefined} lowest
 * @property {number | undefined} highest
 * @property {number | undefined} ratio to the reference
 * @property {number | undefined} otherCpus
 * @property {Details | undefined} details
 * @property {string[]} failures
 *
 * @typedef {object} Details
 * @property {number} messagesPerSecond
 * @property {number | undefined} rate messages per second that were asked for
 * @property {number | undefined} p50Us
 * @property {number | undefined} p99Us
 * @property {number} serverUse share of a CPU
 * @property {number} loadUse
 * @property {number} messagesPerRead
 *
 * @typedef {object} Verdict
 * @property {import('./workloads.mjs').Target} target
 * @property {number} ratio
 * @property {boolean} isReached
 * @property {number} margin how much better than the target, as a share of it; below 0 when it is missed
 */

/**
 * @param {Run[]} runs
 * @returns {WorkloadSummary[]}
 */
export function summarize(runs) {
  return unique(runs.map(({ workload }) => workload)).map((name) => {
    const own = runs.filter(({ workload }) => workload === name);
    const workload = findWorkload(name);
    const servers = unique(own.map(({ server }) => server)).map((server) =>
      summarizeServer(server, workload, own),
    );
    const reference = servers.find(({ server }) => server === 'ws') ?? servers[0];
    const compared = servers.map((summary) => ({
      ...summary,
      ratio: divide(summary.figure, reference?.figure),
    }));
    return {
      workload: name,
      unit: UNITS[workload.figure],
      reference: reference?.server ?? '',
      servers: compared,
      verdict: judge(workload, compared),
    };
  });
}

/**
 * The figure that servers are compared by.
 *
 * @param {import('./workloads.mjs').Workload} workload
 * @param {import('./load-process.mjs').LoadResult} result
 */
export function figureOf(workload, result) {
  switch (workload.figure) {
    case 'throughput':
      return result.server.messagesPerCpuSecond;
    case 'memory':
      return result.server.residentBytesPerConnection;
    case 'latency':
      return result.latencyUs?.p99 ?? Number.NaN;
  }
}

/** @param {import('./workloads.mjs').Workload} workload */
export function unitOf(workload) {
  return UNITS[workload.figure];
}

/**
 * @param {string} server
 * @param {import('./workloads.mjs').Workload} workload
 * @param {Run[]} runs of the workload
 * @returns {ServerSummary}
 */
function summarizeServer(server, workload, runs) {
  const own = runs.filter((run) => run.server === server);
  const done = own.flatMap((run) => (run.type === 'done' ? [run] : []));
  const results = done.map(({ result }) => result);
  const figures = results.map((result) => figureOf(workload, result));
  return {
    server,
    figure: median(figures),
    lowest: figures.length === 0 ? undefined : Math.min(...figures),
    highest: figures.length === 0 ? undefined : Math.max(...figures),
    ratio: undefined,
    otherCpus: median(done.map(({ otherCpus }) => otherCpus)),
    details: workload.figure === 'memory' ? undefined : summarizeDetails(results),
    failures: own.flatMap((run) => (run.type === 'failed' ? [run.reason] : [])),
  };
}

/**
 * @param {import('./load-process.mjs').LoadResult[]} results
 * @returns {Details | undefined}
 */
function summarizeDetails(results) {
  if (results.length === 0) return undefined;
  /** @param {(result: import('./load-process.mjs').LoadResult) => number | null | undefined} value */
  const middle = (value) => median(results.flatMap((result) => value(result) ?? []));
  return {
    messagesPerSecond: middle(({ messagesPerSecond }) => messagesPerSecond) ?? 0,
    rate: middle(({ rate }) => rate),
    p50Us: middle(({ latencyUs }) => latencyUs?.p50),
    p99Us: middle(({ latencyUs }) => latencyUs?.p99),
    serverUse: middle(({ server, seconds }) => server.cpuSeconds / seconds) ?? 0,
    loadUse: middle(({ load, seconds }) => load.cpuSeconds / seconds) ?? 0,
    messagesPerRead: middle(({ load }) => load.messagesPerRead) ?? 0,
  };
}

/**
 * @param {import('./workloads.mjs').Workload} workload
 * @param {ServerSummary[]} servers
 * @returns {Verdict | undefined}
 */
function judge({ target }, servers) {
  const ws = servers.find(({ server }) => server === 'ws');
  const ratio = servers.find(({ server }) => server === 'ieum')?.ratio;
  if (ws?.figure === undefined || ratio === undefined || !Number.isFinite(ratio)) return undefined;
  const more = ratio / target.ratio - 1;
  const margin = target.type === 'atLeast' ? more : -more;
  return { target, ratio, isReached: margin >= 0, margin };
}

/**
 * @param {number | undefined} value
 * @param {number | undefined} base
 */
function divide(value, base) {
  return value === undefined || base === undefined ? undefined : value / base;
}

/** @param {string[]} names */
function unique(names) {
  return [...new Set(names)];
}

const UNITS = /** @type {const} */ ({
  throughput: 'msgs/CPU-s',
  memory: 'bytes/connection',
  latency: 'p99 µs',
});
