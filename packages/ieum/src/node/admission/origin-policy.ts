import { UsageError } from '../../core/errors.js';
import { isSameOrigin } from '../../core/handshake/origin.js';
import { type HostPattern, matchesName, parseHostAndPort, parseHostPattern } from './host-pattern.js';

/** The part of a request that an origin policy looks at. */
export interface OriginSubject {
  /** The `Origin` field; undefined when there is none, as with clients that are no browsers. */
  readonly origin: string | undefined;
  /** The `Host` field. */
  readonly host: string | undefined;
  readonly secure: boolean;
}

/**
 * Which pages may connect.
 *
 * - `'same-origin'`: those of the host that was asked for, with scheme and port
 * - `'any'`: all; any site a user visits can then act with that user's cookies
 * - a list: `https://example.com`, `https://example.com:8443`, `https://*.example.com` (names below it, not itself), and
 *   `null`, which sandboxed frames and local files send. The server's own origin is allowed only if it is listed
 * - a function: those it returns `true` for; it also decides on clients without `Origin`, which pass everywhere else
 *
 * `'same-origin'` cannot see DNS rebinding, where the page's host is the host that was asked for: that is the task of
 * `compileHostPolicy`.
 */
export type OriginPolicy<Subject extends OriginSubject = OriginSubject> =
  | 'same-origin'
  | 'any'
  | readonly string[]
  | ((origin: string | undefined, request: Subject) => boolean);

/**
 * Makes the check that an origin policy describes. Only a function of the caller can make it throw.
 *
 * @throws UsageError `ERR_WS_INVALID_OPTION` when it is no policy, or an entry of its list is no origin
 */
export function compileOriginPolicy<Subject extends OriginSubject = OriginSubject>(
  policy: OriginPolicy<Subject>,
): (request: Subject) => boolean {
  if (policy === 'any') return () => true;
  if (policy === 'same-origin') return isFromOwnOrigin;
  // A promise, which an asynchronous function returns, is no permission.
  if (typeof policy === 'function') return (request) => policy(request.origin, request) === true;
  if (!Array.isArray(policy)) throw invalidPolicy(policy);

  const patterns = policy.map(compileOrigin);
  return ({ origin }) => {
    if (origin === undefined) return true;
    const asked = parseOrigin(origin, parseHostAndPort);
    return asked !== null && patterns.some((pattern) => matches(pattern, asked));
  };
}

function isFromOwnOrigin({ origin, host, secure }: OriginSubject): boolean {
  return origin === undefined || (host !== undefined && isSameOrigin(origin, host, secure));
}

/** An origin (RFC 6454 §4); all opaque ones are written `null`. */
type Origin<Host> =
  | 'null'
  | { readonly scheme: string; readonly host: Host; readonly port: number | undefined };

function compileOrigin(entry: string): Origin<HostPattern> {
  const pattern = typeof entry === 'string' ? parseOrigin(entry, parseHostPattern) : null;
  if (pattern === null) throw invalidPolicy(entry);
  return pattern;
}

/** Reads what RFC 6454 §6.2 serializes. */
function parseOrigin<Host extends { readonly port: number | undefined }>(
  text: string,
  parseHost: (host: string) => Host | null,
): Origin<Host> | null {
  if (text === 'null') return 'null';
  const match = schemeAndHost.exec(text);
  const host = parseHost(match?.[2] ?? '');
  if (match === null || host === null) return null;
  const scheme = (match[1] ?? '').toLowerCase();
  return { scheme, host, port: host.port ?? defaultPorts.get(scheme) };
}

function matches(pattern: Origin<HostPattern>, asked: Origin<{ readonly name: string }>): boolean {
  if (pattern === 'null' || asked === 'null') return pattern === asked;
  return (
    pattern.scheme === asked.scheme &&
    pattern.port === asked.port &&
    matchesName(pattern.host, asked.host.name)
  );
}

function invalidPolicy(policy: unknown): UsageError {
  return new UsageError(
    'ERR_WS_INVALID_OPTION',
    "an origin policy is 'same-origin', 'any', a function or a list of origins (https://example.com, " +
      `https://*.example.com, null), not ${typeof policy === 'string' ? JSON.stringify(policy) : typeof policy}`,
  );
}

const schemeAndHost = /^([a-z][a-z\d+.-]*):\/\/(.+)$/i;
const defaultPorts: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
]);
