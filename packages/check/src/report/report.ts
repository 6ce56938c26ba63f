import type { Carrier, Case } from '../case.js';
import { type CaseResult, type Verdict, verdicts } from '../verdict.js';
import type { LogEntry } from '../wire/wire-log.js';

/** How one implementation did, with everything that a reader needs to know of the cases. */
export interface Report {
  readonly format: 'ieum-check';
  readonly version: 1;
  /** The name of the implementation. */
  readonly agent: string;
  /** What it is. */
  readonly peer: 'server' | 'client';
  readonly carrier: Carrier;
  /** Where it was, or where it came to. */
  readonly url: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly cases: readonly ReportedCase[];
}

/** A case and what became of it. */
export interface ReportedCase
  extends Pick<Case, 'id' | 'title' | 'clause' | 'group' | 'sends' | 'expects'>,
    CaseResult {}

/** What a report is made of. */
export interface ReportParts extends Pick<Report, 'agent' | 'peer' | 'carrier' | 'url'> {
  readonly startedAt: Date;
  readonly cases: readonly Case[];
  readonly results: readonly CaseResult[];
}

/** Puts cases and results together, in the order of the cases. Cases without a result are left out. */
export function createReport({ startedAt, cases, results, ...about }: ReportParts): Report {
  const byId = new Map(results.map((result) => [result.id, result]));
  const reported = cases.flatMap((testCase): ReportedCase[] => {
    const result = byId.get(testCase.id);
    if (result === undefined) return [];
    const { id, title, clause, group, sends, expects } = testCase;
    return [{ ...result, id, title, clause, group, sends, expects }];
  });
  return {
    format: 'ieum-check',
    version: 1,
    ...about,
    startedAt: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    cases: reported,
  };
}

/** How many cases have which verdict. */
export function countVerdicts(cases: readonly { readonly verdict: Verdict }[]): Record<Verdict, number> {
  const counts = { pass: 0, info: 0, 'non-strict': 0, fail: 0 };
  for (const { verdict } of cases) counts[verdict]++;
  return counts;
}

/** Reads a report that was written as JSON. @throws TypeError that says what is wrong with it */
export function parseReport(text: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TypeError('it is not JSON', { cause });
  }
  if (!isObject(value)) throw new TypeError('it is no report of ieum check');
  const report: Partial<Record<keyof Report, unknown>> = value;
  if (report.format !== 'ieum-check') throw new TypeError('it is no report of ieum check');
  if (report.version !== 1) throw new TypeError(`it has version ${String(report.version)}, not 1`);
  const texts = [report.agent, report.url, report.startedAt, report.carrier];
  const hasPeer = report.peer === 'server' || report.peer === 'client';
  const { cases } = report;
  if (!hasPeer || !texts.every(isText) || !Array.isArray(cases) || !cases.every(isReportedCase)) {
    throw new TypeError('it is a damaged report of ieum check');
  }
  return value as Report;
}

function isReportedCase(value: unknown): boolean {
  if (!isObject(value)) return false;
  const one: Partial<Record<keyof ReportedCase, unknown>> = value;
  const texts = [one.id, one.title, one.clause, one.group, one.sends, one.expects, one.text];
  return verdicts.some((verdict) => verdict === one.verdict) && isLog(one.log) && texts.every(isText);
}

function isLog(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((entry: unknown) => {
      if (!isObject(entry)) return false;
      const { atMs, direction, line }: Partial<Record<keyof LogEntry, unknown>> = entry;
      return typeof atMs === 'number' && isText(direction) && isText(line);
    })
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
