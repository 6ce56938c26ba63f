import { UsageError } from './errors.js';

/** The names that an object of options may have, and what to say about some that it may not. */
export interface OptionVocabulary {
  readonly names: readonly string[];
  /** By a name that others use: what to write here instead. */
  readonly hints?: Readonly<Record<string, string>>;
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` unless `value` is an object and no list */
export function requireObject(name: string, value: unknown, hint = ''): asserts value is object {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return;
  throw invalid(`${name} must be an object, not ${describe(value)}`, hint);
}

/**
 * Refuses names that mean nothing, unless they are undefined. An instance of a class may have fields of its own.
 *
 * @param subject what the options are of, as a caller would call it
 * @throws UsageError `ERR_WS_INVALID_OPTION`
 */
export function checkNames(subject: string, options: object, vocabulary: OptionVocabulary): void {
  if (!isPlain(options)) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || vocabulary.names.includes(name)) continue;
    throw invalid(`${subject} has no option ${JSON.stringify(name)}`, hintFor(name, vocabulary));
  }
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` unless those of the named options that are set are functions */
export function requireFunctions<Options extends object>(
  prefix: string,
  options: Options,
  names: readonly (keyof Options & string)[],
): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (value === undefined || typeof value === 'function') continue;
    throw invalid(`${prefix}${name} must be a function, not ${describe(value)}`);
  }
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` unless `value` is a whole number above zero (infinity allowed) */
export function requireCount(name: string, value: unknown): void {
  if (typeof value === 'number' && value > 0 && (Number.isInteger(value) || value === Infinity)) return;
  throw invalid(`${name} must be a whole number above zero, not ${describe(value)}`);
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` unless `value` is one of `allowed` */
export function requireOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (allowed.includes(value)) return;
  throw invalid(`${name} must be ${allowed.map(describe).join(' or ')}, not ${describe(value)}`);
}

/** The own options that are set: what is undefined counts as absent, and hides no default. */
export function definedOf<Options extends object>(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Options;
}

/** A value as a message shows it: short, whatever it is. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

function invalid(problem: string, hint = ''): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', hint === '' ? problem : `${problem}: ${hint}`);
}

/** Whether all that an object has was written as an option; objects of other realms are no less plain. */
function isPlain(options: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(options);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function hintFor(name: string, { names, hints = {} }: OptionVocabulary): string {
  if (Object.hasOwn(hints, name)) return hints[name] as string;
  const nearest = nearestOf(name, names);
  return nearest === undefined ? '' : `did you mean ${nearest}?`;
}

/** The known name that at most a third of the letters away is, or none. */
function nearestOf(name: string, names: readonly string[]): string | undefined {
  if (name.length > maxComparedLength) return undefined;
  let nearest: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of names) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** How many letters have to be inserted, removed or replaced to get from one name to the other. */
function editDistance(from: string, to: string): number {
  let distances = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (distances[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (distances[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    distances = next;
  }
  return distances[to.length] as number;
}

/** Names longer than this are not guessed at. */
const maxComparedLength = 64;
