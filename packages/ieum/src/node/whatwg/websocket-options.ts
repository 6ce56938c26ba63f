import type { SendQueueOptions } from '../../channel/send-queue.js';

import type { OpeningOptions } from '../opening/open-stream.js';
import type { PeerOptions } from '../peer-options.js';

import { toDictionary } from './close-arguments.js';
import { checkProtocols } from './websocket-url.js';

/** How a `WebSocket` or a `WebSocketStream` connects, beyond what browsers know, and its limits. */
export interface WebSocketOptions extends Omit<OpeningOptions, 'subprotocols' | 'signal'>, PeerOptions {
  /** Subprotocols to offer, the preferred one first. Default none. */
  readonly protocols?: readonly string[] | string;
  /** Ends the attempt to connect. Has no effect on an open connection. */
  readonly signal?: AbortSignal;
  /** As for a peer, but for `maxWaitingBytes`: by default any amount may wait. */
  readonly sendQueue?: Partial<SendQueueOptions>;
}

/** What a constructor was given, checked. */
export interface CheckedOptions {
  readonly protocols: readonly string[];
  readonly signal: AbortSignal | undefined;
  readonly options: OpeningOptions & PeerOptions;
}

/**
 * Reads the second argument of `new WebSocket`: a subprotocol, a list of them, or options.
 *
 * @throws DOMException `SyntaxError` for subprotocols that are no tokens or not distinct
 * @throws TypeError for a signal that is none
 */
export function readWebSocketArgument(argument: unknown): CheckedOptions {
  if (isIterable(argument)) return { protocols: checkProtocols(argument), signal: undefined, options: {} };
  if (argument !== undefined && argument !== null && !isDictionary(argument)) {
    return { protocols: checkProtocols([argument]), signal: undefined, options: {} };
  }
  const dictionary = toDictionary('options', argument);
  const { protocols = [] } = dictionary;
  return checked(dictionary, isIterable(protocols) ? protocols : [protocols]);
}

/** Reads the second argument of `new WebSocketStream`. @throws as `readWebSocketArgument` does */
export function readStreamArgument(argument: unknown): CheckedOptions {
  const dictionary = toDictionary('options', argument);
  const { protocols = [] } = dictionary;
  if (!isIterable(protocols)) throw new TypeError('protocols is a list');
  return checked(dictionary, protocols);
}

function checked(
  dictionary: Readonly<Record<string, unknown>>,
  protocols: Iterable<unknown>,
): CheckedOptions {
  const { protocols: _protocols, signal, ...options } = dictionary;
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new TypeError('signal is an AbortSignal');
  const subprotocols = checkProtocols(protocols);
  return { protocols: subprotocols, signal, options: options as OpeningOptions & PeerOptions };
}

/** Strings are iterable too, and are no lists. */
function isIterable(value: unknown): value is Iterable<unknown> {
  return isDictionary(value) && typeof (value as Partial<Iterable<unknown>>)[Symbol.iterator] === 'function';
}

function isDictionary(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
