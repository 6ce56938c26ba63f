import type { Case } from '../case.js';

import { type OpeningRow, requestCases } from './opening-outcome.js';

/** Host, Upgrade and Connection: missing, doubled, in other cases, with other values and members. */
const hostRows: readonly OpeningRow[] = [
  row('host/missing', 'no Host', hostClause(), 'refused', { Host: null }),
  {
    ...row('host/doubled', 'Host twice, the same', hostClause(), 'refused', {}),
    changes: ({ host }) => ({ headers: { Host: [host, host] } }),
  },
  {
    ...row('host/two', 'two different Hosts', hostClause(), 'refused', {}),
    changes: ({ host }) => ({ headers: { Host: [host, 'example.com'] } }),
  },
  {
    ...row('host/list', 'two Hosts in one field', hostClause(), 'refused', {}),
    changes: ({ host }) => ({ headers: { Host: `${host}, ${host}` } }),
  },
  {
    ...row('host/lower-case-name', 'the name of Host in lower case', 'RFC 9110 §5.1', 'accepted', {}),
    changes: ({ host }) => ({ headers: { host } }),
  },
  row('host/empty', 'an empty Host', hostClause(), 'either', { Host: '' }),
  row('host/space', 'a Host with a space in it', hostClause(), 'refused', { Host: 'local host' }),
  row('host/userinfo', 'a Host with userinfo', hostClause(), 'refused', { Host: 'user@localhost' }),
  row('host/path', 'a Host with a path', hostClause(), 'refused', { Host: 'localhost/chat' }),
  row('host/bad-port', 'a Host with a port of letters', hostClause(), 'refused', { Host: 'localhost:http' }),
  row('host/open-bracket', 'a Host with an open bracket', hostClause(), 'refused', { Host: '[::1' }),
];

const upgradeRows: readonly OpeningRow[] = [
  { ...row('upgrade/missing', 'no Upgrade', upgradeClause(), 'unopened', { Upgrade: null }) },
  row('upgrade/empty', 'an empty Upgrade', upgradeClause(), 'unopened', { Upgrade: '' }),
  row('upgrade/other', 'Upgrade: h2c', upgradeClause(), 'unopened', { Upgrade: 'h2c' }),
  row('upgrade/longer', 'Upgrade: websockets', upgradeClause(), 'unopened', { Upgrade: 'websockets' }),
  row('upgrade/within', 'Upgrade: xwebsocket', upgradeClause(), 'unopened', { Upgrade: 'xwebsocket' }),
  row('upgrade/quoted', 'Upgrade: "websocket" in quotes', upgradeClause(), 'unopened', {
    Upgrade: '"websocket"',
  }),
  row('upgrade/upper-case-name', 'the name of Upgrade in upper case', 'RFC 9110 §5.1', 'accepted', {
    UPGRADE: 'websocket',
  }),
  row('upgrade/mixed-case', 'Upgrade: WebSocket', upgradeClause(), 'accepted', { Upgrade: 'WebSocket' }),
  row('upgrade/upper-case', 'Upgrade: WEBSOCKET', upgradeClause(), 'accepted', { Upgrade: 'WEBSOCKET' }),
  row('upgrade/list-first', 'Upgrade: websocket, foo', 'RFC 9110 §7.8', 'better-accepted', {
    Upgrade: 'websocket, foo',
  }),
  row('upgrade/list-last', 'Upgrade: foo/1.0, websocket', 'RFC 9110 §7.8', 'better-accepted', {
    Upgrade: 'foo/1.0, websocket',
  }),
  row('upgrade/two-fields', 'two Upgrade fields, one of them websocket', 'RFC 9110 §5.3', 'better-accepted', {
    Upgrade: ['foo', 'websocket'],
  }),
  row('upgrade/doubled', 'Upgrade: websocket twice', 'RFC 9110 §7.8', 'either', {
    Upgrade: ['websocket', 'websocket'],
  }),
  row('upgrade/with-version', 'Upgrade: websocket/13', 'RFC 9110 §7.8', 'either', {
    Upgrade: 'websocket/13',
  }),
];

