import type { Channel } from '../../channel/channel.js';
import type { Clock } from '../../channel/clock.js';
import { HubError } from '../../hub/hub-error.js';
import type { Identity } from '../../hub/identity.js';
import type { Session } from '../../hub/sessions/session.js';
import type { Subscriber } from '../../hub/subscriber.js';
import { guardedReporter } from '../../platform/error-reporter.js';
import { timeOfDay } from '../../platform/system.js';
import { systemClock } from '../../platform/system-clock.js';

import { type QueueOptions, QueueTable } from './queue-table.js';
import {
  type ConnectionSettings,
  type IncomingMessage,
  StompConnection,
  type StompLogin,
} from './stomp-connection.js';

/** A connection as the dialect sees it: a channel, and the request that opened it. */
export interface StompPeer<Request = unknown> extends Channel {
  readonly request: Request;
}

/** What the dialect needs of a hub. */
export interface StompHub<User> {
  openSession(identity: Identity<User>, subscriber: Subscriber): Session<User>;
}

/** How the dialect is made. All times are in milliseconds. */
export interface StompDialectOptions<User, Request = unknown> {
  readonly hub: StompHub<User>;
  /**
   * Says who a client is by the headers of its CONNECT, or by the request that opened the connection; null to refuse it. What
   * it throws is told to `reportError` and never to the client, unless it is a HubError.
   */
  readonly authenticate: (
    login: StompLogin,
    request: Request,
  ) => Identity<User> | null | Promise<Identity<User> | null>;
  /** Destinations `/queue/…`; made with `createStompQueues` they are shared by several routes. Default: there are none. */
  readonly queues?: QueueOptions<User> | QueueTable<User>;
  /**
   * Whether the channels carry text alone, as those of SockJS: a body that is no text then goes as base64, with the header
   * `content-transfer-encoding:base64`. Default false.
   */
  readonly isTextOnly?: boolean;
  /** How often this side can say something, and wants to hear something; 0 for never. Default 10 s each. */
  readonly heartBeat?: { readonly sendMs?: number; readonly receiveMs?: number };
  /** Until a client is connected: said who it is, and was believed. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** The largest frame, in bytes. Default 1 MiB. */
  readonly maxFrameBytes?: number;
  /** Headers of one frame. Default 64. */
  readonly maxHeaders?: number;
  /** Bytes of one header. Default 8 KiB. */
  readonly maxHeaderBytes?: number;
  /** Subscriptions of one client, those of queues included. Default 1,000; the hub has a limit for topics too. */
  readonly maxSubscriptions?: number;
  /** Messages of one subscription that are not acknowledged, beyond which none is delivered. Default 256. */
  readonly maxUnacked?: number;
  /** How often a message is delivered that is refused with NACK, or whose consumer is gone. Default 10. */
  readonly maxDeliveries?: number;
  /** Transactions of one client at once. Default 16. */
  readonly maxTransactions?: number;
  /** Bytes that wait in one client's transactions. Default 4 MiB. */
  readonly maxTransactionBytes?: number;
  /** SEND frames of one client under way at once; more are not handled before. Default 64. */
  readonly maxPending?: number;
  /** Is told what the application's functions throw. Default: standard error. */
  readonly reportError?: (error: unknown) => void;
  readonly clock?: Clock;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

/** Handlers of a route of `createServer`, or of any other transport of messages. */
export interface StompRoute<Request = unknown> {
  readonly subprotocols: readonly string[];
  open(peer: StompPeer<Request>): void;
  /** The promise that it may return keeps a client from being read that asks for more than is under way already. */
  message(peer: StompPeer<Request>, message: IncomingMessage): void | Promise<void>;
  closed(peer: StompPeer<Request>): void;
}

/** What `createServer` takes. */
export interface StompDialect<Request = unknown> {
  readonly routes: Readonly<Record<string, StompRoute<Request>>>;
}

/** The subprotocols of STOMP over WebSocket, the newest first. A client may offer none: the version is agreed on by CONNECT. */
export const stompSubprotocols: readonly string[] = ['v12.stomp', 'v11.stomp', 'v10.stomp'];

/**
 * Speaks STOMP 1.0, 1.1 and 1.2 with clients on behalf of a hub, on one path:
 * `createServer({ ...createStompDialect({ hub, authenticate }) })`.
 *
 * @param options.path where. Default `/stomp`
 * @throws HubError `ERR_HUB_INVALID_OPTION`
 */
export function createStompDialect<User, Request = unknown>({
  path = '/stomp',
  ...options
}: StompDialectOptions<User, Request> & { readonly path?: string }): StompDialect<Request> {
  return { routes: { [path]: createStompRoute(options) } };
}

/**
 * Speaks STOMP with the clients of a route, or of any transport of messages. Those of one such object share its queues.
 *
 * @throws HubError `ERR_HUB_INVALID_OPTION`
 */
export function createStompRoute<User, Request = unknown>(
  options: StompDialectOptions<User, Request>,
): StompRoute<Request> {
  const settings = settingsOf(options);
  const connections = new WeakMap<StompPeer<Request>, StompConnection<User>>();
  return {
    subprotocols: stompSubprotocols,
    open(peer) {
      const authenticate = async (login: StompLogin) => options.authenticate(login, peer.request);
      const connection = new StompConnection(peer, authenticate, settings);
      connections.set(peer, connection);
      connection.start();
    },
    message: (peer, message) => connections.get(peer)?.receive(message),
    closed: (peer) => connections.get(peer)?.close(),
  };
}

function settingsOf<User, Request>(options: StompDialectOptions<User, Request>): ConnectionSettings<User> {
  if (typeof options?.hub?.openSession !== 'function') throw invalid('hub must be a hub');
  if (typeof options.authenticate !== 'function') throw invalid('authenticate must be a function');
  const { queues = null, now = timeOfDay, connectTimeoutMs = 10_000, isTextOnly = false } = options;
  if (!(connectTimeoutMs > 0)) throw invalid('connectTimeoutMs must be above zero');
  const { sendMs = 10_000, receiveMs = 10_000 } = options.heartBeat ?? {};
  for (const [name, value] of Object.entries({ sendMs, receiveMs })) {
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(`heartBeat.${name} must be a whole number`);
  }
  return {
    hub: options.hub,
    queues: queues === null || queues instanceof QueueTable ? queues : new QueueTable(queues),
    isTextOnly,
    limits: limitsOf(options),
    heartBeat: { sendMs, receiveMs },
    connectTimeoutMs,
    clock: options.clock ?? systemClock,
    now,
    reportError: guardedReporter(options.reportError),
  };
}

function limitsOf(options: Partial<typeof defaultLimits>): typeof defaultLimits {
  const names = Object.keys(defaultLimits) as (keyof typeof defaultLimits)[];
  const limits = Object.fromEntries(names.map((name) => [name, options[name] ?? defaultLimits[name]]));
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw invalid(`${name} must be a whole number above zero`);
  }
  return limits as typeof defaultLimits;
}

function invalid(problem: string): HubError {
  return new HubError('ERR_HUB_INVALID_OPTION', `createStompDialect: ${problem}`);
}

const defaultLimits = {
  maxFrameBytes: 1024 * 1024,
  maxHeaders: 64,
  maxHeaderBytes: 8 * 1024,
  maxSubscriptions: 1_000,
  maxUnacked: 256,
  maxDeliveries: 10,
  maxTransactions: 16,
  maxTransactionBytes: 4 * 1024 * 1024,
  maxPending: 64,
};
