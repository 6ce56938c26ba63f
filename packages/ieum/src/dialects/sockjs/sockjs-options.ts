import type { Clock } from '../../channel/clock.js';
import { type SendQueueOptions, sendQueueDefaults } from '../../channel/send-queue.js';
import { UsageError } from '../../core/errors.js';
import {
  checkNames,
  definedOf,
  requireCount,
  requireFunctions,
  requireObject,
  requireOneOf,
} from '../../core/option-check.js';
import { guardedReporter } from '../../platform/error-reporter.js';
import { randomId, timeOfDay } from '../../platform/system.js';
import { systemClock } from '../../platform/system-clock.js';

import { MessageQuoter } from './message-quoter.js';
import { compileOriginRule, type OriginJudge, type OriginRule } from './origin-judge.js';
import type { SockJsChannel, SockJsService } from './service-channel.js';
import type { SockJsRequest } from './sockjs-request.js';

/** How a service of SockJS behaves. All times are in milliseconds. */
export interface SockJsOptions {
  /** The path that clients are given: `/chat`. It does not end with a slash. */
  readonly prefix: string;
  /**
   * What happens to sessions: handlers as a route has them, a dialect for example, or a function that is called for each
   * session and reads its messages with `for await`.
   */
  readonly service: SockJsService | ((channel: SockJsChannel, request: SockJsRequest) => unknown);
  /**
   * Which pages may open sessions, over WebSocket too (where the server's own `allowOrigin` also decides). Clients that are no
   * browsers pass, unless a function decides. Default `'same-origin'`.
   */
  readonly allowOrigin?: OriginRule;
  /**
   * Whether a service sees cookies and `Authorization` of requests from pages of other origins, which a browser sends along
   * without asking the user. Default `'same-origin'`: it does not; `'include'`: it does.
   */
  readonly credentials?: 'same-origin' | 'include';
  /**
   * Whether a client may open a session over HTTP; 401 if not. Those over WebSocket are judged by the server's `authenticate`.
   * Default: everyone may.
   */
  readonly authenticate?: (request: SockJsRequest) => boolean | Promise<boolean>;
  /** Whether WebSocket is served. Default true; with false clients fall back to HTTP. */
  readonly webSocket?: boolean;
  /** Whether responses set the cookie `JSESSIONID`, which some load balancers need to keep a client at a server. Default false. */
  readonly cookieNeeded?: boolean;
  /** Where the iframe page loads the client from: a path of this server or a URL. Default `/sockjs.js`. */
  readonly clientUrl?: string;
  /**
   * SockJS carries text. `'refuse'`: sending a binary message throws. `'base64'`: binary messages travel as the letter `b`
   * and their base64, both ways; texts that look like it are taken for them. Default `'refuse'`.
   */
  readonly binaryMessages?: 'refuse' | 'base64';
  /** How often a client hears something. Default 25 s. */
  readonly heartbeatIntervalMs?: number;
  /** How long a client over HTTP may be away between two responses. Default 5 s. */
  readonly disconnectDelayMs?: number;
  /** After so many bytes a streaming response ends, and the client comes again. Default 128 KiB. */
  readonly maxResponseBytes?: number;
  /** The most bytes that the body of a request may have; 413 beyond. Default 1 MiB. */
  readonly maxBodyBytes?: number;
  /** The most sessions over HTTP at once; 503 beyond. Default 10,000. */
  readonly maxSessions?: number;
  /** What may wait for a client over HTTP, and what happens then. Default 1 MiB, then `wait`. */
  readonly sendQueue?: Partial<SendQueueOptions>;
  /** Is told what the application's functions throw. Default: standard error. */
  readonly reportError?: (error: unknown) => void;
  readonly clock?: Pick<Clock, 'setTimer'>;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** A random whole number below 2^32 that nobody can guess. */
  readonly randomWord?: () => number;
}

