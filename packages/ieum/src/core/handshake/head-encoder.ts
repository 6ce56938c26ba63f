import { UsageError } from '../errors.js';

import type { HeaderField } from './header-fields.js';
import { isFieldValue, isToken } from './http-grammar.js';

/** A message head as text, the empty line included. Its characters are bytes: write it as latin1. */
export function encodeHead(startLine: string, fields: Iterable<HeaderField>): string {
  let text = `${startLine}\r\n`;
  for (const [name, value] of fields) text += `${name}: ${value}\r\n`;
  return `${text}\r\n`;
}

/**
 * The fields that a caller wants to add, checked.
 *
 * @param isOwned tells of a name in lower case whether the message writes that field itself
 * @throws UsageError `ERR_WS_INVALID_HEADER` on a name that is no token or is owned, and on a value with line breaks,
 *   NUL, other control characters, or characters beyond latin1
 */
export function checkFields(
  fields: Iterable<HeaderField>,
  isOwned: (lowerName: string) => boolean,
): HeaderField[] {
  const checked: HeaderField[] = [];
  for (const [name, value] of fields) {
    if (typeof name !== 'string' || !isToken(name)) {
      throw new UsageError('ERR_WS_INVALID_HEADER', `${JSON.stringify(name)} is not a header name`);
    }
    if (typeof value !== 'string' || !isFieldValue(value)) {
      throw new UsageError('ERR_WS_INVALID_HEADER', `the value of header ${name} has forbidden characters`);
    }
    if (isOwned(name.toLowerCase())) {
      throw new UsageError('ERR_WS_INVALID_HEADER', `header ${name} is not for callers to set`);
    }
    checked.push([name, value]);
  }
  return checked;
}

/** The names, in lower case, that neither opening handshake lets a caller write. */
export function isHandshakeField(lowerName: string): boolean {
  return lowerName.startsWith('sec-websocket-') || handshakeFields.has(lowerName);
}

const handshakeFields: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
]);
