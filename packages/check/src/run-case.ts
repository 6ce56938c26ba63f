import { performance } from 'node:perf_hooks';

import type { Case } from './case.js';
import { type CaseResult, Conclusion, Deviation, Findings } from './verdict.js';
import type { Arrivals } from './wire/arrivals.js';
import type { Wire } from './wire/wire.js';
import { WireLog } from './wire/wire-log.js';

/** What a case is run with. */
export interface CaseSetting {
  readonly findings: Findings;
  readonly log: WireLog;
  /** When the case has to be over, in the time of `Date.now()`. */
  readonly deadline: number;
  /** Aborted when it was not. */
  readonly signal: AbortSignal;
}

/** The circumstances of a run. */
export interface CaseRun {
  /** How long the case may take. */
  readonly timeoutMs: number;
  /** What was logged before the case was known. */
  readonly log?: WireLog;
}

/** A connection that a case can use, and the way to let go of it. */
export interface WireLease {
  readonly wire: Wire;
  readonly arrivals: Arrivals;
  readonly release: () => void;
}

/**
 * Runs one case and gives its result, whatever happens: what the peer does wrong, a time-out, even a mistake in the case,
 * is a result.
 *
 * @param open makes the connection
 */
export async function runCase(
  testCase: Case,
  open: (setting: CaseSetting) => Promise<WireLease>,
  { timeoutMs, log = new WireLog() }: CaseRun,
): Promise<CaseResult> {
  const startedAt = performance.now();
  const findings = new Findings();
  const abort = new AbortController();
  const deadline = Date.now() + timeoutMs;
  const setting: CaseSetting = { findings, log, deadline, signal: abort.signal };
  let lease: WireLease | null = null;
  const work = async (): Promise<void> => {
    const opened = await open(setting).catch(noConnection);
    lease = opened;
    if (abort.signal.aborted) opened.release();
    else await performCase(testCase, opened.wire);
  };
  const overdue = overdueAfter(timeoutMs + graceMs);
  try {
    await Promise.race([work(), overdue.promise]);
  } catch (error) {
    note(error, findings);
  } finally {
    overdue.cancel();
    abort.abort();
    release(lease);
  }
  const { verdict, text } = findings;
  const durationMs = Math.round(performance.now() - startedAt);
  return { id: testCase.id, verdict, text, durationMs, log: verdict === 'pass' ? [] : [...log.entries] };
}

async function performCase(testCase: Case, wire: Wire): Promise<void> {
  if (testCase.start !== 'connected') {
    const { opening = {}, answer = {} } = testCase;
    const changes =
      wire.tester === 'client' ? opening : typeof answer === 'function' ? answer(wire.request) : answer;
    wire.sendOpening(changes);
    await wire.expectOpened();
  }
  await testCase.run(wire);
}

function noConnection(error: unknown): never {
  if (error instanceof Deviation) throw error;
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  throw new Deviation(`no connection: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

function note(error: unknown, findings: Findings): void {
  if (error instanceof Conclusion) return;
  if (error instanceof Deviation) findings.add('fail', error.message);
  else
    findings.add('fail', `the case itself failed: ${error instanceof Error ? error.stack : String(error)}`);
}

function release(lease: WireLease | null): void {
  lease?.arrivals.logRest();
  lease?.release();
}

function overdueAfter(timeoutMs: number): { promise: Promise<never>; cancel: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Deviation(`the case was not over within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  promise.catch(() => {});
  return { promise, cancel: () => clearTimeout(timer) };
}

/** What the last wait of a case may be late. */
const graceMs = 250;
