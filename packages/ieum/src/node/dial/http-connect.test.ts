import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';

import { afterEach, beforeAll, describe, expect, it } from 'vitest';

import { type Certificates, createCertificates } from '../../../../../test/support/certificates.js';
import { converse, readText } from '../../../../../test/support/converse.js';
import { type HttpProxyOptions, startHttpProxy } from '../../../../../test/support/http-proxy.js';
import { type Listener, listen } from '../../../../../test/support/listener.js';
import { dial } from './index.js';

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

const keepListener = <T extends Listener>(listener: T): T => {
  cleanups.push(() => listener.close());
  return listener;
};

const startProxy = async (options?: HttpProxyOptions) => keepListener(await startHttpProxy(options));

const startEcho = async () => keepListener(await listen(createServer((socket) => socket.pipe(socket))));

const startTlsEcho = async () =>
  keepListener(await listen(createTlsServer(certificates.server, (socket) => socket.pipe(socket))));

/** A proxy that does what it is told once the request is there. */
const startScript = async (script: (socket: Socket) => void) =>
  keepListener(await listen(createServer((socket) => socket.once('data', () => script(socket)))));

const target = { hostname: 'server.test', port: 80, secure: false };
const failure = (fields: object = {}) =>
  expect.objectContaining({ name: 'ConnectError', code: 'ERR_WS_PROXY', host: 'server.test', ...fields });

