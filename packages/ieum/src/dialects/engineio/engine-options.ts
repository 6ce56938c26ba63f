import type { Clock } from '../../channel/clock.js';
import { type SendQueueOptions, sendQueueDefaults } from '../../channel/send-queue.js';
import { UsageError } from '../../core/errors.js';
import { guardedReporter } from '../../platform/error-reporter.js';
import { randomId } from '../../platform/system.js';
import { systemClock } from '../../platform/system-clock.js';

import { type CorsOptions, compileCors, type JudgeOrigin } from './cors.js';
import type { EngineRequest } from './engine-request.js';
import type { EngineSocket } from './engine-socket.js';
import type { EngineCloseReason } from './engine-transport.js';
import type { HeartbeatTimes } from './heartbeat.js';

/** What an application does with sessions. What it throws is reported. */
export interface EngineHandlers {
  open?(socket: EngineSocket): void;
  /** The promise that it may return keeps the next message from being taken before. */
  message?(socket: EngineSocket, data: string | Uint8Array): void | Promise<void>;
  /** A ping is about to be sent. */
  ping?(socket: EngineSocket): void;
  /** Its answer has come: the client has all that was sent before the ping. */
  pong?(socket: EngineSocket): void;
  /** Called once for every `open`. */
  closed?(socket: EngineSocket, reason: EngineCloseReason): void;
}

/** How the dialect is made. All times are in milliseconds. */
export interface EngineIoOptions extends EngineHandlers {
  /** Where it is found. Default `/engine.io/`. */
  readonly path?: string;
  /** From the answer to one ping to the next. Default 25 s. */
  readonly pingIntervalMs?: number;
  /** How long an answer to a ping may take. Default 20 s. */
  readonly pingTimeoutMs?: number;
  /** From the opening of a WebSocket connection until it has taken over from polling. Default 10 s. */
  readonly upgradeTimeoutMs?: number;
  /** The most bytes of one POST, and of one WebSocket message. Default 1,000,000. */
  readonly maxPayloadBytes?: number;
  /** What clients may begin with. Default both. */
  readonly transports?: readonly ('polling' | 'websocket')[];
  /** Whether polling clients may go over to WebSocket. Default true. */
  readonly allowUpgrades?: boolean;
  /** Sessions at once; more are refused with 503. Default 100,000. */
  readonly maxSessions?: number;
  /** Decides on each client by the request that opens its session; nothing but true lets it in. Default: everybody. */
  readonly authorize?: (request: EngineRequest) => boolean | Promise<boolean>;
  /** Pages of other origins that may poll. Default: none. */
  readonly cors?: CorsOptions;
  /** What may wait for a slow reader, and what happens then. Default 1 MiB, then `wait`. */
  readonly sendQueue?: Partial<SendQueueOptions>;
  /** Is told what the application's functions throw. Default: standard error. */
  readonly reportError?: (error: unknown) => unknown;
  readonly clock?: Pick<Clock, 'setTimer'>;
  /** Makes names of sessions that nobody can guess. Default: 150 random bits. */
  readonly createId?: () => string;
}

/** The options with everything that was left out. */
export interface EngineSettings {
  readonly path: string;
  readonly heartbeat: HeartbeatTimes;
  readonly upgradeTimeoutMs: number;
  readonly maxPayloadBytes: number;
  readonly transports: readonly string[];
  readonly allowUpgrades: boolean;
  readonly maxSessions: number;
  readonly authorize: ((request: EngineRequest) => boolean | Promise<boolean>) | null;
  readonly judgeOrigin: JudgeOrigin;
  readonly hasCors: boolean;
  readonly sendQueue: SendQueueOptions;
  readonly reportError: (error: unknown) => void;
  readonly clock: Pick<Clock, 'setTimer'>;
  readonly createId: () => string;
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function engineSettingsOf(options: EngineIoOptions): EngineSettings {
  const times = {
    pingIntervalMs: options.pingIntervalMs ?? 25_000,
    pingTimeoutMs: options.pingTimeoutMs ?? 20_000,
    upgradeTimeoutMs: options.upgradeTimeoutMs ?? 10_000,
    maxPayloadBytes: options.maxPayloadBytes ?? 1_000_000,
    maxSessions: options.maxSessions ?? 100_000,
  };
  for (const [name, value] of Object.entries(times)) {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw invalid(`${name} must be a whole number above zero`);
  }
  const { transports = ['polling', 'websocket'] } = options;
  for (const transport of transports) {
    if (transport !== 'polling' && transport !== 'websocket')
      throw invalid('transports are polling, websocket');
  }
  return {
    path: checkPath(options.path ?? '/engine.io/'),
    heartbeat: { intervalMs: times.pingIntervalMs, timeoutMs: times.pingTimeoutMs },
    upgradeTimeoutMs: times.upgradeTimeoutMs,
    maxPayloadBytes: times.maxPayloadBytes,
    maxSessions: times.maxSessions,
    transports,
    allowUpgrades: (options.allowUpgrades ?? true) && transports.includes('websocket'),
    authorize: options.authorize ?? null,
    judgeOrigin: compileCors(options.cors),
    hasCors: options.cors !== undefined,
    sendQueue: { ...sendQueueDefaults, ...options.sendQueue },
    reportError: guardedReporter(options.reportError),
    clock: options.clock ?? systemClock,
    createId: options.createId ?? createSessionId,
  };
}

/** With one slash at both ends. */
function checkPath(path: unknown): string {
  if (typeof path !== 'string' || !/^\/[^?#\s*]*$/.test(path))
    throw invalid('path is one such as "/engine.io/"');
  return path.endsWith('/') ? path : `${path}/`;
}

function createSessionId(): string {
  return `${randomId()}${randomId()}`.replaceAll('-', '').slice(0, sessionIdLength);
}

function invalid(problem: string): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', `createEngineIoDialect: ${problem}`);
}

/** Hexadecimal digits, four bits each but for six bits that a UUID has fixed. */
const sessionIdLength = 40;
