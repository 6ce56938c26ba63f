import { type Verdict, verdicts } from '../verdict.js';

import type { Report } from './report.js';

/** Results that are known: the verdict of every case that does not pass. */
export interface ExpectedResults {
  readonly format: 'ieum-check-expected';
  readonly version: 1;
  readonly verdicts: Readonly<Record<string, Verdict>>;
}

/** Where a report differs from what was known. `actual` is null when there is no such case any more. */
export interface Difference {
  readonly id: string;
  readonly expected: Verdict;
  readonly actual: Verdict | null;
  /** What the case found. */
  readonly text: string;
}

/** What is to be known from now on. */
export function expectedOf(report: Report): ExpectedResults {
  const deviating = report.cases.filter(({ verdict }) => verdict !== 'pass');
  const entries = deviating.map(({ id, verdict }) => [id, verdict] as const);
  return { format: 'ieum-check-expected', version: 1, verdicts: Object.fromEntries(entries) };
}

/** Reads known results. @throws TypeError that says what is wrong with the text */
export function parseExpected(text: string): ExpectedResults {
  let value: Partial<Record<keyof ExpectedResults, unknown>> | null;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TypeError('it is not JSON', { cause });
  }
  const known: unknown = value?.verdicts;
  if (
    value?.format !== 'ieum-check-expected' ||
    value.version !== 1 ||
    typeof known !== 'object' ||
    known === null
  ) {
    throw new TypeError('it is no file of expected results of ieum check');
  }
  for (const [id, verdict] of Object.entries(known)) {
    if (!verdicts.includes(verdict))
      throw new TypeError(`${id} has ${JSON.stringify(verdict)}, which is no verdict`);
  }
  return value as ExpectedResults;
}

/**
 * What differs, better or worse. Known cases that were not run are not compared, unless there are none of that name.
 *
 * @param exists whether there is such a case
 */
export function compareResults(
  report: Report,
  expected: ExpectedResults,
  exists: (id: string) => boolean,
): Difference[] {
  const known = new Map(Object.entries(expected.verdicts));
  const changed = report.cases.flatMap(({ id, verdict, text }): Difference[] => {
    const before = known.get(id) ?? 'pass';
    return before === verdict ? [] : [{ id, expected: before, actual: verdict, text }];
  });
  const gone = [...known].filter(([id]) => !exists(id));
  return [...changed, ...gone.map(([id, verdict]) => ({ id, expected: verdict, actual: null, text: '' }))];
}
