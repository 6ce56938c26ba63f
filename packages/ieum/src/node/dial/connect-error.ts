/**
 * Where a connection attempt failed. Tests and applications match these, never the message.
 *
 * - `ERR_WS_DNS`: the server's name has no address.
 * - `ERR_WS_CONNECT`: no connection to the server's address or Unix socket.
 * - `ERR_WS_TLS`: the TLS handshake with the server failed, or its certificate was not accepted.
 * - `ERR_WS_PROXY`: the proxy is misconfigured, unreachable, misbehaved, or refused; see `status` and `reply`.
 */
export type ConnectErrorCode = 'ERR_WS_DNS' | 'ERR_WS_CONNECT' | 'ERR_WS_TLS' | 'ERR_WS_PROXY';

/** Why a SOCKS5 proxy refused: a reply code of RFC 1928 §6 by name, or the end of authentication (§3, RFC 1929). */
export type SocksReply =
  | 'general-failure'
  | 'not-allowed'
  | 'network-unreachable'
  | 'host-unreachable'
  | 'connection-refused'
  | 'ttl-expired'
  | 'command-not-supported'
  | 'address-type-not-supported'
  | 'unassigned'
  | 'no-acceptable-method'
  | 'authentication-failed';

/** The way a byte stream takes to a server. */
export interface Route {
  /** The server's name or address, whatever lies in between. */
  readonly host: string;
  readonly port: number;
  /** The proxy as `scheme://host:port`, without its credentials. */
  readonly proxy?: string;
  /** The Unix socket used in place of `host` and `port`. */
  readonly socketPath?: string;
}

export interface ConnectErrorDetails extends Route {
  /** The final status code of an HTTP proxy. */
  readonly status?: number;
  /** Why a SOCKS5 proxy refused. */
  readonly reply?: SocksReply;
  /** The error of the platform, where there was one. */
  readonly cause?: unknown;
}

/** Why there is no byte stream to a server: nothing of the opening handshake was sent. */
export class ConnectError extends Error {
  override readonly name = 'ConnectError';
  readonly code: ConnectErrorCode;
  readonly host: string;
  readonly port: number;
  readonly proxy: string | undefined;
  readonly socketPath: string | undefined;
  readonly status: number | undefined;
  readonly reply: SocksReply | undefined;

  constructor(code: ConnectErrorCode, message: string, details: ConnectErrorDetails) {
    super(message + reasonOf(details.cause), 'cause' in details ? { cause: details.cause } : undefined);
    this.code = code;
    this.host = details.host;
    this.port = details.port;
    this.proxy = details.proxy;
    this.socketPath = details.socketPath;
    this.status = details.status;
    this.reply = details.reply;
  }
}

/** What the platform says, for those who only log the message. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  const reason = cause.message || (cause as NodeJS.ErrnoException).code || '';
  return reason === '' ? '' : `: ${reason}`;
}
