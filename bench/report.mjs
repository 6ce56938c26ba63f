/**
 * @typedef {import('./load/measuring.mjs').ThroughputResult | import('./load/idle.mjs').MemoryResult} Result
 * @typedef {{ workload: string, server: string, round: number } & (
 *   { type: 'done', result: Result } | { type: 'failed', reason: string })} Run
 *
 * @typedef {object} Summary one server in one workload: medians over the rounds
 * @property {string} server
 * @property {number | undefined} figure messages per server CPU second, or resident bytes per connection
 * @property {number | undefined} lowest
 * @property {number | undefined} highest
 * @property {number | undefined} ratio to the reference
 * @property {ThroughputSummary | undefined} throughput
 * @property {string[]} failures
 *
 * @typedef {object} ThroughputSummary
 * @property {number} messagesPerSecond
 * @property {number} p50Us
 * @property {number} p99Us
 * @property {number} serverUse share of a CPU
 * @property {number} loadUse
 * @property {number} messagesPerRead
 *
 * @typedef {object} WorkloadSummary
 * @property {string} workload
 * @property {'msgs/CPU-s' | 'bytes/connection'} unit
 * @property {string} reference the server that ratios refer to
 * @property {Summary[]} servers
 */

/**
 * @param {Run[]} runs
 * @returns {WorkloadSummary[]}
 */
export function summarize(runs) {
  return unique(runs.map(({ workload }) => workload)).map((workload) => {
    const own = runs.filter((run) => run.workload === workload);
    const servers = unique(own.map(({ server }) => server));
    const reference = servers.includes('ws') ? 'ws' : (servers[0] ?? '');
    const summaries = servers.map((server) => summarizeServer(server, own));
    const base = summaries.find(({ server }) => server === reference)?.figure;
    const isMemory = own.some((run) => run.type === 'done' && run.result.type === 'memory');
    return {
      workload,
      unit: isMemory ? 'bytes/connection' : 'msgs/CPU-s',
      reference,
      servers: summaries.map((summary) => ({ ...summary, ratio: divide(summary.figure, base) })),
    };
  });
}

/**
 * The figure that servers are compared by.
 *
 * @param {Result} result
 */
export function figureOf(result) {
  if (result.type === 'memory') {
    return (result.residentBytesAfter - result.residentBytesBefore) / result.connections;
  }
  return result.messages / result.serverCpuSeconds;
}

/** @param {WorkloadSummary[]} summaries */
export function renderTables(summaries) {
  return summaries.map(renderTable).join('\n');
}

/** @param {number | undefined} value */
export function formatNumber(value) {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}

/**
 * @param {string} server
 * @param {Run[]} runs of one workload
 * @returns {Summary}
 */
function summarizeServer(server, runs) {
  const own = runs.filter((run) => run.server === server);
  const results = own.flatMap((run) => (run.type === 'done' ? [run.result] : []));
  const figures = results.map(figureOf);
  return {
    server,
    figure: median(figures),
    lowest: figures.length === 0 ? undefined : Math.min(...figures),
    highest: figures.length === 0 ? undefined : Math.max(...figures),
    ratio: undefined,
    throughput: summarizeThroughput(results),
    failures: own.flatMap((run) => (run.type === 'failed' ? [run.reason] : [])),
  };
}

/**
 * @param {Result[]} results
 * @returns {ThroughputSummary | undefined}
 */
function summarizeThroughput(results) {
  const own = results.flatMap((result) => (result.type === 'throughput' ? [result] : []));
  if (own.length === 0) return undefined;
  /** @param {(result: import('./load/measuring.mjs').ThroughputResult) => number} value */
  const middle = (value) => median(own.map(value)) ?? 0;
  return {
    messagesPerSecond: middle(({ messages, seconds }) => messages / seconds),
    p50Us: middle(({ p50Us }) => p50Us),
    p99Us: middle(({ p99Us }) => p99Us),
    serverUse: middle(({ serverCpuSeconds, seconds }) => serverCpuSeconds / seconds),
    loadUse: middle(({ loadCpuSeconds, seconds }) => loadCpuSeconds / seconds),
    messagesPerRead: middle(({ messagesPerRead }) => messagesPerRead),
  };
}

/** @param {WorkloadSummary} summary */
function renderTable({ workload, unit, reference, servers }) {
  const isThroughput = unit === 'msgs/CPU-s';
  const columns = ['server', unit, '(lowest–highest)', `× ${reference}`];
  if (isThroughput) columns.push('msgs/s', 'p50 µs', 'p99 µs', 'server CPU', 'load CPU', 'msgs/read');
  columns.push('failed');
  const rows = servers.map((server) => [
    server.server,
    formatNumber(server.figure),
    `${formatNumber(server.lowest)}–${formatNumber(server.highest)}`,
    server.ratio === undefined ? '–' : server.ratio.toFixed(2),
    ...(isThroughput ? throughputCells(server.throughput) : []),
    server.failures.length === 0
      ? '0'
      : `${server.failures.length}: ${server.failures[0]?.replaceAll('|', '/')}`,
  ]);
  const align = columns.map((_, index) => (index === 0 || index === columns.length - 1 ? '---' : '--:'));
  const lines = [columns, align, ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
  return `### ${workload}\n\n${lines}${renderDoubt(servers)}`;
}

/**
 * A server that used little of its CPU was measured over little CPU time, and perhaps among other work that spoiled its
 * caches.
 *
 * @param {Summary[]} servers
 */
function renderDoubt(servers) {
  const starved = servers.filter(({ throughput }) => throughput && throughput.serverUse < DOUBTFUL_USE);
  if (starved.length === 0) return '';
  const names = starved.map(({ server }) => server).join(', ');
  return `\nNot reliable: ${names} used less than half a CPU, for other work on the machine or a load too slow.\n`;
}

/** @param {ThroughputSummary | undefined} throughput */
function throughputCells(throughput) {
  if (!throughput) return Array(6).fill('–');
  return [
    formatNumber(throughput.messagesPerSecond),
    formatNumber(throughput.p50Us),
    formatNumber(throughput.p99Us),
    `${Math.round(throughput.serverUse * 100)} %`,
    `${Math.round(throughput.loadUse * 100)} %`,
    formatNumber(throughput.messagesPerRead),
  ];
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (lower + upper) / 2;
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

const DOUBTFUL_USE = 0.5;
