import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { getEventListeners, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';

import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Certificates, createCertificates } from '../../../../../test/support/certificates.js';
import { converse } from '../../../../../test/support/converse.js';
import { type Listener, listen } from '../../../../../test/support/listener.js';
import { ConnectError, type ConnectErrorCode, dial } from './index.js';

let certificates: Certificates;
const cleanups: Array<() => unknown> = [];

beforeAll(async () => {
  certificates = await createCertificates();
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const keep = <T extends { destroy(): unknown }>(socket: T): T => {
  cleanups.push(() => socket.destroy());
  return socket;
};

const start = async (server: ReturnType<typeof createServer>, path?: string): Promise<Listener> => {
  const listener = await listen(server, path);
  cleanups.push(() => listener.close());
  return listener;
};

const startEcho = (path?: string) =>
  start(
    createServer((socket) => socket.pipe(socket)),
    path,
  );

const startTlsEcho = (options: TlsOptions) =>
  start(createTlsServer(options, (socket) => socket.on('error', () => {}).pipe(socket)));

/** A port where nobody listens. */
const findClosedPort = async () => {
  const listener = await listen(createServer());
  await listener.close();
  return listener.port;
};

const failure = (code: ConnectErrorCode, fields: object = {}) => expect.objectContaining({ code, ...fields });

describe('a direct connection', () => {
  it('is a TCP stream without a listener of ours', async () => {
    const { port } = await startEcho();
    const controller = new AbortController();
    const socket = keep(
      await dial({ hostname: '127.0.0.1', port, secure: false }, { signal: controller.signal }),
    );
    expect(socket).not.toBeInstanceOf(TLSSocket);
    for (const event of ['connect', 'readable', 'data', 'error', 'close']) {
      expect([event, socket.listenerCount(event)]).toEqual([event, 0]);
    }
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it('keeps what the server says before anybody reads', async () => {
    const { port } = await start(createServer((socket) => socket.end('early')));
    const socket = keep(await dial({ hostname: 'localhost', port, secure: false }, { family: 4 }));
    expect(await converse(socket, 'early')).toBe('early');
  });

  it('leaves from the local address it is told', async () => {
    const server = createServer();
    const { port } = await start(server);
    const accepted = once(server, 'connection');
    keep(await dial({ hostname: '127.0.0.1', port, secure: false }, { localAddress: '127.0.0.2' }));
    const [socket] = (await accepted) as [Socket];
    expect(socket.remoteAddress).toBe('127.0.0.2');
  });

  it('can go through a Unix socket, with and without TLS', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ieum-dial-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const [plainPath, tlsPath] = [join(folder, 'plain'), join(folder, 'tls')];
    await startEcho(plainPath);
    await start(
      createTlsServer(certificates.server, (socket) => socket.pipe(socket)),
      tlsPath,
    );
    const target = { hostname: 'localhost', port: 1 };
    const environment = { ALL_PROXY: 'http://proxy.invalid' };
    const plain = keep(await dial({ ...target, secure: false }, { socketPath: plainPath, environment }));
    const tls = { ca: certificates.authority.cert };
    const secured = keep(await dial({ ...target, secure: true }, { socketPath: tlsPath, tls }));
    expect(await converse(plain, 'plain')).toBe('plain');
    expect(await converse(secured, 'secured')).toBe('secured');
  });
});

describe('TLS', () => {
  it.each(['localhost', '127.0.0.1'])('trusts a given authority for %s', async (hostname) => {
    const { port } = await startTlsEcho({ ...certificates.server, ALPNProtocols: ['http/1.1'] });
    const tls = { ca: certificates.authority.cert };
    const socket = keep(await dial({ hostname, port, secure: true }, { tls, family: 4 })) as TLSSocket;
    expect(socket.authorized).toBe(true);
    expect(socket.alpnProtocol).toBe('http/1.1');
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', false],
  ])('names the server %s as %s', async (hostname, servername) => {
    const server = createTlsServer(certificates.server);
    const { port } = await start(server);
    const accepted = once(server, 'secureConnection');
    const tls = { ca: certificates.authority.cert };
    keep(await dial({ hostname, port, secure: true }, { tls, family: 4 }));
    const [socket] = (await accepted) as [TLSSocket & { servername: unknown }];
    expect(socket.servername).toBe(servername);
  });

  it('refuses an authority nobody trusts', async () => {
    const listener = await startTlsEcho(certificates.server);
    const attempt = dial({ hostname: 'localhost', port: listener.port, secure: true });
    await expect(attempt).rejects.toEqual(
      failure('ERR_WS_TLS', { cause: expect.objectContaining({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }) }),
    );
    await expect.poll(() => listener.open).toBe(0);
  });

  it('refuses a certificate for another host, unless that name is asked for', async () => {
    const { port } = await startTlsEcho(certificates.wrongHost);
    const ca = certificates.authority.cert;
    const target = { hostname: 'localhost', port, secure: true };
    await expect(dial(target, { tls: { ca } })).rejects.toEqual(
      failure('ERR_WS_TLS', { cause: expect.objectContaining({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' }) }),
    );
    const socket = keep(await dial(target, { tls: { ca, servername: 'elsewhere.invalid' } }));
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it('shows a client certificate', async () => {
    const ca = certificates.authority.cert;
    const { port } = await startTlsEcho({
      ...certificates.server,
      ca,
      requestCert: true,
      maxVersion: 'TLSv1.2',
    });
    const target = { hostname: 'localhost', port, secure: true };
    await expect(dial(target, { tls: { ca } })).rejects.toEqual(failure('ERR_WS_TLS'));
    const socket = keep(await dial(target, { tls: { ca, ...certificates.client } }));
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it.each([
    ['text', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['nothing', ''],
  ])('fails on a server that answers with %s', async (_, answer) => {
    const listener = await start(createServer((socket) => socket.once('data', () => socket.end(answer))));
    const attempt = dial({ hostname: '127.0.0.1', port: listener.port, secure: true });
    await expect(attempt).rejects.toEqual(failure('ERR_WS_TLS', { host: '127.0.0.1', port: listener.port }));
    await expect.poll(() => listener.open).toBe(0);
  });
});

describe('a server that is not there', () => {
  it('refuses', async () => {
    const port = await findClosedPort();
    const error = await dial({ hostname: '127.0.0.1', port, secure: false }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toEqual(
      failure('ERR_WS_CONNECT', {
        ...{ host: '127.0.0.1', port, proxy: undefined },
        cause: expect.objectContaining({ code: 'ECONNREFUSED' }),
      }),
    );
  });

  it('has no Unix socket', async () => {
    const socketPath = join(tmpdir(), 'ieum-dial-nobody');
    const attempt = dial({ hostname: 'localhost', port: 80, secure: false }, { socketPath });
    await expect(attempt).rejects.toEqual(failure('ERR_WS_CONNECT', { socketPath }));
  });

  it('has no name', async () => {
    const attempt = dial({ hostname: 'nobody.invalid', port: 80, secure: false }, { proxy: false });
    await expect(attempt).rejects.toEqual(
      failure('ERR_WS_DNS', {
        host: 'nobody.invalid',
        cause: expect.objectContaining({ syscall: 'getaddrinfo' }),
      }),
    );
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it('comes before anything is tried', async () => {
    const listener = await startEcho();
    const target = { hostname: '127.0.0.1', port: listener.port, secure: false };
    await expect(dial(target, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(listener.accepted).toBe(0);
  });

  it('ends a connection attempt', async () => {
    const listener = await startEcho();
    const controller = new AbortController();
    const target = { hostname: '127.0.0.1', port: listener.port, secure: false };
    const attempt = dial(target, { signal: controller.signal });
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
    await expect.poll(() => listener.open).toBe(0);
  });

  it.each([false, true])('counts between two steps, with a proxy: %s', async (hasProxy) => {
    const listener = await start(createServer((socket) => socket.resume()));
    const controller = new AbortController();
    const abortWhenConnected = (message: unknown) => {
      const { socket } = message as { socket: Socket };
      socket.on('connect', () => process.nextTick(() => controller.abort(reason)));
    };
    subscribe('net.client.socket', abortWhenConnected);
    cleanups.push(() => unsubscribe('net.client.socket', abortWhenConnected));
    const target = { hostname: '127.0.0.1', port: listener.port, secure: false };
    const proxy = hasProxy && `http://127.0.0.1:${listener.port}`;
    await expect(dial(target, { proxy, signal: controller.signal })).rejects.toBe(reason);
    await expect.poll(() => listener.open).toBe(0);
  });

  it('ends a TLS handshake', async () => {
    const server = createServer();
    const listener = await start(server);
    const accepted = once(server, 'connection');
    const controller = new AbortController();
    const target = { hostname: '127.0.0.1', port: listener.port, secure: true };
    const attempt = dial(target, { signal: controller.signal });
    const [socket] = (await accepted) as [Socket];
    await once(socket, 'data');
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
    await expect.poll(() => listener.open).toBe(0);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  it('means nothing once the stream is there', async () => {
    const { port } = await startEcho();
    const controller = new AbortController();
    const target = { hostname: '127.0.0.1', port, secure: false };
    const socket = keep(await dial(target, { signal: controller.signal }));
    controller.abort(reason);
    expect(await converse(socket, 'hello')).toBe('hello');
  });
});

describe('misuse', () => {
  const target = { hostname: 'localhost', port: 80, secure: false };

  it.each([
    ['an empty hostname', 'ERR_WS_INVALID_URL', { ...target, hostname: '' }, {}],
    ['a line break in the hostname', 'ERR_WS_INVALID_URL', { ...target, hostname: 'a\r\nb' }, {}],
    ['a port in the hostname', 'ERR_WS_INVALID_URL', { ...target, hostname: 'a:1' }, {}],
    ['a hostname of 256 bytes', 'ERR_WS_INVALID_URL', { ...target, hostname: 'a'.repeat(256) }, {}],
    ['port 0', 'ERR_WS_INVALID_URL', { ...target, port: 0 }, {}],
    ['port 65536', 'ERR_WS_INVALID_URL', { ...target, port: 65536 }, {}],
    [
      'a broken certificate',
      'ERR_WS_INVALID_OPTION',
      { ...target, secure: true },
      { tls: { cert: 'broken' } },
    ],
    ['a local address that is none', 'ERR_WS_INVALID_OPTION', target, { localAddress: 'home' }],
    ['an empty proxy', 'ERR_WS_INVALID_OPTION', target, { proxy: '' }],
    ['a proxy of an unknown kind', 'ERR_WS_INVALID_OPTION', target, { proxy: 'socks4://127.0.0.1' }],
    ['a Unix socket and a proxy', 'ERR_WS_INVALID_OPTION', target, { proxy: 'http://a', socketPath: '/a' }],
  ])('is %s', async (_, code, misused, options) => {
    await expect(dial(misused, options)).rejects.toEqual(
      expect.objectContaining({ name: 'UsageError', code }),
    );
  });
});
