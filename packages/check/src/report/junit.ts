import { formatLog } from './log-text.js';
import { countVerdicts, type Report, type ReportedCase } from './report.js';

export interface JunitOptions {
  /** Whether `non-strict` is a failure as well. Default false. */
  readonly strict?: boolean;
}

/** A report as JUnit XML: a test suite for each group, a test for each case. */
export function formatJunit(report: Report, { strict = false }: JunitOptions = {}): string {
  const groups = [...new Set(report.cases.map(({ group }) => group))];
  const suites = groups.map((group) => formatSuite(report, group, strict));
  const about = attributes({ name: `${report.agent} (${report.peer})`, ...totals(report.cases, strict) });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites${about}>\n${suites.join('')}</testsuites>\n`;
}

function formatSuite(report: Report, group: string, strict: boolean): string {
  const cases = report.cases.filter((one) => one.group === group);
  const about = attributes({ name: group, ...totals(cases, strict), timestamp: report.startedAt });
  return `  <testsuite${about}>\n${cases.map((one) => formatCase(one, report, strict)).join('')}  </testsuite>\n`;
}

function formatCase(one: ReportedCase, { agent }: Report, strict: boolean): string {
  const { id, title, clause, verdict, text, group, durationMs } = one;
  const about = attributes({
    classname: `${agent}.${group}`,
    name: `${id}: ${title}`,
    time: (durationMs / 1000).toFixed(3),
  });
  if (verdict === 'pass') return `    <testcase${about}/>\n`;
  const body = escapeXml(
    `${clause}\nsent: ${one.sends}\nexpected: ${one.expects}\n${verdict}: ${text}\n\n${formatLog(one.log)}`,
  );
  const element = isFailure(one, strict)
    ? `<failure${attributes({ type: verdict, message: text })}>${body}</failure>`
    : `<system-out>${body}</system-out>`;
  return `    <testcase${about}>\n      ${element}\n    </testcase>\n`;
}

function totals(cases: readonly ReportedCase[], strict: boolean): Record<string, string> {
  const counts = countVerdicts(cases);
  const seconds = cases.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  return {
    tests: `${cases.length}`,
    failures: `${counts.fail + (strict ? counts['non-strict'] : 0)}`,
    errors: '0',
    skipped: '0',
    time: seconds.toFixed(3),
  };
}

function isFailure({ verdict }: ReportedCase, strict: boolean): boolean {
  return verdict === 'fail' || (strict && verdict === 'non-strict');
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
}

/** XML has no way to write most control characters: they are replaced. */
function escapeXml(text: string): string {
  return text
    .replace(notInXml, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

const notInXml = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
