import { isIPv4, isIPv6 } from 'node:net';

/**
 * The one spelling of an IP address: IPv4 in dotted form, IPv6 as RFC 5952 writes it, without a zone. An IPv4-mapped
 * IPv6 address is the IPv4 address it carries. Null for anything else.
 */
export function canonicalAddress(text: string): string | null {
  if (isIPv4(text)) return text;
  const groups = parseGroups(text);
  if (groups === null) return null;
  return embeddedIPv4(groups) ?? formatGroups(groups);
}

/**
 * What a peer holds as one: an IPv4 address by itself, an IPv6 address by its /64, the least that a site is given
 * (RFC 6177 §2). A text that is no address stands for itself.
 */
export function addressHolding(text: string): string {
  if (isIPv4(text)) return text;
  const groups = parseGroups(text);
  if (groups === null) return text;
  return embeddedIPv4(groups) ?? `${formatGroups([...groups.slice(0, 4), 0, 0, 0, 0])}/64`;
}

/** The eight 16-bit groups of an IPv6 address (RFC 4291 §2.2), or null. */
function parseGroups(text: string): readonly number[] | null {
  if (!isIPv6(text)) return null;
  const [address = ''] = text.split('%', 1);
  const [head = '', tail] = address.split('::');
  const leading = groupsOf(head);
  if (tail === undefined) return leading;
  const trailing = groupsOf(tail);
  const zeros = new Array<number>(groupCount - leading.length - trailing.length).fill(0);
  return [...leading, ...zeros, ...trailing];
}

function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((piece) => {
    if (!piece.includes('.')) return [Number.parseInt(piece, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = piece.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** The IPv4 address in `::ffff:a.b.c.d` (RFC 4291 §2.5.5.2). */
function embeddedIPv4(groups: readonly number[]): string | null {
  if (groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return null;
  const [high = 0, low = 0] = groups.slice(6);
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** Lower case, no leading zeros, the first of the longest runs of zeros as `::` (RFC 5952 §4). */
function formatGroups(groups: readonly number[]): string {
  const { start, length } = longestZeroRun(groups);
  const words = groups.map((group) => group.toString(16));
  if (length < 2) return words.join(':');
  return `${words.slice(0, start).join(':')}::${words.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (let i = 0; i < groups.length; i++) {
    if (groups[i] !== 0) start = i + 1;
    else if (i + 1 - start > longest.length) longest = { start, length: i + 1 - start };
  }
  return longest;
}

const groupCount = 8;
