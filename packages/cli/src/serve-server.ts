import {
  accept,
  createServer,
  type HttpHandlers,
  type ListeningAddress,
  type Routes,
  refuse,
  type ServerObserver,
  type ServerOptions,
  type ServerTlsOptions,
  type WebSocketServer,
} from 'ieum';

import { type Authentication, type ServedUser, tokenOf } from './auth/authentication.js';
import { CommandFailure } from './command-failure.js';
import { type ConsoleFile, loadConsoleFiles } from './console-files.js';
import { endpointOf } from './endpoints.js';
import type { Log } from './log.js';
import { createPages, type PagesOptions } from './pages.js';
import { type ServeFlags, serverOptionsFrom } from './serve-options.js';
import { describeSystemError, systemErrorCode } from './system-error.js';

export interface ServerParts {
  readonly flags: ServeFlags;
  readonly tls: ServerTlsOptions | undefined;
  readonly authentication: Authentication;
  readonly routes: Routes<ServedUser>;
  /** What answers requests of dialects that travel over HTTP. */
  readonly http: HttpHandlers;
  readonly observer: ServerObserver<ServedUser>;
  readonly pages: Omit<PagesOptions, 'isDraining'>;
  readonly log: Log;
}

/** Makes the server of `ieum serve`; it does not listen yet. @throws CommandFailure for flags that it cannot honour */
export function createServeServer(parts: ServerParts): WebSocketServer<ServedUser> {
  const { flags, tls, authentication, routes, http, observer, pages, log } = parts;
  try {
    const server: WebSocketServer<ServedUser> = createServer<ServedUser>({
      ...serverOptionsFrom(flags),
      ...(tls === undefined ? {} : { tls }),
      ...(authentication.isRequired ? { authenticate: authenticateWith(authentication) } : {}),
      routes,
      http,
      observer,
      request: createPages({ ...pages, isDraining: () => server.isDraining }),
      reportError: (error) =>
        log.error(error instanceof Error ? (error.stack ?? error.message) : String(error), {
          event: 'error',
        }),
    });
    return server;
  } catch (cause) {
    // Whatever else can be wrong with the options, the flags were checked for: what is left is their files.
    if (flags.tlsCert === undefined || cause instanceof CommandFailure) throw cause;
    const reason = describeSystemError(cause instanceof Error ? (cause.cause ?? cause) : cause);
    throw new CommandFailure(
      `--tls-cert and --tls-key do not hold a certificate and its key in PEM: ${reason}`,
      undefined,
      { cause },
    );
  }
}

/** Listens where the flags say. Rejects with a CommandFailure that says what to try. */
export async function listenAsToldBy(
  { host, port }: Pick<ServeFlags, 'host' | 'port'>,
  server: WebSocketServer<ServedUser>,
): Promise<ListeningAddress> {
  try {
    return await server.listen({ host, port });
  } catch (cause) {
    const advice = listenAdvice.get(systemErrorCode(cause));
    const where = `port ${port} of ${host}`;
    if (advice !== undefined) throw new CommandFailure(`${where} ${advice}`, undefined, { cause });
    throw new CommandFailure(`cannot listen on ${where}: ${describeSystemError(cause)}`, undefined, {
      cause,
    });
  }
}

/** The files of the console, as they were built beside this one. */
export function loadConsole(): Promise<ReadonlyMap<string, ConsoleFile>> {
  return loadConsoleFiles(new URL('console/', import.meta.url));
}

/** Who has no token, or one that is not accepted, is told no more than that. */
function authenticateWith(
  authentication: Authentication,
): NonNullable<ServerOptions<ServedUser>['authenticate']> {
  return async (request) => {
    // A hub asks for the token itself: clients can give it when they are connected.
    if (endpointOf(request.path).asksForTokens) return accept<ServedUser>(undefined);
    const identity = await authentication.authenticate(tokenOf(request), request);
    if (identity !== null) return accept<ServedUser>(identity);
    return refuse(401, 'a token is needed', [['WWW-Authenticate', 'Bearer']]);
  };
}

const listenAdvice: ReadonlyMap<string, string> = new Map([
  ['EADDRINUSE', 'is in use: stop what listens there, or choose another with --port (0 picks a free one)'],
  ['EACCES', 'may not be used: ports below 1024 often need privileges, try one above with --port'],
  [
    'EADDRNOTAVAIL',
    'is not on this machine: use one of its addresses with --host, or 0.0.0.0 for all of them',
  ],
  ['ENOTFOUND', 'cannot be found: use an address of this machine with --host'],
  ['EAI_AGAIN', 'cannot be found: use an address of this machine with --host'],
]);
