import { formatNumber } from '../statistics.mjs';
import { renderTable } from '../tables.mjs';
import { referenceName } from './stacks.mjs';
import { findWorkload } from './workloads.mjs';

/**
 * One Markdown table for each workload.
 *
 * @param {import('./report.mjs').HubSummary[]} summaries
 */
export function renderHubTables(summaries) {
  return summaries.map(renderWorkload).join('\n');
}

/**
 * A report as a page.
 *
 * @param {string} report
 */
export function renderPage(report) {
  return `# Results of the hub

Written by \`npm run bench:hub -- --write\`. What is measured, and how, is in the [README](README.md).

${report}`;
}

/** @param {import('./report.mjs').HubSummary} summary */
function renderWorkload({ workload, stacks }) {
  const { about, target } = findWorkload(workload);
  const rows = stacks.map((summary) => [
    summary.stack,
    formatNumber(summary.figure),
    `${formatNumber(summary.lowest)}–${formatNumber(summary.highest)}`,
    summary.ratio === undefined ? '–' : `${summary.ratio.toFixed(2)}${mark(summary)}`,
    formatNumber(summary.deliveriesPerSecond),
    ...[summary.p50Us, summary.p99Us, summary.p999Us].map(formatMs),
    ...[summary.nodeUse, summary.brokerUse, summary.loadUse, summary.otherCpus].map(formatShare),
    summary.failures.length === 0 ? '0' : `${summary.failures.length}: ${summary.failures[0]}`,
  ]);
  const asked = target === null ? '' : ` To reach: ${target} × ${referenceName}.`;
  return `### ${workload}\n\n${about}.${asked}\n\n${renderTable(COLUMNS, rows, ['failed'])}${renderDoubts(stacks)}`;
}

/** @param {import('./report.mjs').StackSummary} summary */
function mark({ stack, isReached }) {
  if (isReached === undefined || !stack.startsWith('ieum')) return '';
  return isReached ? ' ✓' : ' ✗';
}

/**
 * What speaks against the latencies of a table.
 *
 * @param {import('./report.mjs').StackSummary[]} stacks
 */
function renderDoubts(stacks) {
  const disturbed = stacks.filter(({ otherCpus }) => otherCpus !== undefined && otherCpus > DOUBTFUL_OTHERS);
  if (disturbed.length === 0) return '';
  const names = disturbed.map(({ stack }) => stack).join(', ');
  return `\nLatencies are not reliable: the machine did other things beside ${names}.\n`;
}

/** @param {number | undefined} us */
function formatMs(us) {
  return formatNumber(us === undefined ? undefined : us / 1000);
}

/** @param {number | undefined} share */
function formatShare(share) {
  return share === undefined ? '–' : `${Math.round(share * 100)} %`;
}

const COLUMNS = [
  'stack',
  'deliveries/CPU-s',
  '(lowest–highest)',
  `× ${referenceName}`,
  'deliveries/s',
  'p50 ms',
  'p99 ms',
  'p99.9 ms',
  'nodes CPU',
  'broker CPU',
  'load CPU',
  'other CPU',
  'failed',
];
/** In CPUs. An idle machine has a few percent. */
const DOUBTFUL_OTHERS = 0.15;
