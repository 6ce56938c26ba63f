import { randomBytes } from 'node:crypto';

import type { Command } from 'commander';

import { readAuthSettings } from './auth/auth-settings.js';
import { configSchema } from './config/config-schema.js';
import { formatSettings, settleFlags } from './config/settings.js';
import { createLog, type Log } from './log.js';
import { ServeNode, type ServeParts } from './serve-node.js';
import { type ServeFlags, serverTlsFrom } from './serve-options.js';
import { loadConsole } from './serve-server.js';
import { untilShutDown } from './shutdown.js';
import { Crew } from './workers/crew.js';
import { LocalBus } from './workers/worker-bus.js';
import { sharedOut } from './workers/worker-share.js';

/** Serves until a signal ends it, or shows its settings. @param command whose flags were parsed */
export async function serve(command: Command, version: string): Promise<void> {
  const { printConfig = false, configSchema: printSchema = false } = command.opts<PrintFlags>();
  if (printSchema) {
    process.stdout.write(`${JSON.stringify(configSchema(), null, 2)}\n`);
    return;
  }
  const settings = await settleFlags(command);
  const { flags } = settings;
  const auth = await readAuthSettings(flags);
  if (printConfig) {
    process.stdout.write(formatSettings(settings));
    return;
  }
  const log = createLog(process.stderr, { format: flags.logFormat, level: flags.logLevel });
  const tls = await serverTlsFrom(flags);
  const parts: ServeParts = {
    ...{ flags, tls, auth, version, log },
    console: await loadConsole(),
    bus: new LocalBus(),
  };
  const { url, ended } = await (flags.workers === 1 ? serveAlone(parts) : serveWithWorkers(parts));
  if (url === null) return;
  logStart(parts);
  process.stdout.write(`listening on ${url.replace(/^ws/, 'http')}\n`);
  await ended();
}

interface PrintFlags {
  readonly printConfig?: boolean;
  readonly configSchema?: boolean;
}

interface Serving {
  /** Null when a signal came before it was known. */
  readonly url: string | null;
  /** Waits until a signal has shut it down. */
  readonly ended: () => Promise<void>;
}

async function serveAlone(parts: ServeParts): Promise<Serving> {
  const { flags, log } = parts;
  const node = await ServeNode.create(parts);
  const { url } = await node.listen(flags);
  const shutDown = untilShutDown({ log, drain: () => node.drain(flags.drainTimeout) });
  return { url, ended: () => shutDown };
}

/** This process then serves nobody itself. */
async function serveWithWorkers(parts: ServeParts): Promise<Serving> {
  const { flags, tls, auth, version, log } = parts;
  const shares = sharedOut(flags);
  // What is wrong with the flags is found here, once, and not in every worker.
  await ServeNode.create(parts);
  // So that a TLS session that one worker began is resumed by any.
  const common = { tls: tls && { ...tls, ticketKeys: randomBytes(48) }, auth, version };
  const crew = new Crew({ shares, common, hasExchange: flags.broker === 'memory', log });
  const shutDown = untilShutDown({
    log,
    drain: () => crew.drain(flags.drainTimeout),
    abandon: () => crew.abandon(),
  });
  const url = await Promise.race([crew.start(), shutDown.then(() => null)]);
  return { url, ended: () => shutDown };
}

function logStart({ flags, auth, version, console, log }: ServeParts): void {
  log.info(
    `ieum ${version}, Node.js ${process.versions.node}: WebSocket at /echo, /broadcast, /hub and /stomp`,
    {
      event: 'started',
      version,
      node: process.versions.node,
    },
  );
  if (!console.has('/')) log.warn('the console is not built: "npm run build" in the repository builds it');
  tellOfTokens(flags, auth.keys !== null, log);
}

function tellOfTokens(flags: ServeFlags, needsTokens: boolean, log: Log): void {
  if (!needsTokens || flags.access !== undefined) return;
  log.info(
    'tokens without the claim "topics" may do nothing with topics: --access or the file can say otherwise',
  );
}
