import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, createSecureContext, type TLSSocket } from 'node:tls';

import { UsageError } from '../../core/errors.js';

import { ConnectError, type ConnectErrorCode, type Route } from './connect-error.js';
import { discard, done, runStage, type Stage } from './socket-stage.js';

/** What a caller may say about TLS: everything but where to connect, over what, and for which protocol. */
export type DialTlsOptions = Omit<
  ConnectionOptions,
  'host' | 'port' | 'path' | 'socket' | 'ALPNProtocols' | 'lookup' | 'timeout'
>;

/** One end of TLS to be reached over a stream that exists. */
export interface TlsEndpoint {
  /** The name or address that the certificate must be for. */
  readonly hostname: string;
  /** Options with the keys and certificates already read, see `prepareTls`. */
  readonly options: ConnectionOptions;
  /** What to offer by ALPN (RFC 7301), the preferred one first. */
  readonly protocols: readonly string[];
  /** The code of a failure: of the server's TLS or of the proxy's. */
  readonly failureCode: ConnectErrorCode;
}

/**
 * Reads keys and certificates before anything is sent. Throws `UsageError` (`ERR_WS_INVALID_OPTION`) when the platform
 * does not take them.
 */
export function prepareTls(options: DialTlsOptions): ConnectionOptions {
  try {
    return { ...options, secureContext: options.secureContext ?? createSecureContext(options) };
  } catch (cause) {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'The TLS options are not usable', { cause });
  }
}

/**
 * Starts TLS on a connected socket: SNI with the hostname unless it is an IP address (RFC 6066 §3), certificate and hostname verified unless the caller's options say otherwise.
 * Failure destroys the socket underneath too.
 */
export async function startTls(
  socket: Socket,
  endpoint: TlsEndpoint,
  route: Route,
  signal: AbortSignal | undefined,
): Promise<TLSSocket> {
  const secured = wrap(socket, endpoint);
  const stage: Stage = {
    event: 'secureConnect',
    handleEvent: () => done,
    describeFailure(cause) {
      const details = cause === undefined ? route : { ...route, cause };
      return new ConnectError(endpoint.failureCode, `TLS with ${endpoint.hostname} failed`, details);
    },
  };
  await runStage(secured, stage, signal);
  return secured;
}

function wrap(socket: Socket, { hostname, options, protocols }: TlsEndpoint): TLSSocket {
  const servername = options.servername ?? (isIP(hostname) === 0 ? hostname.replace(/\.$/, '') : '');
  try {
    return connect({ ...options, socket, host: hostname, servername, ALPNProtocols: [...protocols] });
  } catch (cause) {
    discard(socket);
    throw new UsageError('ERR_WS_INVALID_OPTION', 'The TLS options are not usable', { cause });
  }
}
