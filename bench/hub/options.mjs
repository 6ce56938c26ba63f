import { fileURLToPath } from 'node:url';
import { parseFlags, parseNames, parseNumber } from '../flags.mjs';
import { stackNames, stacks } from './stacks.mjs';
import { workloadNames, workloads } from './workloads.mjs';

/**
 * @typedef {object} HubOptions
 * @property {string[]} workloadNames
 * @property {string[]} stackNames
 * @property {number} rounds
 * @property {number} seconds the measured window
 * @property {number} warmupSeconds
 * @property {number} maxSubscribers no workload has more, whatever it asks for
 * @property {string | undefined} profileFolder where servers write CPU profiles, if anywhere
 * @property {boolean} json
 * @property {boolean} write
 * @property {string} resultsPath where `write` writes
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {HubOptions}
 * @throws {import('../flags.mjs').OptionsError}
 */
export function parseHubOptions(args) {
  const values = parseFlags(args, FLAGS);
  return {
    workloadNames: parseNames('--workloads', values.workloads, workloadNames),
    stackNames: parseNames('--stacks', values.stacks, stackNames),
    rounds: parseNumber('--rounds', values.rounds, { min: 1, max: 100, isWhole: true }),
    seconds: parseNumber('--seconds', values.seconds, { min: 0.1, max: 60 }),
    warmupSeconds: parseNumber('--warmup', values.warmup, { min: 0, max: 60 }),
    maxSubscribers: parseNumber('--max-subscribers', values['max-subscribers'], {
      min: 1,
      max: MAX_SUBSCRIBERS,
      isWhole: true,
    }),
    profileFolder: values.profile,
    json: values.json,
    write: values.write || values.results !== undefined,
    resultsPath: values.results ?? fileURLToPath(new URL('RESULTS.md', import.meta.url)),
    help: values.help,
  };
}

const MAX_SUBSCRIBERS = 10_000;
const FLAGS = /** @type {const} */ ({
  workloads: { type: 'string', default: workloadNames.join() },
  stacks: { type: 'string', default: stackNames.join() },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '4' },
  warmup: { type: 'string', default: '2' },
  'max-subscribers': { type: 'string', default: String(MAX_SUBSCRIBERS) },
  profile: { type: 'string' },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  results: { type: 'string' },
  help: { type: 'boolean', default: false },
});

export const hubHelpText = `Measures fan-out over two nodes and a broker: the hub beside Socket.IO.

  node bench/hub/run.mjs [options]

  --workloads NAMES     comma-separated, or all          (${FLAGS.workloads.default})
  --stacks NAMES        comma-separated, or all          (${FLAGS.stacks.default})
  --rounds N            runs of each, interleaved        (${FLAGS.rounds.default})
  --seconds S           measured window                  (${FLAGS.seconds.default})
  --warmup S            load before it, not measured     (${FLAGS.warmup.default})
  --max-subscribers N   fewer than a workload has, to try something; no result
  --profile FOLDER      have both nodes write CPU profiles there; no result
  --json                print JSON instead of tables
  --write               write bench/hub/RESULTS.md too
  --results FILE        write FILE instead
  --help                print this

Workloads
${workloads.map(({ name, about }) => `  ${name.padEnd(18)} ${about}`).join('\n')}

Stacks
${stacks.map(({ name, about }) => `  ${name.padEnd(18)} ${about}`).join('\n')}

Needs redis-server, and nats-server for ieum-nats. The tables go to stdout, progress to stderr. Exits with 1 if a run
failed, 2 if an option is wrong.
`;
