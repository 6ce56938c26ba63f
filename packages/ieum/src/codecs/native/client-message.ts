import type { Content, WireHeaders, WirePosition } from './content.js';
import type { EnvelopeViolation } from './envelope.js';
import { count, flag, headers, id, json, position, type Shapes, string } from './fields.js';
import { decodeBy, encodeMessage } from './message.js';

/** What a client of `ieum.v1` says. Its ids are its own; the answer to a message has the message's id. */
export type ClientMessage =
  /** Says who it is. The first message, and never again. */
  | { readonly type: 'connect'; readonly token?: string; readonly client?: string }
  /** Says who it is from now on. */
  | { readonly type: 'authenticate'; readonly id: number; readonly token: string }
  | {
      readonly type: 'subscribe';
      readonly id: number;
      readonly topic: string;
      readonly since?: WirePosition;
      readonly presence?: boolean;
    }
  | { readonly type: 'unsubscribe'; readonly id: number; readonly topic: string }
  /** Without an id nobody is told what became of it. */
  | {
      readonly type: 'publish';
      readonly id?: number;
      readonly topic: string;
      readonly key?: string;
      readonly headers?: WireHeaders;
      readonly content: Content;
    }
  | {
      readonly type: 'history';
      readonly id: number;
      readonly topic: string;
      readonly since?: WirePosition;
      readonly limit: number;
    }
  | { readonly type: 'presence'; readonly id: number; readonly topic: string }
  | { readonly type: 'request'; readonly id: number; readonly method: string; readonly data?: unknown }
  /** Nobody waits for the answer to the client's request any more. */
  | { readonly type: 'cancel'; readonly id: number }
  /** The answer to the server's request. */
  | { readonly type: 'response'; readonly id: number; readonly data?: unknown }
  /** The same, of a client that cannot give one. */
  | { readonly type: 'error'; readonly id: number; readonly code: string; readonly message?: string }
  | { readonly type: 'ping'; readonly id?: number };

/** What a client sent, or what is wrong with it. Never throws. */
export function decodeClientMessage(data: string | Uint8Array): ClientMessage | EnvelopeViolation {
  return decodeBy(clientShapes, data) as ClientMessage | EnvelopeViolation;
}

/**
 * A message as a client sends it: a string as a text message, bytes as a binary one.
 *
 * @throws TypeError when JSON cannot hold its data
 * @throws RangeError when what stands beside a binary payload has more than 65,535 bytes
 */
export function encodeClientMessage(message: ClientMessage): string | Uint8Array<ArrayBuffer> {
  return encodeMessage(message);
}

const clientShapes: Shapes<ClientMessage['type']> = {
  connect: { fields: { token: string('optional'), client: string('optional') } },
  authenticate: { fields: { id: id(), token: string() } },
  subscribe: {
    fields: { id: id(), topic: string(), since: position('optional'), presence: flag('optional') },
  },
  unsubscribe: { fields: { id: id(), topic: string() } },
  publish: {
    fields: { id: id('optional'), topic: string(), key: string('optional'), headers: headers('optional') },
    hasContent: true,
  },
  history: { fields: { id: id(), topic: string(), since: position('optional'), limit: count(1) } },
  presence: { fields: { id: id(), topic: string() } },
  request: { fields: { id: id(), method: string(), data: json() } },
  cancel: { fields: { id: id() } },
  response: { fields: { id: id(), data: json() } },
  error: { fields: { id: id(), code: string(), message: string('optional') } },
  ping: { fields: { id: id('optional') } },
};
