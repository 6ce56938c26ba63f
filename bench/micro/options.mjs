import { parseFlags, parseNames, parseNumber } from '../flags.mjs';
import { suiteNames } from './suites.mjs';

/**
 * @typedef {object} MicroOptions
 * @property {string[]} suiteNames
 * @property {number} rounds
 * @property {number} seconds for each case, once to warm up and once to measure
 * @property {boolean} json
 * @property {boolean} write
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {MicroOptions}
 * @throws {import('../flags.mjs').OptionsError}
 */
export function parseMicroOptions(args) {
  const values = parseFlags(args, FLAGS);
  return {
    suiteNames: parseNames('--suites', values.suites, suiteNames),
    rounds: parseNumber('--rounds', values.rounds, { min: 1, max: 100, isWhole: true }),
    seconds: parseNumber('--seconds', values.seconds, { min: 0.001, max: 10 }),
    json: values.json,
    write: values.write,
    help: values.help,
  };
}

const FLAGS = /** @type {const} */ ({
  suites: { type: 'string', default: suiteNames.join() },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '0.1' },
  json: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

export const microHelpText = `Measures parts of ieum by themselves: time and memory per operation.

  node bench/micro/run.mjs [options]

  --suites NAMES   comma-separated, or all   (${FLAGS.suites.default})
  --rounds N       processes for each suite  (${FLAGS.rounds.default})
  --seconds S      for each case, twice      (${FLAGS.seconds.default})
  --json           print JSON instead of tables
  --write          write bench/micro/RESULTS.md too
  --help           print this

The tables go to stdout, progress to stderr. Exits with 1 if a suite failed, 2 if an option is wrong.
`;
