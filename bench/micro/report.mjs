import { formatNumber, median } from '../statistics.mjs';
import { renderTable } from '../tables.mjs';

/**
 * @typedef {{ group: string, name: string, bytes: number } & import('./measuring.mjs').Cost} CaseCost one case in one round
 *
 * @typedef {object} CaseSummary medians over the rounds
 * @property {string} group
 * @property {string} name
 * @property {number} bytes
 * @property {number} nanoseconds
 * @property {number} lowest
 * @property {number} highest
 * @property {number} allocatedBytes
 * @property {number | undefined} speed of ieum relative to this case of its group; none for ieum
 */

/**
 * @param {CaseCost[]} costs of all rounds
 * @returns {CaseSummary[]}
 */
export function summarizeCases(costs) {
  const keys = [...new Set(costs.map(keyOf))];
  const summaries = keys.map((key) => summarizeCase(costs.filter((cost) => keyOf(cost) === key)));
  return summaries.map((summary) => {
    const ieum = summaries.find(({ group, name }) => group === summary.group && name === 'ieum');
    const isIeum = ieum === undefined || ieum === summary;
    return { ...summary, speed: isIeum ? undefined : summary.nanoseconds / ieum.nanoseconds };
  });
}

/** @param {CaseSummary[]} summaries */
export function renderCases(summaries) {
  const columns = [
    'operation',
    'by',
    'CPU ns/op',
    '(lowest–highest)',
    'MB/s',
    'allocated B/op',
    'ieum is × as fast',
  ];
  const rows = summaries.map(
    ({ group, name, bytes, nanoseconds, lowest, highest, allocatedBytes, speed }) => [
      group,
      name,
      formatNumber(nanoseconds),
      `${formatNumber(lowest)}–${formatNumber(highest)}`,
      formatNumber((bytes / nanoseconds) * 1000),
      formatNumber(Math.round(allocatedBytes)),
      speed === undefined ? '' : speed.toFixed(2),
    ],
  );
  return renderTable(columns, rows, ['by']);
}

/**
 * @param {CaseCost[]} own
 * @returns {CaseSummary}
 */
function summarizeCase(own) {
  const [first] = own;
  const times = own.map(({ nanoseconds }) => nanoseconds);
  return {
    group: first.group,
    name: first.name,
    bytes: first.bytes,
    nanoseconds: median(times) ?? 0,
    lowest: Math.min(...times),
    highest: Math.max(...times),
    allocatedBytes: median(own.map(({ allocatedBytes }) => allocatedBytes)) ?? 0,
    speed: undefined,
  };
}

/** @param {CaseCost} cost */
function keyOf({ group, name }) {
  return `${group}\n${name}`;
}
