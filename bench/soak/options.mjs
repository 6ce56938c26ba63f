import { OptionsError, parseFlags, parseNumber } from '../flags.mjs';

/**
 * @typedef {object} Options
 * @property {number} durationMs
 * @property {number} warmupMs not judged
 * @property {number} connections
 * @property {string} broker
 * @property {boolean} json
 * @property {boolean} help
 */

/**
 * @param {string[]} args
 * @returns {Options}
 * @throws {OptionsError}
 */
export function parseOptions(args) {
  const values = parseFlags(args, FLAGS);
  const durationMs = parseDuration('--duration', values.duration);
  const warmupMs =
    values.warmup === undefined
      ? Math.min(durationMs / 3, LONGEST_WARMUP_MS)
      : parseDuration('--warmup', values.warmup);
  if (warmupMs > durationMs / 2) throw new OptionsError('--warmup: more than half of the duration');
  return {
    durationMs,
    warmupMs,
    connections: parseNumber('--connections', values.connections, { min: 1, max: 20_000, isWhole: true }),
    broker: values.broker,
    json: values.json,
    help: values.help,
  };
}

/**
 * `90s`, `10m` or `1h`, in milliseconds.
 *
 * @param {string} flag
 * @param {string} text
 * @throws {OptionsError}
 */
function parseDuration(flag, text) {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(s|m|h)$/.exec(text) ?? [];
  const ms = Number(number) * (UNITS[/** @type {keyof typeof UNITS} */ (unit)] ?? Number.NaN);
  if (ms >= 1_000 && ms <= LONGEST_MS) return ms;
  throw new OptionsError(`${flag}: ${JSON.stringify(text)} is not from 1s to 24h, written as 90s, 10m or 1h`);
}

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 24 * UNITS.h;
/** By then everything is kept that is kept for some time, and V8 has the heap that it wants. */
const LONGEST_WARMUP_MS = 5 * UNITS.m;
const FLAGS = /** @type {const} */ ({
  duration: { type: 'string', default: '10m' },
  warmup: { type: 'string' },
  connections: { type: 'string', default: '5000' },
  broker: { type: 'string', default: 'memory' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
});

export const helpText = `Watches the memory of ieum serve while connections come and go.

  node bench/soak/run.mjs [options]

  --duration TIME    90s, 10m, 1h                                    (${FLAGS.duration.default})
  --warmup TIME      what is not judged at the beginning             (a third, at most 5m)
  --connections N    at a time; each lives seconds to minutes        (${FLAGS.connections.default})
  --broker BROKER    as ieum serve takes it                          (${FLAGS.broker.default})
  --json             print JSON instead of a table, all samples in it
  --help             print this

The result goes to stdout, progress to stderr. Exits with 1 if memory grows, 2 if an option is wrong.
`;
