import type { ServerOptions, ServerTlsOptions } from 'ieum';

import type { AccessRules } from './auth/access.js';
import type { ServedUser } from './auth/authentication.js';
import { CommandFailure, ExitStatus } from './command-failure.js';
import type { TopicSettings } from './config/topic-settings.js';
import { readGivenFile } from './given-file.js';
import type { LogFormat, LogLevel } from './log.js';
import { originPolicyFor } from './origin-list.js';

/** What the flags of `ieum serve` say; undefined for the server's own default. */
export interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly allowOrigin?: readonly string[];
  readonly allowHost?: readonly string[];
  readonly maxMessageBytes?: number;
  readonly maxFragments?: number;
  readonly permessageDeflate?: boolean;
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  readonly trustedProxies?: readonly string[];
  readonly forwarding?: 'forwarded' | 'x-forwarded' | 'either';
  readonly proxyProtocol?: boolean;
  readonly http2?: boolean;
  readonly workers: number;
  /** `memory`, or the URL of one. */
  readonly broker: string;
  readonly authJwtSecret?: string;
  readonly authJwtSecretFile?: string;
  readonly authJwks?: string;
  readonly authIssuer?: string;
  readonly authAudience?: readonly string[];
  readonly authRequireExp?: boolean;
  readonly access?: 'all' | 'none' | AccessRules;
  /** By the pattern of their namespace. Only in a file. */
  readonly topics?: Readonly<Record<string, TopicSettings>>;
  readonly metrics?: boolean;
  readonly metricsAllow?: readonly string[];
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
  readonly drainTimeout: number;
}

/** The settings that have to do with who may connect and how much. @throws CommandFailure for flags that do not fit */
export function serverOptionsFrom(flags: ServeFlags): Omit<ServerOptions<ServedUser>, 'routes' | 'tls'> {
  const { maxMessageBytes, maxFragments, maxConnections, maxConnectionsPerAddress, trustedProxies } = flags;
  if (flags.proxyProtocol && trustedProxies === undefined) {
    throw new CommandFailure(
      '--proxy-protocol needs --trusted-proxies: the addresses that the PROXY headers come from',
      ExitStatus.Usage,
    );
  }
  const allowedHosts = allowedHostsOf(flags);
  return {
    allowOrigin: originPolicyFor(flags.allowOrigin ?? []),
    ...(allowedHosts === undefined ? {} : { allowedHosts }),
    ...(maxMessageBytes === undefined ? {} : { maxMessageBytes }),
    ...(maxFragments === undefined ? {} : { maxFragments }),
    ...(flags.permessageDeflate ? { permessageDeflate: true } : {}),
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxConnectionsPerAddress === undefined ? {} : { maxConnectionsPerAddress }),
    ...(trustedProxies === undefined ? {} : { trustedProxies }),
    ...(flags.forwarding === undefined ? {} : { forwarding: flags.forwarding }),
    ...(flags.proxyProtocol ? { proxyProtocol: true } : {}),
    ...(flags.http2 === false ? { http2: false } : {}),
  };
}

/** Reads certificate and key; undefined without them. @throws CommandFailure when one is missing or unreadable */
export async function serverTlsFrom({ tlsCert, tlsKey }: ServeFlags): Promise<ServerTlsOptions | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new CommandFailure('--tls-cert and --tls-key go together', ExitStatus.Usage);
  }
  const [cert, key] = await Promise.all([
    readGivenFile('--tls-cert', tlsCert),
    readGivenFile('--tls-key', tlsKey),
  ]);
  return { cert, key };
}

/** On a loopback address only its names are served: a page whose name was made to point here is turned away. */
function allowedHostsOf({ host, allowHost }: ServeFlags): readonly string[] | undefined {
  if (allowHost?.includes('any')) return undefined;
  if (!isLoopback(host)) return allowHost;
  const own = host.includes(':') ? `[${host}]` : host;
  return [...new Set(['localhost', '127.0.0.1', '[::1]', own, ...(allowHost ?? [])])];
}

/** Whether an address or name can only be reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
