import { Buffer } from 'node:buffer';

import { HeaderFields } from 'ieum/core';

/** The request of a client, as it came. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** The first line of HTTP/1.1; empty over HTTP/2. */
  readonly startLine: string;
  readonly headers: HeaderFields;
}

/** The response of a server, as it came. */
export interface ResponseHead {
  /** 0 when the status line is not one. */
  readonly status: number;
  /** The first line of HTTP/1.1; empty over HTTP/2. */
  readonly startLine: string;
  readonly headers: HeaderFields;
}

/** The first line and the fields of an HTTP/1.1 head, read as far as they can be; null while its end is missing. */
export function readHead(bytes: Buffer): { startLine: string; headers: HeaderFields; length: number } | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [startLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
  const fields = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return colon === -1 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { startLine, headers: new HeaderFields(fields), length: end + 4 };
}

export function requestHead(startLine: string, headers: HeaderFields): RequestHead {
  const [method = '', target = ''] = startLine.split(' ');
  return { method, target, startLine, headers };
}

export function responseHead(startLine: string, headers: HeaderFields): ResponseHead {
  const status = Number(/^HTTP\/1\.\d ([1-9]\d\d)(?: |$)/.exec(startLine)?.[1] ?? 0);
  return { status, startLine, headers };
}

/** A head as bytes, whatever is in it. */
export function encodeHead(
  startLine: string,
  fields: readonly (readonly [string, string])[],
  lineEnd = '\r\n',
): Buffer {
  const lines = fields.map(([name, value]) => `${name}: ${value}${lineEnd}`);
  return Buffer.from(`${startLine}${lineEnd}${lines.join('')}${lineEnd}`, 'latin1');
}
