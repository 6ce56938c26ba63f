import { nearMiss } from './near-miss.js';

/** Gathers what is wrong with a file: each with the path of the value, as `topics["chat/*"].presence`. */
export class Problems {
  readonly #lines: string[] = [];

  add(path: string, problem: string): void {
    this.#lines.push(path === '' ? problem : `${path} ${problem}`);
  }

  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  /** The first few, in one line. */
  toString(): string {
    const shown = this.#lines.slice(0, maxShown).join('; ');
    const more = this.#lines.length - maxShown;
    return more > 0 ? `${shown}; and ${more} more` : shown;
  }
}

/** The path of a member. */
export function memberPath(path: string, name: string): string {
  if (!/^[A-Za-z]\w*$/.test(name)) return `${path}[${JSON.stringify(name)}]`;
  return path === '' ? name : `${path}.${name}`;
}

/** The members of an object, or null after having told that it is none. */
export function membersOf(
  value: unknown,
  path: string,
  problems: Problems,
): readonly [string, unknown][] | null {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  problems.add(path, `must be an object, not ${describe(value)}`);
  return null;
}

/** Tells of a member that there is not, with one that is like it. */
export function addUnknown(path: string, name: string, known: Iterable<string>, problems: Problems): void {
  problems.add(memberPath(path, name), `is not known${nearMiss(name, known)}`);
}

/** What a value is, without showing what may be a secret. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}

const maxShown = 5;
