import { setTimeout as pause } from 'node:timers/promises';

import type { WebSocketServer } from 'ieum';

import type { ServedUser } from './auth/authentication.js';
import { ExitStatus } from './command-failure.js';
import type { Log } from './log.js';

/** How the connections ended that were open when a drain began. */
export interface DrainCounts {
  readonly closed: number;
  readonly terminated: number;
}

/** A drain under way. */
export interface Drain {
  /** How many connections there were. */
  readonly connections: number;
  readonly drained: Promise<DrainCounts>;
}

export interface ShutdownOptions {
  readonly log: Log;
  /** Called once, with the first signal. */
  readonly drain: () => Drain | Promise<Drain>;
  /** Called before a second signal ends this process at once. */
  readonly abandon?: () => void;
}

/**
 * Waits for SIGTERM or SIGINT, drains and resolves. A second signal ends the process at once, with 130 or 143.
 */
export function untilShutDown(options: ShutdownOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let firstSignalAt: number | null = null;
    const handleSignal = (signal: NodeJS.Signals): void => {
      if (firstSignalAt === null) {
        firstSignalAt = performance.now();
        report(options).then(resolve, reject);
      } else if (performance.now() - firstSignalAt > echoWindowMs) {
        options.abandon?.();
        process.exit(signal === 'SIGINT' ? ExitStatus.Interrupted : ExitStatus.Terminated);
      }
    };
    process.on('SIGINT', handleSignal);
    process.on('SIGTERM', handleSignal);
  });
}

/** Begins to drain a server. */
export function drainServer(server: WebSocketServer<ServedUser>, timeoutMs: number): Drain {
  const gone = Promise.all([...server.peers].map((peer) => peer.closed));
  const { size } = server.peers;
  const ended = server.drain({ timeoutMs });
  const count = async (): Promise<DrainCounts> => {
    const records = await gone;
    await Promise.race([ended, pause(lingerMs, undefined, { ref: false })]);
    const closed = records.filter((record) => record.wasClean).length;
    return { closed, terminated: records.length - closed };
  };
  return { connections: size, drained: count() };
}

async function report({ drain, log }: ShutdownOptions): Promise<void> {
  const { connections, drained } = await drain();
  const noun = connections === 1 ? 'connection' : 'connections';
  log.info(`draining: ${connections} ${noun}; a second signal stops at once`);
  const { closed, terminated } = await drained;
  log.info(`drained: ${closed} closed, ${terminated} terminated`);
}

/** A terminal and the package runner between may both pass on the same key press. */
const echoWindowMs = 100;
/** How long HTTP connections that never asked for anything may hold up the end. */
const lingerMs = 1_000;
