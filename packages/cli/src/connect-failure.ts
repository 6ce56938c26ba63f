import { ConnectError, HandshakeError, UsageError } from 'ieum';

import { CommandFailure, ExitStatus } from './command-failure.js';
import { describeSystemError, systemErrorCode } from './system-error.js';

/** Why there is no connection to `url`, in one line, with what to try. Other errors are handed back as they are. */
export function explainFailure(error: unknown, url: string): unknown {
  if (error instanceof UsageError) return new CommandFailure(describeUsage(error, url), ExitStatus.Usage);
  if (error instanceof ConnectError) return failure(url, describeConnect(error), error);
  if (error instanceof HandshakeError) return failure(url, describeHandshake(error), error);
  return error;
}

function failure(url: string, why: string, cause: Error): CommandFailure {
  return new CommandFailure(`no connection to ${withoutPassword(url)}: ${why}`, ExitStatus.Failure, {
    cause,
  });
}

function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^/?#@:]*):[^/?#@]*@/, '$1:...@');
}

function describeUsage(error: UsageError, url: string): string {
  if (error.code === 'ERR_WS_INVALID_SUBPROTOCOL') return `--subprotocol: ${withCause(error)}`;
  if (error.code !== 'ERR_WS_INVALID_URL') return withCause(error);
  const hint = /^[a-z][a-z\d+.-]*:\//i.test(url) ? 'write ws:// or wss:// and a host' : `try ws://${url}`;
  return `${JSON.stringify(url)} is no WebSocket URL (${error.message}): ${hint}`;
}

function withCause({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}

function describeConnect(error: ConnectError): string {
  const { code, host, port, cause } = error;
  switch (code) {
    case 'ERR_WS_DNS':
      return `the name ${host} has no address; is it spelled right, and does this machine reach a DNS server?`;
    case 'ERR_WS_CONNECT':
      return `${describeSystemError(cause ?? error)}; is the server running, and is ${port} its port?`;
    case 'ERR_WS_TLS':
      return `TLS failed, ${describeTls(cause, host)}`;
    case 'ERR_WS_PROXY':
      return `${describeProxy(error)}; --proxy names another one, --proxy none goes without`;
  }
}

function describeProxy({ message, status, reply, cause, proxy }: ConnectError): string {
  if (status === 407)
    return `the proxy ${proxy} wants credentials: write them as in http://user:password@host:port`;
  if (status !== undefined) return `the proxy ${proxy} answered ${status}`;
  if (reply !== undefined) return `the proxy ${proxy} refused: ${reply.replaceAll('-', ' ')}`;
  return cause === undefined ? message : `${message}: ${describeSystemError(cause)}`;
}

function describeTls(cause: unknown, host: string): string {
  const code = systemErrorCode(cause);
  if (untrusted.has(code)) {
    return 'the certificate is not from an authority that is trusted here: --ca names the right one, --insecure goes on unverified';
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `the certificate is not for ${host}`;
  if (code === 'CERT_HAS_EXPIRED') return 'the certificate has expired';
  if (code === 'CERT_NOT_YET_VALID')
    return 'the certificate is not valid yet: is the clock of this machine right?';
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG') {
    return 'the server does not speak it on this port: try ws:// in place of wss://';
  }
  return describeSystemError(cause);
}

function describeHandshake(error: HandshakeError): string {
  switch (error.code) {
    case 'ERR_WS_HANDSHAKE_REFUSED':
      return `${error.message}${adviceOn(error)}`;
    case 'ERR_WS_HANDSHAKE_TIMEOUT':
      return `${error.message}; --timeout waits longer`;
    case 'ERR_WS_HANDSHAKE_ENDED':
      return `${error.message}; if it expects TLS on this port, try wss://`;
    case 'ERR_WS_TOO_MANY_REDIRECTS':
      return `the server redirects on: ${error.message}; --max-redirects follows more`;
    default:
      return error.message;
  }
}

function adviceOn({ status = 0, headers }: HandshakeError): string {
  if (status >= 300 && status < 400) {
    const location = headers?.get('Location');
    return `${location === undefined ? '' : ` to ${location}`}; --max-redirects 5 follows`;
  }
  const retryAfter = headers?.get('Retry-After');
  if (retryAfter !== undefined) return `; it asks to try again after ${retryAfter} s`;
  return advice.get(status) ?? '';
}

const advice: ReadonlyMap<number, string> = new Map([
  [200, '; this URL is a page, is the path right?'],
  [401, "; credentials go into the URL or --header 'Authorization: ...'"],
  [403, '; it may want an --origin that it allows, or credentials'],
  [404, '; is the path right?'],
  [426, '; it asks for another protocol'],
]);

const untrusted: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);
