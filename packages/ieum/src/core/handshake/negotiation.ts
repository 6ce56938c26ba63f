import { UsageError } from '../errors.js';

import { type ExtensionOffer, formatExtensionList, parseExtensionList } from './extension-list.js';
import { checkFields, isHandshakeField } from './head-encoder.js';
import type { HeaderField, HeaderFields } from './header-fields.js';
import { isFieldValue } from './http-grammar.js';
import { type Refusal, refuse } from './refusal.js';
import { checkSubprotocols, parseSubprotocols } from './subprotocols.js';

/*
 * What client and server agree on, however the connection was bootstrapped: the same fields mean the same in the
 * Upgrade of HTTP/1.1 (RFC 6455 §4) and in the extended CONNECT of HTTP/2 (RFC 8441 §5).
 */

/** What a client asks for. */
export interface Offer {
  /** What the Origin field says; undefined when there is none, as with most clients that are no browsers. */
  readonly origin: string | undefined;
  /** The preferred one first. */
  readonly subprotocols: readonly string[];
  /** The preferred one first. */
  readonly extensions: readonly ExtensionOffer[];
}

export type OfferCheck =
  | { readonly type: 'offer'; readonly offer: Offer }
  | { readonly type: 'refused'; readonly refusal: Refusal };

/** What a server grants. */
export interface Answer {
  /** One of the offered ones, or undefined for none. */
  readonly subprotocol?: string | undefined;
  /** Elements with names that were offered, in the order in which they apply. */
  readonly extensions?: readonly ExtensionOffer[] | undefined;
  /** Other fields of the response, such as Set-Cookie. */
  readonly headers?: Iterable<HeaderField> | undefined;
}

export type AnswerCheck =
  | {
      readonly type: 'accepted';
      /** Undefined when the server chose none. */
      readonly subprotocol: string | undefined;
      /** Each with a name that was offered; their parameters are for the extension to judge. */
      readonly extensions: readonly ExtensionOffer[];
    }
  | { readonly type: 'invalid'; readonly code: NegotiationFailureCode; readonly reason: string };

export type NegotiationFailureCode = 'ERR_WS_HANDSHAKE_SUBPROTOCOL' | 'ERR_WS_HANDSHAKE_EXTENSIONS';

/**
 * A client's offer, read by the server (RFC 6455 §4.2.1). Refused with 426 and the version we speak when
 * Sec-WebSocket-Version is not 13 (§4.4), with 400 when another field breaks its grammar.
 *
 * @param takesDrafts whether versions 7 and 8 will do too: the drafts before the RFC, whose frames are the same and where
 *   the origin is in Sec-WebSocket-Origin
 */
export function checkOffer(headers: HeaderFields, takesDrafts = false): OfferCheck {
  const version = headers.get('Sec-WebSocket-Version') ?? '';
  const isDraft = takesDrafts && draftVersions.includes(version);
  if ((version !== protocolVersion && !isDraft) || headers.count('Sec-WebSocket-Version') > 1) {
    return refused(refuse(426, 'unsupported WebSocket version', [versionField]));
  }
  const subprotocols = parseSubprotocols(headers.getAll('Sec-WebSocket-Protocol'));
  if (subprotocols === null) return refused(refuse(400, 'malformed Sec-WebSocket-Protocol'));
  const extensions = parseExtensionList(headers.getAll('Sec-WebSocket-Extensions'));
  if (extensions === null) return refused(refuse(400, 'malformed Sec-WebSocket-Extensions'));
  const origins = [...headers.getAll('Origin'), ...(isDraft ? headers.getAll('Sec-WebSocket-Origin') : [])];
  if (origins.length > 1) return refused(refuse(400, 'repeated Origin'));
  return { type: 'offer', offer: { origin: origins[0], subprotocols, extensions } };
}

/**
 * The fields that carry an offer (RFC 6455 §4.1).
 *
 * @throws UsageError `ERR_WS_INVALID_SUBPROTOCOL`, `ERR_WS_INVALID_EXTENSION`, or `ERR_WS_INVALID_HEADER` for the origin
 */
