import { isHost } from '../../core/handshake/http-grammar.js';
import { canonicalAddress } from './ip-address.js';

/** A host in one spelling: names in lower case, IPv6 addresses in brackets. */
export interface HostAndPort {
  readonly name: string;
  /** Undefined when none was written. */
  readonly port: number | undefined;
}

/** A host that was allowed: `example.com`, or with `*.` before it every name below that one, but not itself. */
export interface HostPattern extends HostAndPort {
  readonly wildcard: boolean;
}

/** Reads `host [ ":" port ]`; null when it is malformed. */
export function parseHostAndPort(text: string): HostAndPort | null {
  if (!isHost(text)) return null;
  const [, host = '', digits = ''] = hostAndPort.exec(text) ?? [];
  const port = digits === '' ? undefined : Number(digits);
  if (port !== undefined && port > maxPort) return null;
  if (!host.startsWith('[')) return { name: host.toLowerCase(), port };
  const address = canonicalAddress(host.slice(1, -1));
  return address === null ? null : { name: `[${address}]`, port };
}

/** Null when it is no pattern. Only names can have a wildcard, and only as their whole first label. */
export function parseHostPattern(text: string): HostPattern | null {
  const wildcard = text.startsWith(wildcardLabel);
  const host = parseHostAndPort(wildcard ? text.slice(wildcardLabel.length) : text);
  if (host === null || text.endsWith(':')) return null;
  const isAddress = host.name.startsWith('[') || canonicalAddress(host.name) !== null;
  const isName = nameLabels.test(host.name);
  return (isAddress && !wildcard) || (isName && !isAddress) ? { ...host, wildcard } : null;
}

/** Compares names only. */
export function matchesName(pattern: HostPattern, name: string): boolean {
  return pattern.wildcard ? name.endsWith(`.${pattern.name}`) : name === pattern.name;
}

/** What `isHost` let through, taken apart. */
const hostAndPort = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/;
const nameLabels = /^[\w-]+(?:\.[\w-]+)*$/;
const wildcardLabel = '*.';
const maxPort = 65535;
