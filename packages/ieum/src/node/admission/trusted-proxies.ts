import { BlockList, isIPv4 } from 'node:net';
import { UsageError } from '../../core/errors.js';
import { canonicalAddress } from './ip-address.js';

/**
 * The proxies whose word about a client is believed.
 *
 * An entry is an address (`10.0.0.7`, `2001:db8::1`), a range (`10.0.0.0/8`, `fd00::/8`), `'loopback'` (`127.0.0.0/8`
 * and `::1`) or `'private'` (RFC 1918 and RFC 4193; loopback and link-local addresses are not in it). IPv4-mapped IPv6
 * addresses are the IPv4 addresses they carry, in entries and in questions.
 */
export class TrustedProxies {
  /** Apart, because one list compares across families: in it `::/0` would hold every IPv4 address too. */
  readonly #ranges = { ipv4: new BlockList(), ipv6: new BlockList() };

  readonly #isEmpty: boolean;

  /** @throws UsageError `ERR_WS_INVALID_OPTION` when an entry is none of these */
  constructor(entries: readonly string[] = []) {
    if (!Array.isArray(entries)) throw invalidEntry(entries);
    this.#isEmpty = entries.length === 0;
    for (const entry of entries) this.#add(entry);
  }

  /** Whether this is the address of a trusted proxy. What is no IP address is not, nor is an unknown one. */
  has(address: string | undefined): boolean {
    const canonical = this.#isEmpty || address === undefined ? null : canonicalAddress(address);
    if (canonical === null) return false;
    const family = familyOf(canonical);
    return this.#ranges[family].check(canonical, family);
  }

  #add(entry: string): void {
    const named = typeof entry === 'string' ? namedRanges.get(entry) : undefined;
    for (const range of named ?? [entry]) {
      const { network, prefixLength } = parseRange(range);
      const family = familyOf(network);
      this.#ranges[family].addSubnet(network, prefixLength, family);
    }
  }
}

function parseRange(entry: string): { network: string; prefixLength: number } {
  const match = typeof entry === 'string' ? rangePattern.exec(entry) : null;
  const address = match?.[1] ?? '';
  const network = canonicalAddress(address);
  if (network === null || address.includes('%')) throw invalidEntry(entry);

  const mapped = isIPv4(network) && !isIPv4(address);
  const written = match?.[2] === undefined ? addressBits(address) : Number(match[2]);
  const prefixLength = mapped ? written - mappedPrefixBits : written;
  if (prefixLength < 0 || prefixLength > addressBits(network)) throw invalidEntry(entry);
  return { network, prefixLength };
}

function addressBits(address: string): number {
  return isIPv4(address) ? 32 : 128;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv4(address) ? 'ipv4' : 'ipv6';
}

function invalidEntry(entry: unknown): UsageError {
  return new UsageError(
    'ERR_WS_INVALID_OPTION',
    `a trusted proxy is an IP address, a CIDR range, 'loopback' or 'private', not ${typeof entry === 'string' ? JSON.stringify(entry) : typeof entry}`,
  );
}

const rangePattern = /^([^/]+)(?:\/(0|[1-9]\d{0,2}))?$/;
/** `::ffff:0:0/96` holds the IPv4-mapped addresses. */
const mappedPrefixBits = 96;
const namedRanges: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
]);
