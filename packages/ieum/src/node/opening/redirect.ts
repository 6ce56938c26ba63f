import type { HeaderField, HeaderFields } from '../../core/handshake/header-fields.js';
import { parseWebSocketUri, type WebSocketUri } from '../../core/handshake/websocket-uri.js';

import { checkTarget } from '../dial/dial-target.js';

import { HandshakeError } from './handshake-error.js';

/** Whether an answer asks to go elsewhere with the same request (RFC 9110 §15.4), and that is done. */
export function isFollowed(status: number, { maxRedirects }: { readonly maxRedirects: number }): boolean {
  return maxRedirects > 0 && redirects.has(status);
}

/** Where a redirect leads. @throws HandshakeError `ERR_WS_REDIRECT` */
export function redirectTarget(from: WebSocketUri, headers: HeaderFields): WebSocketUri {
  const location = headers.get('Location');
  if (location === undefined) throw new HandshakeError('ERR_WS_REDIRECT', 'the redirect names no location');
  const to = parseLocation(location, from);
  if (from.secure && !to.secure) {
    throw new HandshakeError('ERR_WS_REDIRECT', 'the redirect leads from wss: to ws:');
  }
  return to;
}

/** Whether two URIs are of the same server: scheme, host and port. Credentials go to no other. */
export function isSameServer(a: WebSocketUri, b: WebSocketUri): boolean {
  return a.secure === b.secure && a.hostname === b.hostname && a.port === b.port;
}

/** The caller's header fields less those that are meant for the first server only. */
export function withoutCredentials(fields: Iterable<HeaderField>): HeaderField[] {
  return [...fields].filter(([name]) => !credentialFields.has(name.toLowerCase()));
}

function parseLocation(location: string, from: WebSocketUri): WebSocketUri {
  try {
    const uri = parseWebSocketUri(location, from.href);
    checkTarget(uri);
    return uri;
  } catch (cause) {
    throw new HandshakeError('ERR_WS_REDIRECT', 'the redirect leads to no WebSocket URL', { cause });
  }
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const credentialFields: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization']);
