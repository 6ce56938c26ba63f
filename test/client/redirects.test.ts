import { getEventListeners } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { type ConnectOptions, connect } from 'ieum';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import {
  acceptance,
  redirection,
  type ScriptedServer,
  type ScriptedServerOptions,
  type ServerScript,
  startScriptedServer,
} from '../support/scripted-server.js';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await createCertificates();
});

async function start(script: ServerScript, options?: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await startScriptedServer(script, options);
  onTestFinished(() => server.close());
  return server;
}

const accept: ServerScript = (socket, request) => socket.write(acceptance(request));

/** Redirects whatever does not ask for `/there`. */
const redirectTo =
  (location: string, status?: number): ServerScript =>
  (socket, request) =>
    request.target === '/there' ? accept(socket, request) : socket.end(redirection(location, status));

async function open(url: string, options: ConnectOptions) {
  const peer = await connect(url, options);
  onTestFinished(() => peer.terminate());
  return peer;
}

const secrets: ConnectOptions['headers'] = {
  Authorization: 'Bearer secret',
  cookie: 'session=secret',
  'Proxy-Authorization': 'Basic secret',
  'X-Harmless': 'yes',
};

describe('a redirect', () => {
  it('is not followed unless the caller says so', async () => {
    const server = await start(redirectTo('/there'));
    const failure = await connect(server.url).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_WS_HANDSHAKE_REFUSED', status: 307 });
    expect((failure as { headers: Headers }).headers.get('location')).toBe('/there');
    expect(server.requests).toHaveLength(1);
  });

  it.each([301, 302, 303, 307, 308])('with status %i is followed', async (status) => {
    const server = await start(redirectTo('/there', status));
    const peer = await open(server.url, { maxRedirects: 1 });
    expect(peer.request.target).toBe('/there');
    await vi.waitUntil(() => server.open === 1, { interval: 2 });
  });

  it.each([300, 304, 305, 306])('is not what status %i means', async (status) => {
    const server = await start(redirectTo('/there', status));
    await expect(connect(server.url, { maxRedirects: 5 })).rejects.toMatchObject({
      code: 'ERR_WS_HANDSHAKE_REFUSED',
      status,
    });
  });

  it.each([
    ['there', '/a/b', '/a/there'],
    ['../there?x=1', '/a/b/c', '/a/there?x=1'],
    ['?q', '/a', '/a?q'],
    ['/there#fragment', '/a', '/there'],
  ])('to %j from %j leads to %j', async (location, from, to) => {
    let count = 0;
    const server = await start((socket, request) =>
      count++ === 0 ? socket.end(redirection(location)) : accept(socket, request),
    );
    expect((await open(server.url + from, { maxRedirects: 1 })).request.target).toBe(to);
  });

  it('may lead to another server, named by http: too', async () => {
    const other = await start(accept);
    const server = await start(redirectTo(`http://127.0.0.1:${other.port}/there`));
    const peer = await open(server.url, { maxRedirects: 1 });
    expect(peer.request.host).toBe(`127.0.0.1:${other.port}`);
    expect(other.requests[0]?.field('Host')).toBe(`127.0.0.1:${other.port}`);
  });

  it('has a key of its own', async () => {
    const server = await start(redirectTo('/there'));
    await open(server.url, { maxRedirects: 1 });
    const keys = server.requests.map((request) => request.field('Sec-WebSocket-Key'));
    expect(new Set(keys).size).toBe(2);
  });

  it('keeps subprotocols and origin', async () => {
    const server = await start(redirectTo('/there'));
    await open(server.url, { maxRedirects: 1, subprotocols: ['a', 'b'], origin: 'http://page.example' });
    expect(server.requests[1]?.field('Sec-WebSocket-Protocol')).toBe('a, b');
    expect(server.requests[1]?.field('Origin')).toBe('http://page.example');
  });

  it.each([1, 3])('loop ends after %i', async (maxRedirects) => {
    const server = await start((socket) => socket.end(redirection('/again')));
    await expect(connect(server.url, { maxRedirects })).rejects.toMatchObject({
      name: 'HandshakeError',
      code: 'ERR_WS_TOO_MANY_REDIRECTS',
      status: 307,
    });
    expect(server.requests).toHaveLength(maxRedirects + 1);
    await vi.waitUntil(() => server.open === 0, { interval: 2 });
  });

  it('chain counts against one deadline', async () => {
    const server = await start((socket) => setTimeout(() => socket.end(redirection('/again')), 20));
    await expect(connect(server.url, { maxRedirects: 1_000, handshakeTimeoutMs: 100 })).rejects.toMatchObject(
      {
        code: 'ERR_WS_HANDSHAKE_TIMEOUT',
      },
    );
    expect(server.requests.length).toBeGreaterThan(1);
    await vi.waitUntil(() => server.open === 0, { interval: 2 });
  });

  it.each([
    ['', 'nothing'],
    ['ftp://127.0.0.1/', 'another scheme'],
    ['http://', 'no host'],
    ['ws://127.0.0.1:0/', 'port 0'],
    ['ws://127.0.0.1:99999/', 'a port beyond all'],
    ['ws://a%3Ab:c@127.0.0.1/', 'a user name with a colon'],
    ['ws://%zz@127.0.0.1/', 'a malformed user name'],
    [`ws://${'a'.repeat(300)}.invalid/`, 'a name beyond all length'],
  ])('to %j fails: %s', async (location) => {
    const header = location === '' ? 'X-Location: a' : `Location: ${location}`;
    const server = await start((socket) => socket.end(`HTTP/1.1 307 Gone\r\n${header}\r\n\r\n`));
    await expect(connect(server.url, { maxRedirects: 5 })).rejects.toMatchObject({
      name: 'HandshakeError',
      code: 'ERR_WS_REDIRECT',
    });
    expect(server.requests).toHaveLength(1);
  });
});

