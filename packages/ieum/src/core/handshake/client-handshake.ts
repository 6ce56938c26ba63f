import { Buffer } from 'node:buffer';

import { UsageError } from '../errors.js';

import { acceptFor, isKey } from './accept-key.js';
import type { ExtensionOffer } from './extension-list.js';
import type { ResponseHead } from './head-decoder.js';
import { checkFields, encodeHead, isHandshakeField } from './head-encoder.js';
import type { HeaderField, HeaderFields } from './header-fields.js';
import { hasToken, isHost, parseTokenList } from './http-grammar.js';
import { type AnswerCheck, checkAnswer, formatOffer, type NegotiationFailureCode } from './negotiation.js';
import { parseRequestTarget } from './request-target.js';
import type { WebSocketUri } from './websocket-uri.js';

export interface OpeningRequestOptions {
  readonly uri: WebSocketUri;
  /** From `createKey`, new for each connection. */
  readonly key: string;
  /** The preferred one first. Default none. */
  readonly subprotocols?: readonly string[] | undefined;
  /** The preferred one first. Default none. */
  readonly extensions?: readonly ExtensionOffer[] | undefined;
  /** For the Origin field. Default none, as is right for a client that is no browser. */
  readonly origin?: string | undefined;
  /** Other fields, such as Cookie. An Authorization here replaces the one made from the URI's userinfo. */
  readonly headers?: Iterable<HeaderField> | undefined;
}

/** What a response is measured against. */
export interface ResponseExpectation {
  /** The value that Sec-WebSocket-Accept must have. */
  readonly accept: string;
  readonly subprotocols: readonly string[];
  readonly extensions: readonly ExtensionOffer[];
}

export interface CreatedOpeningRequest {
  /** The whole request. Its characters are bytes: write it as latin1. */
  readonly text: string;
  readonly expectation: ResponseExpectation;
}

/** Stable names of what a server can do wrong in its opening handshake. */
export type HandshakeFailureCode =
  | NegotiationFailureCode
  | 'ERR_WS_HANDSHAKE_HTTP_VERSION'
  | 'ERR_WS_HANDSHAKE_UPGRADE'
  | 'ERR_WS_HANDSHAKE_CONNECTION'
  | 'ERR_WS_HANDSHAKE_ACCEPT'
  | 'ERR_WS_HANDSHAKE_BODY';

export type OpeningResponseCheck =
  | Extract<AnswerCheck, { type: 'accepted' }>
  /** An informational response: the head of the final one follows it (RFC 9110 §15.2). */
  | { readonly type: 'interim'; readonly status: number }
  /** Plain HTTP, to be handled as such: a redirect, a challenge, a page that tells why (RFC 6455 §4.1). */
  | {
      readonly type: 'refused';
      readonly status: number;
      readonly reason: string;
      readonly headers: HeaderFields;
    }
  | { readonly type: 'invalid'; readonly code: HandshakeFailureCode; readonly reason: string };

/**
 * The request that opens a connection (RFC 6455 §4.1).
 *
 * @throws UsageError `ERR_WS_INVALID_HEADER` on a bad header, or one that the handshake writes itself (use `origin` for
 *   Origin); `ERR_WS_INVALID_SUBPROTOCOL`, `ERR_WS_INVALID_EXTENSION`, `ERR_WS_INVALID_URL`; `ERR_WS_INVALID_OPTION`
 *   for a key that `createKey` did not make
 */
export function createOpeningRequest(options: OpeningRequestOptions): CreatedOpeningRequest {
  const { uri, key, subprotocols = [], extensions = [] } = options;
  if (!isKey(key)) throw new UsageError('ERR_WS_INVALID_OPTION', 'the key is not 16 bytes in base64');
  const offer = formatRequestFields(options);
  const fields: HeaderField[] = [
    ['Host', uri.host],
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Key', key],
    ...offer,
  ];
  return {
    text: encodeHead(`GET ${uri.target} HTTP/1.1`, fields),
    expectation: { accept: acceptFor(key), subprotocols: [...subprotocols], extensions: [...extensions] },
  };
}

