import { Buffer } from 'node:buffer';

import { acceptFor } from 'ieum/core';

import { encodeHead, type RequestHead, type ResponseHead } from './head.js';
import { changedFields, type OpeningChanges } from './opening-changes.js';
import { type Asked, extensionName, items } from './opening-request.js';

/** An opening response of HTTP/1.1 (RFC 6455 §4.2.2). */
export function encodeOpeningResponse(request: RequestHead, changes: OpeningChanges = {}): Buffer {
  const { version = '1.1', status = 101, body = '' } = changes;
  const key = request.headers.get('Sec-WebSocket-Key') ?? '';
  const fields = changedFields(
    [
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Accept', acceptFor(key)],
    ],
    changes.headers,
  );
  const reason = status === 101 ? 'Switching Protocols' : 'As Told';
  const head = encodeHead(
    changes.startLine ?? `HTTP/${version} ${status} ${reason}`,
    fields,
    changes.lineEnd,
  );
  return Buffer.concat([head, Buffer.from(body as string)]);
}

/** What is wrong with a response that accepts a WebSocket (RFC 6455 §4.1, RFC 8441 §5), a sentence each. */
export function responseFaults(response: ResponseHead, asked: Asked): string[] {
  const { headers } = response;
  const faults: string[] = [];
  if (asked.key !== null) {
    if (!headers.getAll('Upgrade').flatMap(items).some(isText('websocket'))) {
      faults.push('no Upgrade: websocket in the response (RFC 6455 §4.2.2)');
    }
    if (!headers.getAll('Connection').flatMap(items).some(isText('upgrade'))) {
      faults.push('no Connection: Upgrade in the response (RFC 6455 §4.2.2)');
    }
    const accepts = headers.getAll('Sec-WebSocket-Accept');
    if (accepts.length !== 1 || accepts[0] !== acceptFor(asked.key)) {
      faults.push(`Sec-WebSocket-Accept is ${JSON.stringify(accepts)} (RFC 6455 §4.2.2)`);
    }
  }
  const subprotocols = headers.getAll('Sec-WebSocket-Protocol');
  if (subprotocols.length > 1) faults.push('more than one Sec-WebSocket-Protocol (RFC 6455 §11.3.4)');
  for (const name of subprotocols) {
    if (!asked.subprotocols.includes(name))
      faults.push(`subprotocol ${JSON.stringify(name)} was not asked for (RFC 6455 §4.2.2)`);
  }
  for (const item of headers.getAll('Sec-WebSocket-Extensions').flatMap(items)) {
    if (!asked.extensions.includes(extensionName(item)))
      faults.push(`extension ${item} was not asked for (RFC 6455 §9.1)`);
  }
  return faults;
}

function isText(expected: string): (text: string) => boolean {
  return (text) => text.toLowerCase() === expected;
}
