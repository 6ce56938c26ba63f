import type { Case } from '../case.js';

import { type OpeningRow, requestCases } from './opening-outcome.js';

const lineRows: readonly OpeningRow[] = [
  {
    id: 'space-before-colon',
    title: 'a space before the colon of a field',
    clause: 'RFC 9112 §5.1',
    outcome: 'refused',
    changes: { headers: { 'X-Spaced ': 'yes' } },
  },
  {
    id: 'space-before-colon-key',
    title: 'a space before the colon of Sec-WebSocket-Key',
    clause: 'RFC 9112 §5.1',
    outcome: 'refused',
    changes: { headers: { 'Sec-WebSocket-Key': null, 'Sec-WebSocket-Key ': 'dGhlIHNhbXBsZSBub25jZQ==' } },
  },
  {
    id: 'space-within-name',
    title: 'a space in the name of a field',
    clause: 'RFC 9110 §5.1',
    outcome: 'better-refused',
    changes: { headers: { 'X Spaced': 'yes' } },
  },
  {
    id: 'empty-name',
    title: 'a field without a name',
    clause: 'RFC 9110 §5.1',
    outcome: 'better-refused',
    changes: { headers: { '': 'yes' } },
  },
  {
    id: 'nul-in-name',
    title: 'a NUL in the name of a field',
    clause: 'RFC 9110 §5.1',
    outcome: 'better-refused',
    changes: { headers: { 'X-\0': 'yes' } },
  },
  {
    id: 'non-ascii-name',
    title: 'a byte beyond ASCII in the name of a field',
    clause: 'RFC 9110 §5.1',
    outcome: 'better-refused',
    changes: { headers: { 'X-\u00e9': 'yes' } },
  },
  {
    id: 'no-colon',
    title: 'a line without a colon',
    clause: 'RFC 9112 §5',
    outcome: 'better-refused',
    changes: ({ target }) => ({ startLine: `GET ${target} HTTP/1.1\r\nthis is no field` }),
  },
  {
    id: 'space-before-first',
    title: 'whitespace before the first field',
    clause: 'RFC 9112 §2.2',
    outcome: 'either',
    changes: ({ target }) => ({ startLine: `GET ${target} HTTP/1.1\r\n X-Folded: yes` }),
  },
  {
    id: 'folded',
    title: 'a folded field',
    clause: 'RFC 9112 §5.2',
    outcome: 'either',
    changes: { headers: { 'X-Folded': 'a\r\n b' } },
  },
  {
    id: 'folded-connection',
    title: 'a folded Connection',
    clause: 'RFC 9112 §5.2',
    outcome: 'either',
    changes: { headers: { Connection: 'keep-alive,\r\n Upgrade' } },
  },
  {
    id: 'bare-lf',
    title: 'lines that end with LF alone',
    clause: 'RFC 9112 §2.2',
    outcome: 'either',
    changes: { lineEnd: '\n' },
  },
  {
    id: 'bare-cr',
    title: 'a CR without LF in a value',
    clause: 'RFC 9112 §2.2',
    outcome: 'either',
    changes: { headers: { 'X-Return': 'a\rb' } },
  },
  {
    id: 'nul-in-value',
    title: 'a NUL in a value',
    clause: 'RFC 9110 §5.5',
    outcome: 'either',
    changes: { headers: { 'X-Nul': 'a\0b' } },
  },
  {
    id: 'control-in-value',
    title: 'a control character in a value',
    clause: 'RFC 9110 §5.5',
    outcome: 'either',
    changes: { headers: { 'X-Control': 'a\x07b' } },
  },
  {
    id: 'non-ascii-value',
    title: 'bytes beyond ASCII in a value',
    clause: 'RFC 9110 §5.5',
    outcome: 'better-accepted',
    changes: { headers: { 'X-Name': 'caf\u00c3\u00a9' } },
  },
  {
    id: 'empty-value',
    title: 'a field without a value',
    clause: 'RFC 9110 §5.5',
    outcome: 'accepted',
    changes: { headers: { 'X-Empty': '' } },
  },
];

const sizeRows: readonly OpeningRow[] = [
  size('value-4-kib', 'a field of 4 KiB', 'better-accepted', { 'X-Long': 'x'.repeat(4_096) }),
  size('value-64-kib', 'a field of 64 KiB', 'either', { 'X-Long': 'x'.repeat(65_536) }),
  size('value-1-mib', 'a field of 1 MiB', 'either', { 'X-Long': 'x'.repeat(1024 ** 2) }),
  size('name-64-kib', 'a field name of 64 KiB', 'either', { ['x'.repeat(65_536)]: 'yes' }),
  size('spaces-64-kib', '64 KiB of spaces before a value', 'either', {
    'X-Spaces': `${' '.repeat(65_536)}yes`,
  }),
  size('commas-7-kib', '7 KiB of commas in Connection', 'either', {
    Connection: `${','.repeat(7_000)}Upgrade`,
  }),
  size('fields-50', '50 more fields', 'better-accepted', manyFields(50)),
  size('fields-1000', '1,000 more fields', 'either', manyFields(1_000)),
  size('fields-3000', '3,000 more fields', 'either', manyFields(3_000)),
  size('same-field-1000', '1,000 fields of one name', 'either', {
    'X-Same': Array.from({ length: 1_000 }, String),
  }),
  {
    ...size('fields-3000-before', '3,000 fields before those that matter', 'either', {}),
    changes: ({ target }) => ({ startLine: [`GET ${target} HTTP/1.1`, ...fieldLines(3_000)].join('\r\n') }),
  },
];

/** How servers take the lines and the size of an opening request. */
export const requestGrammarCases: readonly Case[] = [
  ...requestCases('opening-request/lines', lineRows),
  ...requestCases('opening-request/size', sizeRows),
];

function size(
  id: string,
  title: string,
  outcome: OpeningRow['outcome'],
  headers: Readonly<Record<string, string | readonly string[]>>,
): OpeningRow {
  return { id, title, clause: 'RFC 9110 §5.4', outcome, changes: { headers } };
}

function manyFields(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`X-Field-${index}`, 'x']));
}

function fieldLines(count: number): string[] {
  return Object.keys(manyFields(count)).map((name) => `${name}: x`);
}
