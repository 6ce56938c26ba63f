import type { Content, WireHeaders, WireMember, WirePosition } from './content.js';
import type { EnvelopeViolation } from './envelope.js';
import {
  count,
  flag,
  headers,
  id,
  json,
  limits,
  members,
  oneOf,
  position,
  type Shapes,
  string,
  time,
} from './fields.js';
import { decodeBy, encodeMessage } from './message.js';

/** A publication as it is delivered: `offset` and `epoch` are there on topics with history. */
export interface Published {
  readonly topic: string;
  readonly offset?: number;
  readonly epoch?: string;
  /** Who published it; left out for the application and for somebody without a name. */
  readonly publisher?: string;
  readonly headers?: WireHeaders;
  /** When it was published, in milliseconds since 1970. */
  readonly at: number;
  readonly content: Content;
}

/** What a server lets one connection do. */
export interface WireLimits {
  /** Requests to the application at once. More are refused. */
  readonly maxRequests: number;
  /** Publishes, subscriptions and questions under way at once. More are not read before. */
  readonly maxPending: number;
  /** Publications in one page of history. */
  readonly maxHistory: number;
}

/** What a server of `ieum.v1` says. Clients ignore types and fields that they do not know. */
export type ServerMessage =
  | {
      readonly type: 'connected';
      readonly session: string;
      readonly name: string | null;
      readonly expiresInMs?: number;
      readonly limits: WireLimits;
    }
  | {
      readonly type: 'authenticated';
      readonly id: number;
      readonly name: string | null;
      readonly expiresInMs?: number;
    }
  | { readonly type: 'expiring'; readonly inMs: number }
  | {
      readonly type: 'subscribed';
      readonly id: number;
      readonly position: WirePosition | null;
      readonly recovery: 'fresh' | 'recovered' | 'gap';
      readonly members?: readonly WireMember[];
    }
  | { readonly type: 'unsubscribed'; readonly id: number }
  /** A subscription ended that the client did not end. */
  | { readonly type: 'ended'; readonly topic: string; readonly code: string }
  | {
      readonly type: 'published';
      readonly id: number;
      readonly offset?: number;
      readonly epoch?: string;
      readonly isDuplicate: boolean;
      readonly delivered: number;
      readonly queued: number;
      readonly dropped: number;
    }
  /** A publication of a topic that was subscribed to. */
  | ({ readonly type: 'message' } & Published)
  /** One of a page of history; `history` with the same id ends the page. */
  | ({ readonly type: 'publication'; readonly id: number } & Published)
  | {
      readonly type: 'history';
      readonly id: number;
      readonly position: WirePosition;
      readonly isContinuous: boolean;
      readonly count: number;
    }
  | {
      readonly type: 'gap';
      readonly topic: string;
      readonly reason: 'expired' | 'epoch' | 'broker' | 'slow-reader';
      readonly position: WirePosition | null;
      readonly missed: number | null;
      readonly snapshot?: unknown;
    }
  | { readonly type: 'presence'; readonly id: number; readonly members: readonly WireMember[] }
  | {
      readonly type: 'presence-changed';
      readonly topic: string;
      readonly joined: readonly WireMember[];
      readonly left: readonly WireMember[];
    }
  | { readonly type: 'request'; readonly id: number; readonly method: string; readonly data?: unknown }
  /** Nobody waits for the answer to the server's request any more. */
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'response'; readonly id: number; readonly data?: unknown }
  /** The answer to a message that was refused; without an id to one whose id could not be read. */
  | { readonly type: 'error'; readonly id: number | null; readonly code: string; readonly message: string }
  | { readonly type: 'pong'; readonly id?: number }
  /** The last message, right before the Close frame. */
  | {
      readonly type: 'closing';
      readonly code: number;
      readonly reason: string;
      readonly retryAfterMs?: number;
    };

/** What a server sent, or what is wrong with it. Never throws. */
export function decodeServerMessage(data: string | Uint8Array): ServerMessage | EnvelopeViolation {
  return decodeBy(serverShapes, data) as ServerMessage | EnvelopeViolation;
}

/**
 * A message as a server sends it: a string as a text message, bytes as a binary one.
 *
 * @throws TypeError when JSON cannot hold its data
 * @throws RangeError when what stands beside a binary payload has more than 65,535 bytes
 */
export function encodeServerMessage(message: ServerMessage): string | Uint8Array<ArrayBuffer> {
  return encodeMessage(message);
}

const publishedFields = {
  topic: string(),
  offset: count(0, 'optional'),
  epoch: string('optional'),
  publisher: string('optional'),
  headers: headers('optional'),
  at: time(),
};

const serverShapes: Shapes<ServerMessage['type']> = {
  connected: {
    fields: { session: string(), name: string('nullable'), expiresInMs: time('optional'), limits: limits() },
  },
  authenticated: { fields: { id: id(), name: string('nullable'), expiresInMs: time('optional') } },
  expiring: { fields: { inMs: time() } },
  subscribed: {
    fields: {
      id: id(),
      position: position('nullable'),
      recovery: oneOf(['fresh', 'recovered', 'gap']),
      members: members('optional'),
    },
  },
  unsubscribed: { fields: { id: id() } },
  ended: { fields: { topic: string(), code: string() } },
  published: {
    fields: {
      id: id(),
      offset: count(0, 'optional'),
      epoch: string('optional'),
      isDuplicate: flag(),
      delivered: count(0),
      queued: count(0),
      dropped: count(0),
    },
  },
  message: { fields: publishedFields, hasContent: true },
  publication: { fields: { id: id(), ...publishedFields }, hasContent: true },
  history: { fields: { id: id(), position: position(), isContinuous: flag(), count: count(0) } },
  gap: {
    fields: {
      topic: string(),
      reason: oneOf(['expired', 'epoch', 'broker', 'slow-reader']),
      position: position('nullable'),
      missed: count(0, 'nullable'),
      snapshot: json(),
    },
  },
  presence: { fields: { id: id(), members: members() } },
  'presence-changed': { fields: { topic: string(), joined: members(), left: members() } },
  request: { fields: { id: id(), method: string(), data: json() } },
  cancel: { fields: { id: id() } },
  response: { fields: { id: id(), data: json() } },
  error: { fields: { id: id('nullable'), code: string(), message: string() } },
  pong: { fields: { id: id('optional') } },
  closing: { fields: { code: count(1000), reason: string(), retryAfterMs: time('optional') } },
};
