import { isUtf8 } from 'node:buffer';

import type { StompFrame } from '../../codecs/stomp/index.js';
import type { Position } from '../../hub/position.js';
import type { Encoding, PayloadFormat, Publication } from '../../hub/publication.js';
import type { Content } from '../../hub/publishing/content.js';

import { destinationOf } from './destination.js';

/** What a SEND frame publishes: its own headers are kept with a prefix. */
export function contentOfSend({ headers, body }: StompFrame): Content {
  const kept: [string, string][] = [];
  for (const [name, value] of headers) {
    if (!isReservedHeader(name)) kept.push([`${keptPrefix}${name}`, value]);
  }
  const contentType = headers.get('content-type');
  if (contentType !== undefined) kept.push([keptContentType, contentType]);
  return { format: formatOf(contentType, body), payload: body, headers: Object.fromEntries(kept) };
}

/** The headers of a MESSAGE that all subscribers get alike; the first of a name holds. */
export const messageHeaders: Encoding<readonly Header[]> = (publication) => {
  const headers: Header[] = [['destination', destinationOf(publication.topic)]];
  const contentType = publication.headers[keptContentType] ?? contentTypes[publication.format];
  if (contentType !== null) headers.push(['content-type', contentType]);
  if (publication.position !== null) headers.push(['ieum-position', formatPosition(publication.position)]);
  if (publication.publisher !== null) headers.push(['ieum-publisher', publication.publisher]);
  headers.push(['ieum-at', String(publication.publishedAt)]);
  for (const [name, value] of Object.entries(publication.headers)) {
    const plain = name.startsWith(keptPrefix) ? name.slice(keptPrefix.length) : name;
    if (plain !== '' && !isReservedHeader(plain)) headers.push([plain, value]);
  }
  return headers;
};

/** What selectors are about. */
export const selectableHeaders: Encoding<ReadonlyMap<string, string>> = (publication: Publication) =>
  new Map([...publication.encodedBy(messageHeaders)].reverse());

export function formatPosition({ offset, epoch }: Position): string {
  return `${offset}@${epoch}`;
}

/** Null when it is none. */
export function parsePosition(text: string): Position | null {
  const [, offset, epoch] = /^(\d{1,16})@(.{1,128})$/su.exec(text) ?? [];
  if (offset === undefined || epoch === undefined || !Number.isSafeInteger(Number(offset))) return null;
  return { offset: Number(offset), epoch };
}

type Header = readonly [name: string, value: string];

function formatOf(contentType: string | undefined, body: Uint8Array): PayloadFormat {
  const [, type = '', parameters = ''] =
    /^\s*([^;\s]+)\s*(.*)$/s.exec(contentType?.toLowerCase() ?? '') ?? [];
  const isText = type.startsWith('text/');
  if (!isText && type !== 'application/json' && !/^application\/[^;]*\+json$/.test(type)) return 'binary';
  const [, charset = 'utf-8'] = /(?:^|[;\s])charset="?([^";\s]*)/.exec(parameters) ?? [];
  const isRead = (charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii') && isUtf8(body);
  if (!isRead) return 'binary';
  return isText ? 'text' : formatOfJson(body);
}

function formatOfJson(body: Uint8Array): PayloadFormat {
  try {
    JSON.parse(decoder.decode(body));
    return 'json';
  } catch {
    return 'binary';
  }
}

/** What is ours to say, or is about the frame and not about the message. */
function isReservedHeader(name: string): boolean {
  return reservedHeaders.has(name) || name.startsWith('ieum-');
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const keptPrefix = 'stomp-';
const keptContentType = 'stomp-content-type';
const contentTypes: Readonly<Record<PayloadFormat, string | null>> = {
  json: 'application/json',
  text: 'text/plain',
  binary: null,
};
const reservedHeaders: ReadonlySet<string> = new Set([
  'destination',
  'content-length',
  'content-type',
  'receipt',
  'transaction',
  'subscription',
  'message-id',
  'ack',
  'redelivered',
]);
