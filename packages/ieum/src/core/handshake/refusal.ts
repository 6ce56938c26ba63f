import { Buffer } from 'node:buffer';

import { UsageError } from '../errors.js';

import { checkFields, encodeHead } from './head-encoder.js';
import type { HeaderField } from './header-fields.js';
import { hasToken } from './http-grammar.js';

/** Why an opening handshake ends here: what the client is told instead of being connected. */
export interface Refusal {
  /** 300–599. */
  readonly status: number;
  /** One line of text for people. */
  readonly reason: string;
  readonly headers: readonly HeaderField[];
}

/**
 * Makes a refusal.
 *
 * @throws UsageError `ERR_WS_INVALID_OPTION` when the status is not 300–599 or the reason is not one line, and
 *   `ERR_WS_INVALID_HEADER` on a bad header or one that describes the body
 */
export function refuse(status: number, reason: string, headers: Iterable<HeaderField> = []): Refusal {
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'a refusal has a status of 300 to 599');
  }
  if (typeof reason !== 'string' || !isOneLine(reason)) {
    throw new UsageError('ERR_WS_INVALID_OPTION', 'the reason of a refusal is one line of text');
  }
  return { status, reason, headers: checkFields(headers, (name) => bodyFields.has(name)) };
}

/** The refusal as a whole HTTP/1.1 response, with its reason as the body. The connection is to be closed after it. */
export function formatRefusal(refusal: Refusal): Uint8Array {
  const { status, headers } = refusal;
  const content = refusalContent(refusal);
  const body = content?.body ?? new Uint8Array();
  const connection = headers.filter(isConnection).map(([, value]) => value);
  if (!hasToken(connection, 'close')) connection.push('close');
  const fields: HeaderField[] = headers.filter((field) => !isConnection(field));
  fields.push(['Connection', connection.join(', ')]);
  if (content !== null) fields.push(...content.fields);
  const head = encodeHead(`HTTP/1.1 ${status} ${reasonPhrases.get(status) ?? ''}`, fields);
  return Buffer.concat([Buffer.from(head, 'latin1'), body]);
}

/** The reason as a body, and the fields that describe it; null for a 304, which ends with its head (RFC 9110 §15.4.5). */
export function refusalContent({
  status,
  reason,
}: Refusal): { fields: HeaderField[]; body: Uint8Array } | null {
  if (status === 304) return null;
  const body = Buffer.from(`${reason}\n`);
  return {
    fields: [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', String(body.length)],
    ],
    body,
  };
}

function isConnection([name]: HeaderField): boolean {
  return name.toLowerCase() === 'connection';
}

function isOneLine(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return false;
  }
  return true;
}

const bodyFields: ReadonlySet<string> = new Set(['content-length', 'content-type', 'transfer-encoding']);

const reasonPhrases: ReadonlyMap<number, string> = new Map([
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [410, 'Gone'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [417, 'Expectation Failed'],
  [421, 'Misdirected Request'],
  [426, 'Upgrade Required'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
  [505, 'HTTP Version Not Supported'],
]);
