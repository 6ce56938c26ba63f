import { type Verdict, verdicts } from '../verdict.js';

import { countVerdicts, type Report, type ReportedCase } from './report.js';

/** How words are set off, as picocolors does it. */
export type Paint = Readonly<
  Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string>
>;

/** A report for people: what was judged, a table of groups, and what deviated. */
export function formatSummary(report: Report, paint: Paint): string {
  const deviating = report.cases.filter(({ verdict }) => verdict === 'fail' || verdict === 'non-strict');
  const worstFirst = deviating.sort((a, b) => verdicts.indexOf(b.verdict) - verdicts.indexOf(a.verdict));
  const shown = worstFirst.slice(0, maxShown).map((one) => formatDeviation(one, paint));
  const rest = worstFirst.length - shown.length;
  return [
    formatTitle(report, paint),
    formatTable(report, paint),
    ...shown,
    ...(rest > 0 ? [`and ${rest} more: --html or --json tells all\n`] : []),
  ].join('\n');
}

/** How many cases have which verdict, in one line: `fail 2, non-strict 1, pass 400`. */
export function formatCounts(cases: readonly ReportedCase[], paint: Paint): string {
  const counts = countVerdicts(cases);
  const named = verdicts.filter((verdict) => counts[verdict] > 0).reverse();
  return named.map((verdict) => colorOf(verdict, paint)(`${verdict} ${counts[verdict]}`)).join(', ');
}

function formatTitle({ agent, peer, carrier, url, cases, durationMs }: Report, paint: Paint): string {
  const over = carrier === 'http2' ? 'HTTP/2' : 'HTTP/1.1';
  const place = peer === 'server' ? ` at ${url}` : '';
  const words = `${peer}${place} over ${over}, ${cases.length} cases in ${(durationMs / 1000).toFixed(1)} s`;
  return `${paint.bold(agent)}  ${paint.dim(words)}\n`;
}

function formatTable({ cases }: Report, paint: Paint): string {
  const groups = [...new Set(cases.map(({ group }) => group))];
  const rows = groups.map((group) => ({
    name: group,
    counts: countVerdicts(cases.filter((one) => one.group === group)),
  }));
  rows.push({ name: 'all', counts: countVerdicts(cases) });
  const width = Math.max(...rows.map(({ name }) => name.length));
  const head = paint.dim(
    `${' '.repeat(width)}${verdicts.map((verdict) => verdict.padStart(columnWidth)).join('')}`,
  );
  const lines = rows.map(({ name, counts }) => {
    const cells = verdicts.map((verdict) => formatCount(verdict, counts[verdict], paint));
    return name.padEnd(width) + cells.join('');
  });
  return `${[head, ...lines].join('\n')}\n`;
}

function formatCount(verdict: Verdict, count: number, paint: Paint): string {
  const text = `${count}`.padStart(columnWidth);
  return count === 0 ? paint.dim(text) : colorOf(verdict, paint)(text);
}

function formatDeviation({ id, title, clause, verdict, text }: ReportedCase, paint: Paint): string {
  const mark = colorOf(verdict, paint)(verdict.padEnd(columnWidth));
  return `${mark}  ${paint.bold(id)}  ${paint.dim(`${title}, ${clause}`)}\n${' '.repeat(columnWidth)}  ${text}\n`;
}

function colorOf(verdict: Verdict, paint: Paint): (text: string) => string {
  return { pass: paint.green, info: paint.cyan, 'non-strict': paint.yellow, fail: paint.red }[verdict];
}

const columnWidth = 12;
const maxShown = 60;
