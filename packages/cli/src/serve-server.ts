import { createServer, type ListeningAddress, type ServerTlsOptions, type WebSocketServer } from 'ieum';

import { CommandFailure } from './command-failure.js';
import { type ConsoleFile, loadConsoleFiles } from './console-files.js';
import { createEndpoints } from './endpoints.js';
import type { WorkerCount } from './health.js';
import type { Log } from './log.js';
import { createPages } from './pages.js';
import { type ServeFlags, serverOptionsFrom } from './serve-options.js';
import { describeSystemError, systemErrorCode } from './system-error.js';
import type { WorkerBus } from './workers/worker-bus.js';

export interface ServeParts {
  readonly flags: ServeFlags;
  readonly tls: ServerTlsOptions | undefined;
  readonly console: ReadonlyMap<string, ConsoleFile>;
  readonly bus: WorkerBus;
  readonly log: Log;
  /** Left out in a process that is alone. */
  readonly workers?: () => WorkerCount;
}

/** Makes the server of `ieum serve`; it does not listen yet. @throws CommandFailure for flags that it cannot honour */
export function createServeServer(parts: ServeParts): WebSocketServer<undefined> {
  const { flags, tls, console, bus, log, workers } = parts;
  try {
    const server: WebSocketServer<undefined> = createServer({
      ...serverOptionsFrom(flags),
      ...(tls === undefined ? {} : { tls }),
      routes: createEndpoints(bus),
      request: createPages({
        console,
        isDraining: () => server.isDraining,
        ...(workers === undefined ? {} : { workers }),
      }),
      reportError: (error) =>
        log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
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
  server: WebSocketServer<undefined>,
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
