import { isTrue } from './selector-evaluation.js';
import { parseSelectorTerm } from './selector-parser.js';

/** Which messages a subscriber wants, by their headers. */
export interface Selector {
  readonly type: 'selector';
  /** Whether a message is wanted. It is data that is compared: nothing of it is ever run. */
  matches(headers: ReadonlyMap<string, string>): boolean;
}

export type SelectorResult = Selector | { readonly type: 'invalid'; readonly message: string };

/**
 * Reads a selector: a subset of the conditions of SQL-92, over headers.
 *
 * Comparisons (`=`, `<>`, `<`, `<=`, `>`, `>=`), `[NOT] BETWEEN`, `[NOT] IN`, `[NOT] LIKE … [ESCAPE]`, `IS [NOT] NULL`, `+ - * /`,
 * `AND`, `OR`, `NOT` and parentheses; strings in single quotes, numbers, `TRUE` and `FALSE`; names as in Java, others in double
 * quotes. Headers are strings: beside a number one is taken for the number that it says. What cannot be compared is unknown, and
 * what is unknown in the end does not match. At most 1,024 characters, 32 levels deep, 128 characters in a pattern.
 */
export function parseSelector(text: string): SelectorResult {
  if (text.length > maxSelectorLength) {
    return { type: 'invalid', message: `a selector has at most ${maxSelectorLength} characters` };
  }
  const term = parseSelectorTerm(text);
  if (term.type === 'invalid') return term;
  return { type: 'selector', matches: (headers) => isTrue(term, headers) };
}

const maxSelectorLength = 1_024;
