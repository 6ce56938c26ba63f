/**
 * @typedef {object} Result
 * @property {import('./implementations.mjs').Implementation} implementation
 * @property {import('./judging.mjs').Judged[]} cases
 */

/**
 * @param {Result[]} results
 * @param {{ date: string, node: string }} circumstances
 */
export function renderPage(results, { date, node }) {
  const count = results[0]?.cases.length ?? 0;
  return `# Conformance, side by side

${count} cases of [\`ieum check\`](../packages/check/README.md) put to echo servers on ${date} (Node ${node}), each with
compression on and a limit of 64 MiB where it has one. This page is written by \`npm run conformance\`.

- **fail**: a rule of the RFC is broken.
- **non-strict**: something that the RFC only recommends is left out.
- **info**: there was nothing to judge, for instance because the server has a limit below what was sent.

${renderSummary(results)}
## By group

A cell is passed / judged; what has nothing to judge is not counted.

${renderGroups(results)}
## What is not passed

${results.map(renderFaults).join('\n')}`;
}

/** @param {Result[]} results */
function renderSummary(results) {
  const rows = results.map(({ implementation, cases }) => [
    `${implementation.name} ${implementation.version}`,
    ...VERDICTS.map((verdict) => String(countOf(cases, verdict))),
  ]);
  return renderTable(['server', ...VERDICTS], rows);
}

/** @param {Result[]} results */
function renderGroups(results) {
  const groups = [...new Set(results.flatMap(({ cases }) => cases.map(({ group }) => group)))];
  const rows = groups.map((group) => [
    group,
    ...results.map(({ cases }) => {
      const judged = cases.filter((each) => each.group === group && each.verdict !== 'info');
      return judged.length === 0 ? '–' : `${countOf(judged, 'pass')} / ${judged.length}`;
    }),
  ]);
  return renderTable(['group', ...results.map(({ implementation }) => implementation.name)], rows);
}

/** @param {Result} result */
function renderFaults({ implementation, cases }) {
  const faults = cases.filter(({ verdict }) => verdict === 'fail' || verdict === 'non-strict');
  const heading = `### ${implementation.name} ${implementation.version}\n\n`;
  if (faults.length === 0) return `${heading}Nothing.\n`;
  const rows = faults.map(({ id, verdict, clause, text }) => [`\`${id}\``, verdict, clause, firstLine(text)]);
  return `${heading}${renderTable(['case', 'verdict', 'clause', 'what it did'], rows)}`;
}

/**
 * @param {string[]} columns
 * @param {string[][]} rows
 */
function renderTable(columns, rows) {
  const align = columns.map(() => '---');
  const lines = [columns, align, ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(' | ')} |\n`).join('');
}

/** @param {string} text */
function escapeCell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

/** @param {string} text */
function firstLine(text) {
  const [line = ''] = text.split('\n', 1);
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT)}…` : line;
}

/**
 * @param {import('./judging.mjs').Judged[]} cases
 * @param {string} verdict
 */
function countOf(cases, verdict) {
  return cases.filter((each) => each.verdict === verdict).length;
}

const VERDICTS = ['pass', 'non-strict', 'fail', 'info'];
const LONGEST_TEXT = 160;
