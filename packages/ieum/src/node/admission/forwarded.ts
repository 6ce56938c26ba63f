import { isIPv4, isIPv6 } from 'node:net';
import { isHost, splitList } from '../../core/handshake/http-grammar.js';
import { type ForwardedElement, forwardedElements } from './forwarded-element.js';
import { canonicalAddress } from './ip-address.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** What the fields of a request are asked. */
export interface FieldLookup {
  get(name: string): string | undefined;
  getAll(name: string): readonly string[];
}

/** A request as it arrived on our socket. */
export interface ReceivedRequest {
  /** The socket's peer, or the source that the PROXY protocol named; undefined when there is none. */
  readonly remoteAddress: string | undefined;
  /** Whether our socket is encrypted. */
  readonly secure: boolean;
  /** The `Host` field. */
  readonly host: string | undefined;
  readonly headers: FieldLookup;
}

/** A request as the client made it, as far as trusted proxies tell. */
export interface ClientAddress {
  /** An IP address without a port; `unknown` or an obfuscated `_name` when a trusted proxy says that (RFC 7239 §6). */
  readonly address: string;
  /** Whether the client spoke TLS. */
  readonly secure: boolean;
  /** The host that the client asked for. */
  readonly host: string | undefined;
  /** The trusted proxies that the request came through, the nearest to us first. */
  readonly via: readonly string[];
}

/**
 * Which fields the trusted proxies write. A proxy passes on what it does not write, so with `'either'` a client behind
 * proxies that only know `X-Forwarded-For` can claim any address with `Forwarded`: name the convention, or have the
 * proxies remove the other one.
 */
export type ForwardingConvention = 'forwarded' | 'x-forwarded' | 'either';

/**
 * Finds the client behind trusted proxies, by `Forwarded` (RFC 7239) or else `X-Forwarded-For`, `-Proto` and `-Host`.
 *
 * The hops are walked from the nearest one on, and a hop is believed only when the address before it is trusted. What
 * is malformed is ignored and ends the walk: the last believed address stands, the socket's own if there is no other.
 * Never throws; takes time linear in the length of the fields.
 *
 * @param convention `'either'` by default: `X-Forwarded-*` counts only where there is no `Forwarded`
 */
export function resolveClient(
  request: ReceivedRequest,
  trusted: TrustedProxies,
  convention: ForwardingConvention = 'either',
): ClientAddress {
  let { secure, host } = request;
  let address = startAddress(request.remoteAddress);
  const via: string[] = [];

  if (trusted.has(address)) {
    for (const hop of hopsOf(request.headers, convention)) {
      secure = hop.secure ?? secure;
      host = hop.host ?? host;
      if (hop.node === undefined) break;
      via.push(address);
      address = hop.node;
      if (!trusted.has(address)) break;
    }
  }
  return { address, secure, host, via };
}

/** What one proxy says about the request it received; undefined where it says nothing that can be read. */
interface Hop {
  readonly node: string | undefined;
  readonly secure: boolean | undefined;
  readonly host: string | undefined;
}

function startAddress(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return unknownNode;
  return canonicalAddress(remoteAddress) ?? remoteAddress;
}

function hopsOf(headers: FieldLookup, convention: ForwardingConvention): Iterable<Hop> {
  const forwarded = convention === 'x-forwarded' ? [] : headers.getAll('forwarded');
  if (forwarded.length > 0 || convention === 'forwarded') return forwardedHops(forwarded);
  return xForwardedHops(headers);
}

function* forwardedHops(lines: readonly string[]): Generator<Hop, void, undefined> {
  for (const element of forwardedElements(lines)) {
    if (element === null) return;
    yield forwardedHop(element);
  }
}

function forwardedHop(element: ForwardedElement): Hop {
  return {
    node: parseNode(element.get('for')),
    secure: parseProtocol(element.get('proto')),
    host: parseHost(element.get('host')),
  };
}

/**
 * `-Proto` and `-Host` are lists as long as `-For` when every proxy appends to them, and shorter when one replaces
 * them. Counted from the right, and never further than proxies were walked through, the value is a trusted one.
 */
function* xForwardedHops(headers: FieldLookup): Generator<Hop, void, undefined> {
  const nodes = listOf(headers, 'x-forwarded-for').reverse();
  const protocols = listOf(headers, 'x-forwarded-proto').reverse();
  const hosts = listOf(headers, 'x-forwarded-host').reverse();
  for (let i = 0; i < Math.max(1, nodes.length); i++) {
    yield {
      node: parseXForwardedNode(nodes[i]),
      secure: parseProtocol(protocols[Math.min(i, protocols.length - 1)]),
      host: parseHost(hosts[Math.min(i, hosts.length - 1)]),
    };
  }
}

function listOf(headers: FieldLookup, name: string): string[] {
  const elements = headers.getAll(name).flatMap((line) => splitList(line, ','));
  return elements.filter((element) => element !== '');
}

/** `node = nodename [ ":" node-port ]` (RFC 7239 §6), without the port. */
function parseNode(text: string | undefined): string | undefined {
  if (text === undefined || text.length > maxNodeLength) return undefined;
  const match = nodePattern.exec(text);
  if (match === null) return undefined;
  const [, bracketed, plain = ''] = match;
  if (bracketed !== undefined) {
    return isIPv6(bracketed) && !bracketed.includes('%')
      ? (canonicalAddress(bracketed) ?? undefined)
      : undefined;
  }
  if (isIPv4(plain) || plain.startsWith('_')) return plain;
  return plain.toLowerCase() === unknownNode ? unknownNode : undefined;
}

/** As above, and IPv6 addresses may stand without brackets. */
function parseXForwardedNode(text: string | undefined): string | undefined {
  if (text !== undefined && isIPv6(text) && !text.includes('%')) return canonicalAddress(text) ?? undefined;
  return parseNode(text);
}

function parseProtocol(text: string | undefined): boolean | undefined {
  switch (text?.toLowerCase()) {
    case 'https':
    case 'wss':
      return true;
    case 'http':
    case 'ws':
      return false;
    default:
      return undefined;
  }
}

function parseHost(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= maxHostLength && isHost(text) ? text : undefined;
}

const unknownNode = 'unknown';
const nodePattern = /^(?:\[([^\]]*)\]|(_[\w.-]+|[\d.]+|unknown))(?::(?:\d{1,5}|_[\w.-]+))?$/i;
const maxNodeLength = 255;
/** A name of 253 characters (RFC 1035 §2.3.4), a colon and a port. */
const maxHostLength = 259;
