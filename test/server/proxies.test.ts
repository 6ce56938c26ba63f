import { expect, test } from 'vitest';

import { ask, openingRequest, RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

const telling = {
  '/': {
    open: (peer: {
      send(data: string): unknown;
      request: { address: string; secure: boolean; host: string };
    }) => {
      const { address, secure, host } = peer.request;
      peer.send(`${address} ${secure ? 'secure' : 'plain'} ${host}`);
    },
  },
};

test.each([
  [
    'X-Forwarded-For of a trusted proxy',
    { trustedProxies: ['loopback'] },
    { 'X-Forwarded-For': '192.0.2.1' },
    '192.0.2.1 plain localhost',
  ],
  [
    'the nearest address that is not trusted',
    { trustedProxies: ['loopback'] },
    { 'X-Forwarded-For': '6.6.6.6, 192.0.2.1' },
    '192.0.2.1 plain localhost',
  ],
  [
    'Forwarded of a trusted proxy that writes it',
    { trustedProxies: ['loopback'], forwarding: 'forwarded' },
    { Forwarded: 'for=192.0.2.1;proto=https;host=a.test' },
    '192.0.2.1 secure a.test',
  ],
  [
    'X-Forwarded-For whatever Forwarded says, which the client may have written',
    { trustedProxies: ['loopback'] },
    { Forwarded: 'for=6.6.6.6;proto=https;host=evil.test', 'X-Forwarded-For': '192.0.2.1' },
    '192.0.2.1 plain localhost',
  ],
  [
    'nothing that the client wrote when its proxy writes another field',
    { trustedProxies: ['loopback'] },
    { Forwarded: 'for=6.6.6.6;proto=https;host=evil.test' },
    '127.0.0.1 plain localhost',
  ],
  [
    'nobody else',
    {},
    { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Proto': 'https' },
    '127.0.0.1 plain localhost',
  ],
] as const)('the client is found by %s', async (_, options, headers, expected) => {
  const { port } = await serve({ routes: telling, ...options });
  expect(await (await RawClient.open(port, { headers })).frame()).toBe(`text ${expected}`);
});

test('a host that a proxy forwards and that is in no URL is refused', async () => {
  const { port, errors } = await serve({ routes: telling, trustedProxies: ['loopback'] });
  const headers = { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Host': 'a:99999' };
  expect([(await ask(port, { headers })).status, errors]).toEqual([400, []]);
});

test('limits per address count clients, not proxies', async () => {
  const { server, port } = await serve({ trustedProxies: ['loopback'], maxConnectionsPerAddress: 1 });
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
  const first = await RawClient.open(port, from('192.0.2.1'));
  await RawClient.open(port, from('192.0.2.2'));
  const refused = await ask(port, from('192.0.2.1'));
  expect([refused.status, refused.field('Retry-After'), server.peers.size]).toEqual([503, '5', 2]);
  first.reset();
  await expect.poll(() => server.peers.size).toBe(1);
  await RawClient.open(port, from('192.0.2.1'));
});

test('clients of one IPv6 /64 share their limit', async () => {
  const { port } = await serve({ trustedProxies: ['loopback'], maxConnectionsPerAddress: 1 });
  const from = (address: string) => ({ headers: { 'X-Forwarded-For': address } });
  await RawClient.open(port, from('2001:db8::1'));
  expect((await ask(port, from('2001:db8::2'))).status).toBe(503);
  await RawClient.open(port, from('2001:db8:0:1::1'));
});

test('a limit in all holds whoever comes, and is free again afterwards', async () => {
  const { server, port } = await serve({ maxConnections: 2 });
  const clients = [await RawClient.open(port), await RawClient.open(port)];
  const refused = await ask(port);
  expect([refused.status, refused.field('Retry-After'), refused.body]).toEqual([
    503,
    '5',
    'too many connections\n',
  ]);
  clients[0]?.socket.end();
  await expect.poll(() => server.peers.size).toBe(1);
  await RawClient.open(port);
  expect((await ask(port)).status).toBe(503);
});

test('a PROXY header names the client, also before TLS has begun at the proxy', async () => {
  const { port } = await serve({ routes: telling, proxyProtocol: true, trustedProxies: ['loopback'] });
  const client = await RawClient.connect(port);
  client.send('PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\n', openingRequest());
  expect((await client.response()).status).toBe(101);
  expect(await client.frame()).toBe('text 192.0.2.7 plain localhost');
});

test('a trusted proxy that sends no PROXY header is not served', async () => {
  const { port } = await serve({ proxyProtocol: true, trustedProxies: ['loopback'] });
  const client = await RawClient.connect(port);
  client.send(openingRequest());
  await client.end();
  expect(client.pending.length).toBe(0);
});

test('whoever is no trusted proxy needs no PROXY header, and cannot forge one', async () => {
  const { port } = await serve({ routes: telling, proxyProtocol: true, trustedProxies: ['192.0.2.0/24'] });
  expect(await (await RawClient.open(port)).frame()).toBe('text 127.0.0.1 plain localhost');
  expect((await ask(port, `PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n${openingRequest()}`)).status).toBe(400);
});

test('a server behind PROXY headers shuts down with clients in every stage', async () => {
  const { server, port } = await serve({ proxyProtocol: true, trustedProxies: ['loopback'] });
  const silent = await RawClient.connect(port);
  const halfway = await RawClient.connect(port);
  halfway.send('PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\nGET /');
  const open = await RawClient.connect(port);
  open.send('PROXY TCP4 192.0.2.7 192.0.2.8 1000 2000\r\n', openingRequest());
  await open.response();
  expect(await server.drain({ timeoutMs: 200 })).toEqual({ closed: 0, terminated: 1 });
  await Promise.all([silent, halfway, open].map((client) => client.end()));
});
