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
