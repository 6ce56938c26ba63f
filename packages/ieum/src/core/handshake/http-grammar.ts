/** Whether `value` is a token (RFC 9110 §5.6.2). */
export function isToken(value: string): boolean {
  return token.test(value);
}

/** Whether `value` may stand in a field line: visible characters, spaces, tabs and bytes above 7F (RFC 9110 §5.5). */
export function isFieldValue(value: string): boolean {
  return fieldValue.test(value);
}

/**
 * Whether `value` is a host with an optional port, as the Host field has it (RFC 9110 §7.2, RFC 3986 §3.2.2). No comma
 * is accepted: a name with one is two Host fields that an intermediary joined.
 */
export function isHost(value: string): boolean {
  return hostAndPort.test(value);
}

/**
 * The tokens of a list that may stand in several field lines; empty elements are passed over (RFC 9110 §5.6.1).
 * Null when an element is no token.
 */
export function parseTokenList(values: readonly string[]): string[] | null {
  const tokens: string[] = [];
  for (const value of values) {
    for (const element of splitList(value, ',')) {
      if (element === '') continue;
      if (!isToken(element)) return null;
      tokens.push(element);
    }
  }
  return tokens;
}

/**
 * Whether a list, like Connection or Upgrade, has the element `name`, without regard to case. Elements may have a
 * version, as in `HTTP/2.0` (RFC 9110 §7.8); a list that is malformed anywhere has no element.
 */
export function hasToken(values: readonly string[], name: string): boolean {
  const lowerName = name.toLowerCase();
  let found = false;
  for (const value of values) {
    for (const element of splitList(value, ',')) {
      if (element === '') continue;
      if (!protocol.test(element)) return false;
      if (element.length === name.length && element.toLowerCase() === lowerName) found = true;
    }
  }
  return found;
}

/** The parts of `value` between separators, each without the spaces and tabs around it. */
export function splitList(value: string, separator: string): string[] {
  if (!value.includes(separator)) return [trimWhitespace(value)];
  return value.split(separator).map(trimWhitespace);
}

/** Takes spaces and tabs off both ends, and no other character (RFC 9110 §5.6.3). */
export function trimWhitespace(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhitespace(value.charCodeAt(start))) start++;
  while (end > start && isWhitespace(value.charCodeAt(end - 1))) end--;
  return value.slice(start, end);
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/* None of these can match a text in two ways, so each takes one pass over it. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const protocol = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+)?$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const hostAndPort = /^(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?$/;
