import type { Case } from '../case.js';
import type { ResponseHead } from '../opening/head.js';
import type { OpeningChanges } from '../opening/opening-changes.js';

import { greeting } from './opening-outcome.js';

interface RuleRow {
  readonly id: string;
  readonly title: string;
  readonly clause: string;
  /** What the request asks for. */
  readonly headers?: NonNullable<OpeningChanges['headers']>;
  /** What is wrong with the response, as a sentence; null when nothing is. */
  readonly rule: (response: ResponseHead) => string | null;
}

const ruleRows: readonly RuleRow[] = [
  {
    id: 'status-line',
    title: 'its status line is HTTP/1.1 101 and a reason phrase',
    clause: 'RFC 9112 §4',
    rule: ({ startLine }) =>
      /^HTTP\/1\.1 101 [\t -~]*$/.test(startLine) ? null : `the status line is ${JSON.stringify(startLine)}`,
  },
  {
    id: 'upgrade',
    title: 'it has one Upgrade: websocket',
    clause: 'RFC 6455 §4.2.2',
    rule: ({ headers }) => only(headers.getAll('Upgrade'), 'websocket'),
  },
  {
    id: 'connection',
    title: 'it has Connection: Upgrade',
    clause: 'RFC 6455 §4.2.2',
    rule: ({ headers }) => only(headers.getAll('Connection'), 'upgrade'),
  },
  {
    id: 'accept-of-sample',
    title: 'its Sec-WebSocket-Accept is the one of the RFC, for the key of the RFC',
    clause: 'RFC 6455 §1.3',
    headers: { 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    rule: ({ headers }) =>
      only(headers.getAll('Sec-WebSocket-Accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', false),
  },
  {
    id: 'no-subprotocol',
    title: 'it has no Sec-WebSocket-Protocol when none was offered',
    clause: 'RFC 6455 §4.2.2',
    rule: absent('Sec-WebSocket-Protocol'),
  },
  {
    id: 'no-extensions',
    title: 'it has no Sec-WebSocket-Extensions when none was offered',
    clause: 'RFC 6455 §4.2.2',
    rule: absent('Sec-WebSocket-Extensions'),
  },
  {
    id: 'no-content-length',
    title: 'it has no Content-Length',
    clause: 'RFC 9110 §8.6',
    rule: absent('Content-Length'),
  },
  {
    id: 'no-transfer-encoding',
    title: 'it has no Transfer-Encoding',
    clause: 'RFC 9112 §6.1',
    rule: absent('Transfer-Encoding'),
  },
  {
    id: 'field-names',
    title: 'its field names are tokens',
    clause: 'RFC 9110 §5.1',
    rule: ({ headers }) => {
      const bad = [...headers].find(([name]) => !/^[!#$%&'*+\-.^_`|~\w]+$/.test(name));
      return bad === undefined ? null : `a field is named ${JSON.stringify(bad[0])}`;
    },
  },
  {
    id: 'nothing-reflected',
    title: 'what the request says does not come back in its fields',
    clause: 'RFC 9110 §17.5',
    headers: { 'X-Reflect': 'reflected-7361', 'Sec-WebSocket-Protocol': 'reflected-7361-offer' },
    rule: ({ headers }) => {
      const found = [...headers].find(
        ([name, value]) =>
          value.includes('reflected-7361') && name.toLowerCase() !== 'sec-websocket-protocol',
      );
      return found === undefined ? null : `${found[0]} has what the request said`;
    },
  },
];

/** How servers write their opening responses. */
export const ownResponseCases: readonly Case[] = ruleRows.map((row) => ({
  id: `opening-response/own/${row.id}`,
  title: `the server's response: ${row.title}`,
  clause: row.clause,
  group: 'opening-response',
  judges: 'server',
  start: 'connected',
  sends: 'an opening request',
  expects: `that of the server's response, ${row.title}`,
  run: async (wire) => {
    wire.sendOpening({ headers: row.headers ?? {} });
    await wire.expectOpened();
    const fault = row.rule(wire.response);
    if (fault !== null) wire.fail(`${fault} (${row.clause})`);
    await wire.expectEcho('text', greeting.payload);
    await wire.expectCloseHandshake();
  },
}));

function absent(name: string): RuleRow['rule'] {
  return ({ headers }) => (headers.has(name) ? `${name} is ${JSON.stringify(headers.getAll(name))}` : null);
}

function only(values: readonly string[], expected: string, ignoreCase = true): string | null {
  const [value = ''] = values;
  const found = ignoreCase ? value.toLowerCase() : value;
  return values.length === 1 && found === expected ? null : `it is ${JSON.stringify(values)}`;
}
