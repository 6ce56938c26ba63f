import { formatNumber } from './statistics.mjs';
import { findWorkload } from './workloads.mjs';

/**
 * What is needed to read the figures, as Markdown: one table of all ratios, then one for each workload.
 *
 * @param {import('./report.mjs').WorkloadSummary[]} summaries
 */
export function renderTables(summaries) {
  return [renderRatios(summaries), ...summaries.map(renderWorkload)].join('\n');
}

/**
 * The lines of a Markdown table. The first column is text, and so is every one whose heading is in `textColumns`.
 *
 * @param {string[]} columns
 * @param {string[][]} rows
 * @param {string[]} [textColumns]
 */
export function renderTable(columns, rows, textColumns = []) {
  const align = columns.map((name, index) => (index === 0 || textColumns.includes(name) ? '---' : '--:'));
  const escaped = rows.map((cells) => cells.map((cell) => cell.replaceAll('|', '/').replaceAll('\n', ' ')));
  return [columns, align, ...escaped].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

/** @param {import('./report.mjs').WorkloadSummary[]} summaries */
function renderRatios(summaries) {
  const names = [...new Set(summaries.flatMap(({ servers }) => servers.map(({ server }) => server)))];
  const reference = summaries[0]?.reference ?? '';
  const others = names.filter((name) => name !== reference && name !== 'ieum');
  const ieum = names.includes('ieum') && reference !== 'ieum' ? ['ieum'] : [];
  const columns = ['workload', 'figure', reference, ...ieum, 'to reach', 'verdict', ...others];
  const rows = summaries.map(({ workload, unit, servers, verdict }) => {
    /** @param {string} name */
    const ratioOf = (name) => formatRatio(servers.find(({ server }) => server === name)?.ratio);
    const base = servers.find(({ server }) => server === reference)?.figure;
    const ratios = ieum.map((name) => `**${ratioOf(name)}**`);
    const target = formatTarget(findWorkload(workload).target);
    return [
      workload,
      unit,
      formatNumber(base),
      ...ratios,
      target,
      formatVerdict(verdict),
      ...others.map(ratioOf),
    ];
  });
  return `### Ratios to ${reference}\n\n${renderTable(columns, rows, ['figure', 'to reach', 'verdict'])}`;
}

/** @param {import('./report.mjs').WorkloadSummary} summary */
function renderWorkload({ workload, unit, reference, servers, verdict }) {
  const { about, target, figure } = findWorkload(workload);
  const hasDetails = servers.some(({ details }) => details !== undefined);
  const columns = ['server', unit, '(lowest–highest)', `× ${reference}`, 'to reach', 'verdict'];
  if (figure === 'latency') columns.push('asked msgs/s');
  if (hasDetails) columns.push('msgs/s', 'p50 µs', 'p99 µs', 'server CPU', 'load CPU', 'msgs/read');
  columns.push('other CPU', 'failed');
  const rows = servers.map(({ server, ...summary }) => [
    server,
    formatNumber(summary.figure),
    `${formatNumber(summary.lowest)}–${formatNumber(summary.highest)}`,
    formatRatio(summary.ratio),
    ...(server === 'ieum' ? [formatTarget(target), formatVerdict(verdict)] : ['', '']),
    ...(figure === 'latency' ? [formatNumber(summary.details?.rate)] : []),
    ...(hasDetails ? detailCells(summary.details) : []),
    summary.otherCpus === undefined ? '–' : formatShare(summary.otherCpus),
    summary.failures.length === 0 ? '0' : `${summary.failures.length}: ${summary.failures[0]}`,
  ]);
  const table = renderTable(columns, rows, ['to reach', 'verdict', 'failed']);
  return `### ${workload}\n\n${about}\n\n${table}${renderDoubts(figure, servers)}`;
}

/**
 * What speaks against the figures of a table.
 *
 * @param {import('./workloads.mjs').Workload['figure']} figure
 * @param {import('./report.mjs').ServerSummary[]} servers
 */
function renderDoubts(figure, servers) {
  if (figure === 'memory') return '';
  return figure === 'latency' ? renderLatencyDoubt(servers) : renderThroughputDoubt(servers);
}

/**
 * A server that used little of its CPU was measured over little CPU time, and perhaps among other work that spoiled its
 * caches.
 *
 * @param {import('./report.mjs').ServerSummary[]} servers
 */
function renderThroughputDoubt(servers) {
  const starved = servers.filter(({ details }) => details && details.serverUse < DOUBTFUL_USE);
  if (starved.length === 0) return '';
  const names = starved.map(({ server }) => server).join(', ');
  return `\nNot reliable: ${names} used less than half a CPU, for other work on the machine or a load too slow.\n`;
}

/**
 * Latencies hold up only where nothing else needs the CPUs.
 *
 * @param {import('./report.mjs').ServerSummary[]} servers
 */
function renderLatencyDoubt(servers) {
  const disturbed = servers.filter(({ otherCpus }) => otherCpus !== undefined && otherCpus > DOUBTFUL_OTHERS);
  if (disturbed.length === 0) return '';
  const names = disturbed.map(({ server }) => server).join(', ');
  return `\nNot reliable: the machine did other things beside ${names}, and latency depends on that.\n`;
}

/** @param {import('./report.mjs').Details | undefined} details */
function detailCells(details) {
  if (!details) return Array(6).fill('–');
  return [
    formatNumber(details.messagesPerSecond),
    formatNumber(details.p50Us),
    formatNumber(details.p99Us),
    formatShare(details.serverUse),
    formatShare(details.loadUse),
    formatNumber(details.messagesPerRead),
  ];
}

/** @param {import('./report.mjs').Verdict | undefined} verdict */
function formatVerdict(verdict) {
  if (!verdict) return '–';
  const percent = verdict.margin * 100;
  const margin = `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(Math.abs(percent) < 1 ? 1 : 0)} %`;
  return verdict.isReached ? `✓ ${margin}` : `**✗ ${margin}**`;
}

/** @param {import('./workloads.mjs').Target} target */
function formatTarget({ type, ratio }) {
  return `${type === 'atLeast' ? 'at least' : 'at most'} ${ratio}`;
}

/** @param {number | undefined} ratio */
function formatRatio(ratio) {
  return ratio === undefined || !Number.isFinite(ratio) ? '–' : ratio.toFixed(2);
}

/** @param {number} share */
function formatShare(share) {
  return `${Math.round(share * 100)} %`;
}

const DOUBTFUL_USE = 0.5;
/** In CPUs. An idle machine has a few percent. */
const DOUBTFUL_OTHERS = 0.15;
