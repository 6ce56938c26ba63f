import type { Command } from 'commander';
import { createServer, type ListeningAddress, type ServerOptions, type WebSocketServer } from 'ieum';

import { CommandFailure } from './command-failure.js';
import { loadConsoleFiles } from './console-files.js';
import { createEndpoints } from './endpoints.js';
import { createLog, type Log } from './log.js';
import { createPages } from './pages.js';
import { addServeFlags, type ServeFlags, serverOptionsFrom, serverTlsFrom } from './serve-options.js';
import { untilShutDown } from './shutdown.js';
import { describeSystemError, systemErrorCode } from './system-error.js';

/** Declares `ieum serve`. */
export function addServeCommand(program: Command, version: string): void {
  const command = program
    .command('serve')
    .description('Serve WebSocket endpoints and a console to try them with.')
    .action(async (flags: ServeFlags) => {
      await serve(flags, version);
    });
  addServeFlags(command).addHelpText('after', guide);
}

/** Serves until a signal ends it. */
async function serve(flags: ServeFlags, version: string): Promise<void> {
  const log = createLog(process.stderr);
  const console = await loadConsoleFiles(new URL('console/', import.meta.url));
  const tls = await serverTlsFrom(flags);
  const server: WebSocketServer<undefined> = createChecked(flags, {
    ...serverOptionsFrom(flags),
    ...(tls === undefined ? {} : { tls }),
    routes: createEndpoints(),
    request: createPages({ console, isDraining: () => server.isDraining }),
    reportError: (error) =>
      log.error(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  const address = await listen(server, flags);
  const shutDown = untilShutDown(server, { drainTimeoutMs: flags.drainTimeout, log });
  logStart(log, version, console.has('/'));
  process.stdout.write(`listening on ${address.url.replace(/^ws/, 'http')}\n`);
  await shutDown;
}

/** Whatever else can be wrong with the options, the flags were checked for: what is left is their files. */
function createChecked(flags: ServeFlags, options: ServerOptions<undefined>): WebSocketServer<undefined> {
  try {
    return createServer(options);
  } catch (cause) {
    if (flags.tlsCert === undefined) throw cause;
    const reason = describeSystemError(cause instanceof Error ? (cause.cause ?? cause) : cause);
    throw new CommandFailure(
      `--tls-cert and --tls-key do not hold a certificate and its key in PEM: ${reason}`,
      undefined,
      { cause },
    );
  }
}

async function listen(server: WebSocketServer<undefined>, flags: ServeFlags): Promise<ListeningAddress> {
  const { host, port } = flags;
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

function logStart(log: Log, version: string, hasConsole: boolean): void {
  log.info(`ieum ${version}, Node.js ${process.versions.node}: WebSocket at /echo and /broadcast`);
  if (!hasConsole) log.warn('the console is not built: "npm run build" in the repository builds it');
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

const guide = `
Paths:
  /           the console, a page to talk to the endpoints with
  /echo       WebSocket: sends every message back, as the type it came as
  /broadcast  WebSocket: sends every message to everyone on this path, the sender included
  /healthz    200 while the process works
  /readyz     200 while it takes connections, 503 while it drains

Once ready it prints "listening on http://HOST:PORT" (https with TLS) on standard output; logs go to standard error.
SIGTERM and SIGINT drain: new connections get 503, open ones are closed with 1001, then it exits with 0. A second signal
exits at once, with 143 or 130.

Sizes are bytes or have a unit (64KiB, 1MiB), durations are seconds or have one (500ms, 2m).

Exit status: 0 shut down, 1 could not start, 2 wrong usage, 130 or 143 stopped by a second signal.

Examples:
  ieum serve --port 0
  ieum serve --host 0.0.0.0 --port 443 --tls-cert chain.pem --tls-key key.pem
  ieum serve --allow-origin https://example.com,https://*.example.com --max-message-bytes 64KiB
  ieum serve --trusted-proxies loopback --allow-host realtime.example.com
  IEUM_PORT=9000 ieum serve`;