const connectionRows: readonly OpeningRow[] = [
  row('connection/missing', 'no Connection', connectionClause(), 'unopened', { Connection: null }),
  row('connection/empty', 'an empty Connection', connectionClause(), 'unopened', { Connection: '' }),
  row('connection/close', 'Connection: close', connectionClause(), 'unopened', { Connection: 'close' }),
  row('connection/keep-alive', 'Connection: keep-alive', connectionClause(), 'unopened', {
    Connection: 'keep-alive',
  }),
  row('connection/longer', 'Connection: upgraded', connectionClause(), 'unopened', {
    Connection: 'upgraded',
  }),
  row('connection/within', 'Connection: no-upgrade', connectionClause(), 'unopened', {
    Connection: 'no-upgrade',
  }),
  row('connection/lower-case', 'Connection: upgrade', connectionClause(), 'accepted', {
    Connection: 'upgrade',
  }),
  row('connection/upper-case', 'Connection: UPGRADE', connectionClause(), 'accepted', {
    Connection: 'UPGRADE',
  }),
  row('connection/upper-case-name', 'the name of Connection in upper case', 'RFC 9110 §5.1', 'accepted', {
    CONNECTION: 'Upgrade',
  }),
  row('connection/keep-alive-before', 'Connection: keep-alive, Upgrade', connectionClause(), 'accepted', {
    Connection: 'keep-alive, Upgrade',
  }),
  row('connection/keep-alive-behind', 'Connection: Upgrade, keep-alive', connectionClause(), 'accepted', {
    Connection: 'Upgrade, keep-alive',
  }),
  row('connection/no-space', 'Connection: keep-alive,Upgrade', connectionClause(), 'accepted', {
    Connection: 'keep-alive,Upgrade',
  }),
  row('connection/tab', 'a tab before Upgrade in Connection', 'RFC 9110 §5.6.3', 'accepted', {
    Connection: 'keep-alive,\tUpgrade',
  }),
  row('connection/empty-members', 'empty members in Connection', 'RFC 9110 §5.6.1.2', 'accepted', {
    Connection: ', Upgrade, ,',
  }),
  row('connection/two-fields', 'two Connection fields', 'RFC 9110 §5.3', 'accepted', {
    Connection: ['keep-alive', 'Upgrade'],
  }),
  row('connection/doubled', 'Connection: Upgrade twice', 'RFC 9110 §5.3', 'accepted', {
    Connection: ['Upgrade', 'Upgrade'],
  }),
  row('connection/with-close', 'Connection: Upgrade, close', connectionClause(), 'either', {
    Connection: 'Upgrade, close',
  }),
];

const otherRows: readonly OpeningRow[] = [
  row('origin/missing', 'no Origin', 'RFC 6455 §4.2.1', 'accepted', { Origin: null }),
  row('origin/null', 'Origin: null', 'RFC 6455 §4.2.1', 'either', { Origin: 'null' }),
  row('origin/foreign', 'an Origin of another site', 'RFC 6455 §4.2.2', 'either', {
    Origin: 'https://example.com',
  }),
  row('origin/doubled', 'two Origins', 'RFC 6454 §7.3', 'either', {
    Origin: ['https://example.com', 'https://example.org'],
  }),
  row('fields/unknown', 'a field that nobody knows', 'RFC 9110 §5.1', 'accepted', { 'X-Unknown': 'yes' }),
  row('fields/prototype', 'fields named as parts of JavaScript objects', 'RFC 9110 §5.1', 'accepted', {
    constructor: 'x',
    toString: 'x',
    hasOwnProperty: 'x',
  }),
  row('fields/cookies', 'Cookie and Authorization', 'RFC 6455 §4.1', 'accepted', {
    Cookie: 'a=b; c="d"',
    'X-Authorization': 'Bearer abc',
  }),
];

/** How servers take the header fields of an opening request. */
export const requestFieldCases: readonly Case[] = requestCases('opening-request', [
  ...hostRows,
  ...upgradeRows,
  ...connectionRows,
  ...otherRows,
]);

function row(
  id: string,
  title: string,
  clause: string,
  outcome: OpeningRow['outcome'],
  headers: Readonly<Record<string, string | readonly string[] | null>>,
): OpeningRow {
  return { id, title, clause, outcome, changes: { headers } };
}

function hostClause(): string {
  return 'RFC 9112 §3.2';
}

function upgradeClause(): string {
  return 'RFC 6455 §4.2.1';
}

function connectionClause(): string {
  return 'RFC 6455 §4.2.1';
}
