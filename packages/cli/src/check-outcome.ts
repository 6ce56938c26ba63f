import { readFile, writeFile } from 'node:fs/promises';

import {
  allCases,
  compareResults,
  countVerdicts,
  type Difference,
  type ExpectedResults,
  expectedOf,
  formatHtml,
  formatJunit,
  formatSummary,
  parseExpected,
  type Report,
} from '@ieum/check';

import type { CheckFlags } from './check-options.js';
import { colorsFor } from './colors.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import { describeSystemError } from './system-error.js';
import { visible } from './visible-text.js';

/** The results that `--expected` names; null without it. @throws CommandFailure when they cannot be read */
export async function loadExpected({ expected }: CheckFlags): Promise<ExpectedResults | null> {
  if (expected === undefined) return null;
  try {
    return parseExpected(await readFile(expected, 'utf8'));
  } catch (cause) {
    const why = cause instanceof TypeError ? cause.message : `cannot be read: ${describeSystemError(cause)}`;
    throw new CommandFailure(`--expected: ${expected}: ${why}`, ExitStatus.Usage, { cause });
  }
}

/** Prints the report on standard output, for people or as JSON. */
export function announce(report: Report, { json }: CheckFlags): void {
  const text = json
    ? `${JSON.stringify(report)}\n`
    : formatSummary(withVisibleTexts(report), colorsFor(process.stdout));
  process.stdout.write(text);
}

/** Writes the files that flags name. @throws CommandFailure when one cannot be written */
export async function writeReports(report: Report, flags: CheckFlags): Promise<void> {
  const { html, junit, writeExpected, strict = false } = flags;
  if (html !== undefined) await writeGivenFile('--html', html, formatHtml([report]));
  if (junit !== undefined) await writeGivenFile('--junit', junit, formatJunit(report, { strict }));
  if (writeExpected !== undefined) {
    const text = `${JSON.stringify(expectedOf(report), null, 2)}\n`;
    await writeGivenFile('--write-expected', writeExpected, text);
  }
}

/** Judges the report by flags, and tells on standard error what differs from the expected results. */
export function exitStatusFor(
  report: Report,
  expected: ExpectedResults | null,
  { strict }: CheckFlags,
  exists: (id: string) => boolean = isCase,
): number {
  if (expected === null) {
    const counts = countVerdicts(report.cases);
    return counts.fail + (strict ? counts['non-strict'] : 0) > 0 ? ExitStatus.Failure : ExitStatus.Ok;
  }
  const differences = compareResults(report, expected, exists);
  for (const difference of differences) process.stderr.write(`${visible(describe(difference))}\n`);
  return differences.length > 0 ? ExitStatus.Failure : ExitStatus.Ok;
}

/** Writes a file that a flag names. @throws CommandFailure that names both when it cannot be written */
export async function writeGivenFile(flag: string, path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    const why = describeSystemError(cause);
    throw new CommandFailure(`${flag}: ${path} cannot be written: ${why}`, undefined, { cause });
  }
}

function isCase(id: string): boolean {
  return allCases.some((testCase) => testCase.id === id);
}

function describe({ id, expected, actual, text }: Difference): string {
  if (actual === null)
    return `different: ${id} was expected to be ${expected}, but there is no such case any more`;
  return `different: ${id} is ${actual}, not ${expected}${text === '' ? '' : `: ${text}`}`;
}

/** What a peer sent is in the texts, and may be meant for the terminal. */
function withVisibleTexts(report: Report): Report {
  const cases = report.cases.map((one) => ({ ...one, text: visible(one.text) }));
  return { ...report, agent: visible(report.agent), cases };
}
