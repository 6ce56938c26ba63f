import { type ConnectOptions, connect, createServer, type Peer } from 'ieum';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { type HttpProxyOptions, startHttpProxy } from '../support/http-proxy.js';
import { redirection, startScriptedServer } from '../support/scripted-server.js';
import { type SocksProxyOptions, startSocksProxy } from '../support/socks-proxy.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

async function serve(secure = false): Promise<number> {
  const server = createServer<unknown>({
    ...(secure ? { tls: certificates.server } : {}),
    routes: { '/': { message: (peer, message) => peer.send(message) } },
  });
  onTestFinished(() => server.close());
  return (await server.listen()).port;
}

async function httpProxy(options?: HttpProxyOptions) {
  const proxy = await startHttpProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

async function socksProxy(options?: SocksProxyOptions) {
  const proxy = await startSocksProxy(options);
  onTestFinished(() => proxy.close());
  return proxy;
}

async function open(url: string, options: ConnectOptions): Promise<Peer<undefined>> {
  const peer = await connect(url, options);
  onTestFinished(() => peer.terminate());
  return peer;
}

/** Sends more than fits into one packet and counts on getting it back whole. */
async function expectEcho(peer: Peer<undefined>): Promise<void> {
  const text = 'ieum '.repeat(50_000);
  await peer.send(text);
  const { value } = await peer[Symbol.asyncIterator]().next();
  expect(value.data).toBe(text);
}

describe('through an HTTP proxy', () => {
  it.each([false, true])('with TLS to the server: %s', async (secure) => {
    const proxy = await httpProxy();
    const port = await serve(secure);
    const peer = await open(`${secure ? 'wss' : 'ws'}://localhost:${port}`, {
      proxy: `http://127.0.0.1:${proxy.port}`,
      tls: { ca: certificates.authority.cert },
    });
    expect(proxy.authorities).toEqual([`localhost:${port}`]);
    await expectEcho(peer);
  });

  it('that wants credentials', async () => {
    const proxy = await httpProxy({ credentials: 'user:p@ss' });
    const url = `ws://chat.invalid:${await serve()}`;
    await expectEcho(await open(url, { proxy: `http://user:p%40ss@127.0.0.1:${proxy.port}` }));
    await expect(open(url, { proxy: `http://user:wrong@127.0.0.1:${proxy.port}` })).rejects.toMatchObject({
      code: 'ERR_WS_PROXY',
      status: 407,
    });
  });

  it('that itself speaks TLS', async () => {
    const proxy = await httpProxy({ keyPair: certificates.server });
    const peer = await open(`ws://chat.invalid:${await serve()}`, {
      proxy: `https://127.0.0.1:${proxy.port}`,
      proxyTls: { ca: certificates.authority.cert },
    });
    await expectEcho(peer);
  });

  it('that cannot reach the server', async () => {
    const proxy = await httpProxy();
    await expect(open('ws://localhost:1', { proxy: `http://127.0.0.1:${proxy.port}` })).rejects.toMatchObject(
      {
        code: 'ERR_WS_PROXY',
        status: 502,
      },
    );
  });

  it('redirects go too', async () => {
    const proxy = await httpProxy();
    const port = await serve();
    const server = await startScriptedServer((socket) =>
      socket.end(redirection(`ws://second.invalid:${port}/`)),
    );
    onTestFinished(() => server.close());
    const peer = await open(`http://first.invalid:${server.port}/old`, {
      proxy: `http://127.0.0.1:${proxy.port}`,
      maxRedirects: 1,
    });
    await expectEcho(peer);
    expect(proxy.authorities).toEqual([`first.invalid:${server.port}`, `second.invalid:${port}`]);
  });
});

describe('through a SOCKS5 proxy', () => {
  it.each([
    ['socks5h', 'chat.invalid', 'domain', 'chat.invalid'],
    ['socks5', 'localhost', 'ipv4', '127.0.0.1'],
  ])('as %s, that is asked for %s as %s', async (scheme, host, type, address) => {
    const proxy = await socksProxy();
    const port = await serve();
    const peer = await open(`ws://${host}:${port}`, {
      proxy: `${scheme}://127.0.0.1:${proxy.port}`,
      family: 4,
    });
    expect(proxy.destinations).toEqual([[type, address, port]]);
    await expectEcho(peer);
  });

  it('with TLS to the server and credentials for the proxy', async () => {
    const proxy = await socksProxy({ credentials: 'user:secret' });
    const peer = await open(`wss://localhost:${await serve(true)}`, {
      proxy: `socks5h://user:secret@127.0.0.1:${proxy.port}`,
      tls: { ca: certificates.authority.cert },
    });
    await expectEcho(peer);
  });
});

describe('as the environment says', () => {
  it('HTTP_PROXY is for ws:, HTTPS_PROXY for wss:', async () => {
    const [plain, secure] = [await httpProxy(), await httpProxy()];
    const environment = {
      HTTP_PROXY: `http://127.0.0.1:${plain.port}`,
      HTTPS_PROXY: `http://127.0.0.1:${secure.port}`,
    };
    const tls = { ca: certificates.authority.cert, servername: 'localhost' };
    await expectEcho(await open(`ws://chat.invalid:${await serve()}`, { environment }));
    await expectEcho(await open(`wss://chat.invalid:${await serve(true)}`, { environment, tls }));
    expect(plain.accepted).toBe(1);
    expect(secure.accepted).toBe(1);
  });

  it('loopback goes directly', async () => {
    const proxy = await httpProxy();
    const environment = { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` };
    await expectEcho(await open(`ws://127.0.0.1:${await serve()}`, { environment }));
    expect(proxy.accepted).toBe(0);
  });

  it.each<[string, (proxy: string) => ConnectOptions]>([
    ['NO_PROXY', (HTTP_PROXY) => ({ environment: { HTTP_PROXY, NO_PROXY: '.invalid' } })],
    ['proxy: false', (HTTP_PROXY) => ({ environment: { HTTP_PROXY }, proxy: false })],
  ])('%s keeps it from the proxy', async (_name, optionsFor) => {
    const proxy = await httpProxy();
    const options = optionsFor(`http://127.0.0.1:${proxy.port}`);
    const attempt = open('ws://chat.invalid', { ...options, signal: AbortSignal.timeout(500) });
    // Where names take long to be unknown, the signal is sooner.
    const failure = await attempt.catch((error: unknown) => error);
    expect([failure]).toEqual([
      expect.toSatisfy((error) => error.code === 'ERR_WS_DNS' || error.name === 'TimeoutError'),
    ]);
    expect(proxy.accepted).toBe(0);
  });
});
