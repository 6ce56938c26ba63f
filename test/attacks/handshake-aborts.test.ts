import { setTimeout as delay } from 'node:timers/promises';

import { accept } from 'ieum';
import { describe, expect, test } from 'vitest';

import { clientFrame, text } from '../support/client-frames.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

const whole = openingRequest();
const stages: readonly (readonly [string, Uint8Array])[] = [
  ['before a byte', Buffer.alloc(0)],
  ['inside the request line', Buffer.from(whole.slice(0, 6))],
  ['inside a field', Buffer.from(whole.slice(0, 60))],
  ['before the empty line', Buffer.from(whole.slice(0, -2))],
  ['behind the request', Buffer.from(whole)],
  ['behind a request for an unknown path', Buffer.from(openingRequest({ target: '/unknown' }))],
  ['behind a malformed request', Buffer.from(openingRequest({ headers: { Upgrade: ', ;' } }))],
  ['behind a request that is no HTTP', Buffer.from('\x16\x03\x01\x02\x00')],
  ['inside a frame', Buffer.concat([Buffer.from(whole), text('half').subarray(0, 3)])],
  ['behind a frame', Buffer.concat([Buffer.from(whole), text('whole')])],
  ['behind a violation', Buffer.concat([Buffer.from(whole), clientFrame(15, 'what?')])],
];

const ways: readonly (readonly [string, (client: RawClient) => void])[] = [
  ['a reset', (client) => client.reset()],
  ['an end', (client) => client.socket.end()],
  ['a close', (client) => client.socket.destroy()],
];

describe.each([
  ['without authenticate', undefined],
  [
    'while authenticate decides',
    async () => {
      await delay(20);
      return accept(undefined);
    },
  ],
])(
  'a client that leaves %s (CVE-2020-7693, CVE-2022-21676, CVE-2022-41940, CVE-2023-31125)',
  (_, authenticate) => {
    describe.each(stages)('%s', (_stage, bytes) => {
      test.each(ways)('by %s leaves the server running and its place free', async (_way, leave) => {
        const { server, port, errors } = await serve<undefined>({
          maxConnections: 4,
          handshakeTimeoutMs: 2_000,
          ...(authenticate === undefined ? {} : { authenticate }),
        });
        for (const pauseMs of [0, 0, 5, 10]) {
          const client = await RawClient.connect(port);
          client.socket.write(bytes);
          await delay(pauseMs);
          leave(client);
        }
        await expect.poll(() => server.peers.size).toBe(0);
        await delay(25);
        for (let i = 0; i < 4; i++) await RawClient.open(port);
        expect([server.peers.size, errors]).toEqual([4, []]);
      });
    });
  },
);

test('clients that leave in the middle of TLS harm nobody', async () => {
  const { createCertificates } = await import('../support/certificates.js');
  const certificates = await createCertificates();
  const { port, errors } = await serve({ tls: certificates.server });
  for (const bytes of [
    '',
    '\x16',
    '\x16\x03\x01\x00\x05hello',
    'GET / HTTP/1.1\r\n\r\n',
    '\x15\x03\x01\x00\x02\x02\x28',
  ]) {
    for (const [, leave] of ways) {
      const client = await RawClient.connect(port);
      client.send(bytes);
      await delay(2);
      leave(client);
    }
  }
  await RawClient.open({ port, servername: 'localhost', ca: certificates.authority.cert });
  expect(errors).toEqual([]);
});
