import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';

import { encodeHead } from './head.js';
import { changedFields, type OpeningChanges } from './opening-changes.js';

/** Where a tester that is client asks for a WebSocket. */
export interface RequestTarget {
  /** Host and port as the Host field has them. */
  readonly authority: string;
  /** Path and query. */
  readonly target: string;
  readonly secure: boolean;
  /** Fields that every request has, as Origin or Authorization. */
  readonly headers: readonly (readonly [string, string])[];
}

/** An opening request of HTTP/1.1 (RFC 6455 §4.1), and what it asked for. */
export interface EncodedRequest {
  readonly bytes: Buffer;
  readonly asked: Asked;
}

/** What the response is judged by. */
export interface Asked {
  /** Null over HTTP/2. */
  readonly key: string | null;
  readonly subprotocols: readonly string[];
  /** Names of extensions. */
  readonly extensions: readonly string[];
}

export function encodeOpeningRequest(to: RequestTarget, changes: OpeningChanges = {}): EncodedRequest {
  const { method = 'GET', target = to.target, version = '1.1', body = '' } = changes;
  const fields = changedFields(
    [
      ['Host', to.authority],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', randomBytes(16).toString('base64')],
      ['Sec-WebSocket-Version', '13'],
      ...to.headers,
    ],
    changes.headers,
  );
  const startLine = changes.startLine ?? `${method} ${target} HTTP/${version}`;
  const head = encodeHead(startLine, fields, changes.lineEnd);
  return { bytes: Buffer.concat([head, Buffer.from(body as string)]), asked: askedBy(fields) };
}

export function askedBy(fields: readonly (readonly [string, string])[]): Asked {
  return {
    key: valuesOf(fields, 'sec-websocket-key')[0] ?? null,
    subprotocols: valuesOf(fields, 'sec-websocket-protocol').flatMap(items),
    extensions: valuesOf(fields, 'sec-websocket-extensions').flatMap(items).map(extensionName),
  };
}

/** What a list field has between its commas. */
export function items(value: string): string[] {
  const parts = value.split(',').map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

export function extensionName(item: string): string {
  return (item.split(';')[0] ?? '').trim();
}

function valuesOf(fields: readonly (readonly [string, string])[], lowerName: string): string[] {
  return fields.filter(([name]) => name.toLowerCase() === lowerName).map(([, value]) => value);
}
