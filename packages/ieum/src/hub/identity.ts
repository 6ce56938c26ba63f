import { UsageError } from '../core/errors.js';
import { requireObject } from '../core/option-check.js';

/** Who a session belongs to. */
export interface Identity<User = unknown> {
  /** What tells users apart, the same on each of a user's connections, in 1 to 255 characters; null for somebody without a name. */
  readonly name: string | null;
  /** What the application knows of them; `authorize` and handlers get it. */
  readonly user: User;
  /** What others learn of them where presence is on: anything that JSON can hold. */
  readonly info?: unknown;
  /** When their right to be here ends, in milliseconds since 1970. Default: never. */
  readonly expiresAtMs?: number;
}

/** Refuses who nobody can be. @throws UsageError `ERR_WS_INVALID_OPTION` */
export function checkIdentity<User>(identity: Identity<User>): void {
  requireObject('an identity', identity, 'write { name, user }');
  const { name, info, expiresAtMs } = identity;
  const isName = name === null || (typeof name === 'string' && name !== '' && name.length <= maxNameLength);
  if (!isName) throw invalid(`name must be null or a string of 1 to ${maxNameLength} characters`);
  if (info !== undefined && !isJson(info)) throw invalid('info must be something that JSON can hold');
  if (expiresAtMs === undefined) return;
  if (typeof expiresAtMs !== 'number' || Number.isNaN(expiresAtMs)) {
    throw invalid('expiresAtMs must be a number of milliseconds since 1970');
  }
}

/** The application itself, which has every right and is nobody's member. */
export const application: Identity<never> = Object.freeze({ name: null, user: undefined as never });

function isJson(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}

function invalid(problem: string): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', `an identity’s ${problem}`);
}

const maxNameLength = 255;
