import type { RequestListener } from 'node:http';
import type { ServerOptions as HttpsOptions } from 'node:https';
import { createSecureContext, type SecureContextOptions } from 'node:tls';

import type { Clock } from '../channel/clock.js';
import { requirePositive } from '../core/connection-options.js';
import { UsageError } from '../core/errors.js';
import {
  checkNames,
  describe,
  type OptionVocabulary,
  requireCount,
  requireFunctions,
  requireObject,
  requireOneOf,
} from '../core/option-check.js';
import type { ConnectionLimitsOptions } from './admission/connection-limits.js';
import type { ForwardingConvention } from './admission/forwarded.js';
import { compileOriginPolicy, type OriginPolicy } from './admission/origin-policy.js';
import type { Authenticate } from './authentication.js';
import type { HttpHandlers } from './http/http-routes.js';
import { serverHints } from './option-hints.js';
import type { Peer } from './peer.js';
import { checkPeerOptions, type PeerOptions, peerOptionNames } from './peer-options.js';
import type { Routes } from './routes.js';
import type { ServerObserver } from './server-observer.js';
import type { UpgradeRequest } from './upgrade-request.js';

/** TLS as `node:https` takes it, and certificates by the name that a client asks for (SNI, RFC 6066). */
export interface ServerTlsOptions extends HttpsOptions {
  /** Certificates by server name; `*.example.com` stands for one label. Others get `cert` and `key`. */
  readonly sni?: Readonly<Record<string, SecureContextOptions>>;
}

/** How a server behaves. Whatever a route sets of `PeerOptions` goes before what is set here. */
export interface ServerOptions<User = unknown> extends PeerOptions, ConnectionLimitsOptions {
  /** What happens on which path. */
  readonly routes: Routes<User>;
  /** Decides on each client: `accept(user)` or `refuse(status, reason)`. Default: everyone is accepted. */
  readonly authenticate?: Authenticate<User>;
  /** Which pages may connect. Default `'same-origin'`; clients that send no Origin pass unless a function decides. */
  readonly allowOrigin?: OriginPolicy<UpgradeRequest>;
  /** The names that this server goes by, against DNS rebinding. Default: any. */
  readonly allowedHosts?: readonly string[];
  /** Proxies whose `Forwarded`, `X-Forwarded-*` and PROXY headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Which of those fields the proxies write, for they pass on what they do not. Default `'x-forwarded'`. */
  readonly forwarding?: ForwardingConvention;
  /** Whether connections from trusted proxies begin with a PROXY protocol header. Default false. Only for `listen`. */
  readonly proxyProtocol?: boolean;
  /** Serves `wss:`. Only for `listen`. */
  readonly tls?: ServerTlsOptions;
  /**
   * Whether HTTP/2 is served beside HTTP/1.1 (RFC 8441): with TLS to clients that ask for it by ALPN, without TLS to those
   * that know, such as proxies. Default true. Only for `listen`.
   */
  readonly http2?: boolean;
  /**
   * Answers HTTP requests by path, also for paths whose upgrades have a route: what dialects need whose messages travel over HTTP.
   * Only for `listen`.
   */
  readonly http?: HttpHandlers;
  /**
   * Answers HTTP requests that are for no route and no handler of `http`; those over HTTP/2 come as `Http2ServerRequest` and `Http2ServerResponse`.
   * Default: 404. Only for `listen`.
   */
  readonly request?: RequestListener;
  /** How long each stage of an opening handshake may take: TLS, the head, `authenticate`. Default 10,000 ms. */
  readonly handshakeTimeoutMs?: number;
  /** The most bytes that the head of a request may have. Default 16 KiB. Only for `listen`. */
  readonly maxHeaderBytes?: number;
  /** Told of exceptions that `authenticate` (then without a peer) or a handler lets out. Default: standard error. */
  readonly reportError?: (error: unknown, peer?: Peer<User>) => void;
  /** Is told what comes and goes, for logs, metrics and tracing. */
  readonly observer?: ServerObserver<User>;
  /** Default: the clock of this process. */
  readonly clock?: Clock;
}

export const serverDefaults: { readonly handshakeTimeoutMs: number; readonly maxHeaderBytes: number } = {
  handshakeTimeoutMs: 10_000,
  maxHeaderBytes: 16 * 1024,
};

/**
 * Checks all but the routes, which `RouteTable` checks.
 *
 * @throws UsageError `ERR_WS_INVALID_OPTION`
 */
