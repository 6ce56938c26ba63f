import { seededRandom } from 'ieum/testing';
import { beforeEach, describe, expect, test } from 'vitest';

import { text } from '../support/client-frames.js';
import { openingRequest, RawClient, type RequestOptions } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

/** One server that reads opening handshakes itself, and one that leaves them all to `node:http`. */
const ports = { direct: 0, public: 0 };

beforeEach(async () => {
  for (const socketAccess of ['direct', 'public'] as const) {
    const { port } = await serve<undefined>({
      socketAccess,
      handshakeTimeoutMs: 300,
      allowOrigin: (origin) => {
        if (origin === 'https://broken.example') throw new Error('cannot tell');
        return origin !== 'https://evil.example';
      },
      routes: {
        '/': { subprotocols: ['chat'], message: (peer, message) => peer.send(message) },
        '/room/*': { open: (peer) => peer.send(peer.request.target) },
      },
    });
    ports[socketAccess] = port;
  }
});

/** Everything that a server answers to these bytes and one message until it ends the connection, less the date. */
async function answerOf(port: number, bytes: string): Promise<string> {
  const client = await RawClient.connect(port);
  client.send(bytes, text('echo'));
  client.socket.end();
  await client.until(() => client.isClosed || client.hasEnded, 'the end');
  return client.pending.toString('latin1').replace(/^Date: .*\r\n/gm, '');
}

async function expectSameAnswer(bytes: string): Promise<string> {
  const [direct, atHttp] = await Promise.all([answerOf(ports.direct, bytes), answerOf(ports.public, bytes)]);
  expect(direct).toBe(atHttp);
  return direct;
}

const fields = (headers: NonNullable<RequestOptions['headers']>): string => openingRequest({ headers });

