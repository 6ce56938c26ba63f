import type { Authenticator, ConnectionOptions, TlsOptions } from '@nats-io/transport-node';

import { HubError } from '../../hub/hub-error.js';

/** Where the NATS servers are, and how topics are kept there. JetStream must be enabled, nats-server 2.9 or later. */
export interface NatsBrokerOptions {
  /**
   * Addresses such as `nats://host:4222`, or `tls://` where TLS is demanded; several for a cluster. A name and a password, or
   * a token alone, may stand in front of the host.
   */
  readonly servers: string | readonly string[];
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Signs in with a credentials file, an NKey or a JWT: what the client library's functions for that return. */
  readonly authenticator?: Authenticator | Authenticator[];
  /** Certificates for `tls://`. */
  readonly tls?: TlsOptions;
  /** Begins all subjects and the names of all streams: one for each system on the same servers. Default `ieum`. */
  readonly prefix?: string;
  /** How many servers keep each stream, 1 to 5. Default 1; take 3 where a server's end must lose nothing and stop nothing. */
  readonly replicas?: number;
  /**
   * How long publications stay in their stream beyond what the topic's policy asks for: nobody gets them, but they prove to a
   * client who comes back after a quiet time that nothing was missed. Default one hour; 0 for none.
   */
  readonly continuityMs?: number;
  /** Bytes that each stream may take, the oldest go first. Default no limit but the server's. */
  readonly maxStreamBytes?: number;
  /** A node that is silent for so long is gone, and its members with it. Default 15 s, at least 300 ms. */
  readonly nodeLeaseMs?: number;
  /** How long an answer of a server is waited for. Default 5 s. */
  readonly timeoutMs?: number;
  /** What servers call the connection in their reports. Default the prefix. */
  readonly name?: string;
}

/** The options, checked and complete. */
export interface NatsSettings {
  readonly connection: ConnectionOptions;
  readonly prefix: string;
  readonly replicas: number;
  readonly continuityMs: number;
  readonly maxStreamBytes: number;
  readonly nodeLeaseMs: number;
  readonly timeoutMs: number;
}

/** Throws HubError `ERR_HUB_INVALID_OPTION`. */
export function readOptions(options: NatsBrokerOptions): NatsSettings {
  const prefix = options.prefix ?? 'ieum';
  if (typeof prefix !== 'string' || !/^[A-Za-z0-9_-]{1,32}$/.test(prefix)) {
    throw invalid('prefix is 1 to 32 letters, digits, - and _');
  }
  const timeoutMs = readNumber('timeoutMs', options.timeoutMs ?? 5_000, 1, maxDelayMs);
  return {
    connection: readConnection(options, prefix, timeoutMs),
    prefix,
    replicas: readNumber('replicas', options.replicas ?? 1, 1, 5),
    continuityMs: readNumber('continuityMs', options.continuityMs ?? 3_600_000, 0, maxAgeMs),
    maxStreamBytes:
      options.maxStreamBytes === undefined
        ? -1
        : readNumber('maxStreamBytes', options.maxStreamBytes, 1, Number.MAX_SAFE_INTEGER),
    nodeLeaseMs: readNumber('nodeLeaseMs', options.nodeLeaseMs ?? 15_000, 300, maxDelayMs),
    timeoutMs,
  };
}

function readConnection(options: NatsBrokerOptions, prefix: string, timeoutMs: number): ConnectionOptions {
  const given: unknown = options.servers;
  const urls = (Array.isArray(given) ? given : [given]).map(readServer);
  if (urls.length === 0) throw invalid('servers names no server');
  const inUrl = urls.find(({ username }) => username !== '');
  const isSecure = options.tls !== undefined || urls.some(({ protocol }) => protocol === 'tls:');
  const user = options.user ?? (inUrl?.password ? decodeURIComponent(inUrl.username) : undefined);
  const pass = options.password ?? (inUrl?.password ? decodeURIComponent(inUrl.password) : undefined);
  const token =
    options.token ?? (inUrl && inUrl.password === '' ? decodeURIComponent(inUrl.username) : undefined);
  if (token !== undefined && user !== undefined) throw invalid('token and user exclude each other');
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || '4222'}`),
    name: options.name ?? prefix,
    noAsyncTraces: true,
    timeout: timeoutMs,
    pingInterval: Math.max(1_000, timeoutMs),
    ...(isSecure && { tls: options.tls ?? {} }),
    ...(user !== undefined && { user }),
    ...(pass !== undefined && { pass }),
    ...(token !== undefined && { token }),
    ...(options.authenticator !== undefined && { authenticator: options.authenticator }),
  };
}

function readServer(server: unknown): URL {
  const url = typeof server === 'string' && URL.canParse(server) ? new URL(server) : null;
  const isUsable =
    url !== null &&
    (url.protocol === 'nats:' || url.protocol === 'tls:') &&
    url.hostname !== '' &&
    (url.pathname === '' || url.pathname === '/') &&
    url.search === '' &&
    url.hash === '';
  // The address may hold a password, so it is not repeated.
  if (!isUsable) throw invalid('servers are addresses such as nats://host:4222 or tls://host:4222');
  return url;
}

function readNumber(name: string, value: unknown, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return value as number;
  throw invalid(`${name} is a whole number from ${min} to ${max}`);
}

function invalid(reason: string): HubError {
  return new HubError('ERR_HUB_INVALID_OPTION', `the options of the NATS broker: ${reason}`);
}

const maxDelayMs = 2_147_483_647;
const maxAgeMs = 365 * 86_400_000;
