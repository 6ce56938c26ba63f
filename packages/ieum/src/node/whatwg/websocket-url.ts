import { checkSubprotocols } from '../../core/handshake/subprotocols.js';
import { parseWebSocketUri, type WebSocketUri } from '../../core/handshake/websocket-uri.js';

/**
 * The address that a constructor was given. Relative addresses have nothing to be relative to here. The ports that
 * browsers block (Fetch Standard, "bad port") protect servers from the pages of strangers and are not blocked.
 *
 * @throws DOMException `SyntaxError`
 */
export function parseAddress(url: unknown): WebSocketUri {
  const text = `${url as string}`;
  const problem = 'needs an absolute ws:, wss:, http: or https: URL without a fragment';
  try {
    if (!new URL(text).href.includes('#')) return parseWebSocketUri(text);
  } catch (cause) {
    throw syntaxError(problem, cause);
  }
  throw syntaxError(problem);
}

/** The origin of an address, as a `MessageEvent` has it. */
export function originOf(uri: WebSocketUri): string {
  return `${uri.secure ? 'wss' : 'ws'}://${uri.host}`;
}

/** The subprotocols to offer. @throws DOMException `SyntaxError` when one is no token or there twice, in whatever case */
export function checkProtocols(protocols: Iterable<unknown>): string[] {
  const texts = Array.from(protocols, (protocol) => `${protocol as string}`);
  try {
    checkSubprotocols(texts);
    checkSubprotocols(texts.map((text) => text.toLowerCase()));
  } catch (cause) {
    throw syntaxError('the protocols are tokens, each of them once', cause);
  }
  return texts;
}

function syntaxError(message: string, cause?: unknown): DOMException {
  return new DOMException(message, { name: 'SyntaxError', ...(cause === undefined ? {} : { cause }) });
}
