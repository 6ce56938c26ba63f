import { UsageError } from '../errors.js';

import { isToken, splitList } from './http-grammar.js';

/** A parameter of an extension: its name, and its value or `true` when it has none. */
export type ExtensionParam = readonly [name: string, value: string | true];

/** One element of Sec-WebSocket-Extensions: an offer of the client, or what the server took of one (RFC 6455 §9.1). */
export interface ExtensionOffer {
  readonly name: string;
  /** In their order; a repeated parameter stays visible, for the extension to judge. */
  readonly params: readonly ExtensionParam[];
}

/**
 * The extensions of all Sec-WebSocket-Extensions lines of a message, in their order. Null when the grammar of
 * RFC 6455 §9.1 is broken; empty only when there is no line.
 *
 * A quoted value must be a token once the quotes are off. So no separator can stand within quotes, and cutting at
 * separators first finds the same lists as reading character by character.
 */
export function parseExtensionList(values: readonly string[]): ExtensionOffer[] | null {
  const offers: ExtensionOffer[] = [];
  for (const value of values) {
    for (const element of splitList(value, ',')) {
      if (element === '') continue;
      const offer = parseExtension(element);
      if (offer === null) return null;
      offers.push(offer);
    }
  }
  return offers.length === 0 && values.length > 0 ? null : offers;
}

/**
 * The value of a Sec-WebSocket-Extensions field.
 *
 * @throws UsageError `ERR_WS_INVALID_EXTENSION` when a name or a value is not a token, or the list is empty
 */
export function formatExtensionList(offers: readonly ExtensionOffer[]): string {
  if (offers.length === 0) throw invalidExtension('an extension list needs an element');
  return offers.map(formatExtension).join(', ');
}

function parseExtension(element: string): ExtensionOffer | null {
  if (isToken(element)) return { name: element, params: [] };
  const [name, ...rest] = splitList(element, ';');
  if (name === undefined || !isToken(name)) return null;
  const params: ExtensionParam[] = [];
  for (const text of rest) {
    const param = parseParam(text);
    if (param === null) return null;
    params.push(param);
  }
  return { name, params };
}

function parseParam(text: string): ExtensionParam | null {
  const [name, value, ...rest] = splitList(text, '=');
  if (name === undefined || !isToken(name) || rest.length > 0) return null;
  if (value === undefined) return [name, true];
  const unquoted = value.startsWith('"') ? unquote(value) : value;
  return unquoted !== null && isToken(unquoted) ? [name, unquoted] : null;
}

/** The content of a quoted string (RFC 9110 §5.6.4), or null when it does not end where the text ends. */
function unquote(text: string): string | null {
  let content = '';
  let i = 1;
  for (; i < text.length && text[i] !== '"'; i++) {
    if (text[i] === '\\') i++;
    content += text[i] ?? '';
  }
  return i === text.length - 1 ? content : null;
}

function formatExtension(offer: ExtensionOffer): string {
  let text = checkName(offer.name);
  for (const [name, value] of offer.params) {
    text += `; ${checkName(name)}`;
    if (value !== true) text += `=${checkName(value)}`;
  }
  return text;
}

function checkName(name: string): string {
  if (typeof name === 'string' && isToken(name)) return name;
  throw invalidExtension(`${JSON.stringify(name)} is not a token`);
}

function invalidExtension(message: string): UsageError {
  return new UsageError('ERR_WS_INVALID_EXTENSION', message);
}
