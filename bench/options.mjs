import { fileURLToPath } from 'node:url';
import { parseFlags, parseNames, parseNumber } from './flags.mjs';
import { serverNames } from './server-process.mjs';
import { defaultWorkloadNames, workloads } from './workloads.mjs';

/**
 * @typedef {object} Options
 * @property {string[]} workloadNames
 * @property {string[]} serverNames
 * @property {number} rounds
 * @property {number} seconds the measured window
 * @property {number} warmupSeconds
 * @property {number} maxConnections no workload opens more, whatever it asks for
 * @property {boolean} json
 * @property {boolean} write
 * @property {string} resultsPath where `write` writes
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {Options}
 * @throws {import('./flags.mjs').OptionsError}
 */
export function parseOptions(args) {
  const values = parseFlags(args, FLAGS);
  const workloadNames = workloads.map(({ name }) => name);
  return {
    workloadNames: parseNames('--workloads', values.workloads, workloadNames),
    serverNames: parseNames('--servers', values.servers, serverNames),
    rounds: parseNumber('--rounds', values.rounds, { min: 1, max: 100, isWhole: true }),
    seconds: parseNumber('--seconds', values.seconds, { min: 0.1, max: 60 }),
    warmupSeconds: parseNumber('--warmup', values.warmup, { min: 0, max: 60 }),
    maxConnections: parseNumber('--max-connections', values['max-connections'], {
      min: 1,
      max: MAX_CONNECTIONS,
      isWhole: true,
    }),
    json: values.json,
    write: values.write || values.results !== undefined,
    resultsPath: values.results ?? RESULTS_PATH,
    help: values.help,
  };
}

const RESULTS_PATH = fileURLToPath(new URL('RESULTS.md', import.meta.url));
const MAX_CONNECTIONS = 10_000;
const FLAGS = /** @type {const} */ ({
  workloads: { type: 'string', default: defaultWorkloadNames.join() },
  servers: { type: 'string', default: serverNames.join() },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '3' },
  warmup: { type: 'string', default: '2' },
  'max-connections': { type: 'string', default: String(MAX_CONNECTIONS) },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  results: { type: 'string' },
  help: { type: 'boolean', default: false },
});

export const helpText = `Measures ieum beside ws, Bun and bare sockets, in one run.

  node bench/run.mjs [options]

  --workloads NAMES     comma-separated, or all          (${FLAGS.workloads.default})
  --servers NAMES       comma-separated, or all          (${FLAGS.servers.default})
  --rounds N            runs of each, interleaved        (${FLAGS.rounds.default})
  --seconds S           measured window                  (${FLAGS.seconds.default})
  --warmup S            load before it, not measured     (${FLAGS.warmup.default})
  --max-connections N   fewer connections than a workload has, to try something; no result
  --json                print JSON instead of tables
  --write               write bench/RESULTS.md too
  --results FILE        write FILE instead
  --help                print this

Workloads
${workloads.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}

The tables go to stdout, progress to stderr. Exits with 1 if a run failed, 2 if an option is wrong.
`;
