import type { DialTarget } from './dial-target.js';
import { isExempt, isLoopback } from './no-proxy.js';

/** The environment variables of a process, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy as an environment variable gives it, not yet read. */
export interface EnvironmentProxy {
  readonly variable: string;
  readonly value: string;
}

/**
 * The proxy that the environment wants for a target, or `undefined` for a direct connection.
 *
 * - `ws` takes `http_proxy`, else `HTTP_PROXY`; `wss` takes `https_proxy`, else `HTTPS_PROXY`; both fall back to
 *   `all_proxy`, else `ALL_PROXY`. An empty variable counts as absent.
 * - `HTTP_PROXY` is ignored when `REQUEST_METHOD` is set: under CGI a request header named `Proxy` arrives there.
 * - `no_proxy`, else `NO_PROXY`, exempts hosts; see `isExempt` for its grammar.
 * - Loopback targets (`localhost`, `*.localhost`, `127.0.0.0/8`, `::1`) are always direct, as in Go and in browsers:
 *   to a proxy those names mean the proxy itself. Give a proxy explicitly to send them through one.
 */
export function proxyFor(target: DialTarget, environment: Environment): EnvironmentProxy | undefined {
  if (isLoopback(target.hostname)) return undefined;
  const exempt = readFirst(['no_proxy', 'NO_PROXY'], environment);
  if (exempt !== undefined && isExempt(target, exempt.value)) return undefined;
  return readFirst([...schemeVariables(target, environment), 'all_proxy', 'ALL_PROXY'], environment);
}

function schemeVariables(target: DialTarget, environment: Environment): readonly string[] {
  if (target.secure) return ['https_proxy', 'HTTPS_PROXY'];
  const isCgi = readFirst(['REQUEST_METHOD'], environment) !== undefined;
  return isCgi ? ['http_proxy'] : ['http_proxy', 'HTTP_PROXY'];
}

function readFirst(variables: readonly string[], environment: Environment): EnvironmentProxy | undefined {
  for (const variable of variables) {
    const value = environment[variable]?.trim();
    if (value !== undefined && value !== '') return { variable, value };
  }
  return undefined;
}