describe('a tunnel through an HTTP proxy', () => {
  it('leads to the server, free of listeners of ours', async () => {
    const [proxy, { port }] = await Promise.all([startProxy(), startEcho()]);
    const socket = keep(await dial({ ...target, port }, { proxy: `http://127.0.0.1:${proxy.port}` }));
    for (const event of ['readable', 'data', 'error', 'close']) {
      expect([event, socket.listenerCount(event)]).toEqual([event, 0]);
    }
    expect(await converse(socket, 'hello')).toBe('hello');
    expect(proxy.authorities).toEqual([`server.test:${port}`]);
  });

  it('is asked for in an environment that wants it', async () => {
    const [proxy, { port }] = await Promise.all([startProxy(), startEcho()]);
    const environment = { http_proxy: `127.0.0.1:${proxy.port}`, https_proxy: 'http://unused.invalid' };
    const socket = keep(await dial({ ...target, port }, { environment }));
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it('puts an IPv6 address in brackets', async () => {
    const [proxy, { port }] = await Promise.all([startProxy(), startEcho()]);
    const options = { proxy: `http://127.0.0.1:${proxy.port}` };
    keep(await dial({ hostname: '[2001:db8::1]', port, secure: false }, options));
    keep(await dial({ hostname: '2001:db8::1', port, secure: false }, options));
    expect(proxy.authorities).toEqual([`[2001:db8::1]:${port}`, `[2001:db8::1]:${port}`]);
  });

  it('is opened with percent-decoded credentials', async () => {
    const [proxy, { port }] = await Promise.all([startProxy({ credentials: 'me@home:p:%/' }), startEcho()]);
    const url = new URL(`http://me%40home:p:%25%2F@127.0.0.1:${proxy.port}`);
    const socket = keep(await dial({ ...target, port }, { proxy: url }));
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it.each(['', 'me:wrong@'])('is refused with 407 to %j', async (credentials) => {
    const proxy = await startProxy({ credentials: 'me:right' });
    const attempt = dial(target, { proxy: `http://${credentials}127.0.0.1:${proxy.port}` });
    await expect(attempt).rejects.toEqual(failure({ status: 407, proxy: `http://127.0.0.1:${proxy.port}` }));
    await expect.poll(() => proxy.open).toBe(0);
  });

  it('is refused with 502 where the server is not there', async () => {
    const [proxy, { port, close }] = await Promise.all([startProxy(), listen(createServer())]);
    await close();
    const attempt = dial({ ...target, port }, { proxy: `http://127.0.0.1:${proxy.port}` });
    await expect(attempt).rejects.toEqual(failure({ status: 502, port }));
    await expect.poll(() => proxy.open).toBe(0);
  });

  it('carries TLS with the server, whose name in it has no final dot', async () => {
    const server = createTlsServer(certificates.server, (socket) => socket.pipe(socket));
    const [proxy, { port }] = await Promise.all([startProxy(), listen(server).then(keepListener)]);
    const accepted = once(server, 'secureConnection');
    const options = { proxy: `http://127.0.0.1:${proxy.port}`, tls: { ca: certificates.authority.cert } };
    const socket = keep(await dial({ hostname: 'localhost.', port, secure: true }, options)) as TLSSocket;
    const [served] = (await accepted) as [TLSSocket & { servername: unknown }];
    expect([socket.authorized, served.servername]).toEqual([true, 'localhost']);
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it.each(['server.test', '192.0.2.1', '2001:db8::1'])(
    'does not hide from TLS that %s is another host',
    async (hostname) => {
      const [proxy, { port }] = await Promise.all([startProxy(), startTlsEcho()]);
      const options = { proxy: `http://127.0.0.1:${proxy.port}`, tls: { ca: certificates.authority.cert } };
      await expect(dial({ hostname, port, secure: true }, options)).rejects.toEqual(
        failure({ code: 'ERR_WS_TLS', host: hostname, proxy: `http://127.0.0.1:${proxy.port}` }),
      );
      await expect.poll(() => proxy.open).toBe(0);
    },
  );
});

describe('a tunnel through an HTTPS proxy', () => {
  const start = () => startProxy({ keyPair: certificates.server });

  it.each([false, true])('leads to a server whose TLS is %s', async (secure) => {
    const [proxy, { port }] = await Promise.all([start(), secure ? startTlsEcho() : startEcho()]);
    const trust = { ca: certificates.authority.cert };
    const options = { proxy: `https://127.0.0.1:${proxy.port}`, tls: trust, proxyTls: trust };
    const socket = keep(await dial({ hostname: 'localhost', port, secure }, options));
    const text = 'hello'.repeat(20_000);
    expect(await converse(socket, text)).toBe(text);
  });

  it('needs a certificate that somebody trusts', async () => {
    const proxy = await start();
    const options = { proxy: `https://127.0.0.1:${proxy.port}`, tls: { ca: certificates.authority.cert } };
    await expect(dial(target, options)).rejects.toEqual(
      failure({ cause: expect.objectContaining({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }) }),
    );
    expect(proxy.authorities).toEqual([]);
    await expect.poll(() => proxy.open).toBe(0);
  });

  it('closes all of it when TLS with the server fails', async () => {
    const [proxy, { port }] = await Promise.all([start(), startTlsEcho()]);
    const options = {
      proxy: `https://127.0.0.1:${proxy.port}`,
      proxyTls: { ca: certificates.authority.cert },
    };
    await expect(dial({ ...target, port, secure: true }, options)).rejects.toEqual(
      failure({ code: 'ERR_WS_TLS' }),
    );
    await expect.poll(() => proxy.open).toBe(0);
  });
});

describe('an HTTP proxy', () => {
  const dialThrough = (listener: Listener, signal?: AbortSignal) =>
    dial(target, { proxy: `http://127.0.0.1:${listener.port}`, signal });

  it.each([
    ['with a body announced', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    ['with another 2xx', 'HTTP/1.1 204 Fine\r\n\r\n'],
    ['with HTTP/1.0 and without a phrase', 'HTTP/1.0 200\r\n\r\n'],
    [
      'after interim responses',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: <a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    ],
  ])('may open the tunnel %s, and bytes after the head are the server’s', async (_, head) => {
    const listener = await startScript((socket) => socket.end(`${head}early`));
    expect(await readText(keep(await dialThrough(listener)), 5)).toBe('early');
  });

  it('may dribble its head byte by byte', async () => {
    const head = 'HTTP/1.1 200 OK\r\nVia: 1.1 slow\r\n\r\nearly';
    const listener = await startScript((socket) => {
      socket.setNoDelay(true);
      const sendFrom = (index: number) => {
        if (index < head.length)
          socket.write(head.slice(index, index + 1), () => setImmediate(sendFrom, index + 1));
      };
      sendFrom(0);
    });
    expect(await readText(keep(await dialThrough(listener)), 5)).toBe('early');
  });

  it('lets the bytes after its head begin TLS', async () => {
    const secured = createTlsServer(certificates.server, (socket) => socket.pipe(socket));
    const listener = await startScript((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      secured.emit('connection', socket);
    });
    const options = { proxy: `http://127.0.0.1:${listener.port}`, tls: { ca: certificates.authority.cert } };
    const socket = keep(await dial({ ...target, hostname: 'localhost', secure: true }, options));
    expect(await converse(socket, 'hello')).toBe('hello');
  });

  it.each([
    ['redirects', 'HTTP/1.1 302 Found\r\nLocation: http://a/\r\n\r\n', 302],
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 101],
    ['repeats interim responses', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(9), 100],
    ['sends garbage', '\x00\x01\x02garbage\r\n\r\n', undefined],
    ['speaks another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', undefined],
    ['speaks another version', 'HTTP/2.0 200 OK\r\n\r\n', undefined],
    ['folds a field line', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', undefined],
  ])('that %s has failed', async (_, bytes, status) => {
    const listener = await startScript((socket) => socket.write(bytes));
    await expect(dialThrough(listener)).rejects.toEqual(failure({ status }));
    await expect.poll(() => listener.open).toBe(0);
  });

  it.each([
    ['one line', 'X-A: ', 'a'.repeat(1_000)],
    ['many lines', '', 'A: b\r\n'.repeat(200)],
  ])('that never ends its head, in %s, is left', async (_, start, more) => {
    let sentBytes = 0;
    const listener = await startScript((socket) => {
      const pour = () => {
        sentBytes += more.length;
        if (socket.writable && sentBytes < 10_000_000) socket.write(more, () => setImmediate(pour));
      };
      socket.write(`HTTP/1.1 200 OK\r\n${start}`, pour);
    });
    await expect(dialThrough(listener)).rejects.toEqual(failure());
    await expect.poll(() => listener.open).toBe(0);
    expect(sentBytes).toBeLessThan(10_000_000);
  });

  it.each([
    ['at once', ''],
    ['within its head', 'HTTP/1.1 200 OK\r\nA: b'],
  ])('that closes %s has failed', async (_, bytes) => {
    const listener = await startScript((socket) => socket.end(bytes));
    await expect(dialThrough(listener)).rejects.toEqual(failure({ status: undefined }));
  });

  it('that resets the connection has failed', async () => {
    const listener = await startScript((socket) => socket.resetAndDestroy());
    await expect(dialThrough(listener)).rejects.toEqual(
      failure({ cause: expect.objectContaining({ code: 'ECONNRESET' }) }),
    );
  });

  it('that is not there has failed', async () => {
    const listener = await listen(createServer());
    await listener.close();
    await expect(dialThrough(listener)).rejects.toEqual(
      failure({ cause: expect.objectContaining({ code: 'ECONNREFUSED' }) }),
    );
  });

  it('that has no address has failed', async () => {
    await expect(dial(target, { proxy: 'http://me:secret@proxy.invalid' })).rejects.toEqual(
      failure({ proxy: 'http://proxy.invalid:80' }),
    );
  });

  it('that an environment names badly is an error, not a direct connection', async () => {
    const { port } = await startEcho();
    const attempt = dial({ ...target, port }, { environment: { ALL_PROXY: 'a://b' } });
    await expect(attempt).rejects.toEqual(expect.objectContaining({ code: 'ERR_WS_PROXY' }));
  });

  it('shows no credentials in its errors', async () => {
    const proxy = await startProxy({ credentials: 'me:right' });
    const attempt = dial(target, { proxy: `http://me:secret@127.0.0.1:${proxy.port}` });
    const error = await attempt.catch((reason: Error) => reason);
    expect(`${JSON.stringify(error)} ${String(error)}`).not.toContain('secret');
  });
});

describe('an abort', () => {
  const reason = new Error('enough');

  it.each(['', 'HTTP/1.1 200 OK\r\nA: b'])('ends the wait for a proxy that said %j', async (bytes) => {
    const controller = new AbortController();
    const listener = await startScript((socket) => {
      socket.write(bytes, () => setImmediate(() => controller.abort(reason)));
    });
    const attempt = dial(target, { proxy: `http://127.0.0.1:${listener.port}`, signal: controller.signal });
    await expect(attempt).rejects.toBe(reason);
    await expect.poll(() => listener.open).toBe(0);
  });

  it('ends the TLS handshake with a proxy', async () => {
    const controller = new AbortController();
    const listener = await startScript(() => controller.abort(reason));
    const attempt = dial(target, { proxy: `https://127.0.0.1:${listener.port}`, signal: controller.signal });
    await expect(attempt).rejects.toBe(reason);
    await expect.poll(() => listener.open).toBe(0);
  });

  it('ends the TLS handshake within the tunnel of an HTTPS proxy', async () => {
    const proxy = await startProxy({ keyPair: certificates.server });
    const server = createServer();
    const silent = keepListener(await listen(server));
    const accepted = once(server, 'connection');
    const controller = new AbortController();
    const attempt = dial(
      { ...target, port: silent.port, secure: true },
      {
        proxy: `https://127.0.0.1:${proxy.port}`,
        proxyTls: { ca: certificates.authority.cert },
        signal: controller.signal,
      },
    );
    const [socket] = (await accepted) as [Socket];
    await once(socket, 'data');
    controller.abort(reason);
    await expect(attempt).rejects.toBe(reason);
    await expect.poll(() => proxy.open + silent.open).toBe(0);
  });
});
