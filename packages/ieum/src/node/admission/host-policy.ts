import { UsageError } from '../../core/errors.js';
import { type HostPattern, matchesName, parseHostAndPort, parseHostPattern } from './host-pattern.js';

/** The part of a request that a host policy looks at. */
export interface HostSubject {
  /** The `Host` field. */
  readonly host: string | undefined;
  readonly secure: boolean;
}

/**
 * Makes the check of the `Host` field against the names that a server goes by. It is what stops DNS rebinding: a page
 * of `evil.example`, whose name was made to point at a loopback server, is of the same origin as the host it asks for,
 * but that host is not one of ours.
 *
 * Entries are `localhost`, `127.0.0.1`, `[::1]`, `*.example.com` (names below it, not itself), each for any port, or for
 * one: `localhost:8080`. Undefined allows every host; with a list a request without a readable host is refused.
 *
 * @throws UsageError `ERR_WS_INVALID_OPTION` when an entry is none of these
 */
export function compileHostPolicy(
  allowedHosts: readonly string[] | undefined,
): (subject: HostSubject) => boolean {
  if (allowedHosts === undefined) return () => true;
  if (!Array.isArray(allowedHosts)) throw invalidHost(allowedHosts);
  const patterns = allowedHosts.map(compileHost);
  return ({ host, secure }) => {
    const asked = host === undefined ? null : parseHostAndPort(host);
    if (asked === null) return false;
    const port = asked.port ?? (secure ? 443 : 80);
    return patterns.some((pattern) => matchesName(pattern, asked.name) && (pattern.port ?? port) === port);
  };
}

function compileHost(entry: string): HostPattern {
  const pattern = typeof entry === 'string' ? parseHostPattern(entry) : null;
  if (pattern === null) throw invalidHost(entry);
  return pattern;
}

function invalidHost(entry: unknown): UsageError {
  return new UsageError(
    'ERR_WS_INVALID_OPTION',
    `an allowed host is written as in localhost, 127.0.0.1:8080, [::1] or *.example.com, not ${typeof entry === 'string' ? JSON.stringify(entry) : typeof entry}`,
  );
}
