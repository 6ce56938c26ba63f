import { isIPv6 } from 'node:net';

import { UsageError } from '../../core/errors.js';

/** A server to reach: what a `ws:` or `wss:` URL says before its path. */
export interface DialTarget {
  /** A name in ASCII (as `URL` gives it) or an IP address; IPv6 with or without brackets. */
  readonly hostname: string;
  /** 1–65535. */
  readonly port: number;
  /** Whether the stream is TLS (`wss:`). */
  readonly secure: boolean;
}

/** The target with an unbracketed hostname. Throws `UsageError` (`ERR_WS_INVALID_URL`) when it names no server. */
export function checkTarget(target: DialTarget): DialTarget {
  const hostname = unbracket(target.hostname);
  if (!isIPv6(hostname) && !namePattern.test(hostname)) {
    throw new UsageError('ERR_WS_INVALID_URL', 'The hostname must be an ASCII name or an IP address');
  }
  if (!Number.isInteger(target.port) || target.port < 1 || target.port > 65535) {
    throw new UsageError('ERR_WS_INVALID_URL', 'The port must be an integer from 1 to 65535');
  }
  return { hostname, port: target.port, secure: target.secure };
}

/** `host:port` with brackets around IPv6 (RFC 3986 §3.2). */
export function formatAuthority(hostname: string, port: number): string {
  return isIPv6(hostname) ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

export function unbracket(hostname: string): string {
  return hostname.startsWith('[') && hostname.endsWith(']') ? hostname.slice(1, -1) : hostname;
}

/** Visible ASCII without the delimiters of a URL's authority: nothing that could break out of a request line. */
const namePattern = /^(?:(?![#/:?@[\\\]])[!-~]){1,255}$/;
