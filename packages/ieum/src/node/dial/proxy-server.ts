import { formatAuthority, unbracket } from './dial-target.js';

/** A proxy and how to speak to it. */
export interface ProxyServer {
  /** `socks5` resolves the server's name here, `socks5h` leaves that to the proxy. */
  readonly scheme: 'http' | 'https' | 'socks5' | 'socks5h';
  readonly hostname: string;
  readonly port: number;
  readonly credentials: ProxyCredentials | undefined;
  /** `scheme://host:port`: fit for messages and logs. */
  readonly name: string;
}

export interface ProxyCredentials {
  readonly username: string;
  readonly password: string;
}

export type ParsedProxy =
  | { readonly type: 'proxy'; readonly proxy: ProxyServer }
  | { readonly type: 'invalid'; readonly problem: string };

/**
 * Reads a proxy from a URL. Text without a scheme (`proxy.example:3128`) means `http://`. Default ports: 80, 443, and
 * 1080 for SOCKS. Credentials are percent-decoded; path, query and fragment mean nothing.
 */
export function parseProxy(value: string | URL): ParsedProxy {
  const url = toUrl(value);
  if (url === undefined) return invalid('it is not a URL');
  const scheme = url.protocol.slice(0, -1);
  if (!isProxyScheme(scheme)) return invalid('its scheme is none of http, https, socks5 and socks5h');
  const hostname = unbracket(url.hostname);
  if (hostname === '') return invalid('it names no host');
  const port = url.port === '' ? defaultPorts[scheme] : Number(url.port);
  if (port === 0) return invalid('its port is 0');
  const credentials = readCredentials(url);
  if (credentials === 'malformed') return invalid('its credentials are not percent-encoded UTF-8');
  if (credentials !== undefined) {
    const problem = findCredentialsProblem(scheme, credentials);
    if (problem !== undefined) return invalid(problem);
  }
  const name = `${scheme}://${formatAuthority(hostname, port)}`;
  return { type: 'proxy', proxy: { scheme, hostname, port, credentials, name } };
}

function toUrl(value: string | URL): URL | undefined {
  if (typeof value !== 'string') return value;
  const trimmed = value.trim();
  const text = trimmed.includes('://') ? trimmed : `http://${trimmed}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

function isProxyScheme(scheme: string): scheme is ProxyServer['scheme'] {
  return Object.hasOwn(defaultPorts, scheme);
}

function readCredentials(url: URL): ProxyCredentials | 'malformed' | undefined {
  if (url.username === '' && url.password === '') return undefined;
  try {
    return { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  } catch {
    return 'malformed';
  }
}

/** What the authentication of a scheme cannot carry (RFC 7617 §2, RFC 1929 §2). */
function findCredentialsProblem(
  scheme: ProxyServer['scheme'],
  credentials: ProxyCredentials,
): string | undefined {
  const { username, password } = credentials;
  if (scheme === 'http' || scheme === 'https') {
    return username.includes(':') ? 'Basic authentication cannot carry a username with a colon' : undefined;
  }
  const usernameBytes = Buffer.byteLength(username);
  if (usernameBytes === 0) return 'SOCKS5 authentication needs a username';
  const isTooLong =
    usernameBytes > maxSocksCredentialBytes || Buffer.byteLength(password) > maxSocksCredentialBytes;
  return isTooLong ? 'SOCKS5 authentication carries at most 255 bytes each' : undefined;
}

function invalid(problem: string): ParsedProxy {
  return { type: 'invalid', problem };
}

const defaultPorts = { http: 80, https: 443, socks5: 1080, socks5h: 1080 } as const;
const maxSocksCredentialBytes = 255;
