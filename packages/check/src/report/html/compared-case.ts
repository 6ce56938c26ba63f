import type { Report, ReportedCase } from '../report.js';

/** A case with what became of it in each report; undefined where it was not run. */
export interface ComparedCase {
  readonly about: ReportedCase;
  readonly results: readonly (ReportedCase | undefined)[];
}

/** All cases of all reports: in the order of the first one, and what only others have after that. */
export function compareReports(reports: readonly Report[]): ComparedCase[] {
  const byId = reports.map(({ cases }) => new Map(cases.map((one) => [one.id, one])));
  const all = new Map(reports.flatMap(({ cases }) => cases).map((one) => [one.id, one]));
  return [...all.values()].map((about) => ({ about, results: byId.map((cases) => cases.get(about.id)) }));
}
