import { Buffer } from 'node:buffer';

import type { Case } from '../case.js';
import type { RequestHead } from '../opening/head.js';
import type { Wire } from '../wire/wire.js';

import { greeting } from './opening-outcome.js';

/** What is wrong with a client's request, as a sentence; null when nothing is. */
type RequestRule = (request: RequestHead) => string | null;

interface RuleRow {
  readonly id: string;
  readonly title: string;
  readonly clause: string;
  readonly rule: RequestRule;
}

const ruleRows: readonly RuleRow[] = [
  rule('method', 'its method is GET', 'RFC 6455 §4.1', ({ method }) =>
    method === 'GET' ? null : `the method is ${JSON.stringify(method)}`,
  ),
  rule('http-version', 'its version is HTTP/1.1', 'RFC 6455 §4.1', ({ startLine }) =>
    startLine.endsWith(' HTTP/1.1') ? null : `the first line is ${JSON.stringify(startLine)}`,
  ),
  rule('target', 'its target is a path, without spaces or fragment', 'RFC 6455 §4.1', ({ startLine }) =>
    /^\S+ (?:\/|https?:\/\/)[!-"$-~]* \S+$/.test(startLine)
      ? null
      : `the first line is ${JSON.stringify(startLine)}`,
  ),
  rule('host', 'it has one Host, with the port', 'RFC 6455 §4.1', ({ headers }) => {
    const hosts = headers.getAll('Host');
    return hosts.length === 1 && /^(?:[\w.-]+|\[[\da-f:.]+\])(?::\d+)?$/i.test(hosts[0] ?? '')
      ? null
      : `Host is ${JSON.stringify(hosts)}`;
  }),
  rule('upgrade', 'it has Upgrade: websocket', 'RFC 6455 §4.1', ({ headers }) =>
    has(headers.getAll('Upgrade'), 'websocket'),
  ),
  rule('connection', 'it has Connection: Upgrade', 'RFC 6455 §4.1', ({ headers }) =>
    has(headers.getAll('Connection'), 'upgrade'),
  ),
  rule('key', 'its key is 16 bytes in base64', 'RFC 6455 §4.1', ({ headers }) => {
    const keys = headers.getAll('Sec-WebSocket-Key');
    const [key = ''] = keys;
    const bytes = Buffer.from(key, 'base64');
    return keys.length === 1 && bytes.length === 16 && bytes.toString('base64') === key
      ? null
      : `Sec-WebSocket-Key is ${JSON.stringify(keys)}`;
  }),
  rule('key-is-random', 'its key is chosen at random', 'RFC 6455 §4.1', ({ headers }) => {
    const bytes = Buffer.from(headers.get('Sec-WebSocket-Key') ?? '', 'base64');
    // Of 16 random bytes, fewer than 8 different ones come once in 10^12 times.
    return new Set(bytes).size >= 8 && !knownKeys.has(bytes.toString('base64'))
      ? null
      : `the key ${bytes.toString('base64')} is not random`;
  }),
  rule('version', 'it has one Sec-WebSocket-Version: 13', 'RFC 6455 §4.1', ({ headers }) => {
    const versions = headers.getAll('Sec-WebSocket-Version');
    return versions.length === 1 && versions[0] === '13'
      ? null
      : `Sec-WebSocket-Version is ${JSON.stringify(versions)}`;
  }),
  rule('no-accept', 'it has no Sec-WebSocket-Accept', 'RFC 6455 §11.3.3', ({ headers }) =>
    headers.has('Sec-WebSocket-Accept') ? 'it has Sec-WebSocket-Accept' : null,
  ),
  rule('no-body', 'it has no body', 'RFC 6455 §4.1', ({ headers }) =>
    headers.has('Transfer-Encoding') || (headers.get('Content-Length') ?? '0') !== '0'
      ? 'it has a body'
      : null,
  ),
  rule('origin', 'it has at most one Origin', 'RFC 6455 §4.1', ({ headers }) =>
    headers.count('Origin') > 1 ? `it has ${headers.count('Origin')} Origins` : null,
  ),
  rule('field-names', 'its field names are tokens', 'RFC 9110 §5.1', ({ headers }) => {
    const bad = [...headers].find(([name]) => !/^[!#$%&'*+\-.^_`|~\w]+$/.test(name));
    return bad === undefined ? null : `a field is named ${JSON.stringify(bad[0])}`;
  }),
  rule('field-values', 'its field values are visible characters', 'RFC 9110 §5.5', ({ headers }) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for.
    const bad = [...headers].find(([, value]) => /[\x00-\x08\x0a-\x1f\x7f]/.test(value));
    return bad === undefined ? null : `${bad[0]} has control characters`;
  }),
  rule('subprotocols', 'its subprotocols are tokens, each once', 'RFC 6455 §4.1', ({ headers }) => {
    const values = headers.getAll('Sec-WebSocket-Protocol');
    const names = values.flatMap((value) => value.split(',')).map((name) => name.trim());
    const isSound = names.every((name) => /^[!#$%&'*+\-.^_`|~\w]+$/.test(name));
    return isSound && new Set(names).size === names.length
      ? null
      : `Sec-WebSocket-Protocol is ${JSON.stringify(values)}`;
  }),
];

/** How clients write their opening requests. */
export const ownRequestCases: readonly Case[] = [
  ...ruleRows.map(
    (row): Case => ({
      id: `opening-request/own/${row.id}`,
      title: `the client's request: ${row.title}`,
      clause: row.clause,
      group: 'opening-request',
      judges: 'client',
      start: 'connected',
      sends: 'an opening response',
      expects: `that of the client's request, ${row.title}`,
      run: async (wire) => {
        const fault = row.rule(wire.request);
        if (fault !== null) wire.fail(`${fault} (${row.clause})`);
        await expectUse(wire);
      },
    }),
  ),
  {
    id: 'opening-request/own/waits',
    title: 'the client sends nothing before the response',
    clause: 'RFC 6455 §4.1',
    group: 'opening-request',
    judges: 'client',
    start: 'connected',
    sends: 'nothing for 500 ms, then an opening response',
    expects: 'nothing before the response, then an echo',
    run: async (wire) => {
      await wire.expectNothing(500);
      await expectUse(wire);
    },
  },
];

async function expectUse(wire: Wire): Promise<void> {
  wire.sendOpening();
  await wire.expectEcho('text', greeting.payload);
  await wire.expectCloseHandshake();
}

function has(values: readonly string[], token: string): string | null {
  const tokens = values.flatMap((value) => value.split(',')).map((item) => item.trim().toLowerCase());
  return tokens.includes(token) ? null : `${token} is missing: ${JSON.stringify(values)}`;
}

function rule(id: string, title: string, clause: string, judge: RequestRule): RuleRow {
  return { id, title, clause, rule: judge };
}

/** Keys that stand in documents. */
const knownKeys: ReadonlySet<string> = new Set(['dGhlIHNhbXBsZSBub25jZQ==', 'x3JJHMbDL1EzLkh9GBhXDw==']);
