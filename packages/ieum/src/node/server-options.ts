import type { RequestListener } from 'node:http';
import type { ServerOptions as HttpsOptions } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

import type { Clock } from '../channel/clock.js';
import { requirePositive } from '../core/connection-options.js';
import { UsageError } from '../core/errors.js';

import type { ConnectionLimitsOptions } from './admission/connection-limits.js';
import type { ForwardingConvention } from './admission/forwarded.js';
import type { OriginPolicy } from './admission/origin-policy.js';
import type { Authenticate } from './authentication.js';
import type { Peer } from './peer.js';
import { checkPeerOptions, type PeerOptions } from './peer-options.js';
import type { Routes } from './routes.js';

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
  readonly allowOrigin?: OriginPolicy;
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
  /** Answers HTTP requests that are for no route. Default: 404. Only for `listen`. */
  readonly request?: RequestListener;
  /** How long an opening handshake may take, TLS and `authenticate` included. Default 10,000 ms. */
  readonly handshakeTimeoutMs?: number;
  /** The most bytes that the head of a request may have. Default 16 KiB. Only for `listen`. */
  readonly maxHeaderBytes?: number;
  /** Told of exceptions that `authenticate` (then without a peer) or a handler lets out. Default: standard error. */
  readonly reportError?: (error: unknown, peer?: Peer<User>) => void;
  /** Default: the clock of this process. */
  readonly clock?: Clock;
}

export const serverDefaults: { readonly handshakeTimeoutMs: number; readonly maxHeaderBytes: number } = {
  handshakeTimeoutMs: 10_000,
  maxHeaderBytes: 16 * 1024,
};

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function checkServerOptions<User>(options: ServerOptions<User>): void {
  checkPeerOptions(options);
  for (const name of ['handshakeTimeoutMs', 'maxHeaderBytes'] as const) {
    const value = options[name];
    if (value !== undefined) requirePositive(name, value);
    if (value !== undefined && value > largest) {
      throw new UsageError('ERR_WS_INVALID_OPTION', `${name} is at most ${largest}, not ${value}`);
    }
  }
}

/** What timers and parsers of the platform take. */
const largest = 2 ** 31 - 1;
