import type { SendQueueOptions } from '../channel/send-queue.js';
import { type ConnectionOptions, requirePositive } from '../core/connection-options.js';
import { UsageError } from '../core/errors.js';
import type { KeepaliveOptions } from '../core/keepalive.js';

import type { ReceiveBudget } from './inbox.js';
import type { SocketAccess } from './socket-reader.js';

/** Limits and deadlines of one connection. All times are in milliseconds. */
export interface PeerOptions
  extends Pick<
    ConnectionOptions,
    'maxMessageBytes' | 'maxFragments' | 'closeTimeoutMs' | 'sendTimeoutMs' | 'idleTimeoutMs'
  > {
  /**
   * Pings a peer after so much silence and gives it up when nothing follows within the grace. Any byte counts as life,
   * silence while our own process stood still does not count. The interval varies by ±20 % from connection to
   * connection. Default: `{ intervalMs: 25_000, graceMs: 20_000 }`; false for none.
   */
  readonly keepalive?: Partial<KeepaliveOptions> | false;
  /** What may wait for the application before the peer is no longer read. Default 16 messages or 1 MiB. */
  readonly receiveBudget?: Partial<ReceiveBudget>;
  /** What may wait for a slow reader, and what happens then. Default 1 MiB, then `wait`. */
  readonly sendQueue?: Partial<SendQueueOptions>;
  /** Whether sockets are read in a faster way that Node does not document. Default `direct`; `public` for not. */
  readonly socketAccess?: SocketAccess;
}

export const keepaliveDefaults: KeepaliveOptions = { intervalMs: 25_000, graceMs: 20_000 };

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function checkPeerOptions(options: PeerOptions): void {
  const { keepalive, receiveBudget, sendQueue, socketAccess } = options;
  for (const name of limitNames) {
    if (options[name] !== undefined) requirePositive(name, options[name]);
  }
  if (keepalive) checkPositive('keepalive', keepalive, ['intervalMs', 'graceMs']);
  if (receiveBudget) checkPositive('receiveBudget', receiveBudget, ['maxMessages', 'maxBytes']);
  if (sendQueue) checkPositive('sendQueue', sendQueue, ['maxQueuedBytes', 'maxWaitingBytes']);
  if (socketAccess !== undefined && socketAccess !== 'direct' && socketAccess !== 'public') {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'socketAccess is direct or public');
  }
  if (sendQueue?.policy !== undefined && !sendPolicies.has(sendQueue.policy)) {
    throw new UsageError(
      'ERR_WS_INVALID_OPTION',
      `sendQueue.policy is one of ${[...sendPolicies].join(', ')}`,
    );
  }
}

/** The plain limits among the options, those that are set. */
export function limitsOf(options: PeerOptions): Partial<Record<(typeof limitNames)[number], number>> {
  const limits: Partial<Record<(typeof limitNames)[number], number>> = {};
  for (const name of limitNames) {
    const limit = options[name];
    if (limit !== undefined) limits[name] = limit;
  }
  return limits;
}

function checkPositive<Options extends object>(
  name: string,
  options: Options,
  fields: readonly (keyof Options & string)[],
): void {
  for (const field of fields) {
    if (options[field] !== undefined) requirePositive(`${name}.${field}`, options[field]);
  }
}

const limitNames = [
  'maxMessageBytes',
  'maxFragments',
  'closeTimeoutMs',
  'sendTimeoutMs',
  'idleTimeoutMs',
] as const;
const sendPolicies: ReadonlySet<unknown> = new Set(['wait', 'drop-newest', 'drop-oldest', 'close']);
