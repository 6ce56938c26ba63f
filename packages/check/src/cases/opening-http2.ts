import type { Case } from '../case.js';
import type { RequestHead, ResponseHead } from '../opening/head.js';

import { greeting, type OpeningRow, requestCases, responseCases } from './opening-outcome.js';

const requestRows: readonly OpeningRow[] = [
  request('plain', 'nothing unusual', 'accepted', {}),
  request('protocol-longer', ':protocol websockets', 'refused', { pseudo: { ':protocol': 'websockets' } }),
  request('protocol-other', ':protocol connect-udp', 'refused', { pseudo: { ':protocol': 'connect-udp' } }),
  request('protocol-upper-case', ':protocol WebSocket', 'either', { pseudo: { ':protocol': 'WebSocket' } }),
  request('version-missing', 'no sec-websocket-version', 'refused', header('sec-websocket-version', null)),
  request('version-12', 'sec-websocket-version 12', 'refused', header('sec-websocket-version', '12')),
  request('version-empty', 'an empty sec-websocket-version', 'refused', header('sec-websocket-version', '')),
  request('version-letters', 'sec-websocket-version 13a', 'refused', header('sec-websocket-version', '13a')),
  request(
    'key',
    'a sec-websocket-key',
    'better-accepted',
    header('sec-websocket-key', 'dGhlIHNhbXBsZSBub25jZQ=='),
  ),
  request('bad-key', 'a sec-websocket-key that is none', 'either', header('sec-websocket-key', 'none')),
  request('unknown-field', 'a field that nobody knows', 'accepted', header('x-unknown', 'yes')),
  request('cookies', 'two cookie fields', 'accepted', header('cookie', ['a=b', 'c=d'])),
  request('value-4-kib', 'a field of 4 KiB', 'better-accepted', header('x-long', 'x'.repeat(4_096))),
  request('value-64-kib', 'a field of 64 KiB', 'either', header('x-long', 'x'.repeat(65_536))),
  request('path-asterisk', ':path *', 'either', { target: '*' }),
  request('path-1000-bytes', ':path of 1,000 bytes', 'either', { target: `/${'x'.repeat(999)}` }),
];

const statusRows: readonly OpeningRow[] = [201, 204, 299, 301, 400, 401, 403, 404, 421, 426, 500, 503].map(
  (status) => ({
    id: `status-${status}`,
    title: `status ${status} over HTTP/2`,
    clause: 'RFC 8441 §5, RFC 6455 §4.1',
    outcome: status < 300 ? 'either' : 'unopened',
    changes: { status },
    over: ['http2'],
  }),
);

const ownRequestCases: readonly Case[] = [
  ownRequest('method', 'its method is CONNECT', ({ method }) => method === 'CONNECT'),
  ownRequest('path', 'its path begins with a slash', ({ target }) => /^\/[!-"$-~]*$/.test(target)),
  ownRequest('no-connection-fields', 'it has no Connection, Upgrade or Transfer-Encoding', ({ headers }) =>
    ['connection', 'upgrade', 'transfer-encoding'].every((name) => !headers.has(name)),
  ),
  ownRequest('no-key', 'it has no Sec-WebSocket-Key', ({ headers }) => !headers.has('sec-websocket-key')),
  ownRequest('version', 'it has Sec-WebSocket-Version: 13', ({ headers }) => {
    const versions = headers.getAll('sec-websocket-version');
    return versions.length === 1 && versions[0] === '13';
  }),
];

const ownResponseCases: readonly Case[] = [
  ownResponse('status', 'its status is 200', ({ status }) => status === 200),
  ownResponse('no-connection-fields', 'it has no Connection, Upgrade or Transfer-Encoding', ({ headers }) =>
    ['connection', 'upgrade', 'transfer-encoding'].every((name) => !headers.has(name)),
  ),
  ownResponse(
    'no-accept',
    'it has no Sec-WebSocket-Accept',
    ({ headers }) => !headers.has('sec-websocket-accept'),
  ),
  ownResponse(
    'no-subprotocol',
    'it has no Sec-WebSocket-Protocol when none was offered',
    ({ headers }) => !headers.has('sec-websocket-protocol'),
  ),
  ownResponse(
    'no-extensions',
    'it has no Sec-WebSocket-Extensions when none was offered',
    ({ headers }) => !headers.has('sec-websocket-extensions'),
  ),
  ownResponse(
    'no-content-length',
    'it has no Content-Length',
    ({ headers }) => !headers.has('content-length'),
  ),
];

/** The opening handshake of RFC 8441: a stream of HTTP/2 becomes a WebSocket. */
export const openingHttp2Cases: readonly Case[] = [
  ...requestCases('opening-http2/request', requestRows),
  ...responseCases('opening-http2/response', statusRows),
  ...ownRequestCases,
  ...ownResponseCases,
];

function request(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  changes: Exclude<OpeningRow['changes'], (...own: never) => unknown>,
): OpeningRow {
  const clause = 'RFC 8441 §4, §5';
  return { id, title, clause, outcome, changes, statuses: [400, 404, 405, 426, 501], over: ['http2'] };
}

function header(
  name: string,
  value: string | readonly string[] | null,
): { headers: Record<string, typeof value> } {
  return { headers: { [name]: value } };
}

function ownRequest(id: string, title: string, isRight: (request: RequestHead) => boolean): Case {
  return {
    id: `opening-http2/own-request/${id}`,
    title: `the client's request over HTTP/2: ${title}`,
    clause: 'RFC 8441 §5',
    group: 'opening-http2',
    judges: 'client',
    start: 'connected',
    over: ['http2'],
    sends: 'an opening response',
    expects: `that of the client's request, ${title}`,
    run: async (wire) => {
      if (!isRight(wire.request)) wire.fail(`not so: ${title} (RFC 8441 §5)`);
      wire.sendOpening();
      await wire.expectEcho('text', greeting.payload);
      await wire.expectCloseHandshake();
    },
  };
}

function ownResponse(id: string, title: string, isRight: (response: ResponseHead) => boolean): Case {
  return {
    id: `opening-http2/own-response/${id}`,
    title: `the server's response over HTTP/2: ${title}`,
    clause: 'RFC 8441 §5',
    group: 'opening-http2',
    judges: 'server',
    start: 'connected',
    over: ['http2'],
    sends: 'an opening request',
    expects: `that of the server's response, ${title}`,
    run: async (wire) => {
      wire.sendOpening();
      await wire.expectOpened();
      if (!isRight(wire.response)) wire.fail(`not so: ${title} (RFC 8441 §5)`);
      await wire.expectEcho('text', greeting.payload);
      await wire.expectCloseHandshake();
    },
  };
}
