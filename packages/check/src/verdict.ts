import type { LogEntry } from './wire/wire-log.js';

/**
 * How a peer did in a case: `pass`, it did what the RFC says or allows; `non-strict`, it left out what the RFC only
 * recommends; `info`, nothing was to be judged, the text tells what was seen; `fail`, it broke a rule.
 */
export type Verdict = 'pass' | 'non-strict' | 'info' | 'fail';

/** All verdicts, from the best to the worst. */
export const verdicts: readonly Verdict[] = ['pass', 'info', 'non-strict', 'fail'];

/** What became of one case. */
export interface CaseResult {
  readonly id: string;
  readonly verdict: Verdict;
  /** What was wrong or what was seen, a sentence each; empty for most that passed. */
  readonly text: string;
  readonly durationMs: number;
  /** What went over the wire; empty for cases that passed. */
  readonly log: readonly LogEntry[];
}

/** A rule that the peer broke: it ends the case with the verdict `fail`. */
export class Deviation extends Error {
  override readonly name = 'Deviation';
}

/** The case has nothing more to judge: it ends with what was found so far. */
export class Conclusion extends Error {
  override readonly name = 'Conclusion';
}

/** What a case has found so far; the worst decides. */
export class Findings {
  #verdict: Verdict = 'pass';
  readonly #texts: string[] = [];

  add(verdict: Exclude<Verdict, 'pass'>, text: string): void {
    if (verdicts.indexOf(verdict) > verdicts.indexOf(this.#verdict)) this.#verdict = verdict;
    if (!this.#texts.includes(text)) this.#texts.push(text);
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  get text(): string {
    return this.#texts.join('; ');
  }
}
