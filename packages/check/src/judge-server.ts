import { appliesTo, type Carrier, type Case } from './case.js';
import { type CaseSetting, runCase, type WireLease } from './run-case.js';
import { openServerWire } from './server-wire.js';
import type { Target } from './target.js';
import type { CaseResult } from './verdict.js';

/** How a server is judged. */
export interface JudgeServerOptions {
  readonly carrier: Carrier;
  /** How many cases run at a time. */
  readonly concurrency: number;
  /** What a case may take that names no time of its own; those that do are stretched alike. */
  readonly timeoutMs: number;
  /** No case is begun any more once it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each result as it is there. */
  readonly onResult?: ((result: CaseResult) => void) | undefined;
}

/** Runs cases against a server, each on a connection of its own, and gives the results in the order of the cases. */
export async function judgeServer(
  target: Target,
  cases: readonly Case[],
  options: JudgeServerOptions,
): Promise<CaseResult[]> {
  const due = cases.filter((testCase) => appliesTo(testCase, 'server', options.carrier));
  const results: CaseResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < due.length && options.signal?.aborted !== true) {
      const index = next++;
      const testCase = due[index] as Case;
      const open = (setting: CaseSetting): Promise<WireLease> =>
        openServerWire(target, options.carrier, setting);
      const result = await runCase(testCase, open, {
        timeoutMs: caseTimeoutMs(testCase, options.timeoutMs),
      });
      results[index] = result;
      options.onResult?.(result);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, work));
  return results.filter((result) => result !== undefined);
}

/** What a case may take when one that names no time may take `timeoutMs`. */
export function caseTimeoutMs(testCase: Case, timeoutMs: number): number {
  return ((testCase.timeoutMs ?? defaultTimeoutMs) / defaultTimeoutMs) * timeoutMs;
}

export const defaultTimeoutMs = 5_000;
