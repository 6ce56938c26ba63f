import { accept, refuse } from 'ieum';
import { describe, expect, test } from 'vitest';

import { ask, openingRequest, RawClient, type RequestOptions } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

const headers = (fields: RequestOptions['headers']): RequestOptions => ({ headers: fields ?? {} });
const notOurs = 'this is a WebSocket endpoint';

/** What is wrong with a request, and what it gets. */
const wrong: readonly (readonly [
  name: string,
  request: RequestOptions | string,
  status: number,
  reason: string,
])[] = [
  ['no Upgrade', headers({ Upgrade: [] }), 426, notOurs],
  ['no Connection', headers({ Connection: [] }), 400, 'Connection lacks Upgrade'],
  ['neither', headers({ Upgrade: [], Connection: [] }), 426, notOurs],
  ['Upgrade: h2c', headers({ Upgrade: 'h2c' }), 426, notOurs],
  [
    'Upgrade: h2c with HTTP2-Settings',
    headers({
      Upgrade: 'h2c',
      Connection: 'Upgrade, HTTP2-Settings',
      'HTTP2-Settings': 'AAMAAABkAARAAAAAAAIAAAAA',
    }),
    426,
    notOurs,
  ],
  ['Upgrade: websocket/13', headers({ Upgrade: 'websocket/13' }), 426, notOurs],
  ['a malformed Upgrade list', headers({ Upgrade: 'websocket, "h2c"' }), 426, notOurs],
  ['Connection: keep-alive', headers({ Connection: 'keep-alive' }), 400, 'Connection lacks Upgrade'],
  ['Connection: notUpgrade', headers({ Connection: 'notUpgrade' }), 400, 'Connection lacks Upgrade'],
  [
    'a body',
    { ...headers({ 'Content-Length': '5' }), body: 'hello' },
    413,
    'an opening handshake has no body',
  ],
  [
    'an announced body',
    headers({ 'Content-Length': '99999999999' }),
    413,
    'an opening handshake has no body',
  ],
  [
    'a chunked body',
    { ...headers({ 'Transfer-Encoding': 'chunked' }), body: '0\r\n\r\n' },
    413,
    'an opening handshake has no body',
  ],
  [
    'two lengths',
    { ...headers({ 'Content-Length': ['0', '5'] }), body: 'hello' },
    400,
    'this is no HTTP/1.1 request',
  ],
  [
    'a length and chunks',
    { ...headers({ 'Content-Length': '5', 'Transfer-Encoding': 'chunked' }), body: '0\r\n\r\n' },
    400,
    'this is no HTTP/1.1 request',
  ],
  ['no Host', headers({ Host: [] }), 400, 'bad Host'],
  ['two Hosts', headers({ Host: ['localhost', 'evil.test'] }), 400, 'bad Host'],
  ['an empty Host', headers({ Host: '' }), 400, 'bad Host'],
  ['a Host with a path', headers({ Host: 'localhost/evil' }), 400, 'bad Host'],
  ['a Host with a user', headers({ Host: 'user@localhost' }), 400, 'bad Host'],
  ['a Host that joins two', headers({ Host: 'localhost,evil.test' }), 400, 'bad Host'],
  ['a Host with a port that is none', headers({ Host: 'localhost:99999' }), 400, 'bad Host'],
  ['a Host that is no address', headers({ Host: '[::1::]' }), 400, 'bad Host'],
  ['a Host with escapes', headers({ Host: 'a%00b' }), 400, 'bad Host'],
  ['POST', { method: 'POST' }, 405, 'an opening handshake is a GET request'],
  ['OPTIONS *', { method: 'OPTIONS', target: '*' }, 405, 'an opening handshake is a GET request'],
  ['CONNECT', { method: 'CONNECT', target: 'evil.test:443' }, 405, 'an opening handshake is a GET request'],
  ['a method of its own', { method: 'SPLICE' }, 400, 'this is no HTTP/1.1 request'],
  ['HTTP/1.0', { version: '1.0' }, 400, 'HTTP/1.1 is needed'],
  ['HTTP/2.0 in clear', { version: '2.0' }, 505, 'HTTP version not supported'],
  ['HTTP/3.7', { version: '3.7' }, 400, 'this is no HTTP/1.1 request'],
  ['almost the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\n\r', 400, 'this is no HTTP/1.1 request'],
  ['no version', headers({ 'Sec-WebSocket-Version': [] }), 426, 'unsupported WebSocket version'],
  ['version 8', headers({ 'Sec-WebSocket-Version': '8' }), 426, 'unsupported WebSocket version'],
  ['version 13, 8', headers({ 'Sec-WebSocket-Version': '13, 8' }), 426, 'unsupported WebSocket version'],
  ['two versions', headers({ 'Sec-WebSocket-Version': ['13', '13'] }), 426, 'unsupported WebSocket version'],
  [
    'the draft of hixie-76 (CVE-2026-54466)',
    headers({
      'Sec-WebSocket-Version': [],
      'Sec-WebSocket-Key': [],
      'Sec-WebSocket-Key1': '1 2',
      'Sec-WebSocket-Key2': '3 4',
    }),
    426,
    'unsupported WebSocket version',
  ],
  ['no key', headers({ 'Sec-WebSocket-Key': [] }), 400, 'bad Sec-WebSocket-Key'],
  ['a short key', headers({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }), 400, 'bad Sec-WebSocket-Key'],
  [
    'two keys',
    headers({ 'Sec-WebSocket-Key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] }),
    400,
    'bad Sec-WebSocket-Key',
  ],
  ['two Origins', headers({ Origin: ['http://localhost', 'http://evil.test'] }), 400, 'repeated Origin'],
  ['a target with a fragment', { target: '/#x' }, 400, 'bad request target'],
  ['a target of another scheme', { target: 'ftp://localhost/' }, 400, 'bad request target'],
  ['an asterisk as a target', { target: '*' }, 400, 'bad request target'],
  ['an unknown path', { target: '/unknown' }, 404, 'no WebSocket endpoint here'],
  ['another page', headers({ Origin: 'https://evil.test' }), 403, 'this origin may not connect'],
  [
    'white space before a colon',
    openingRequest().replace('Upgrade:', 'Upgrade :'),
    400,
    'this is no HTTP/1.1 request',
  ],
  [
    'a folded field',
    openingRequest().replace('websocket', 'web\r\n socket'),
    400,
    'this is no HTTP/1.1 request',
  ],
  ['a NUL in a field', headers({ 'X-Nul': 'a\0b' }), 400, 'this is no HTTP/1.1 request'],
  [
    'a bare line feed in a field',
    openingRequest().replace('localhost', 'localhost\nX: y'),
    400,
    'this is no HTTP/1.1 request',
  ],
  [
    'a TLS hello on a plain port',
    '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03',
    400,
    'this is no HTTP/1.1 request',
  ],
  ['frames before the handshake', '\x81\x85\x00\x00\x00\x00hello', 400, 'this is no HTTP/1.1 request'],
];

describe('an upgrade without all of its checks (CVE-2026-59898)', () => {
  test.each(wrong)('with %s is answered in one line', async (_, request, status, reason) => {
    const { server, port, errors } = await serve({ maxConnections: 1 });
    const response = await ask(port, request);
    expect([response.status, response.body.trimEnd()]).toEqual([status, reason]);
    expect(response.statusLine).toMatch(/^HTTP\/1\.1 \d{3} [A-Z]/);
    expect(response.field('Connection')).toMatch(/close$/i);
    if (status === 405) expect(response.field('Allow')).toBe('GET');
    if (status === 426) expect(response.field('Upgrade')).toBe('websocket');
    if (reason === 'unsupported WebSocket version')
      expect(response.field('Sec-WebSocket-Version')).toBe('13');
    expect([server.peers.size, errors]).toEqual([0, []]);
    await RawClient.open(port);
  });

  test.each<[string, RequestOptions]>([
    ['Upgrade among others', headers({ Upgrade: 'h2c, WebSocket', Connection: 'keep-alive, upgrade' })],
    [
      'Upgrade in two fields',
      headers({ Upgrade: ['h2c', 'websocket'], Connection: ['keep-alive', 'Upgrade'] }),
    ],
    ['a length of zero', headers({ 'Content-Length': '0' })],
    ['an absolute target', { target: 'http://localhost/' }],
    ['another port in Host', headers({ Host: 'localhost:1' })],
  ])('with %s is right all the same', async (_, request) => {
    const { port } = await serve();
    expect((await ask(port, request)).status).toBe(101);
  });
});

test('names of the prototype as extensions and subprotocols crash nothing (GHSA-5v72-xg48-5rpm)', async () => {
  const { port, errors } = await serve({ routes: { '/': { subprotocols: ['chat'] } } });
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']) {
    for (const value of [
      name,
      `${name}; ${name}`,
      `${name}; a=${name}`,
      `${name}, ${name}; __proto__="${name}"`,
    ]) {
      const response = await ask(
        port,
        headers({ 'Sec-WebSocket-Extensions': value, 'Sec-WebSocket-Protocol': name, [name]: name }),
      );
      expect([value, response.status, response.field('Sec-WebSocket-Extensions')]).toEqual([
        value,
        101,
        undefined,
      ]);
      expect(response.field('Sec-WebSocket-Protocol')).toBeUndefined();
    }
  }
  expect(errors).toEqual([]);
});

describe('lists made to be slow to read (CVE-2021-32640, CVE-2020-7662)', () => {
  const size = 64 * 1024;
  test.each([
    ['spaces', 'a'.padEnd(size).concat('b')],
    ['commas', ','.repeat(size)],
    ['semicolons', 'a'.padEnd(size, ';')],
    ['an open quote', `a; b="${'\\"'.repeat(size / 2)}`],
    ['quotes', 'a; b="c" '.repeat(size / 9)],
    ['parameters', `a${'; b=c'.repeat(size / 5)}`],
    ['elements', 'a, '.repeat(size / 3)],
    ['tabs between commas', ',\t'.repeat(size / 2)],
  ])('%s take no time', async (_, value) => {
    const { port, errors } = await serve({ maxHeaderBytes: 4 * size });
    for (const name of [
      'Sec-WebSocket-Extensions',
      'Sec-WebSocket-Protocol',
      'Connection',
      'Origin',
      'Cookie',
    ]) {
      const before = process.cpuUsage();
      const { status } = await ask(port, headers({ [name]: value }));
      const { user, system } = process.cpuUsage(before);
      expect([name, [101, 400, 403].includes(status)]).toEqual([name, true]);
      expect((user + system) / 1_000).toBeLessThan(250);
    }
    expect(errors).toEqual([]);
  });
});

describe('line breaks in what becomes a header (CVE-2026-1527)', () => {
  const evil = ['a\r\nSet-Cookie: b', 'a\nb', 'a\rb', 'a\0b', 'a\r\n\r\n<html>', '\u010d\u010a'];

  test.each(evil)('%j is refused by refuse', (value) => {
    expect(() => refuse(403, 'no', [['X', value]])).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_HEADER' }),
    );
    expect(() => refuse(403, 'no', [[value, 'x']])).toThrow(
      expect.objectContaining({ code: 'ERR_WS_INVALID_HEADER' }),
    );
  });

  test.each(evil.slice(0, 5))('%j is no reason', (value) => {
    expect(() => refuse(403, value)).toThrow(expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }));
  });

  test.each(evil)('%j as a field of accept, or as a subprotocol, is an error of ours', async (value) => {
    let subprotocol: string | undefined;
    let fields: [string, string][] = [];
    const { port, errors } = await serve<undefined>({
      authenticate: () => accept(undefined, fields),
      routes: { '/': { subprotocols: () => subprotocol } },
    });
    fields = [['X', value]];
    expect((await ask(port)).status).toBe(500);
    fields = [[value, 'x']];
    expect((await ask(port)).status).toBe(500);
    fields = [];
    subprotocol = value;
    expect((await ask(port)).status).toBe(500);
    expect(errors.map((error) => (error as { code: string }).code)).toEqual([
      'ERR_WS_INVALID_HEADER',
      'ERR_WS_INVALID_HEADER',
      'ERR_WS_INVALID_SUBPROTOCOL',
    ]);
  });

  test('nothing of a request comes back in a response', async () => {
    const { port } = await serve();
    const marks = headers({
      Origin: 'http://mark.test',
      Host: 'mark.test:1',
      Cookie: 'mark',
      'X-Mark': 'mark',
    });
    for (const request of [marks, { ...marks, target: '/mark' }, { ...marks, method: 'POST' }]) {
      const client = await RawClient.connect(port);
      client.send(openingRequest(request));
      await client.until(() => client.pending.includes('\r\n\r\n'), 'a response');
      expect(client.pending.toString()).not.toContain('mark');
    }
  });
});
