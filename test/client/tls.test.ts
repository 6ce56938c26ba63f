import { type ConnectOptions, connect, createServer, type Peer, type ServerTlsOptions } from 'ieum';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';

let certificates: Certificates;
let ca: string;

beforeAll(async () => {
  certificates = await createCertificates();
  ca = certificates.authority.cert;
});

/** Starts an echo over TLS and gives its port. `reports` gets what the server sees of a client. */
async function serve(tls: ServerTlsOptions, reports: Peer[] = []): Promise<number> {
  const server = createServer<unknown>({
    tls,
    routes: {
      '/': { open: (peer) => void reports.push(peer), message: (peer, message) => peer.send(message) },
    },
  });
  onTestFinished(() => server.close());
  return (await server.listen()).port;
}

async function open(url: string, options: ConnectOptions): Promise<Peer<undefined>> {
  const peer = await connect(url, { family: 4, ...options });
  onTestFinished(() => peer.terminate());
  return peer;
}

async function echo(peer: Peer<undefined>, text: string): Promise<unknown> {
  await peer.send(text);
  return (await peer[Symbol.asyncIterator]().next()).value.data;
}

const tlsFailure = (cause: string) =>
  expect.objectContaining({
    name: 'ConnectError',
    code: 'ERR_WS_TLS',
    cause: expect.objectContaining({ code: cause }),
  });

describe('a server’s certificate', () => {
  it.each(['localhost', '127.0.0.1'])(
    'is accepted from an authority that is trusted, for %s',
    async (host) => {
      const peer = await open(`wss://${host}:${await serve(certificates.server)}`, { tls: { ca } });
      expect(peer.request.secure).toBe(true);
      expect(await echo(peer, 'over TLS')).toBe('over TLS');
    },
  );

  it('is not accepted from an authority that nobody trusts', async () => {
    const url = `wss://localhost:${await serve(certificates.server)}`;
    await expect(open(url, {})).rejects.toEqual(tlsFailure('UNABLE_TO_VERIFY_LEAF_SIGNATURE'));
  });

  it('is not accepted for another host', async () => {
    const url = `wss://localhost:${await serve(certificates.wrongHost)}`;
    await expect(open(url, { tls: { ca } })).rejects.toEqual(tlsFailure('ERR_TLS_CERT_ALTNAME_INVALID'));
  });

  it('is accepted for another host that the caller expects', async () => {
    const url = `wss://localhost:${await serve(certificates.wrongHost)}`;
    const peer = await open(url, { tls: { ca, servername: 'elsewhere.invalid' } });
    expect(await echo(peer, 'hello')).toBe('hello');
  });

  it('is not looked at only if the caller says so', async () => {
    const url = `wss://localhost:${await serve(certificates.wrongHost)}`;
    expect(await echo(await open(url, { tls: { rejectUnauthorized: false } }), 'hello')).toBe('hello');
  });
});

describe('a client certificate', () => {
  const strict = () => ({ ...certificates.server, ca, requestCert: true, rejectUnauthorized: true });

  it('is shown to a server that asks for it', async () => {
    const peers: Peer[] = [];
    const url = `wss://localhost:${await serve(strict(), peers)}`;
    const peer = await open(url, { tls: { ca, ...certificates.client } });
    expect(await echo(peer, 'hello')).toBe('hello');
    expect(peers[0]?.request.clientCertificate?.subject.CN).toBe('client');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('that is missing is told in %s', async (version) => {
    const url = `wss://localhost:${await serve(strict())}`;
    const failure = await open(url, { tls: { ca, minVersion: version, maxVersion: version } }).catch(
      (error: unknown) => error,
    );
    // TLS 1.3 has no way to refuse it before the client sends its request.
    const code = version === 'TLSv1.2' ? 'ERR_WS_TLS' : 'ERR_WS_HANDSHAKE_ENDED';
    expect(failure).toMatchObject({ code, cause: expect.anything() });
  });
});

it('a server that speaks no TLS is a failure of TLS', async () => {
  const server = createServer({ routes: {} });
  onTestFinished(() => server.close());
  const { port } = await server.listen();
  await expect(open(`wss://localhost:${port}`, {})).rejects.toMatchObject({ code: 'ERR_WS_TLS' });
});

it('a server that speaks TLS is no HTTP to a client that does not', async () => {
  const port = await serve(certificates.server);
  const failure = await open(`ws://localhost:${port}`, {}).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: 'HandshakeError' });
});
