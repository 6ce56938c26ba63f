import { setTimeout as pause } from 'node:timers/promises';

import { readResidentBytes } from './process-usage.js';

/**
 * Waits until the memory of processes stays within one percent for a second, at least `leastMs` and ten seconds longer at
 * most, and returns it in bytes.
 *
 * @param signal ends the wait
 */
export async function settledResidentBytes(
  pids: readonly number[],
  leastMs: number,
  signal: AbortSignal,
): Promise<number> {
  const beginMs = performance.now();
  const samples: number[] = [];
  while (!signal.aborted) {
    await pause(sampleIntervalMs, undefined, { signal }).catch(() => {});
    samples.push(readResidentBytes(pids));
    const last = samples.slice(-steadySamples);
    const isSteady = last.length === steadySamples && Math.max(...last) <= Math.min(...last) * steadyRatio;
    const waitedMs = performance.now() - beginMs;
    if (waitedMs >= leastMs && (isSteady || waitedMs >= leastMs + patienceMs)) break;
  }
  return samples.at(-1) ?? readResidentBytes(pids);
}

const sampleIntervalMs = 250;
const steadySamples = 5;
const steadyRatio = 1.01;
const patienceMs = 10_000;