describe('credentials', () => {
  it('go along to the same server', async () => {
    const server = await start(redirectTo('/there'));
    await open(server.url, { maxRedirects: 1, headers: secrets });
    const request = server.requests[1];
    expect(request?.field('Authorization')).toBe('Bearer secret');
    expect(request?.field('Cookie')).toBe('session=secret');
  });

  it('go to no other port', async () => {
    const other = await start(accept);
    const server = await start(redirectTo(`${other.url}/there`));
    const peer = await open(server.url, { maxRedirects: 1, headers: secrets });
    expect(server.requests[0]?.head).toContain('secret');
    expect(other.requests[0]?.head).not.toContain('secret');
    expect(other.requests[0]?.field('X-Harmless')).toBe('yes');
    expect([...peer.request.headers].join()).not.toContain('secret');
  });

  it('go to no other name of the same address', async () => {
    const server = await start((socket, request) =>
      request.target === '/there'
        ? accept(socket, request)
        : socket.end(redirection(`ws://localhost:${server.port}/there`)),
    );
    await open(server.url, { maxRedirects: 1, headers: secrets, family: 4 });
    expect(server.requests[1]?.head).not.toContain('secret');
  });

  it('do not come back when a second redirect does', async () => {
    const first = await start((socket, request) =>
      request.target === '/there' ? accept(socket, request) : socket.end(redirection(`${second.url}/`)),
    );
    const second = await start((socket) => socket.end(redirection(`${first.url}/there`)));
    await open(first.url, { maxRedirects: 2, headers: secrets });
    expect(first.requests[1]?.head).not.toContain('secret');
  });

  it('in the URL go to no other server', async () => {
    const other = await start(accept);
    const server = await start(redirectTo(`${other.url}/there`));
    await open(server.url.replace('ws://', 'ws://user:secret@'), { maxRedirects: 1 });
    expect(server.requests[0]?.field('Authorization')).toMatch(/^Basic /);
    expect(other.requests[0]?.field('Authorization')).toBeUndefined();
  });

  it('of a client certificate go to no other server', async () => {
    const tls = { ...certificates.server, ca: certificates.authority.cert, requestCert: true };
    const subjects: unknown[] = [];
    const script: (location?: string) => ServerScript = (location) => (socket, request) => {
      const { subject } = (socket as TLSSocket).getPeerCertificate();
      subjects.push(subject?.CN);
      if (location === undefined) accept(socket, request);
      else socket.end(redirection(location));
    };
    const other = await start(script(), { tls: { ...tls, rejectUnauthorized: false } });
    const server = await start(script(`${other.url}/there`), { tls });
    await open(server.url, {
      maxRedirects: 1,
      family: 4,
      tls: { ca: certificates.authority.cert, ...certificates.client },
    });
    expect(subjects).toEqual(['client', undefined]);
  });

  it('of a Unix socket go to no other server', async () => {
    const other = await start(accept);
    const path = join(tmpdir(), `ieum-redirect-${process.pid}.socket`);
    await start(redirectTo(`${other.url}/there`), { path });
    await open('ws://localhost/', { socketPath: path, maxRedirects: 1 });
    expect(other.requests).toHaveLength(1);
  });
});

describe('from wss:', () => {
  const secure = () => ({ tls: certificates.server });
  const tls = () => ({ ca: certificates.authority.cert });

  it('no redirect leads to ws:', async () => {
    const other = await start(accept);
    for (const location of [`ws://127.0.0.1:${other.port}/there`, `http://localhost:${other.port}/there`]) {
      const server = await start(redirectTo(location), secure());
      await expect(connect(server.url, { maxRedirects: 5, tls: tls(), family: 4 })).rejects.toMatchObject({
        code: 'ERR_WS_REDIRECT',
      });
    }
    expect(other.accepted).toBe(0);
  });

  it('a redirect to wss: verifies the other server too', async () => {
    const impostor = await start(accept, { tls: certificates.wrongHost });
    const server = await start(redirectTo(`${impostor.url}/there`), secure());
    await expect(connect(server.url, { maxRedirects: 5, tls: tls(), family: 4 })).rejects.toMatchObject({
      name: 'ConnectError',
      code: 'ERR_WS_TLS',
    });
  });

  it('a redirect from ws: is welcome', async () => {
    const other = await start(accept, secure());
    const server = await start(redirectTo(`${other.url}/there`));
    const peer = await open(server.url, { maxRedirects: 1, tls: tls(), family: 4 });
    expect(peer.request.secure).toBe(true);
  });
});

it('leaves nothing on the caller’s signal', async () => {
  const controller = new AbortController();
  const server = await start(redirectTo('/there'));
  await open(server.url, { maxRedirects: 1, signal: controller.signal });
  expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
});
