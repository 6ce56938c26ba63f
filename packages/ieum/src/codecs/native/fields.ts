/** The fields of each type of message, and whether it carries content. */
export type Shapes<Type extends string> = Readonly<Record<Type, Shape>>;

export interface Shape {
  readonly fields: Readonly<Record<string, Field>>;
  readonly hasContent?: boolean;
}

/** What one field may be. */
export interface Field {
  /**
   * `optional`: it may be left out, or be null, which is the same. `nullable`: null is one of its values. `json`: it may be left
   * out, and null is one of its values.
   */
  readonly presence: Presence;
  /** What it should be, when it is not; never asked about a field that is left out. */
  readonly problemOf: (value: unknown) => string | null;
}

export type Presence = 'required' | 'optional' | 'nullable' | 'json';

/** A number by which an answer finds its question: a whole number from 0 to 2^53 − 1. */
export function id(presence: Presence = 'required'): Field {
  return count(0, presence);
}

/** A whole number from `least` to 2^53 − 1. */
export function count(least: number, presence: Presence = 'required'): Field {
  const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= least;
  return field(presence, `a whole number from ${least} to 2^53 - 1`, isCount);
}

/** Milliseconds, parts of one included. */
export function time(presence: Presence = 'required'): Field {
  return field(
    presence,
    'a number of milliseconds',
    (value) => Number.isFinite(value) && (value as number) >= 0,
  );
}

export function string(presence: Presence = 'required'): Field {
  return field(presence, 'a string', (value) => typeof value === 'string');
}

export function flag(presence: Presence = 'required'): Field {
  return field(presence, 'true or false', (value) => typeof value === 'boolean');
}

export function oneOf(values: readonly string[]): Field {
  return field('required', values.join(' or '), (value) => values.includes(value as string));
}

/** Anything that JSON can hold. May be left out. */
export function json(): Field {
  return { presence: 'json', problemOf: () => null };
}

export function headers(presence: Presence): Field {
  const isHeaders = (value: unknown) =>
    isRecord(value) && Object.values(value).every((header) => typeof header === 'string');
  return field(presence, 'an object of strings', isHeaders);
}

export function position(presence: Presence = 'required'): Field {
  const isPosition = (value: unknown) =>
    isRecord(value) && isOffset(own(value, 'offset')) && typeof own(value, 'epoch') === 'string';
  return field(presence, 'a position with offset and epoch', isPosition);
}

export function members(presence: Presence = 'required'): Field {
  const isMember = (value: unknown) => isRecord(value) && typeof own(value, 'user') === 'string';
  return field(presence, 'a list of members', (value) => Array.isArray(value) && value.every(isMember));
}

export function limits(): Field {
  const isLimits = (value: unknown) =>
    isRecord(value) &&
    ['maxRequests', 'maxPending', 'maxHistory'].every((name) => isOffset(own(value, name)));
  return field('required', 'an object of limits', isLimits);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A field that the object has itself: nothing of a prototype is one. */
export function own(fields: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function isOffset(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function field(presence: Presence, wanted: string, matches: (value: unknown) => boolean): Field {
  return { presence, problemOf: (value) => (matches(value) ? null : wanted) };
}
