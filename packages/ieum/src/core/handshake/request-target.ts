import { isHost } from './http-grammar.js';

/** Where a request is going, whichever way it was written. */
export interface RequestTarget {
  /** The host that an absolute target names; it overrides the Host field (RFC 9112 §3.2.2). */
  readonly host: string | undefined;
  /** Path and query, never empty: the resource name of RFC 6455 §3. */
  readonly path: string;
}

/** Reads a target in origin form or in absolute form (RFC 9112 §3.2.1, §3.2.2); null for anything else. */
export function parseRequestTarget(target: string): RequestTarget | null {
  if (!visibleWithoutFragment.test(target)) return null;
  if (target.startsWith('/')) return { host: undefined, path: target };
  const scheme = httpScheme.exec(target);
  if (scheme === null) return null;
  const rest = target.slice(scheme[0].length);
  const end = rest.search(/[/?]/);
  const host = end === -1 ? rest : rest.slice(0, end);
  const path = end === -1 ? '' : rest.slice(end);
  return isHost(host) ? { host, path: path.startsWith('/') ? path : `/${path}` } : null;
}

const visibleWithoutFragment = /^[\x21\x22\x24-\x7e]+$/;
const httpScheme = /^https?:\/\//i;
