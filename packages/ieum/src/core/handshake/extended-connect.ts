import { formatRequestFields, type OpeningRequestOptions } from './client-handshake.js';
import { type HeaderField, HeaderFields } from './header-fields.js';
import { isHost, trimWhitespace } from './http-grammar.js';
import {
  type Answer,
  type AnswerCheck,
  checkAnswer,
  checkOffer,
  formatAnswer,
  type Offer,
} from './negotiation.js';
import { type Refusal, refusalContent, refuse } from './refusal.js';
import { parseRequestTarget } from './request-target.js';

/*
 * The opening handshake over HTTP/2 (RFC 8441): a CONNECT request with `:protocol` in place of an Upgrade, and neither
 * Sec-WebSocket-Key nor Sec-WebSocket-Accept. What is agreed on is negotiated as over HTTP/1.1.
 */

/** What an extended CONNECT asks for. */
export interface ConnectRequest extends Offer {
  /** The host, and perhaps port, that the request was sent to. */
  readonly host: string;
  /** The resource name: path and query, never empty. */
  readonly path: string;
  /** The fields without the pseudo-header fields, as HTTP/1.1 would have had them: with a Host, and with one Cookie. */
  readonly headers: HeaderFields;
}

export type ConnectRequestCheck =
  | { readonly type: 'opening'; readonly request: ConnectRequest }
  | { readonly type: 'refused'; readonly refusal: Refusal };

export type ConnectResponseCheck =
  | Extract<AnswerCheck, { type: 'accepted' | 'invalid' }>
  /** Plain HTTP: a redirect, a challenge, a page that tells why. */
  | { readonly type: 'refused'; readonly status: number; readonly headers: HeaderFields };

/**
 * Checks a request that came over HTTP/2 against RFC 8441 §4 and §5 and RFC 6455 §4.2.1. The statuses of refusals: 400
 * malformed, 405 no extended CONNECT, 413 announces a body, 426 not version 13, 501 a `:protocol` that is not WebSocket.
 *
 * @param fields all field lines of the request, pseudo-header fields included
 */
export function checkConnectRequest(fields: HeaderFields): ConnectRequestCheck {
  const protocol = fields.get(':protocol');
  if (fields.get(':method') !== 'CONNECT' || protocol === undefined) {
    return refused(405, 'an opening handshake over HTTP/2 is an extended CONNECT', [['Allow', 'CONNECT']]);
  }
  if (protocol.toLowerCase() !== 'websocket') return refused(501, 'no protocol but websocket is spoken here');

  const scheme = fields.get(':scheme')?.toLowerCase();
  if (scheme !== 'https' && scheme !== 'http') return refused(400, 'bad :scheme');
  const host = hostOf(fields);
  if (host === undefined) return refused(400, 'bad :authority');
  const path = fields.get(':path') ?? '';
  if (!path.startsWith('/') || parseRequestTarget(path) === null) return refused(400, 'bad :path');
  const length = fields.get('Content-Length');
  if (length !== undefined && length !== '0') return refused(413, 'an opening handshake has no body');

  const headers = asInHttp1(fields, host);
  const offered = checkOffer(headers);
  if (offered.type === 'refused') return offered;
  const { origin, subprotocols, extensions } = offered.offer;
  return { type: 'opening', request: { origin, subprotocols, extensions, host, path, headers } };
}

/**
 * The response that opens the connection (RFC 8441 §5), with names in lower case.
 *
 * @throws UsageError as `formatAnswer` does
 */
export function formatConnectAnswer(
  offer: Pick<Offer, 'subprotocols' | 'extensions'>,
  answer: Answer = {},
): HeaderField[] {
  return [[':status', '200'], ...forHttp2(formatAnswer(offer, answer))];
}

/** A refusal as the head of a response, with names in lower case, and its body, which is empty for a 304. */
export function formatConnectRefusal(refusal: Refusal): {
  readonly fields: readonly HeaderField[];
  readonly body: Uint8Array;
} {
  const content = refusalContent(refusal);
  const fields = [...refusal.headers, ...(content?.fields ?? [])];
  return {
    fields: [[':status', String(refusal.status)], ...forHttp2(fields)],
    body: content?.body ?? new Uint8Array(),
  };
}

/**
 * The request that opens a connection (RFC 8441 §5), with names in lower case.
 *
 * @throws UsageError as `createOpeningRequest` does
 */
export function createConnectRequest(options: Omit<OpeningRequestOptions, 'key'>): HeaderField[] {
  const { secure, host, target } = options.uri;
  const fields = formatRequestFields(options);
  return [
    [':method', 'CONNECT'],
    [':protocol', 'websocket'],
    [':scheme', secure ? 'https' : 'http'],
    [':authority', host],
    [':path', target],
    ...forHttp2(fields),
  ];
}

/** Checks the response to an extended CONNECT: any status of 2xx accepts (RFC 8441 §5). */
export function checkConnectResponse(
  fields: HeaderFields,
  offer: Pick<Offer, 'subprotocols' | 'extensions'>,
): ConnectResponseCheck {
  const status = Number(fields.get(':status'));
  if (status >= 200 && status < 300) return checkAnswer(fields, offer);
  return { type: 'refused', status, headers: new HeaderFields(withoutPseudo(fields)) };
}

/** RFC 9113 §8.3.1: `:authority` and Host, where both are there, name the same. */
function hostOf(fields: HeaderFields): string | undefined {
  const host = fields.get('Host');
  const authority = fields.get(':authority') ?? host;
  if (authority === undefined || !isHost(authority) || fields.count('Host') > 1) return undefined;
  return host === undefined || host.toLowerCase() === authority.toLowerCase() ? authority : undefined;
}

/** RFC 9113 §8.2.3: a Cookie may have been cut into crumbs. */
function asInHttp1(fields: HeaderFields, host: string): HeaderFields {
  const cookies = fields.getAll('Cookie');
  const others = withoutPseudo(fields).filter(([name]) => name !== 'host' && name !== 'cookie');
  const cookie: HeaderField[] = cookies.length === 0 ? [] : [['cookie', cookies.join('; ')]];
  return new HeaderFields([['host', host], ...others, ...cookie]);
}

function withoutPseudo(fields: HeaderFields): HeaderField[] {
  return [...fields].filter(([name]) => !name.startsWith(':'));
}

/**
 * RFC 9113 §8.2: names in lower case, values without whitespace around them, which HTTP/1.1 does not count, and nothing
 * that is about one connection of HTTP/1.1.
 */
function forHttp2(fields: readonly HeaderField[]): HeaderField[] {
  return fields
    .map(([name, value]): HeaderField => [name.toLowerCase(), trimWhitespace(value)])
    .filter(([name]) => !connectionFields.has(name));
}

function refused(status: number, reason: string, headers: readonly HeaderField[] = []): ConnectRequestCheck {
  return { type: 'refused', refusal: refuse(status, reason, headers) };
}

const connectionFields: ReadonlySet<string> = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);