export function formatOffer(offer: Offer): HeaderField[] {
  const { origin, subprotocols, extensions } = offer;
  checkSubprotocols(subprotocols);
  if (origin !== undefined && (origin === '' || !isFieldValue(origin))) {
    throw new UsageError('ERR_WS_INVALID_HEADER', 'the origin has forbidden characters');
  }
  const fields: HeaderField[] = [versionField];
  if (subprotocols.length > 0) fields.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
  if (extensions.length > 0) fields.push(['Sec-WebSocket-Extensions', formatExtensionList(extensions)]);
  if (origin !== undefined) fields.push(['Origin', origin]);
  return fields;
}

/**
 * The fields that carry a server's answer (RFC 6455 §4.2.2 step 5). Without a subprotocol there is no field for one.
 *
 * @throws UsageError `ERR_WS_INVALID_SUBPROTOCOL` or `ERR_WS_INVALID_EXTENSION` when the client did not offer it, and
 *   `ERR_WS_INVALID_HEADER` on a bad header or one that belongs to the handshake
 */
export function formatAnswer(
  offer: Pick<Offer, 'subprotocols' | 'extensions'>,
  answer: Answer,
): HeaderField[] {
  const { subprotocol, extensions = [], headers = [] } = answer;
  const fields: HeaderField[] = [];
  if (subprotocol !== undefined) {
    if (!offer.subprotocols.includes(subprotocol)) {
      throw new UsageError('ERR_WS_INVALID_SUBPROTOCOL', 'the client did not offer this subprotocol');
    }
    fields.push(['Sec-WebSocket-Protocol', subprotocol]);
  }
  if (!areOffered(extensions, offer.extensions)) {
    throw new UsageError('ERR_WS_INVALID_EXTENSION', 'the client did not offer this extension, or not twice');
  }
  if (extensions.length > 0) fields.push(['Sec-WebSocket-Extensions', formatExtensionList(extensions)]);
  fields.push(...checkFields(headers, isHandshakeField));
  return fields;
}

/** A server's answer, read by the client: nothing may be in it that was not offered (RFC 6455 §4.1). */
export function checkAnswer(
  headers: HeaderFields,
  offer: Pick<Offer, 'subprotocols' | 'extensions'>,
): AnswerCheck {
  const [subprotocol, ...otherSubprotocols] = headers.getAll('Sec-WebSocket-Protocol');
  if (otherSubprotocols.length > 0) {
    return invalid('ERR_WS_HANDSHAKE_SUBPROTOCOL', 'the server chose more than one subprotocol');
  }
  if (subprotocol !== undefined && !offer.subprotocols.includes(subprotocol)) {
    return invalid('ERR_WS_HANDSHAKE_SUBPROTOCOL', 'the server chose a subprotocol that was not offered');
  }
  const extensions = parseExtensionList(headers.getAll('Sec-WebSocket-Extensions'));
  if (extensions === null) {
    return invalid('ERR_WS_HANDSHAKE_EXTENSIONS', 'malformed Sec-WebSocket-Extensions');
  }
  if (!areOffered(extensions, offer.extensions)) {
    return invalid(
      'ERR_WS_HANDSHAKE_EXTENSIONS',
      'the server chose an extension that was not offered, or twice',
    );
  }
  return { type: 'accepted', subprotocol, extensions };
}

/** Whether each extension was offered and none is there twice: two of a kind would claim the same reserved bits. */
function areOffered(chosen: readonly ExtensionOffer[], offered: readonly ExtensionOffer[]): boolean {
  if (chosen.length === 0) return true;
  const available = new Set(offered.map(({ name }) => name));
  return chosen.every(({ name }) => available.delete(name));
}

function refused(refusal: Refusal): OfferCheck {
  return { type: 'refused', refusal };
}

function invalid(code: NegotiationFailureCode, reason: string): AnswerCheck {
  return { type: 'invalid', code, reason };
}

/** RFC 6455 §4.1: the value of Sec-WebSocket-Version. */
const protocolVersion = '13';
/** Of hybi-07 and hybi-08 to hybi-12. */
const draftVersions: readonly string[] = ['7', '8'];
/** The field that carries it. */
export const versionField: HeaderField = ['Sec-WebSocket-Version', protocolVersion];
