import type { OutgoingHttpHeaders } from 'node:http';

import type { HeaderField } from '../../core/handshake/header-fields.js';

/** Fields as `node:http2` takes them: by name, those that are repeated as a list. */
export function toHttp2Headers(fields: Iterable<HeaderField>): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (const [name, value] of fields) {
    const earlier = headers[name];
    headers[name] = earlier === undefined ? value : [...[earlier].flat().map(String), value];
  }
  return headers;
}

/** How long a head would be over HTTP/1.1: what is limited does not depend on how well it was compressed. */
export function headBytesOf(rawHeaders: readonly string[]): number {
  let byteLength = 0;
  for (const part of rawHeaders) byteLength += part.length + 2;
  return byteLength;
}
