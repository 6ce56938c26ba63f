import { isHost } from './http-grammar.js';

/**
 * Whether a browser's Origin names the host that the request was sent to: same scheme, host and port (RFC 6454 §5).
 * Default ports, case, and the ways to write an IP address make no difference. `null`, other schemes and anything that
 * is no serialized origin are never the same.
 *
 * @param host the Host field of the request
 * @param secure whether the request came over TLS
 */
export function isSameOrigin(origin: string, host: string, secure: boolean): boolean {
  const scheme = secure ? 'https://' : 'http://';
  if (origin.slice(0, scheme.length).toLowerCase() !== scheme) return false;
  const originHost = canonicalHost(scheme, origin.slice(scheme.length));
  return originHost !== undefined && originHost === canonicalHost(scheme, host);
}

function canonicalHost(scheme: string, host: string): string | undefined {
  if (!isHost(host)) return undefined;
  const url = scheme + host;
  return URL.canParse(url) ? new URL(url).host : undefined;
}
