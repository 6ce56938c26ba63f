import { setTimeout as pause } from 'node:timers/promises';

import type { WebSocketServer } from 'ieum';

import { ExitStatus } from './command-failure.js';
import type { Log } from './log.js';

export interface ShutdownOptions {
  readonly drainTimeoutMs: number;
  readonly log: Log;
}

/**
 * Waits for SIGTERM or SIGINT, drains the server and resolves. A second signal ends the process at once, with 130 or 143.
 */
export function untilShutDown(server: WebSocketServer<undefined>, options: ShutdownOptions): Promise<void> {
  return new Promise((resolve) => {
    let firstSignalAt: number | null = null;
    const handleSignal = (signal: NodeJS.Signals): void => {
      if (firstSignalAt === null) {
        firstSignalAt = performance.now();
        void drain(server, options).then(resolve);
      } else if (performance.now() - firstSignalAt > echoWindowMs) {
        process.exit(signal === 'SIGINT' ? ExitStatus.Interrupted : ExitStatus.Terminated);
      }
    };
    process.on('SIGINT', handleSignal);
    process.on('SIGTERM', handleSignal);
  });
}

async function drain(
  server: WebSocketServer<undefined>,
  { drainTimeoutMs, log }: ShutdownOptions,
): Promise<void> {
  log.info(`draining: ${count(server.peers.size, 'connection')}; a second signal stops at once`);
  const gone = Promise.all([...server.peers].map((peer) => peer.closed));
  const drained = server.drain({ timeoutMs: drainTimeoutMs });
  const records = await gone;
  await Promise.race([drained, pause(lingerMs, undefined, { ref: false })]);
  const closed = records.filter((record) => record.wasClean).length;
  log.info(`drained: ${closed} closed, ${records.length - closed} terminated`);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A terminal and the package runner between may both pass on the same key press. */
const echoWindowMs = 100;
/** How long HTTP connections that never asked for anything may hold up the end. */
const lingerMs = 1_000;
