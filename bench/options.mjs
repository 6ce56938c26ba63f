import { parseArgs } from 'node:util';
import { serverNames } from './server-process.mjs';
import { defaultWorkloadNames, workloads } from './workloads.mjs';

/**
 * @typedef {object} Options
 * @property {string[]} workloadNames
 * @property {string[]} serverNames
 * @property {number} rounds
 * @property {number} seconds the measured window
 * @property {number} warmupSeconds
 * @property {boolean} json
 * @property {boolean} help
 */

/** The arguments make no sense; the message says which one and what would. */
export class OptionsError extends Error {}

/**
 * @param {string[]} args
 * @returns {Options}
 */
export function parseOptions(args) {
  const values = parseFlags(args);
  const allNames = workloads.map(({ name }) => name);
  return {
    workloadNames:
      values.workloads === 'all' ? allNames : parseNames('--workloads', values.workloads, allNames),
    serverNames: parseNames('--servers', values.servers, serverNames),
    rounds: parseNumber('--rounds', values.rounds, { min: 1, max: 100, isWhole: true }),
    seconds: parseNumber('--seconds', values.seconds, { min: 0.5, max: 60 }),
    warmupSeconds: parseNumber('--warmup', values.warmup, { min: 0, max: 60 }),
    json: values.json,
    help: values.help,
  };
}

export const helpText = `Measures ieum beside ws and beside bare sockets, in one run.

  node bench/run.mjs [options]

  --workloads NAMES   comma-separated, or all          (${defaultWorkloadNames.join()})
  --servers NAMES     comma-separated                  (${serverNames.join()})
  --rounds N          runs of each, interleaved        (3)
  --seconds S         measured window                  (4)
  --warmup S          load before it, not measured     (2)
  --json              print JSON instead of tables
  --help              print this

Workloads
${workloads.map(({ name, about }) => `  ${name.padEnd(13)} ${about}`).join('\n')}

The tables go to stdout, progress to stderr. Exits with 1 if a run failed, 2 if an option is wrong.
`;

/** @param {string[]} args */
function parseFlags(args) {
  try {
    return parseArgs({ args, options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const unknown = args
      .map((argument) => argument.split('=', 1)[0] ?? '')
      .find((name) => name.startsWith('-') && !flagNames().includes(name));
    if (unknown === undefined) throw new OptionsError(error instanceof Error ? error.message : String(error));
    throw new OptionsError(`unknown option ${unknown}${suggest(unknown, flagNames())}`);
  }
}

/**
 * @param {string} flag
 * @param {string} text
 * @param {string[]} known
 */
function parseNames(flag, text, known) {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return [...new Set(names)];
  throw new OptionsError(
    `${flag}: no ${JSON.stringify(unknown)}${suggest(unknown, known)}; there are ${known.join(', ')}`,
  );
}

/**
 * @param {string} flag
 * @param {string} text
 * @param {{ min: number, max: number, isWhole?: boolean }} range
 */
function parseNumber(flag, text, { min, max, isWhole = false }) {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (number >= min && number <= max && (!isWhole || Number.isInteger(number))) return number;
  const kind = isWhole ? 'a whole number' : 'a number';
  throw new OptionsError(`${flag}: ${JSON.stringify(text)} is not ${kind} from ${min} to ${max}`);
}

function flagNames() {
  return Object.keys(FLAGS).map((name) => `--${name}`);
}

/**
 * @param {string} wrong
 * @param {string[]} known
 */
function suggest(wrong, known) {
  const [best] = known
    .map((name) => ({ name, distance: editDistance(wrong, name) }))
    .filter(({ distance }) => distance <= MAX_TYPOS)
    .sort((a, b) => a.distance - b.distance);
  return best ? `, did you mean ${best.name}?` : '';
}

/**
 * How many characters must be added, removed or changed to get from one string to the other.
 *
 * @param {string} from
 * @param {string} to
 */
function editDistance(from, to) {
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (const [i, character] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const changed = (row[j] ?? 0) + (character === to[j] ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

const FLAGS = /** @type {const} */ ({
  workloads: { type: 'string', default: defaultWorkloadNames.join() },
  servers: { type: 'string', default: serverNames.join() },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '4' },
  warmup: { type: 'string', default: '2' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});
const MAX_TYPOS = 3;