export function checkServerOptions<User>(options: ServerOptions<User>): void {
  requireObject('the argument of createServer', options, "write { routes: { '/chat': { … } } }");
  checkNames('createServer', options, vocabulary);
  checkPeerOptions(options);
  checkLimits(options);
  requireFunctions('', options, ['authenticate', 'request', 'reportError']);
  checkAdmission(options);
  const { clock, observer, tls } = options;
  if (observer !== undefined) checkObserver(observer);
  if (clock !== undefined) {
    requireObject('clock', clock);
    for (const name of ['now', 'setTimer'] as const) {
      if (typeof clock[name] !== 'function') throw invalid(`clock.${name} must be a function`);
    }
  }
  if (tls !== undefined) checkTls(tls);
}

function checkObserver<User>(observer: ServerObserver<User>): void {
  requireObject('observer', observer, 'write { handleOpened(peer) { … } }');
  requireFunctions('observer.', observer, ['handleOpened', 'handleClosed', 'handleRefused']);
}

function checkLimits<User>(options: ServerOptions<User>): void {
  const { handshakeTimeoutMs, maxHeaderBytes } = options;
  if (handshakeTimeoutMs !== undefined) requirePositive('handshakeTimeoutMs', handshakeTimeoutMs);
  if (maxHeaderBytes !== undefined) requireCount('maxHeaderBytes', maxHeaderBytes);
  for (const [name, value] of Object.entries({ handshakeTimeoutMs, maxHeaderBytes })) {
    if (value !== undefined && value > largest) throw invalid(`${name} is at most ${largest}, not ${value}`);
  }
}

function checkAdmission<User>(options: ServerOptions<User>): void {
  const { allowOrigin, allowedHosts, trustedProxies, forwarding, proxyProtocol, http2 } = options;
  if (allowOrigin !== undefined) compileOriginPolicy(allowOrigin);
  for (const [name, list] of Object.entries({ allowedHosts, trustedProxies })) {
    if (list !== undefined && !Array.isArray(list)) throw invalid(`${name} must be a list of strings`);
  }
  if (forwarding !== undefined) requireOneOf('forwarding', forwarding, forwardingConventions);
  if (proxyProtocol !== undefined) requireOneOf('proxyProtocol', proxyProtocol, [true, false]);
  if (http2 !== undefined) requireOneOf('http2', http2, [true, false]);
}

/** Reads keys and certificates, so that those that cannot work are noticed before anybody connects. */
function checkTls(tls: ServerTlsOptions): void {
  requireObject('tls', tls, 'write { cert, key }');
  if (!identities.some((name) => tls[name] !== undefined)) throw invalid('tls needs cert and key, or pfx');
  const { sni = {}, ...main } = tls;
  requireObject('tls.sni', sni, "write { 'example.com': { cert, key } }");
  checkMaterial('tls', main);
  for (const [name, material] of Object.entries(sni)) {
    requireObject(`tls.sni[${describe(name)}]`, material, 'write { cert, key }');
    checkMaterial(`tls.sni[${describe(name)}]`, material);
  }
}

function checkMaterial(name: string, material: SecureContextOptions): void {
  const { cert, key, pfx, privateKeyIdentifier } = material;
  if (cert !== undefined && key === undefined && pfx === undefined && privateKeyIdentifier === undefined) {
    throw invalid(`${name} has a cert and no key`);
  }
  try {
    createSecureContext(material);
  } catch (cause) {
    throw invalid(`${name} is not usable: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

function invalid(problem: string, cause?: unknown): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', problem, cause === undefined ? {} : { cause });
}

/** What timers and parsers of the platform take. */
const largest = 2 ** 31 - 1;

const ownOptions: Readonly<Record<Exclude<keyof ServerOptions, keyof PeerOptions>, true>> = {
  routes: true,
  authenticate: true,
  allowOrigin: true,
  allowedHosts: true,
  trustedProxies: true,
  forwarding: true,
  proxyProtocol: true,
  tls: true,
  http2: true,
  http: true,
  request: true,
  handshakeTimeoutMs: true,
  maxHeaderBytes: true,
  maxConnections: true,
  maxConnectionsPerAddress: true,
  reportError: true,
  observer: true,
  clock: true,
};
const vocabulary: OptionVocabulary = {
  names: [...peerOptionNames, ...Object.keys(ownOptions)],
  hints: serverHints,
};
const forwardingConventions: readonly ForwardingConvention[] = ['either', 'forwarded', 'x-forwarded'];
/** One of these is how a server proves who it is; some ciphers do without. */
const identities = ['cert', 'pfx', 'sni', 'SNICallback', 'pskCallback', 'ciphers'] as const;
