import { parseArgs } from 'node:util';

/** The arguments make no sense; the message says which one and what would. */
export class OptionsError extends Error {}

/**
 * The values of `--name value` and `--name` arguments; nothing else is taken.
 *
 * @template {NonNullable<import('node:util').ParseArgsConfig['options']>} const Flags
 * @param {string[]} args
 * @param {Flags} flags as `parseArgs` of `node:util` describes them
 * @throws {OptionsError}
 */
export function parseFlags(args, flags) {
  const names = Object.keys(flags).map((name) => `--${name}`);
  try {
    return parseArgs({ args, options: flags, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const unknown = args
      .map((argument) => argument.split('=', 1)[0] ?? '')
      .find((name) => name.startsWith('-') && !names.includes(name));
    if (unknown === undefined) throw new OptionsError(error instanceof Error ? error.message : String(error));
    throw new OptionsError(`unknown option ${unknown}${suggest(unknown, names)}`);
  }
}

/**
 * A list such as `echo20,pipe32`, each name once.
 *
 * @param {string} flag
 * @param {string} text
 * @param {string[]} known
 * @throws {OptionsError}
 */
export function parseNames(flag, text, known) {
  if (text === 'all') return known;
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
 * @throws {OptionsError}
 */
export function parseNumber(flag, text, { min, max, isWhole = false }) {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (number >= min && number <= max && (!isWhole || Number.isInteger(number))) return number;
  const kind = isWhole ? 'a whole number' : 'a number';
  throw new OptionsError(`${flag}: ${JSON.stringify(text)} is not ${kind} from ${min} to ${max}`);
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

const MAX_TYPOS = 3;
