import { connect, type NetConnectOpts, type Socket } from 'node:net';

import { UsageError } from '../../core/errors.js';

import { ConnectError, type Route } from './connect-error.js';
import { formatAuthority } from './dial-target.js';
import { done, runStage, type Stage } from './socket-stage.js';

/** The other end of the first hop: the server itself or its proxy. */
export type Endpoint =
  | { readonly type: 'path'; readonly path: string }
  | {
      readonly type: 'address';
      readonly hostname: string;
      readonly port: number;
      readonly localAddress: string | undefined;
      readonly family: 0 | 4 | 6;
    };

/**
 * Connects to an endpoint, TCP with `TCP_NODELAY`. Throws `UsageError` (`ERR_WS_INVALID_OPTION`) for what the
 * platform refuses to try, `ConnectError` for what fails.
 */
export async function connectTcp(
  endpoint: Endpoint,
  route: Route,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  const socket = startConnect(endpoint);
  const stage: Stage = {
    event: 'connect',
    handleEvent: () => done,
    describeFailure: (cause) => describeFailure(endpoint, route, cause),
  };
  await runStage(socket, stage, signal);
  return socket;
}

/** Whether an error of the platform says that a name could not be resolved. */
export function isNameFailure(cause: Error | undefined): boolean {
  return cause !== undefined && 'syscall' in cause && cause.syscall === 'getaddrinfo';
}

function startConnect(endpoint: Endpoint): Socket {
  try {
    return connect(connectOptions(endpoint));
  } catch (cause) {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'The platform cannot connect with these options', {
      cause,
    });
  }
}

function connectOptions(endpoint: Endpoint): NetConnectOpts {
  if (endpoint.type === 'path') return { path: endpoint.path };
  const { hostname, port, localAddress, family } = endpoint;
  return {
    host: hostname,
    port,
    family,
    noDelay: true,
    ...(localAddress === undefined ? {} : { localAddress }),
  };
}

function describeFailure(endpoint: Endpoint, route: Route, cause: Error | undefined): ConnectError {
  const details = cause === undefined ? route : { ...route, cause };
  if (endpoint.type === 'path') {
    return new ConnectError('ERR_WS_CONNECT', `No connection to the Unix socket ${endpoint.path}`, details);
  }
  if (route.proxy !== undefined) {
    return new ConnectError('ERR_WS_PROXY', `No connection to the proxy ${route.proxy}`, details);
  }
  if (isNameFailure(cause)) {
    return new ConnectError('ERR_WS_DNS', `The name ${endpoint.hostname} could not be resolved`, details);
  }
  const authority = formatAuthority(endpoint.hostname, endpoint.port);
  return new ConnectError('ERR_WS_CONNECT', `No connection to ${authority}`, details);
}