describe('who reads the head makes no difference to the answer', () => {
  const heads: Readonly<Record<string, string>> = {
    'a right one': openingRequest(),
    'a query': openingRequest({ target: '/?a=b&c' }),
    'a parameter': openingRequest({ target: '/room/a%20b' }),
    'no route': openingRequest({ target: '/nowhere' }),
    'an absolute target': openingRequest({ target: 'http://localhost/room/x' }),
    'a target of another host': openingRequest({ target: 'ws://elsewhere.example/room/x' }),
    'a target with a fragment': openingRequest({ target: '/room/x#y' }),
    'a target in asterisk form': openingRequest({ target: '*' }),
    'a target that is no path': openingRequest({ target: 'room' }),
    'a target with dots': openingRequest({ target: '/room/../room/x' }),
    'a target beyond ASCII': openingRequest({ target: '/room/\xfc' }),
    'a target with a control character': openingRequest({ target: '/room/\x01' }),
    'two spaces in the request line': openingRequest().replace('GET /', 'GET  /'),
    'an empty line before it': `\r\n${openingRequest()}`,
    'two empty lines before it': `\r\n\r\n${openingRequest()}`,
    'HTTP/1.0': openingRequest({ version: '1.0' }),
    'HTTP/1.2': openingRequest({ version: '1.2' }),
    'HTTP/2.0': openingRequest({ version: '2.0' }),
    'a method in lower case': openingRequest({ method: 'get' }),
    'a method of its own': openingRequest({ method: 'GETS' }),
    HEAD: openingRequest({ method: 'HEAD' }),
    'no Host': fields({ Host: [] }),
    'an empty Host': fields({ Host: '' }),
    'two Hosts': fields({ Host: ['localhost', 'localhost'] }),
    'a Host with a path': fields({ Host: 'localhost/x' }),
    'a Host of an attacker': fields({ Host: 'evil.example' }),
    'a Host with spaces around it': fields({ Host: ' \tlocalhost \t' }),
    'no Connection': fields({ Connection: [] }),
    'a Connection that is kept': fields({ Connection: 'keep-alive' }),
    'a Connection that is kept and upgraded': fields({ Connection: 'keep-alive, upgrade' }),
    'two Connections': fields({ Connection: ['keep-alive', 'Upgrade'] }),
    'no Upgrade': fields({ Upgrade: [] }),
    'an Upgrade in capitals': fields({ Upgrade: 'WEBSOCKET' }),
    'an Upgrade to one of two': fields({ Upgrade: 'h2c, websocket' }),
    'an Upgrade with a version': fields({ Upgrade: 'websocket/13' }),
    'two Upgrades': fields({ Upgrade: ['h2c', 'websocket'] }),
    'no version': fields({ 'Sec-WebSocket-Version': [] }),
    'a wrong version': fields({ 'Sec-WebSocket-Version': '8' }),
    'two versions': fields({ 'Sec-WebSocket-Version': ['13', '8'] }),
    'no key': fields({ 'Sec-WebSocket-Key': [] }),
    'a short key': fields({ 'Sec-WebSocket-Key': 'c2hvcnQ=' }),
    'two keys': fields({ 'Sec-WebSocket-Key': ['dGhlIHNhbXBsZSBub25jZQ==', 'dGhlIHNhbXBsZSBub25jZQ=='] }),
    'a subprotocol': fields({ 'Sec-WebSocket-Protocol': 'soap, chat' }),
    'subprotocols in two fields': fields({ 'Sec-WebSocket-Protocol': ['soap', 'chat'] }),
    'a subprotocol that is no token': fields({ 'Sec-WebSocket-Protocol': 'a b' }),
    'an origin that may': fields({ Origin: 'https://good.example' }),
    'an origin that may not': fields({ Origin: 'https://evil.example' }),
    'an origin that nobody can judge': fields({ Origin: 'https://broken.example' }),
    'two origins': fields({ Origin: ['https://good.example', 'https://evil.example'] }),
    'an extension': fields({ 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }),
    'an extension that is malformed': fields({ 'Sec-WebSocket-Extensions': ';;' }),
    'an empty body': fields({ 'Content-Length': '0' }),
    'a body': openingRequest({ headers: { 'Content-Length': '4' }, body: 'body' }),
    'a body in chunks': openingRequest({ headers: { 'Transfer-Encoding': 'chunked' }, body: '0\r\n\r\n' }),
    'an expectation': fields({ Expect: '100-continue' }),
    'an expectation that nobody meets': fields({ Expect: 'the spanish inquisition' }),
    'a value beyond ASCII': fields({ 'X-Name': 'M\xfcller' }),
    'a value with a NUL': fields({ 'X-Name': 'a\0b' }),
    'a value with a bare CR': fields({ 'X-Name': 'a\rb' }),
    'a value with a DEL': fields({ 'X-Name': 'a\x7fb' }),
    'a folded value': fields({ 'X-Name': 'a\r\n b' }),
    'a name with a space behind it': openingRequest().replace('Upgrade:', 'Upgrade :'),
    'a name with a space in it': fields({ 'X Name': 'a' }),
    'an empty name': openingRequest().replace('Upgrade:', ':'),
    'lines that end in LF': openingRequest().replaceAll('\r\n', '\n'),
    'one line that ends in LF': openingRequest().replace('\r\nUpgrade', '\nUpgrade'),
    'a hundred and fifty fields': fields(
      Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`X-${i}`, 'x'])),
    ),
    'a head of ten thousand bytes': fields({ 'X-Long': 'x'.repeat(10_000) }),
    'a head of twenty thousand bytes': fields({ 'X-Long': 'x'.repeat(20_000) }),
    'a head of seventy thousand bytes': fields({ 'X-Long': 'x'.repeat(70_000) }),
    'a target that is too long': openingRequest({ target: `/${'x'.repeat(20_000)}` }),
    'a second request behind it': openingRequest() + openingRequest(),
    'a request before it': `GET / HTTP/1.1\r\nHost: localhost\r\n\r\n${openingRequest()}`,
  };

  test.each(Object.entries(heads))('%s', async (_, bytes) => {
    const answer = await expectSameAnswer(bytes);
    expect(answer).not.toBe('');
  });

  test.each([-2, -1, 0, 1, 2])('a head of %i bytes more than the limit', async (excess) => {
    const short = fields({ 'X-Long': '' });
    const answer = await expectSameAnswer(fields({ 'X-Long': 'x'.repeat(16_384 + excess - short.length) }));
    expect(answer.slice(9, 12)).toBe(excess > 0 ? '431' : '101');
  });
});

test('nor does it when a byte is changed, left out or doubled anywhere', async () => {
  const random = seededRandom(7);
  const right = openingRequest({
    headers: { Origin: 'https://good.example', 'Sec-WebSocket-Protocol': 'chat' },
  });
  for (let round = 0; round < 300; round++) {
    const at = random.below(right.length);
    const replacements = ['', String.fromCharCode(random.below(256)), `${right[at]}${right[at]}`];
    const bytes = right.slice(0, at) + replacements[random.below(3)] + right.slice(at + 1);
    await expectSameAnswer(bytes);
  }
});
