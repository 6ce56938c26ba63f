import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

import { acceptFor } from 'ieum/core';

import type { Case } from '../case.js';
import type { OpeningChanges } from '../opening/opening-changes.js';

import { type OpeningRow, responseCases } from './opening-outcome.js';

const plainHeaders = {
  Upgrade: null,
  Connection: 'close',
  'Sec-WebSocket-Accept': null,
  'Content-Length': '0',
} as const;
const sampleAccept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

const statusRows: readonly OpeningRow[] = [
  ...[200, 201, 204, 206, 300, 304, 400, 401, 403, 404, 407, 410, 426, 429, 500, 502, 503].map((status) =>
    plainStatus(status, `status ${status}`, {}),
  ),
  ...[301, 302, 303, 307, 308].map((status) =>
    plainStatus(status, `status ${status} and a Location where nobody listens`, {
      Location: 'ws://127.0.0.1:1/',
    }),
  ),
  ...[200, 204, 400].map(
    (status): OpeningRow => ({
      id: `${status}-as-101`,
      title: `status ${status} and all fields that belong to 101`,
      clause: 'RFC 6455 §4.1',
      outcome: 'unopened',
      changes: { status },
    }),
  ),
];

const interimRows: readonly OpeningRow[] = [
  interim('100', 'HTTP/1.1 100 Continue\r\n\r\n'),
  interim('103', 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'),
  interim('several', 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(3)),
];

const upgradeRows: readonly OpeningRow[] = [
  header('upgrade-missing', 'no Upgrade', 'refused', { Upgrade: null }),
  header('upgrade-empty', 'an empty Upgrade', 'refused', { Upgrade: '' }),
  header('upgrade-other', 'Upgrade: h2c', 'refused', { Upgrade: 'h2c' }),
  header('upgrade-longer', 'Upgrade: websockets', 'refused', { Upgrade: 'websockets' }),
  header('upgrade-mixed-case', 'Upgrade: WebSocket', 'accepted', { Upgrade: 'WebSocket' }),
  header('upgrade-upper-case', 'Upgrade: WEBSOCKET', 'accepted', { Upgrade: 'WEBSOCKET' }),
  header('upgrade-list', 'Upgrade: websocket, foo', 'better-refused', { Upgrade: 'websocket, foo' }),
  header('upgrade-doubled', 'Upgrade: websocket twice', 'either', { Upgrade: ['websocket', 'websocket'] }),
];

const connectionRows: readonly OpeningRow[] = [
  header('connection-missing', 'no Connection', 'refused', { Connection: null }),
  header('connection-empty', 'an empty Connection', 'refused', { Connection: '' }),
  header('connection-close', 'Connection: close', 'refused', { Connection: 'close' }),
  header('connection-longer', 'Connection: upgraded', 'refused', { Connection: 'upgraded' }),
  header('connection-lower-case', 'Connection: upgrade', 'accepted', { Connection: 'upgrade' }),
  header('connection-upper-case', 'Connection: UPGRADE', 'accepted', { Connection: 'UPGRADE' }),
  header('connection-list', 'Connection: keep-alive, Upgrade', 'accepted', {
    Connection: 'keep-alive, Upgrade',
  }),
  header('connection-two-fields', 'two Connection fields', 'accepted', {
    Connection: ['keep-alive', 'Upgrade'],
  }),
  header('lower-case-names', 'names in lower case', 'accepted', {
    upgrade: 'websocket',
    connection: 'upgrade',
  }),
];

const acceptRows: readonly OpeningRow[] = [
  header('accept-missing', 'no Sec-WebSocket-Accept', 'refused', { 'Sec-WebSocket-Accept': null }),
  accept('empty', 'an empty Sec-WebSocket-Accept', 'refused', () => ''),
  accept('of-sample', 'the Sec-WebSocket-Accept of another key', 'refused', () => sampleAccept),
  accept('lower-case', 'Sec-WebSocket-Accept in lower case', 'refused', (value) => value.toLowerCase()),
  accept('no-padding', 'Sec-WebSocket-Accept without its padding', 'refused', (value) => value.slice(0, -1)),
  accept('longer', 'one more character in Sec-WebSocket-Accept', 'refused', (value) => `${value}A`),
  accept('cut', 'half of Sec-WebSocket-Accept', 'refused', (value) => value.slice(0, 14)),
  accept('quoted', 'Sec-WebSocket-Accept in quotes', 'refused', (value) => `"${value}"`),
  accept('hex', 'Sec-WebSocket-Accept in hexadecimal', 'refused', (value) =>
    Buffer.from(value, 'base64').toString('hex'),
  ),
  accept('key-itself', 'the key as Sec-WebSocket-Accept', 'refused', (_, key) => key),
  accept('without-guid', 'Sec-WebSocket-Accept of the key alone', 'refused', (_, key) =>
    createHash('sha1').update(key).digest('base64'),
  ),
  accept('spaces', 'spaces around Sec-WebSocket-Accept', 'accepted', (value) => `  ${value}\t `),
  accept('doubled', 'Sec-WebSocket-Accept twice', 'either', (value) => [value, value]),
  accept('wrong-behind', 'a right and a wrong Sec-WebSocket-Accept', 'refused', (value) => [
    value,
    sampleAccept,
  ]),
  accept('wrong-before', 'a wrong and a right Sec-WebSocket-Accept', 'refused', (value) => [
    sampleAccept,
    value,
  ]),
];

/** How clients take the status and the fields of an opening response. */
export const responseFieldCases: readonly Case[] = [
  ...responseCases('opening-response/status', statusRows),
  ...responseCases('opening-response/interim', interimRows),
  ...responseCases('opening-response/fields', [...upgradeRows, ...connectionRows, ...acceptRows]),
];

function plainStatus(status: number, title: string, headers: Readonly<Record<string, string>>): OpeningRow {
  return {
    id: `${status}`,
    title,
    clause: 'RFC 6455 §4.1',
    outcome: 'unopened',
    changes: { status, headers: { ...plainHeaders, ...headers } },
  };
}

/** What a server may send before its response. */
function interim(id: string, head: string): OpeningRow {
  return {
    id,
    title: `${id === 'several' ? 'three interim responses' : `an interim response ${id}`} before it`,
    clause: 'RFC 9110 §15.2',
    outcome: 'better-accepted',
    changes: { startLine: `${head}HTTP/1.1 101 Switching Protocols` },
  };
}

function header(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  headers: NonNullable<OpeningChanges['headers']>,
): OpeningRow {
  return { id, title, clause: 'RFC 6455 §4.1', outcome, changes: { headers } };
}

/** @param make the field from its right value and the client's key */
function accept(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  make: (value: string, key: string) => string | readonly string[],
): OpeningRow {
  return {
    ...header(`accept-${id}`, title, outcome, {}),
    changes: ({ key }) => ({ headers: { 'Sec-WebSocket-Accept': make(acceptFor(key), key) } }),
  };
}
