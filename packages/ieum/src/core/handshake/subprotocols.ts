import { UsageError } from '../errors.js';

import { isToken, parseTokenList } from './http-grammar.js';

/**
 * The subprotocols of all Sec-WebSocket-Protocol lines of a request, the preferred one first. Null when one is no
 * token or stands there twice, or a line has none (RFC 6455 §4.1, §4.3); empty only when there is no line.
 */
export function parseSubprotocols(values: readonly string[]): string[] | null {
  if (values.length === 0) return [];
  const subprotocols = parseTokenList(values);
  if (subprotocols === null || new Set(subprotocols).size !== subprotocols.length) return null;
  return subprotocols.length === 0 ? null : subprotocols;
}

/**
 * Checks the subprotocols that a client is to offer.
 *
 * @throws UsageError `ERR_WS_INVALID_SUBPROTOCOL` when one is not a token or stands there twice
 */
export function checkSubprotocols(subprotocols: readonly string[]): void {
  const seen = new Set<string>();
  for (const subprotocol of subprotocols) {
    if (typeof subprotocol !== 'string' || !isToken(subprotocol)) {
      throw new UsageError('ERR_WS_INVALID_SUBPROTOCOL', `${JSON.stringify(subprotocol)} is not a token`);
    }
    if (seen.has(subprotocol)) {
      throw new UsageError('ERR_WS_INVALID_SUBPROTOCOL', `subprotocol ${subprotocol} is there twice`);
    }
    seen.add(subprotocol);
  }
}
