import { acceptFor, isKey } from './accept-key.js';
import { encodeHead } from './head-encoder.js';
import type { HeaderField, HeaderFields } from './header-fields.js';
import { hasToken, isHost } from './http-grammar.js';
import { type Answer, checkOffer, formatAnswer, type Offer, versionField } from './negotiation.js';
import { type Refusal, refuse } from './refusal.js';
import { parseRequestTarget } from './request-target.js';

/** A request head from any parser: ours, or the one of `node:http` with `httpVersion` and `rawHeaders`. */
export interface OpeningRequestShape {
  readonly method: string;
  readonly target: string;
  /** The digits: `1.1`. */
  readonly version: string;
  readonly headers: HeaderFields;
}

/** A client's opening handshake that obeys RFC 6455 §4.2.1. Whether it is welcome is for the application to say. */
export interface OpeningRequest extends Offer {
  readonly key: string;
  /** The host, and perhaps port, that the request was sent to. */
  readonly host: string;
  /** The resource name: path and query, never empty. */
  readonly path: string;
}

export type OpeningRequestCheck =
  | { readonly type: 'opening'; readonly request: OpeningRequest }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/**
 * Checks a client's opening handshake against RFC 6455 §4.2.1, RFC 9110 and RFC 9112. The statuses of refusals:
 * 400 malformed, 405 not GET, 413 has a body, 426 no Upgrade to WebSocket or not version 13, 505 not HTTP/1.
 *
 * @param takesDrafts whether versions 7 and 8 will do too
 */
export function checkOpeningRequest(shape: OpeningRequestShape, takesDrafts = false): OpeningRequestCheck {
  const { headers } = shape;
  const refusal =
    checkRequestLine(shape) ?? checkHost(headers) ?? checkUpgrade(headers) ?? checkBody(headers);
  if (refusal !== undefined) return { type: 'refused', refusal };

  const offered = checkOffer(headers, takesDrafts);
  if (offered.type === 'refused') return { type: 'refused', refusal: withUpgrade(offered.refusal) };

  const key = headers.get('Sec-WebSocket-Key');
  if (key === undefined || !isKey(key) || headers.count('Sec-WebSocket-Key') > 1) {
    return refused(400, 'bad Sec-WebSocket-Key');
  }

  const target = parseRequestTarget(shape.target);
  if (target === null) return refused(400, 'bad request target');
  const host = target.host ?? (headers.get('Host') as string);
  const { origin, subprotocols, extensions } = offered.offer;
  return { type: 'opening', request: { origin, subprotocols, extensions, key, host, path: target.path } };
}

/**
 * The response that opens the connection (RFC 6455 §4.2.2). Its characters are bytes: write it as latin1.
 *
 * @throws UsageError `ERR_WS_INVALID_SUBPROTOCOL` or `ERR_WS_INVALID_EXTENSION` when the client did not offer what is
 *   granted, and `ERR_WS_INVALID_HEADER` on a bad header or one that belongs to the handshake
 */
export function formatSwitchingProtocols(
  request: Pick<OpeningRequest, 'key' | 'subprotocols' | 'extensions'>,
  answer: Answer = {},
): string {
  const fields = formatAnswer(request, answer);
  fields.unshift(...upgradeFields, ['Sec-WebSocket-Accept', acceptFor(request.key)]);
  return encodeHead('HTTP/1.1 101 Switching Protocols', fields);
}

function checkRequestLine({ method, version }: OpeningRequestShape): Refusal | undefined {
  if (!httpVersion.test(version) || version < '1.1') return refuse(400, 'HTTP/1.1 is needed');
  if (!version.startsWith('1')) return refuse(505, 'HTTP version not supported');
  if (method !== 'GET') return refuse(405, 'an opening handshake is a GET request', [['Allow', 'GET']]);
  return undefined;
}

/** RFC 9112 §3.2: a request without exactly one valid Host is bad, even when its target is absolute. */
function checkHost(headers: HeaderFields): Refusal | undefined {
  const host = headers.get('Host');
  const isSound = host !== undefined && isHost(host) && headers.count('Host') === 1;
  return isSound ? undefined : refuse(400, 'bad Host');
}

function checkUpgrade(headers: HeaderFields): Refusal | undefined {
  if (!hasToken(headers.getAll('Upgrade'), 'websocket')) {
    return refuse(426, 'this is a WebSocket endpoint', [...upgradeFields, versionField]);
  }
  if (!hasToken(headers.getAll('Connection'), 'Upgrade')) return refuse(400, 'Connection lacks Upgrade');
  return undefined;
}

/** What follows the head is frames: a body there would be read as frames by one and as a body by another. */
function checkBody(headers: HeaderFields): Refusal | undefined {
  if (headers.has('Transfer-Encoding')) return refuse(413, 'an opening handshake has no body');
  const length = headers.get('Content-Length');
  if (length === undefined) return undefined;
  if (!digits.test(length) || headers.count('Content-Length') > 1) return refuse(400, 'bad Content-Length');
  return Number(length) > 0 ? refuse(413, 'an opening handshake has no body') : undefined;
}

/** In HTTP/1.1 a 426 tells what to upgrade to (RFC 9110 §15.5.22). */
function withUpgrade(refusal: Refusal): Refusal {
  if (refusal.status !== 426) return refusal;
  return { ...refusal, headers: [...upgradeFields, ...refusal.headers] };
}

function refused(status: number, reason: string): OpeningRequestCheck {
  return { type: 'refused', refusal: refuse(status, reason) };
}

const upgradeFields: readonly HeaderField[] = [
  ['Upgrade', 'websocket'],
  ['Connection', 'Upgrade'],
];
const httpVersion = /^[0-9]\.[0-9]$/;
const digits = /^[0-9]+$/;
