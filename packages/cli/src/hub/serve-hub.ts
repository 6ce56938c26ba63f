import { setTimeout as pause } from 'node:timers/promises';

import type { Route, UpgradeRequest } from 'ieum';
import { createNativeDialect } from 'ieum/dialects/native';
import type { SockJsRequest, SockJsService } from 'ieum/dialects/sockjs';
import { type Broker, createHub, type Hub, type HubObserver } from 'ieum/hub';

import { type Authentication, type ServedUser, type TokenUser, tokenOf } from '../auth/authentication.js';
import { CommandFailure } from '../command-failure.js';
import type { Log } from '../log.js';
import type { ServeFlags } from '../serve-options.js';
import { sockJsTokenOf } from '../sockjs-services.js';

import { withoutCredentials } from './broker-choice.js';
import { SocketIoEndpoint } from './socketio-endpoint.js';
import { createStompEndpoint, isOwnTopic, type StompEndpoint } from './stomp-endpoint.js';

export interface ServeHubParts {
  readonly flags: ServeFlags;
  readonly authentication: Authentication;
  /** Null for one of its own, in memory. */
  readonly broker: Broker | null;
  readonly observer: HubObserver;
  readonly log: Log;
}

/** The hub of `ieum serve`, and the paths that speak with it. */
export class ServeHub {
  readonly hub: Hub<TokenUser>;
  readonly route: Route<ServedUser>;
  /** The same, for clients of SockJS. */
  readonly sockJsService: SockJsService;
  /** The same hub, for clients of STOMP. */
  readonly stomp: StompEndpoint;
  /** The same hub, for clients of Socket.IO. */
  readonly socketIo: SocketIoEndpoint;
  readonly #log: Log;

  /** @throws CommandFailure for topics that cannot be */
  constructor({ flags, authentication, broker, observer, log }: ServeHubParts) {
    this.#log = log;
    const reportError = (error: unknown): void => {
      log.error(error instanceof Error ? (error.stack ?? error.message) : String(error), { event: 'error' });
    };
    this.hub = createHub<TokenUser>({
      ...(broker === null ? {} : { broker }),
      ...(flags.topics === undefined ? {} : { topics: flags.topics }),
      authorize: (action, topic, user, identity) =>
        authentication.authorize(action, topic, user) ||
        (action === 'subscribe' && isOwnTopic(topic, identity)),
      observer,
      reportError,
    });
    this.route = createNativeDialect<TokenUser, UpgradeRequest>({
      hub: this.hub,
      authenticate: (token, request) => authentication.authenticate(token ?? tokenOf(request), request),
      reportError,
    });
    this.stomp = createStompEndpoint({ flags, authentication, hub: this.hub, reportError });
    this.socketIo = new SocketIoEndpoint({ flags, authentication, hub: this.hub, reportError });
    this.sockJsService = createNativeDialect<TokenUser, SockJsRequest>({
      hub: this.hub,
      authenticate: (token, request) => authentication.authenticate(token ?? sockJsTokenOf(request), request),
      reportError,
    });
  }

  get isReady(): boolean {
    return this.hub.isReady;
  }

  /**
   * Connects to the broker. Resolves when it is there, and also when it is not in a short time: then it is waited for while
   * others are served. Rejects with CommandFailure when it never can be.
   */
  async open(): Promise<void> {
    let isLate = false;
    const opened = this.hub.open().catch((cause: unknown) => {
      const reason = withoutCredentials(cause instanceof Error ? cause.message : String(cause));
      const failure = new CommandFailure(`--broker: ${reason}`, undefined, { cause });
      if (!isLate) throw failure;
      this.#log.error(failure.message, { event: 'broker.failed' });
    });
    await Promise.race([opened, pause(patienceMs, undefined, { ref: false })]);
    isLate = true;
    if (!this.isReady) {
      this.#log.warn('the broker is not there yet: /readyz says 503 until it is', {
        event: 'broker.awaited',
      });
    }
  }
}

/** How long the start waits for the broker, in milliseconds. */
const patienceMs = 2_000;
