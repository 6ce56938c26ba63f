import type { Case } from '../case.js';

import { type OpeningRow, requestCases } from './opening-outcome.js';

const methodRows: readonly OpeningRow[] = [
  ...['POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'get', 'GETX'].map(
    (method): OpeningRow => ({
      id: method === 'get' ? 'lower-case-get' : method.toLowerCase(),
      title: `the method ${method}`,
      clause: 'RFC 6455 §4.2.1',
      outcome: 'unopened',
      changes: { method },
    }),
  ),
];

const versionRows: readonly OpeningRow[] = [
  {
    id: '1.0',
    title: 'HTTP/1.0',
    clause: 'RFC 6455 §4.2.1',
    outcome: 'unopened',
    changes: { version: '1.0' },
  },
  {
    id: '0.9',
    title: 'HTTP/0.9',
    clause: 'RFC 6455 §4.2.1',
    outcome: 'unopened',
    changes: { version: '0.9' },
  },
  { id: '1.2', title: 'HTTP/1.2', clause: 'RFC 9110 §2.5', outcome: 'either', changes: { version: '1.2' } },
  {
    id: '2.0',
    title: 'HTTP/2.0 in the first line',
    clause: 'RFC 9110 §15.6.6',
    outcome: 'better-refused',
    changes: { version: '2.0' },
    statuses: [400, 505],
  },
  ...[
    ['letters', 'HTTP/x.y'],
    ['no-minor', 'HTTP/1'],
    ['two-digits', 'HTTP/1.10'],
    ['lower-case', 'http/1.1'],
    ['missing', ''],
    ['other-protocol', 'WS/1.1'],
  ].map(
    ([id = '', protocol = '']): OpeningRow => ({
      id,
      title: protocol === '' ? 'no protocol in the first line' : `${protocol} in the first line`,
      clause: 'RFC 9112 §2.3',
      outcome: 'unopened',
      changes: ({ target }) => ({ startLine: `GET ${target}${protocol === '' ? '' : ` ${protocol}`}` }),
    }),
  ),
];

const targetRows: readonly OpeningRow[] = [
  {
    id: 'absolute',
    title: 'an http: URI as its target',
    clause: 'RFC 9112 §3.2.2',
    outcome: 'accepted',
    changes: ({ host, target }) => ({ target: `http://${host}${target}` }),
  },
  {
    id: 'absolute-upper-case',
    title: 'an HTTP: URI as its target',
    clause: 'RFC 9112 §3.2.2',
    outcome: 'better-accepted',
    changes: ({ host, target }) => ({ target: `HTTP://${host}${target}` }),
  },
  {
    id: 'absolute-ws',
    title: 'a ws: URI as its target',
    clause: 'RFC 6455 §4.1',
    outcome: 'either',
    changes: ({ host, target }) => ({ target: `ws://${host}${target}` }),
  },
  {
    id: 'absolute-other-host',
    title: 'an http: URI of another host as its target',
    clause: 'RFC 9112 §3.2.2',
    outcome: 'either',
    changes: ({ target }) => ({ target: `http://example.com${target}` }),
  },
  {
    id: 'asterisk',
    title: 'the target *',
    clause: 'RFC 9112 §3.2.4',
    outcome: 'better-refused',
    statuses: [400, 404, 405],
    changes: { target: '*' },
  },
  {
    id: 'authority',
    title: 'an authority as its target',
    clause: 'RFC 9112 §3.2.3',
    outcome: 'unopened',
    changes: ({ host }) => ({ target: host }),
  },
  {
    id: 'query',
    title: 'a query of its own',
    clause: 'RFC 6455 §3',
    outcome: 'better-accepted',
    changes: ({ target }) => ({ target: withQuery(target, 'a=b&c=%20d') }),
  },
  {
    id: 'fragment',
    title: 'a fragment in its target',
    clause: 'RFC 6455 §3',
    outcome: 'either',
    changes: ({ target }) => ({ target: `${target}#top` }),
  },
  {
    id: 'space',
    title: 'a space in its target',
    clause: 'RFC 9112 §3.2',
    outcome: 'better-refused',
    changes: ({ target }) => ({ target: `${target} x` }),
    statuses: [400, 404],
  },
  {
    id: 'nul',
    title: 'a NUL in its target',
    clause: 'RFC 9112 §3.2',
    outcome: 'better-refused',
    changes: ({ target }) => ({ target: `${target}\0` }),
    statuses: [400, 404],
  },
  {
    id: 'non-ascii',
    title: 'bytes beyond ASCII in its target',
    clause: 'RFC 9112 §3.2',
    outcome: 'either',
    changes: ({ target }) => ({ target: withQuery(target, 'caf\u00e9') }),
  },
  {
    id: 'bad-percent',
    title: 'percent signs that encode nothing in its query',
    clause: 'RFC 3986 §2.1',
    outcome: 'either',
    changes: ({ target }) => ({ target: withQuery(target, '%zz%') }),
  },
  {
    id: '7000-bytes',
    title: 'a target of 7,000 bytes',
    clause: 'RFC 9112 §3',
    outcome: 'better-accepted',
    changes: ({ target }) => ({ target: withQuery(target, 'x'.repeat(6_990)) }),
  },
  {
    id: '1-mib',
    title: 'a target of 1 MiB',
    clause: 'RFC 9112 §3',
    outcome: 'either',
    changes: ({ target }) => ({ target: withQuery(target, 'x'.repeat(1024 ** 2)) }),
  },
];

const spacingRows: readonly OpeningRow[] = [
  {
    id: 'empty-before',
    title: 'an empty line before it',
    clause: 'RFC 9112 §2.2',
    outcome: 'better-accepted',
    changes: ({ target }) => ({ startLine: `\r\nGET ${target} HTTP/1.1` }),
  },
  {
    id: 'two-spaces',
    title: 'two spaces behind the method',
    clause: 'RFC 9112 §3',
    outcome: 'either',
    changes: ({ target }) => ({ startLine: `GET  ${target} HTTP/1.1` }),
  },
  {
    id: 'tab',
    title: 'a tab behind the method',
    clause: 'RFC 9112 §3',
    outcome: 'either',
    changes: ({ target }) => ({ startLine: `GET\t${target} HTTP/1.1` }),
  },
  {
    id: 'space-before',
    title: 'a space before the method',
    clause: 'RFC 9112 §3',
    outcome: 'better-refused',
    changes: ({ target }) => ({ startLine: ` GET ${target} HTTP/1.1` }),
  },
  {
    id: 'binary',
    title: 'bytes of a TLS handshake in place of the first line',
    clause: 'RFC 9112 §3',
    outcome: 'unopened',
    changes: { startLine: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' },
  },
  {
    id: 'http2-preface',
    title: 'the preface of HTTP/2 in place of the first line',
    clause: 'RFC 9113 §3.4',
    outcome: 'unopened',
    changes: { startLine: 'PRI * HTTP/2.0' },
  },
];

/** How servers take the first line of an opening request. */
export const requestLineCases: readonly Case[] = [
  ...requestCases('opening-request/method', methodRows),
  ...requestCases('opening-request/http-version', versionRows),
  ...requestCases('opening-request/target', targetRows),
  ...requestCases('opening-request/line', spacingRows),
];

function withQuery(target: string, query: string): string {
  return `${target}${target.includes('?') ? '&' : '?'}${query}`;
}
