import type { Route, UpgradeRequest } from 'ieum';
import type { SockJsRequest, SockJsService } from 'ieum/dialects/sockjs';
import { createStompQueues, createStompRoute, type StompLogin, stompUserTopic } from 'ieum/dialects/stomp';
import type { Hub } from 'ieum/hub';

import {
  type Authentication,
  type ServedUser,
  type TokenIdentity,
  type TokenUser,
  tokenOf,
} from '../auth/authentication.js';
import type { ServeFlags } from '../serve-options.js';
import { sockJsTokenOf } from '../sockjs-services.js';

export interface StompEndpointParts {
  readonly flags: ServeFlags;
  readonly authentication: Authentication;
  readonly hub: Hub<TokenUser>;
  readonly reportError: (error: unknown) => void;
}

/** What speaks STOMP with the hub of `ieum serve`: over WebSocket, and over SockJS. */
export interface StompEndpoint {
  readonly route: Route<ServedUser>;
  readonly sockJsService: SockJsService;
}

export function createStompEndpoint(parts: StompEndpointParts): StompEndpoint {
  const { flags, authentication, hub, reportError } = parts;
  const { maxMessageBytes } = flags;
  // A queue is in the memory of one process: where there are several, who sends and who takes might never meet.
  const isAlone = flags.workers === 1 && flags.broker === 'memory';
  const queues = createStompQueues<TokenUser>({
    authorize: (action, queue, user) => authentication.authorize(action, `stomp-queue/${queue}`, user),
  });
  const shared = {
    hub,
    reportError,
    ...(isAlone ? { queues } : {}),
    ...(maxMessageBytes === undefined ? {} : { maxFrameBytes: maxMessageBytes }),
  };
  return {
    route: createStompRoute<TokenUser, UpgradeRequest>({
      ...shared,
      authenticate: (login, request) =>
        authentication.authenticate(tokenIn(login) ?? tokenOf(request), request),
    }),
    sockJsService: createStompRoute<TokenUser, SockJsRequest>({
      ...shared,
      isTextOnly: true,
      authenticate: (login, request) =>
        authentication.authenticate(tokenIn(login) ?? sockJsTokenOf(request), request),
    }),
  };
}

/** Whether it is about a destination `/user/…` of who asks: these are theirs without a rule. */
export function isOwnTopic(topic: string, { name }: Pick<TokenIdentity, 'name'>): boolean {
  return name !== null && topic.startsWith(`${stompUserTopic(name)}/`);
}

/** The token that a client gives when it connects: as its passcode, or as it would to HTTP. */
function tokenIn({ passcode, headers }: StompLogin): string | null {
  const field = headers.get('Authorization') ?? headers.get('authorization') ?? '';
  return passcode ?? /^Bearer +([\w.~+/=-]+) *$/i.exec(field)?.[1] ?? null;
}
