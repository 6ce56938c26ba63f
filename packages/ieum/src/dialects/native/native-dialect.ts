import type { Channel } from '../../channel/channel.js';
import type { Clock } from '../../channel/clock.js';
import { HubError } from '../../hub/hub-error.js';
import type { Identity } from '../../hub/identity.js';
import type { Session } from '../../hub/sessions/session.js';
import type { Subscriber } from '../../hub/subscriber.js';
import { timeOfDay } from '../../platform/system.js';
import { systemClock } from '../../platform/system-clock.js';

import { type ConnectionSettings, type IncomingMessage, NativeConnection } from './native-connection.js';

/** A connection as the dialect sees it: a channel, and the request that opened it. */
export interface NativePeer<Request = unknown> extends Channel {
  readonly request: Request;
}

/** What the dialect needs of a hub. */
export interface NativeHub<User> {
  openSession(identity: Identity<User>, subscriber: Subscriber): Session<User>;
}

/** How the dialect is made. All times are in milliseconds. */
export interface NativeDialectOptions<User, Request = unknown> {
  readonly hub: NativeHub<User>;
  /**
   * Says who a client is by the token that it gave, or by the request that opened the connection; null to refuse it. What
   * it throws is told to `reportError` and never to the client, unless it is a HubError.
   */
  readonly authenticate: (
    token: string | null,
    request: Request,
  ) => Identity<User> | null | Promise<Identity<User> | null>;
  /** Until a client is connected: said who it is, and was believed. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /** Requests of one client to the application at once; more are refused. Default 64. */
  readonly maxRequests?: number;
  /** Publishes, subscriptions and questions of one client under way at once; more are not read before. Default 64. */
  readonly maxPending?: number;
  /** Publications in one page of history. Default 1,000. */
  readonly maxHistory?: number;
  /** Is told what the application's functions throw. Default: standard error. */
  readonly reportError?: (error: unknown) => void;
  readonly clock?: Clock;
  /** Milliseconds since 1970, for rights that end. Default `Date.now`. */
  readonly now?: () => number;
}

/** Handlers of a route of `createServer`, or of any other transport of messages. */
export interface NativeDialect<Request = unknown> {
  readonly subprotocols: readonly string[];
  open(peer: NativePeer<Request>): void;
  /** The promise that it may return keeps a client from being read that asks for more than is under way already. */
  message(peer: NativePeer<Request>, message: IncomingMessage): void | Promise<void>;
  closed(peer: NativePeer<Request>): void;
}

/** The subprotocol's name. */
export const nativeSubprotocol = 'ieum.v1';

/**
 * Speaks `ieum.v1` with clients on behalf of a hub. What it gives fits a route:
 * `createServer({ routes: { '/hub': createNativeDialect({ hub, authenticate }) } })`.
 *
 * @throws HubError `ERR_HUB_INVALID_OPTION`
 */
export function createNativeDialect<User, Request = unknown>(
  options: NativeDialectOptions<User, Request>,
): NativeDialect<Request> {
  const settings = settingsOf(options);
  const connections = new WeakMap<NativePeer<Request>, NativeConnection<User>>();
  return {
    subprotocols: [nativeSubprotocol],
    open(peer) {
      const authenticate = async (token: string | null) => options.authenticate(token, peer.request);
      const connection = new NativeConnection(peer, authenticate, settings);
      connections.set(peer, connection);
      connection.start();
    },
    message: (peer, message) => connections.get(peer)?.receive(message),
    closed: (peer) => connections.get(peer)?.close(),
  };
}

function settingsOf<User, Request>(options: NativeDialectOptions<User, Request>): ConnectionSettings<User> {
  if (typeof options?.hub?.openSession !== 'function') throw invalid('hub must be a hub');
  if (typeof options.authenticate !== 'function') throw invalid('authenticate must be a function');
  const limits = {
    maxRequests: options.maxRequests ?? 64,
    maxPending: options.maxPending ?? 64,
    maxHistory: options.maxHistory ?? 1_000,
  };
  const connectTimeoutMs = options.connectTimeoutMs ?? 10_000;
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0)
      throw invalid(`${name} must be a whole number above zero`);
  }
  if (!(connectTimeoutMs > 0)) throw invalid('connectTimeoutMs must be above zero');
  return {
    hub: options.hub,
    limits,
    connectTimeoutMs,
    clock: options.clock ?? systemClock,
    now: options.now ?? timeOfDay,
    reportError: options.reportError ?? ((error) => console.error(error)),
  };
}

function invalid(problem: string): HubError {
  return new HubError('ERR_HUB_INVALID_OPTION', `createNativeDialect: ${problem}`);
}
