import { lookup } from 'node:dns';
import { isIP, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

import { UsageError } from '../../core/errors.js';

import { ConnectError, type Route } from './connect-error.js';
import { checkTarget, type DialTarget, formatAuthority } from './dial-target.js';
import { HttpConnectNegotiation } from './http-connect.js';
import { type Environment, proxyFor } from './proxy-environment.js';
import { negotiate, type ProxyNegotiation } from './proxy-negotiation.js';
import { type ProxyServer, parseProxy } from './proxy-server.js';
import { discard } from './socket-stage.js';
import { Socks5Negotiation } from './socks5.js';
import { connectTcp, type Endpoint, isNameFailure } from './tcp-connect.js';
import { type DialTlsOptions, prepareTls, startTls } from './tls-connect.js';

export interface DialOptions {
  /** Ends the attempt at any point; the promise then rejects with the signal's reason. There is no other deadline. */
  readonly signal?: AbortSignal | undefined;
  /** A Unix socket (or Windows pipe) in place of the target's address. No proxy then; TLS if the target is secure. */
  readonly socketPath?: string | undefined;
  /**
   * TLS with the server: `ca`, `cert`, `key`, `servername`, … Certificates are verified unless `rejectUnauthorized`
   * says otherwise. With TLS 1.3 a server refuses a client's certificate only after the stream is open.
   */
  readonly tls?: DialTlsOptions | undefined;
  /**
   * The proxy as `http://`, `https://`, `socks5://` (names are resolved here, the first address counts) or
   * `socks5h://` (names are resolved by the proxy), with credentials in the URL. `false` means none. Default: what the
   * environment says, see `proxyFor`; a proxy given here ignores `NO_PROXY`.
   */
  readonly proxy?: string | URL | false | undefined;
  /** TLS with an `https://` proxy. Nothing of `tls` goes to the proxy. */
  readonly proxyTls?: DialTlsOptions | undefined;
  /** Where the proxy variables are read. Default `process.env`. */
  readonly environment?: Environment | undefined;
  /** The local IP address to connect from. */
  readonly localAddress?: string | undefined;
  /** Only IPv4 or only IPv6 addresses. Default 0: whichever answers. */
  readonly family?: 0 | 4 | 6 | undefined;
}

/**
 * Opens a byte stream to a server: directly, through a Unix socket, or through a proxy's tunnel (RFC 6455 §4.1), and
 * with TLS inside that when the target is secure. TCP has `TCP_NODELAY`. The stream is not read yet, what already
 * arrived is kept. Rejects with `ConnectError` for what fails, with the signal's reason when that is aborted, with
 * `UsageError` for options that cannot work; no socket stays open then.
 *
 * @param protocols what a secure target is offered by ALPN (RFC 7301), the preferred one first
 */
export async function dial(
  target: DialTarget,
  options: DialOptions = {},
  protocols: readonly string[] = ['http/1.1'],
): Promise<Socket | TLSSocket> {
  const plan = { ...planDial(target, options), protocols };
  const { signal } = options;
  signal?.throwIfAborted();
  const socket = await open(plan, signal);
  if (signal?.aborted) {
    discard(socket);
    throw signal.reason;
  }
  return socket;
}

/** Everything decided before the first byte. */
interface DialPlan {
  readonly target: DialTarget;
  readonly route: Route;
  readonly endpoint: Endpoint;
  readonly proxy: ProxyServer | undefined;
  /** The IP versions that a name resolved here may have. */
  readonly family: 0 | 4 | 6;
  readonly serverTls: ConnectionOptions | undefined;
  readonly proxyTls: ConnectionOptions | undefined;
  readonly protocols: readonly string[];
}

function planDial(unchecked: DialTarget, options: DialOptions): Omit<DialPlan, 'protocols'> {
  const target = checkTarget(unchecked);
  const { socketPath, localAddress, family = 0 } = options;
  const direct: Route = { host: target.hostname, port: target.port };
  const proxy = chooseProxy(target, direct, options);
  const { hostname, port } = proxy ?? target;
  return {
    target,
    proxy,
    family,
    route: {
      ...direct,
      ...(proxy === undefined ? {} : { proxy: proxy.name }),
      ...(socketPath === undefined ? {} : { socketPath }),
    },
    endpoint:
      socketPath === undefined
        ? { type: 'address', hostname, port, localAddress, family }
        : { type: 'path', path: socketPath },
    serverTls: target.secure ? prepareTls(options.tls ?? {}) : undefined,
    proxyTls: proxy?.scheme === 'https' ? prepareTls(options.proxyTls ?? {}) : undefined,
  };
}

function chooseProxy(target: DialTarget, route: Route, options: DialOptions): ProxyServer | undefined {
  const { proxy, socketPath, environment = process.env } = options;
  if (proxy === false) return undefined;
  if (socketPath !== undefined) {
    if (proxy === undefined) return undefined;
    throw new UsageError('ERR_WS_INVALID_OPTION', 'socketPath and proxy exclude each other');
  }
  if (proxy !== undefined) {
    const parsed = parseProxy(proxy);
    if (parsed.type === 'proxy') return parsed.proxy;
    throw new UsageError('ERR_WS_INVALID_OPTION', `The proxy is not usable: ${parsed.problem}`);
  }
  const chosen = proxyFor(target, environment);
  if (chosen === undefined) return undefined;
  const parsed = parseProxy(chosen.value);
  if (parsed.type === 'proxy') return parsed.proxy;
  const message = `The proxy in ${chosen.variable} is not usable: ${parsed.problem}`;
  throw new ConnectError('ERR_WS_PROXY', message, route);
}

async function open(plan: DialPlan, signal: AbortSignal | undefined): Promise<Socket | TLSSocket> {
  const { target, proxy, route, serverTls, proxyTls } = plan;
  const negotiation = proxy === undefined ? undefined : await planNegotiation(plan, proxy, signal);
  let socket = await connectTcp(plan.endpoint, route, signal);
  if (proxy !== undefined && proxyTls !== undefined) {
    const endpoint = { hostname: proxy.hostname, options: proxyTls, protocols: ['http/1.1'] };
    socket = await startTls(socket, { ...endpoint, failureCode: 'ERR_WS_PROXY' }, route, signal);
  }
  if (negotiation !== undefined) await negotiate(socket, negotiation, route, signal);
  if (serverTls === undefined) return socket;
  const endpoint = { hostname: target.hostname, options: serverTls, protocols: plan.protocols };
  return startTls(socket, { ...endpoint, failureCode: 'ERR_WS_TLS' }, route, signal);
}

async function planNegotiation(
  plan: DialPlan,
  proxy: ProxyServer,
  signal: AbortSignal | undefined,
): Promise<ProxyNegotiation> {
  const { hostname, port } = plan.target;
  if (proxy.scheme === 'http' || proxy.scheme === 'https') {
    return new HttpConnectNegotiation(formatAuthority(hostname, port), proxy.credentials);
  }
  const isLocal = proxy.scheme === 'socks5' && isIP(hostname) === 0;
  const destination = isLocal ? await resolve(plan, signal) : hostname;
  return new Socks5Negotiation({ hostname: destination, port }, proxy.credentials);
}

/** The first address of the target's name. The platform cannot stop a lookup: after an abort its answer is dropped. */
function resolve({ target, route, family }: DialPlan, signal: AbortSignal | undefined): Promise<string> {
  return new Promise((settle, reject) => {
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    lookup(target.hostname, { family }, (cause, address) => {
      signal?.removeEventListener('abort', onAbort);
      if (cause === null) return settle(address);
      const code = isNameFailure(cause) ? 'ERR_WS_DNS' : 'ERR_WS_CONNECT';
      reject(
        new ConnectError(code, `The name ${target.hostname} could not be resolved`, { ...route, cause }),
      );
    });
  });
}
