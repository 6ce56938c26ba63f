import type { SendQueueOptions } from '../channel/send-queue.js';
import {
  type ConnectionOptions,
  type connectionDefaults,
  requirePositive,
} from '../core/connection-options.js';
import { UsageError } from '../core/errors.js';
import type { KeepaliveOptions } from '../core/keepalive.js';
import {
  checkNames,
  definedOf,
  describe,
  requireCount,
  requireFunctions,
  requireObject,
  requireOneOf,
} from '../core/option-check.js';
import type { DeflateOptions } from './deflate/deflate-options.js';
import type { ReceiveBudget } from './inbox.js';
import type { PeerHandlers } from './peer-handlers.js';
import type { SocketAccess } from './transport/transport.js';

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
  /**
   * Compresses messages where the other side agrees to (RFC 7692). Default false; true for the defaults. Costs CPU, and
   * shows in the size of messages what they hold: send secrets with `secret`.
   */
  readonly permessageDeflate?: DeflateOptions | boolean;
  /** Whether sockets are read and written in a faster way that Node does not document. Default `direct`; `public` for not. */
  readonly socketAccess?: SocketAccess;
}

export const keepaliveDefaults: KeepaliveOptions = { intervalMs: 25_000, graceMs: 20_000 };

/**
 * Checks what is set. Other options may stand beside these.
 *
 * @throws UsageError `ERR_WS_INVALID_OPTION`
 */
export function checkPeerOptions(options: PeerOptions): void {
  const { keepalive, receiveBudget, sendQueue, socketAccess, permessageDeflate } = options;
  for (const name of limitNames) {
    if (options[name] !== undefined) limitChecks[name](name, options[name]);
  }
  if (keepalive !== undefined && keepalive !== false) {
    checkNested('keepalive', keepalive, keepaliveChecks, 'write { intervalMs, graceMs }, or false for none');
  }
  if (receiveBudget !== undefined) {
    checkNested('receiveBudget', receiveBudget, receiveBudgetChecks, 'write { maxMessages, maxBytes }');
  }
  if (sendQueue !== undefined) checkNested('sendQueue', sendQueue, sendQueueChecks, hintForQueue(sendQueue));
  if (typeof permessageDeflate !== 'boolean' && permessageDeflate !== undefined) {
    checkNested('permessageDeflate', permessageDeflate, deflateChecks, 'write true, false or { level, … }');
  }
  if (socketAccess !== undefined) requireOneOf('socketAccess', socketAccess, ['direct', 'public']);
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` for a handler that is no function */
export function checkPeerHandlers<User>(prefix: string, handlers: PeerHandlers<User>): void {
  requireFunctions(prefix, handlers, peerHandlerNames);
}

/** The peer options among `options`, those that are set, down to the nested ones. */
export function peerOptionsOf(options: PeerOptions): PeerOptions {
  const { keepalive, receiveBudget, sendQueue, socketAccess, permessageDeflate } = options;
  return definedOf({
    ...limitsOf(options),
    keepalive: keepalive && definedOf(keepalive),
    receiveBudget: receiveBudget && definedOf(receiveBudget),
    sendQueue: sendQueue && definedOf(sendQueue),
    permessageDeflate:
      typeof permessageDeflate === 'object' ? definedOf(permessageDeflate) : permessageDeflate,
    socketAccess,
  }) as PeerOptions;
}

/** The plain limits among the options, those that are set. */
export function limitsOf(options: PeerOptions): Partial<Record<keyof typeof limitChecks, number>> {
  const limits: Partial<Record<keyof typeof limitChecks, number>> = {};
  for (const name of limitNames) {
    const limit = options[name];
    if (limit !== undefined) limits[name] = limit;
  }
  return limits;
}

type Check = (name: string, value: unknown) => void;

function checkNested<Options extends object>(
  name: string,
  options: Options,
  checks: Readonly<Record<keyof Options & string, Check>>,
  hint: string,
): void {
  requireObject(name, options, hint);
  checkNames(name, options, { names: Object.keys(checks) });
  for (const [field, check] of Object.entries<Check>(checks)) {
    const value: unknown = options[field as keyof Options];
    if (value !== undefined) check(`${name}.${field}`, value);
  }
}

function hintForQueue(sendQueue: unknown): string {
  return `write { policy: ${sendPolicies.includes(sendQueue) ? describe(sendQueue) : "'wait'"} }`;
}

const limitChecks: Readonly<Record<keyof typeof connectionDefaults, Check>> = {
  maxMessageBytes: requireCount,
  maxFragments: requireCount,
  closeTimeoutMs: requirePositive,
  sendTimeoutMs: requirePositive,
  idleTimeoutMs: requirePositive,
};
const limitNames = Object.keys(limitChecks) as (keyof typeof limitChecks)[];

const keepaliveChecks: Readonly<Record<keyof KeepaliveOptions, Check>> = {
  intervalMs: requirePositive,
  graceMs: requirePositive,
};
const receiveBudgetChecks: Readonly<Record<keyof ReceiveBudget, Check>> = {
  maxMessages: requireCount,
  maxBytes: requireCount,
};
const sendPolicies: readonly unknown[] = ['wait', 'drop-newest', 'drop-oldest', 'close'];
const sendQueueChecks: Readonly<Record<keyof SendQueueOptions, Check>> = {
  maxQueuedBytes: requireCount,
  maxWaitingBytes: requireCount,
  policy: (name, value) => requireOneOf(name, value, sendPolicies),
};

const requireFlag: Check = (name, value) => requireOneOf(name, value, [true, false]);
const requireFrom =
  (least: number, most: number): Check =>
  (name, value) => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return;
    const problem = `${name} must be a whole number from ${least} to ${most}, not ${describe(value)}`;
    throw new UsageError('ERR_WS_INVALID_OPTION', problem);
  };
const deflateChecks: Readonly<Record<keyof DeflateOptions, Check>> = {
  serverNoContextTakeover: requireFlag,
  clientNoContextTakeover: requireFlag,
  serverMaxWindowBits: requireFrom(9, 15),
  clientMaxWindowBits: requireFrom(9, 15),
  level: requireFrom(1, 9),
  memoryLevel: requireFrom(1, 9),
  thresholdBytes: requireFrom(0, Number.MAX_SAFE_INTEGER),
  maxMemoryBytes: requireFrom(0, Number.MAX_SAFE_INTEGER),
  zlibAccess: (name, value) => requireOneOf(name, value, ['direct', 'public']),
};

/** The names of all peer options. */
export const peerOptionNames: readonly (keyof PeerOptions)[] = [
  ...limitNames,
  'keepalive',
  'receiveBudget',
  'sendQueue',
  'permessageDeflate',
  'socketAccess',
];

/** The names of all handlers. */
export const peerHandlerNames: readonly (keyof PeerHandlers)[] = [
  'open',
  'message',
  'ping',
  'pong',
  'closed',
];
