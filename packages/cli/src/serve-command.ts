import { randomBytes } from 'node:crypto';

import type { Command } from 'commander';

import { createLog, type Log } from './log.js';
import { addServeFlags, type ServeFlags, serverTlsFrom } from './serve-options.js';
import { createServeServer, listenAsToldBy, loadConsole, type ServeParts } from './serve-server.js';
import { drainServer, untilShutDown } from './shutdown.js';
import { Crew } from './workers/crew.js';
import { LocalBus } from './workers/worker-bus.js';
import { sharedOut } from './workers/worker-share.js';

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
  const tls = await serverTlsFrom(flags);
  const parts: ServeParts = { flags, tls, console: await loadConsole(), bus: new LocalBus(), log };
  const { url, ended } = await (flags.workers === 1 ? serveAlone(parts) : serveWithWorkers(parts));
  if (url === null) return;
  logStart(log, version, parts.console.has('/'));
  process.stdout.write(`listening on ${url.replace(/^ws/, 'http')}\n`);
  await ended();
}

interface Serving {
  /** Null when a signal came before it was known. */
  readonly url: string | null;
  /** Waits until a signal has shut it down. */
  readonly ended: () => Promise<void>;
}

async function serveAlone(parts: ServeParts): Promise<Serving> {
  const { flags, log } = parts;
  const server = createServeServer(parts);
  const { url } = await listenAsToldBy(flags, server);
  const shutDown = untilShutDown({ log, drain: () => drainServer(server, flags.drainTimeout) });
  return { url, ended: () => shutDown };
}

/** This process then serves nobody itself. */
async function serveWithWorkers(parts: ServeParts): Promise<Serving> {
  const { flags, tls, log } = parts;
  const shares = sharedOut(flags);
  // What is wrong with the flags is found here, once, and not in every worker.
  createServeServer(parts);
  // So that a TLS session that one worker began is resumed by any.
  const crew = new Crew({ shares, tls: tls && { ...tls, ticketKeys: randomBytes(48) }, log });
  const shutDown = untilShutDown({
    log,
    drain: () => crew.drain(flags.drainTimeout),
    abandon: () => crew.abandon(),
  });
  const url = await Promise.race([crew.start(), shutDown.then(() => null)]);
  return { url, ended: () => shutDown };
}

function logStart(log: Log, version: string, hasConsole: boolean): void {
  log.info(`ieum ${version}, Node.js ${process.versions.node}: WebSocket at /echo and /broadcast`);
  if (!hasConsole) log.warn('the console is not built: "npm run build" in the repository builds it');
}

const guide = `
Paths:
  /           the console, a page to talk to the endpoints with
  /echo       WebSocket: sends every message back, as the type it came as
  /broadcast  WebSocket: sends every message to everyone on this path, the sender included
  /healthz    200 while the process works
  /readyz     200 while it takes connections, 503 while it drains

With --workers several processes share the port, and new connections go to them in turn. /broadcast reaches the
connections of all of them. One that dies is replaced; its connections are lost. Limits on connections hold for all
workers together: each has its share of them.

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
  ieum serve --workers auto
  IEUM_PORT=9000 ieum serve`;
