import { UsageError } from '../errors.js';

import { isHost } from './http-grammar.js';

/** What a client needs to know of a `ws:` or `wss:` URI (RFC 6455 §3). */
export interface WebSocketUri {
  /** The whole URI, serialized, with scheme `ws` or `wss`. */
  readonly href: string;
  /** Whether the connection is to be made over TLS. */
  readonly secure: boolean;
  /** A name or an address to connect to; an IPv6 address stands without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** As the Host field has it: with the port unless it is the default, and IPv6 addresses in brackets. */
  readonly host: string;
  /** The resource name: path and query, never empty. */
  readonly target: string;
  /** From the userinfo, percent-decoded; undefined when there is none. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/**
 * Parses the address of a WebSocket server. `http` and `https` stand for `ws` and `wss`; a fragment is dropped, since a
 * request cannot carry it (RFC 6455 §3).
 *
 * @param base what a relative `input` is resolved against
 * @throws UsageError `ERR_WS_INVALID_URL`
 */
export function parseWebSocketUri(input: string | URL, base?: string | URL): WebSocketUri {
  const url = parseUrl(input, base);
  const scheme = schemes.get(url.protocol);
  if (scheme === undefined)
    throw invalidUrl(
      `the scheme ${url.protocol} is not ws:, wss:, http: or https:; a URL begins like ws://host`,
    );
  url.protocol = scheme.protocol;
  url.hash = '';
  if (!isHost(url.host)) throw invalidUrl('the host has forbidden characters');
  return {
    href: url.href,
    secure: scheme.protocol === 'wss:',
    hostname: url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname,
    port: url.port === '' ? scheme.defaultPort : Number(url.port),
    host: url.host,
    target: url.pathname + url.search,
    username: decodeUserinfo(url.username),
    password: decodeUserinfo(url.password),
  };
}

function parseUrl(input: string | URL, base: string | URL | undefined): URL {
  try {
    return new URL(input, base);
  } catch (cause) {
    throw invalidUrl(
      `${JSON.stringify(String(input).slice(0, 200))} is no absolute URL, like ws://host/path`,
      { cause },
    );
  }
}

function decodeUserinfo(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw invalidUrl('the userinfo has a malformed percent-encoding', { cause });
  }
}

function invalidUrl(message: string, options?: ErrorOptions): UsageError {
  return new UsageError('ERR_WS_INVALID_URL', message, options);
}

const plain = { protocol: 'ws:', defaultPort: 80 };
const overTls = { protocol: 'wss:', defaultPort: 443 };
const schemes: ReadonlyMap<string, typeof plain> = new Map([
  ['ws:', plain],
  ['http:', plain],
  ['wss:', overTls],
  ['https:', overTls],
]);
