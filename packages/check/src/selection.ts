import type { Case } from './case.js';

/** Which cases to run. */
export interface Selection {
  /** Patterns on ids. Default: all cases. */
  readonly only?: readonly string[] | undefined;
  /** Patterns on ids of cases to leave out. */
  readonly exclude?: readonly string[] | undefined;
}

/** The cases that are selected, in their order. */
export function selectCases(cases: readonly Case[], { only = ['*'], exclude = [] }: Selection): Case[] {
  const wanted = only.map(patternOf);
  const unwanted = exclude.map(patternOf);
  return cases.filter(
    ({ id }) => wanted.some((pattern) => pattern.test(id)) && !unwanted.some((pattern) => pattern.test(id)),
  );
}

/** A pattern is an id or the beginning of ids up to a slash; `*` stands for any text, `?` for one character. */
function patternOf(text: string): RegExp {
  const source = text
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source.replace(/\/$/, '')}(?:/.*)?$`);
}
