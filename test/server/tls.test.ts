import { once } from 'node:events';
import tls from 'node:tls';

import { createServer, type ServerTlsOptions } from 'ieum';
import { beforeAll, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { close, text } from '../support/client-frames.js';
import { RawClient } from '../support/raw-client.js';
import { serve } from '../support/serve.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

const secureTarget = (port: number, servername = 'localhost') => ({
  port,
  servername,
  ca: certificates.authority.cert,
  checkServerIdentity: () => undefined,
});

test('TLS carries the same connection, which knows that it is secure', async () => {
  const seen: unknown[] = [];
  const { port, url } = await serve({
    tls: certificates.server,
    routes: {
      '/': {
        open: ({ request }) =>
          void seen.push(request.secure, request.url.protocol, request.clientCertificate),
        message: (peer, message) => peer.send(message),
      },
    },
  });
  const client = await RawClient.open(secureTarget(port), { headers: { Origin: 'https://localhost' } });
  client.send(text('over TLS'), close(1000));
  expect([await client.frame(), await client.frame(), url]).toEqual([
    'text over TLS',
    'close 1000',
    `wss://127.0.0.1:${port}`,
  ]);
  client.socket.end();
  await client.end();
  expect(seen).toEqual([true, 'wss:', null]);
});

test('a large message goes through TLS whole, both ways', async () => {
  const { port } = await serve({ tls: certificates.server });
  const client = await RawClient.open(secureTarget(port));
  const sent = 'x'.repeat(900_000);
  client.send(text(sent));
  const [frame] = await client.frames(1);
  expect(frame?.text === sent).toBe(true);
});

test('each name that a client asks for gets its certificate', async () => {
  const { port } = await serve({
    tls: {
      ...certificates.server,
      sni: { 'elsewhere.invalid': certificates.wrongHost, '*.example.test': certificates.wrongHost },
    },
  });
  const nameFor = async (servername: string) => {
    const { socket } = await RawClient.open(secureTarget(port, servername));
    return (socket as tls.TLSSocket).getPeerCertificate().subject.CN;
  };
  expect(await nameFor('localhost')).toBe('localhost');
  expect(await nameFor('elsewhere.invalid')).toBe('elsewhere.invalid');
  expect(await nameFor('ELSEWHERE.invalid')).toBe('elsewhere.invalid');
  expect(await nameFor('a.example.test')).toBe('elsewhere.invalid');
  expect(await nameFor('a.b.example.test')).toBe('localhost');
  expect(await nameFor('example.test')).toBe('localhost');
});

test("a client's certificate is told to the application", async () => {
  const { authority, server, client } = certificates;
  const names: unknown[] = [];
  const options: ServerTlsOptions = {
    ...server,
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: true,
  };
  const { port } = await serve({
    tls: options,
    routes: { '/': { open: ({ request }) => void names.push(request.clientCertificate?.subject.CN) } },
  });
  await RawClient.open({ ...secureTarget(port), ...client });
  expect(names).toEqual(['client']);
  const anonymous = tls.connect({ host: '127.0.0.1', ...secureTarget(port) });
  const [error] = await once(anonymous, 'error');
  expect([names.length, (error as NodeJS.ErrnoException).code]).toEqual([1, expect.stringMatching(/^E/)]);
});

test('plain HTTP sent to a TLS port ends nothing but its own connection', async () => {
  const { port, errors } = await serve({ tls: certificates.server });
  const plain = await RawClient.connect(port);
  plain.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await plain.end();
  await RawClient.open(secureTarget(port));
  expect(errors).toEqual([]);
});

test('a certificate that cannot be used is refused at once', () => {
  expect(() => createServer({ routes: { '/': {} }, tls: { cert: 'nonsense', key: 'nonsense' } })).toThrow(
    expect.objectContaining({ code: 'ERR_WS_INVALID_OPTION' }),
  );
});
