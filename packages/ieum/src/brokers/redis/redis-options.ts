import { HubError } from '../../hub/hub-error.js';

/** How to reach Redis, and what to do when it cannot be reached. */
export interface RedisBrokerOptions {
  /**
   * Where Redis is; this or `servers`.
   *
   * - `redis://user:password@host:port/database`: one server. With `rediss` instead of `redis`, here and below, over TLS.
   * - `redis+cluster://user:password@host:port,host:port`: a Redis Cluster, by some of its servers.
   * - `redis+sentinel://user:password@host:port,host:port/name/database`: the master called `name`, as these Sentinels know
   *   it. User and password are for the master.
   *
   * The port is 6379 when it is left out, 26379 for Sentinels.
   */
  readonly url?: string;
  readonly servers?: RedisServers;
  /** Overrides what the URL says, like `password` and `database`. */
  readonly username?: string;
  readonly password?: string;
  /** Default 0. A Cluster has no other. */
  readonly database?: number;
  /** For Sentinels that ask for a name and a password of their own. */
  readonly sentinelUsername?: string;
  readonly sentinelPassword?: string;
  /** Connects over TLS; an object is what `tls.connect` of `node:tls` takes, such as `ca`. Default false, or as the URL says. */
  readonly tls?: boolean | Readonly<Record<string, unknown>>;
  /** Keys and channels begin with it: hubs with different ones know nothing of each other. Default `ieum:`. */
  readonly prefix?: string;
  /** Members of a node that dies are gone after so many milliseconds. Default 15 s, at least 100 ms. */
  readonly nodeLeaseMs?: number;
  /** A server that leaves a command unanswered for so many milliseconds is not reachable. Default 5 s. */
  readonly commandTimeoutMs?: number;
  /** How long an attempt to connect may take, in milliseconds. Default 5 s. */
  readonly connectTimeoutMs?: number;
  /** The longest time between two attempts to connect, in milliseconds. Default 5 s. */
  readonly maxRetryDelayMs?: number;
}

/** Where a server listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export type RedisServers =
  | { readonly type: 'standalone'; readonly address: RedisAddress }
  | { readonly type: 'cluster'; readonly seeds: readonly RedisAddress[] }
  | { readonly type: 'sentinel'; readonly sentinels: readonly RedisAddress[]; readonly master: string };

/** What `RedisBrokerOptions` say, checked and complete. */
export interface RedisSettings {
  readonly servers: RedisServers;
  readonly login: RedisLogin;
  readonly sentinelLogin: RedisLogin;
  readonly tls: boolean | Readonly<Record<string, unknown>>;
  readonly prefix: string;
  readonly nodeLeaseMs: number;
  readonly commandTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly maxRetryDelayMs: number;
}

export interface RedisLogin {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
}

/** @throws HubError `ERR_HUB_INVALID_OPTION` */
export function checkOptions(options: RedisBrokerOptions | string): RedisSettings {
  const given = typeof options === 'string' ? { url: options } : options;
  if (given === null || typeof given !== 'object') throw invalid('a Redis broker needs a URL or options');
  if ((given.url === undefined) === (given.servers === undefined)) {
    throw invalid('a Redis broker needs either url or servers');
  }
  const said = given.url === undefined ? sayNothing(given.servers as RedisServers) : parseUrl(given.url);
  const database = given.database ?? said.login.database;
  if (!Number.isInteger(database) || database < 0) throw invalid('database is not a number of a database');
  if (said.servers.type === 'cluster' && database !== 0) throw invalid('a Redis Cluster has database 0 only');
  const prefix = given.prefix ?? 'ieum:';
  if (typeof prefix !== 'string' || /[{}\s]/.test(prefix)) throw invalid('prefix has a brace or a space');
  return {
    servers: checkServers(said.servers),
    login: {
      username: given.username ?? said.login.username,
      password: given.password ?? said.login.password,
      database,
    },
    sentinelLogin: { username: given.sentinelUsername, password: given.sentinelPassword, database: 0 },
    tls: given.tls ?? said.tls,
    prefix,
    nodeLeaseMs: checkDuration('nodeLeaseMs', given.nodeLeaseMs ?? 15_000, 100),
    commandTimeoutMs: checkDuration('commandTimeoutMs', given.commandTimeoutMs ?? 5_000, 1),
    connectTimeoutMs: checkDuration('connectTimeoutMs', given.connectTimeoutMs ?? 5_000, 1),
    maxRetryDelayMs: checkDuration('maxRetryDelayMs', given.maxRetryDelayMs ?? 5_000, 1),
  };
}