/**
 * The fields of an opening handshake that are the same over HTTP/1.1 and HTTP/2: the offer, then what the caller adds.
 *
 * @throws UsageError as `createOpeningRequest` does
 */
export function formatRequestFields(options: Omit<OpeningRequestOptions, 'key'>): HeaderField[] {
  const { uri, subprotocols = [], extensions = [], origin, headers = [] } = options;
  if (!isHost(uri.host) || parseRequestTarget(uri.target)?.path !== uri.target) {
    throw new UsageError('ERR_WS_INVALID_URL', 'the host or the target has forbidden characters');
  }
  return [
    ...formatOffer({ origin, subprotocols, extensions }),
    ...withAuthorization(checkFields(headers, isClientField), uri),
  ];
}

/** Checks a server's opening handshake against RFC 6455 §4.1 and §4.2.2. */
export function checkOpeningResponse(
  head: ResponseHead,
  expectation: ResponseExpectation,
): OpeningResponseCheck {
  const { headers, status } = head;
  if (status >= 100 && status < 200 && status !== 101) return { type: 'interim', status };
  if (status !== 101) return { type: 'refused', status, reason: head.reason, headers };
  if (head.version === '1.0') {
    return invalid('ERR_WS_HANDSHAKE_HTTP_VERSION', 'the server answered with HTTP/1.0');
  }
  const upgrades = parseTokenList(headers.getAll('Upgrade'));
  if (upgrades?.length !== 1 || upgrades[0]?.toLowerCase() !== 'websocket') {
    return invalid('ERR_WS_HANDSHAKE_UPGRADE', 'the server did not upgrade to WebSocket, or not to it alone');
  }
  if (!hasToken(headers.getAll('Connection'), 'Upgrade')) {
    return invalid('ERR_WS_HANDSHAKE_CONNECTION', 'Connection lacks Upgrade');
  }
  const accepts = headers.getAll('Sec-WebSocket-Accept');
  if (accepts.length !== 1 || accepts[0] !== expectation.accept) {
    return invalid('ERR_WS_HANDSHAKE_ACCEPT', 'Sec-WebSocket-Accept does not answer the key');
  }
  if (announcesBody(headers)) {
    return invalid('ERR_WS_HANDSHAKE_BODY', 'a response that switches protocols has no body');
  }
  return checkAnswer(headers, expectation);
}

/** RFC 9110 §8.6 and RFC 9112 §6.1 forbid it in a 101; who obeys it would take frames for a body. */
function announcesBody(headers: HeaderFields): boolean {
  return (
    headers.has('Transfer-Encoding') || headers.getAll('Content-Length').some((length) => length !== '0')
  );
}

/** Adds the URI's userinfo as Basic credentials (RFC 7617) when no other ones are given. */
function withAuthorization(fields: HeaderField[], { username, password }: WebSocketUri): HeaderField[] {
  if (username === undefined && password === undefined) return fields;
  if (fields.some(([name]) => name.toLowerCase() === 'authorization')) return fields;
  if (username?.includes(':')) {
    throw new UsageError('ERR_WS_INVALID_URL', 'a user name with a colon cannot be sent');
  }
  const credentials = Buffer.from(`${username ?? ''}:${password ?? ''}`).toString('base64');
  return [...fields, ['Authorization', `Basic ${credentials}`]];
}

function isClientField(lowerName: string): boolean {
  return isHandshakeField(lowerName) || clientFields.has(lowerName);
}

function invalid(code: HandshakeFailureCode, reason: string): OpeningResponseCheck {
  return { type: 'invalid', code, reason };
}

const clientFields: ReadonlySet<string> = new Set(['expect', 'host', 'origin']);
