import type { Clock } from '../channel/clock.js';
import { checkClose } from '../core/close.js';
import { CloseCode } from '../core/close-code.js';
import { requirePositive } from '../core/connection-options.js';
import { UsageError } from '../core/errors.js';

import { checkNames, describe, requireCount, requireObject } from '../core/option-check.js';
import type { Peer } from './peer.js';

export interface DrainOptions {
  /** How long peers have in all, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number;
  /** What peers are told: 1001 (going away) by default, 1012 (service restart) when a successor is ready. */
  readonly code?: typeof CloseCode.GoingAway | typeof CloseCode.ServiceRestart;
  /** At most 123 bytes of UTF-8. Default empty. */
  readonly reason?: string;
  /** How many peers are told at a time, 1 at least. Default: a twentieth of them, and 100 at least. */
  readonly batchSize?: number;
  /** How long the next batch waits, in milliseconds, so that not all come back at once. Default 250. */
  readonly batchIntervalMs?: number;
}

export interface DrainReport {
  /** Connections that ended with a closing handshake. */
  readonly closed: number;
  /** Connections that did not, or had to be terminated when the time was up. */
  readonly terminated: number;
}

/** @throws UsageError `ERR_WS_INVALID_OPTION`, `ERR_WS_INVALID_CLOSE_CODE`, `ERR_WS_INVALID_CLOSE_REASON` */
export function checkDrainOptions(options: DrainOptions): void {
  requireObject('the argument of drain', options, 'write { timeoutMs, code, reason, … }');
  checkNames('drain', options, { names: drainOptionNames, hints: { timeout: 'write timeoutMs' } });
  const { timeoutMs, batchSize, batchIntervalMs = 0, code = CloseCode.GoingAway } = options;
  if (code !== CloseCode.GoingAway && code !== CloseCode.ServiceRestart) {
    throw new UsageError('ERR_WS_INVALID_CLOSE_CODE', `code must be 1001 or 1012, not ${describe(code)}`);
  }
  checkClose(code, options.reason);
  if (timeoutMs !== undefined) requirePositive('timeoutMs', timeoutMs);
  if (batchIntervalMs !== 0) requirePositive('batchIntervalMs', batchIntervalMs);
  if (batchSize !== undefined) requireCount('batchSize', batchSize);
}

/** Closes peers in batches and waits for them. */
export async function drainPeers<User>(
  peers: readonly Peer<User>[],
  options: DrainOptions,
  clock: Clock,
): Promise<DrainReport> {
  const {
    timeoutMs = drainTimeoutMs,
    code = CloseCode.GoingAway,
    reason = '',
    batchIntervalMs = 250,
  } = options;
  const close = checkClose(code, reason);
  const records = Promise.all(peers.map((peer) => peer.closed));
  const batchSize = options.batchSize ?? Math.max(100, Math.ceil(peers.length / 20));
  const deadline = clock.now() + timeoutMs;
  const cancelTermination = clock.setTimer(() => {
    for (const peer of peers) peer.terminate();
  }, timeoutMs);

  for (let first = 0; first < peers.length; first += batchSize) {
    if (first > 0 && batchIntervalMs > 0 && clock.now() < deadline) await pause(clock, batchIntervalMs);
    for (const peer of peers.slice(first, first + batchSize)) peer.closeBecause(close, { type: 'drain' });
  }

  const ended = await records;
  cancelTermination();
  const closed = ended.filter((record) => record.wasClean).length;
  return { closed, terminated: ended.length - closed };
}

function pause(clock: Clock, durationMs: number): Promise<void> {
  return new Promise((resolve) => clock.setTimer(resolve, durationMs));
}

/** How long a drain takes at most, unless told otherwise. */
export const drainTimeoutMs = 30_000;

const drainOptionNames: readonly (keyof DrainOptions)[] = [
  'timeoutMs',
  'code',
  'reason',
  'batchSize',
  'batchIntervalMs',
];