/** The options of a service, with defaults, and what is made of them. */
export interface SockJsSettings
  extends Required<
    Omit<SockJsOptions, 'service' | 'allowOrigin' | 'sendQueue' | 'authenticate' | 'binaryMessages'>
  > {
  readonly service: SockJsService;
  readonly origins: OriginJudge;
  readonly sendQueue: SendQueueOptions;
  /** Null when everyone may. */
  readonly authenticate: NonNullable<SockJsOptions['authenticate']> | null;
  readonly quoter: MessageQuoter;
}

/** @throws UsageError `ERR_WS_INVALID_OPTION` */
export function settingsOf(options: SockJsOptions): SockJsSettings {
  requireObject('the argument of createSockJs', options, "write { prefix: '/chat', service: { … } }");
  checkNames('createSockJs', options, { names: optionNames });
  const given = definedOf(options);
  const settings = {
    ...defaults,
    ...given,
    authenticate: given.authenticate ?? null,
    service: serviceOf(given.service),
    origins: compileOriginRule(given.allowOrigin ?? 'same-origin'),
    sendQueue: { ...sendQueueDefaults, ...definedOf(given.sendQueue ?? {}) },
    quoter: new MessageQuoter(given.binaryMessages ?? 'refuse'),
    reportError: guardedReporter(given.reportError),
  };
  checkSettings(settings);
  requireOneOf('binaryMessages', given.binaryMessages ?? 'refuse', ['refuse', 'base64']);
  return settings;
}

function serviceOf(service: unknown): SockJsService {
  if (typeof service === 'function') return { open: (channel) => service(channel, channel.request) };
  requireObject('service', service, 'write { message(channel, message) { … } }');
  requireFunctions('service.', service as SockJsService, ['open', 'message', 'closed']);
  return service;
}

function checkSettings(settings: SockJsSettings): void {
  const { prefix, clientUrl } = settings;
  if (typeof prefix !== 'string' || !/^(\/[^/?#*\s]+)+$/.test(prefix)) {
    throw invalid(`prefix must be a path such as /chat, without a slash at its end`);
  }
  if (typeof clientUrl !== 'string' || !/^(\/|https?:\/\/)[^\s"'<>\\]*$/.test(clientUrl)) {
    throw invalid('clientUrl must be a path, or a URL that begins with http: or https:');
  }
  requireOneOf('credentials', settings.credentials, ['same-origin', 'include']);
  for (const name of ['webSocket', 'cookieNeeded'] as const)
    requireOneOf(name, settings[name], [true, false]);
  for (const name of counts) requireCount(name, settings[name]);
  for (const name of ['maxQueuedBytes', 'maxWaitingBytes'] as const) {
    requireCount(`sendQueue.${name}`, settings.sendQueue[name]);
  }
  requireOneOf('sendQueue.policy', settings.sendQueue.policy, [
    'wait',
    'drop-newest',
    'drop-oldest',
    'close',
  ]);
  for (const name of ['heartbeatIntervalMs', 'disconnectDelayMs'] as const) {
    if (!(settings[name] > 0)) throw invalid(`${name} must be above zero`);
  }
  const functions = { ...settings, authenticate: settings.authenticate ?? undefined };
  requireFunctions('', functions, ['authenticate', 'reportError', 'now', 'randomWord']);
}

function invalid(problem: string): UsageError {
  return new UsageError('ERR_WS_INVALID_OPTION', `createSockJs: ${problem}`);
}

const counts = ['maxResponseBytes', 'maxBodyBytes', 'maxSessions'] as const;

const defaults = {
  credentials: 'same-origin',
  webSocket: true,
  cookieNeeded: false,
  clientUrl: '/sockjs.js',
  heartbeatIntervalMs: 25_000,
  disconnectDelayMs: 5_000,
  maxResponseBytes: 128 * 1024,
  maxBodyBytes: 1024 * 1024,
  maxSessions: 10_000,
  clock: systemClock,
  now: timeOfDay,
  randomWord: (): number => Number.parseInt(randomId().slice(0, 8), 16),
} as const;

const optionNames: readonly (keyof SockJsOptions)[] = [
  ...(Object.keys(defaults) as (keyof typeof defaults)[]),
  'prefix',
  'service',
  'allowOrigin',
  'authenticate',
  'binaryMessages',
  'sendQueue',
  'reportError',
];
