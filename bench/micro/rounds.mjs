import { once } from 'node:events';
import { collectText, errorLine, startChild } from '../children.mjs';
import { Progress } from '../progress.mjs';

/**
 * @typedef {{ suite: string, reason: string }} SuiteFailure
 * @typedef {Map<string, import('./report.mjs').CaseCost[]>} SuiteCosts by the name of the suite, of all rounds
 */

/**
 * Measures every suite in turn, round by round, each time in a fresh process.
 *
 * @param {import('./options.mjs').MicroOptions} options
 * @param {number | null} cpu where to keep the processes, if anywhere
 * @returns {Promise<{ costs: SuiteCosts, failures: SuiteFailure[] }>}
 */
export async function measureSuites({ suiteNames, rounds, seconds }, cpu) {
  /** @type {SuiteCosts} */
  const costs = new Map(suiteNames.map((name) => [name, []]));
  /** @type {SuiteFailure[]} */
  const failures = [];
  const count = suiteNames.length * rounds;
  const suiteSeconds = 2 * GUESSED_CASES * seconds;
  const progress = new Progress({ count, seconds: count * suiteSeconds });
  for (let round = 1; round <= rounds; round++) {
    for (const suite of suiteNames) {
      progress.begin(`${suite} ${round}/${rounds}`);
      try {
        const own = await measureSuite(suite, seconds, cpu);
        costs.get(suite)?.push(...own);
        progress.end(`${own.length} cases`, suiteSeconds);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        failures.push({ suite, reason });
        progress.end(`failed: ${reason}`, suiteSeconds);
      }
    }
  }
  return { costs, failures };
}

/**
 * @param {string} suite
 * @param {number} seconds
 * @param {number | null} cpu
 * @returns {Promise<import('./report.mjs').CaseCost[]>}
 */
async function measureSuite(suite, seconds, cpu) {
  const program = ['./micro/suite-process.mjs', suite, String(seconds)];
  const child = startChild([process.execPath, ...NODE_FLAGS, ...program], { cpu });
  const stdout = collectText(child.stdout);
  const stderr = collectText(child.stderr);
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(errorLine(stderr()) || `the process ended with ${code ?? signal}`);
  return JSON.parse(stdout());
}

/** Allocations are counted between collections, so there must be room for a while without one. */
const NODE_FLAGS = ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64'];
const GUESSED_CASES = 16;
