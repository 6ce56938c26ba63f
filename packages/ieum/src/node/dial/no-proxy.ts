import { BlockList, isIP } from 'node:net';

import { type DialTarget, unbracket } from './dial-target.js';

/**
 * Whether a `NO_PROXY` list exempts a target. Entries are separated by commas or white space:
 *
 * - `*`: everything;
 * - `example.com`, `.example.com`, `*.example.com`: that host and every host below it, in any case;
 * - `192.0.2.1`, `2001:db8::1`, `[2001:db8::1]`: that address, however it is written;
 * - `192.0.2.0/24`, `2001:db8::/32`: the addresses of that block;
 * - any of the above but a block or a bare IPv6 address, with `:port`: only that port.
 *
 * Addresses match only targets given as addresses: nothing is resolved. What is none of these matches nothing.
 */
export function isExempt(target: DialTarget, list: string): boolean {
  return list.split(/[\s,]+/).some((entry) => entry !== '' && matchesEntry(target, entry));
}

/** `localhost`, the names below it (RFC 6761 §6.3), `127.0.0.0/8` and `::1`. */
export function isLoopback(hostname: string): boolean {
  const host = normalizeName(unbracket(hostname));
  if (isIP(host) !== 0) return isInBlock(host, '127.0.0.0', 8) || isSameAddress(host, '::1');
  return host === 'localhost' || host.endsWith('.localhost');
}

function matchesEntry(target: DialTarget, entry: string): boolean {
  if (entry === '*') return true;
  const host = normalizeName(unbracket(target.hostname));
  const [address, prefix, ...more] = entry.split('/');
  if (address !== undefined && prefix !== undefined) {
    return (
      more.length === 0 && /^\d{1,3}$/.test(prefix) && isInBlock(host, unbracket(address), Number(prefix))
    );
  }
  const { name, port } = splitPort(entry);
  if (port !== undefined && port !== target.port) return false;
  return isIP(name) === 0 ? isAtOrBelow(host, name) : isSameAddress(host, name);
}

function splitPort(entry: string): { name: string; port: number | undefined } {
  if (isIP(entry) !== 0) return { name: entry, port: undefined };
  const match = /^(.*):(\d+)$/.exec(entry);
  if (match === null) return { name: unbracket(entry), port: undefined };
  return { name: unbracket(match[1] ?? ''), port: Number(match[2]) };
}

function isAtOrBelow(host: string, entryName: string): boolean {
  if (isIP(host) !== 0) return false;
  const domain = normalizeName(entryName.replace(/^\*?\./, ''));
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

function isSameAddress(host: string, address: string): boolean {
  return isInBlock(host, address, isIP(address) === 6 ? 128 : 32);
}

function isInBlock(host: string, address: string, prefix: number): boolean {
  const family = isIP(address);
  if (family === 0 || isIP(host) === 0 || prefix > (family === 6 ? 128 : 32)) return false;
  const block = new BlockList();
  block.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4');
  return block.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}

function normalizeName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