interface Said {
  readonly servers: RedisServers;
  readonly login: RedisLogin;
  readonly tls: boolean;
}

function sayNothing(servers: RedisServers): Said {
  return { servers, login: { username: undefined, password: undefined, database: 0 }, tls: false };
}

function parseUrl(url: unknown): Said {
  const parts = typeof url === 'string' ? urlForm.exec(url) : null;
  if (parts === null)
    throw invalid('url has none of the forms redis://, redis+cluster:// and redis+sentinel://');
  const [, scheme, kind, login, hosts = '', path = ''] = parts;
  const levels = path === '' ? [] : path.split('/').map(decode);
  const addresses = hosts.split(',').map((host) => parseAddress(host, kind === '+sentinel' ? 26_379 : 6_379));
  const master = kind === '+sentinel' ? levels.shift() : undefined;
  if (levels.length > 1) throw invalid('url has a path that is too long');
  const database = levels[0] === undefined || levels[0] === '' ? 0 : Number(levels[0]);
  return {
    servers: nameServers(kind, addresses, master),
    login: { ...parseLogin(login), database },
    tls: scheme === 'rediss',
  };
}

function nameServers(
  kind: string | undefined,
  addresses: readonly RedisAddress[],
  master: string | undefined,
): RedisServers {
  if (kind === '+cluster') return { type: 'cluster', seeds: addresses };
  if (kind === '+sentinel') return { type: 'sentinel', sentinels: addresses, master: master ?? '' };
  if (addresses.length > 1)
    throw invalid('url has several hosts: is it redis+cluster:// or redis+sentinel://?');
  return { type: 'standalone', address: addresses[0] as RedisAddress };
}

function parseLogin(login: string | undefined): Omit<RedisLogin, 'database'> {
  const [username, password] = (login ?? '').split(/:(.*)/s, 2).map(decode);
  return {
    username: username === '' ? undefined : username,
    password: password === undefined || password === '' ? undefined : password,
  };
}

function parseAddress(text: string, defaultPort: number): RedisAddress {
  const parts = addressForm.exec(text);
  if (parts === null) throw invalid('url has a host or a port that cannot be one');
  return {
    host: parts[1] ?? parts[2] ?? '127.0.0.1',
    port: parts[3] === undefined ? defaultPort : Number(parts[3]),
  };
}

function checkServers(servers: RedisServers): RedisServers {
  const addresses = addressesOf(servers);
  if (addresses.length === 0) throw invalid('no server is named');
  for (const address of addresses) {
    const isPort = Number.isInteger(address?.port) && address.port > 0 && address.port < 65_536;
    if (!isPort || typeof address.host !== 'string' || address.host === '') {
      throw invalid('a server has no host or no port');
    }
  }
  if (servers.type === 'sentinel' && (typeof servers.master !== 'string' || servers.master === '')) {
    throw invalid('the name of the master that Sentinels know is missing');
  }
  return servers;
}

function addressesOf(servers: RedisServers): readonly RedisAddress[] {
  switch (servers.type) {
    case 'standalone':
      return [servers.address];
    case 'cluster':
      return servers.seeds;
    case 'sentinel':
      return servers.sentinels;
    default:
      throw invalid('servers has a type that is not known');
  }
}

function checkDuration(name: string, value: number, min: number): number {
  if (typeof value === 'number' && value >= min && value <= longestMs) return value;
  throw invalid(`${name} is not between ${min} and ${longestMs}`);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('url has a percent sign that begins no escape');
  }
}

function invalid(message: string): HubError {
  return new HubError('ERR_HUB_INVALID_OPTION', message);
}

const urlForm = /^(rediss?)(\+cluster|\+sentinel)?:\/\/(?:([^@/]*)@)?([^/?#@]*)(?:\/([^?#]*))?$/;
/** A host in brackets or without, and a port. */
const addressForm = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+))?(?::(\d{1,5}))?$/;
const longestMs = 2 ** 31 - 1;
