import type { Clock } from '../../channel/clock.js';
import type { SendQueueOptions } from '../../channel/send-queue.js';
import { UsageError } from '../../core/errors.js';
import type { HistoryPage } from '../../hub/broker.js';
import type { Identity } from '../../hub/identity.js';
import type { Position } from '../../hub/position.js';
import type { Session } from '../../hub/sessions/session.js';
import type { Subscriber } from '../../hub/subscriber.js';
import { guardedReporter } from '../../platform/error-reporter.js';
import { randomId, timeOfDay } from '../../platform/system.js';
import { systemClock } from '../../platform/system-clock.js';
import type { CorsOptions, EngineIoOptions, EngineRequest } from '../engineio/index.js';

/** What the dialect needs of a hub. */
export interface SocketIoHub {
  openSession(identity: Identity<never>, subscriber: Subscriber): Pick<Session<never>, 'subscribe' | 'close'>;
  publish(topic: string, data: Uint8Array): Promise<unknown>;
  history(
    topic: string,
    options: { readonly since?: Position | null; readonly limit?: number },
  ): Promise<HistoryPage>;
}

/** How a server is made: names, units (milliseconds) and defaults are those of Socket.IO. */
export interface ServerOptions {
  /** Where rooms and broadcasts meet those of other nodes; with the topics that `socketIoTopics` gives. Default: one of its own. */
  readonly hub?: SocketIoHub;
  /** What the names of its topics begin with, as `socketIoTopics` was told. Default `socket.io`. */
  readonly topicPrefix?: string;
  /** Default `/socket.io`. */
  readonly path?: string;
  /** Default 25,000. */
  readonly pingInterval?: number;
  /** Default 20,000. */
  readonly pingTimeout?: number;
  /** Default 10,000. */
  readonly upgradeTimeout?: number;
  /** The most bytes of one POST, and of one WebSocket message. Default 1,000,000. */
  readonly maxHttpBufferSize?: number;
  readonly transports?: readonly ('polling' | 'websocket')[];
  readonly allowUpgrades?: boolean;
  /** Pages of other origins that may poll; for WebSocket see the server's `allowOrigin`. Default: none. */
  readonly cors?: CorsOptions;
  /** Decides on each connection: `callback(null, true)` lets it in. */
  readonly allowRequest?: (
    request: EngineRequest,
    callback: (error: string | null | undefined, isAllowed: boolean) => void,
  ) => void;
  /** Until a client has connected to a namespace. Default 45,000. */
  readonly connectTimeout?: number;
  /** Lets clients that come back have what they missed. Default: off. */
  readonly connectionStateRecovery?: {
    /** Default 120,000; give `socketIoTopics` the same as `maxDisconnectionMs`. */
    readonly maxDisconnectionDuration?: number;
    /** Default true. */
    readonly skipMiddlewares?: boolean;
  };
  /** Forgets namespaces that a pattern or a function let in when the last socket has gone. Default true. */
  readonly cleanupEmptyChildNamespaces?: boolean;
  /** How long other nodes may take to answer. Default 5,000. */
  readonly requestsTimeout?: number;
  /** Binary attachments of one packet. Default 10. */
  readonly maxAttachments?: number;
  /** What may wait for a slow reader. Default 1 MiB, then `wait`: up to 16 MiB more, then the client is closed. */
  readonly sendQueue?: Partial<SendQueueOptions>;
  /** Sessions of Engine.IO at once. Default 100,000. */
  readonly maxSessions?: number;
  /** Is told what listeners and middlewares throw. Default: standard error. */
  readonly reportError?: (error: unknown) => unknown;
  readonly clock?: Pick<Clock, 'setTimer'>;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Makes names that nobody can guess. Default: 150 random bits. */
  readonly createId?: () => string;
}

/** The options with everything that was left out. */
export interface ServerSettings {
  readonly connectTimeoutMs: number;
  /** Null when clients that come back begin anew. */
  readonly recovery: { readonly maxDisconnectionMs: number; readonly skipMiddlewares: boolean } | null;
  readonly cleansUpChildren: boolean;
  readonly requestsTimeoutMs: number;
  readonly maxAttachments: number;
  readonly topicPrefix: string | undefined;
  readonly reportError: (error: unknown) => void;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly now: () => number;
  readonly createId: () => string;
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function settingsOf(options: ServerOptions): ServerSettings {
  const { connectionStateRecovery: recovery, hub } = options;
  if (hub !== undefined && typeof hub.openSession !== 'function') throw invalid('hub must be a hub');
  const counts = {
    connectTimeout: options.connectTimeout ?? 45_000,
    requestsTimeout: options.requestsTimeout ?? 5_000,
    maxAttachments: options.maxAttachments ?? 10,
    maxDisconnectionDuration: recovery?.maxDisconnectionDuration ?? 120_000,
  };
  for (const [name, value] of Object.entries(counts)) {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw invalid(`${name} must be a whole number above zero`);
  }
  const { maxDisconnectionDuration: maxDisconnectionMs } = counts;
  return {
    connectTimeoutMs: counts.connectTimeout,
    recovery:
      recovery === undefined
        ? null
        : { maxDisconnectionMs, skipMiddlewares: recovery.skipMiddlewares ?? true },
    cleansUpChildren: options.cleanupEmptyChildNamespaces ?? true,
    requestsTimeoutMs: counts.requestsTimeout,
    maxAttachments: counts.maxAttachments,
    topicPrefix: options.topicPrefix,
    reportError: guardedReporter(options.reportError),
    clock: options.clock ?? systemClock,
    now: options.now ?? timeOfDay,
    createId: options.createId ?? createId,
  };
}

/** The part of the options that is Engine.IO's. */
export function engineOptionsOf(options: ServerOptions, settings: ServerSettings): EngineIoOptions {
  const { allowRequest } = options;
  const given = {
    pingIntervalMs: options.pingInterval,
    pingTimeoutMs: options.pingTimeout,
    upgradeTimeoutMs: options.upgradeTimeout,
    maxPayloadBytes: options.maxHttpBufferSize,
    transports: options.transports,
    allowUpgrades: options.allowUpgrades,
    maxSessions: options.maxSessions,
    cors: options.cors,
    sendQueue: options.sendQueue,
    authorize: allowRequest === undefined ? undefined : askedBy(allowRequest),
  };
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  const { clock, reportError, createId: create } = settings;
  return {
    path: options.path ?? '/socket.io',
    clock,
    reportError,
    createId: create,
    ...(Object.fromEntries(set) as Partial<EngineIoOptions>),
  };
}

function askedBy(
  allowRequest: NonNullable<ServerOptions['allowRequest']>,
): NonNullable<EngineIoOptions['authorize']> {
  return (request) =>
    new Promise((resolve) => {
      allowRequest(request, (error, isAllowed) => resolve(!error && isAllowed === true));
    });
}

function createId(): string {
  return `${randomId()}${randomId()}`.replaceAll('-', '').slice(0, idLength);
}

function invalid(problem: string): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', `new Server: ${problem}`);
}

/** Hexadecimal digits, four bits each but for six bits that a UUID has fixed. */
const idLength = 40;
