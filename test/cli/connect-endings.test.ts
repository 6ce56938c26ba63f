import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { runCommand } from '../support/command.js';
import { type Listener, listen } from '../support/listener.js';
import { clientNameOf, type ObservedServer, startObservedServer } from '../support/observed-server.js';

let listeners: Listener[] = [];

afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.close()));
  listeners = [];
});

/** A server that answers opening handshakes by hand. */
async function answer(upgraded: (socket: Duplex, key: string) => void): Promise<string> {
  const server = createServer().on('upgrade', (request, socket) => {
    socket.on('error', () => {});
    upgraded(socket, String(request.headers['sec-websocket-key']));
  });
  const listener = await listen(server);
  listeners.push(listener);
  return `ws://127.0.0.1:${listener.port}/`;
}

function switchProtocols(socket: Duplex, key: string): void {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

describe('how a connection ended is the exit status of ieum connect', () => {
  test.each([
    [1000, 0, 'normal closure'],
    [1001, 0, 'going away'],
    [1002, 3, 'protocol error'],
    [1008, 4, 'policy violation'],
    [1011, 5, 'internal error'],
    [1013, 5, 'try again later'],
    [4321, 6, 'private use'],
  ])('%d gives %d', async (code, status, words) => {
    const server = await startObservedServer({ connected: (socket) => socket.close(code, 'because') });
    listeners.push(server);
    const result = await runCommand(['connect', server.url, '--wait', 'forever']);
    expect(result.status).toBe(status);
    expect(result.stderr).toContain(`the server closed first: ${code} ${words}, "because"`);
  });

  test('a connection that is lost gives 1', async () => {
    const url = await answer((socket, key) => {
      switchProtocols(socket, key);
      socket.end();
    });
    const { status, stderr } = await runCommand(['connect', url, '--wait', 'forever']);
    expect(status).toBe(1);
    expect(stderr).toContain('1006');
  });

  test('a server that breaks the protocol gives 3, with the rule it broke', async () => {
    const url = await answer((socket, key) => {
      switchProtocols(socket, key);
      socket.write(Buffer.from([0xf1, 0]));
      socket.once('data', () => socket.end());
    });
    const { status, stderr } = await runCommand(['connect', url, '--wait', 'forever']);
    expect(status).toBe(3);
    expect(stderr).toContain('RFC 6455 §5.2');
  });
});

describe('without a connection ieum connect has one line about it, and status 1', () => {
  async function fail(args: readonly string[], status = 1): Promise<string> {
    const result = await runCommand(['connect', ...args]);
    expect({ status: result.status, stdout: result.stdout }).toEqual({ status, stdout: '' });
    expect(result.stderr).toMatch(/^error: [^\n]+\n$/);
    return result.stderr;
  }

  test('nobody listens', async () => {
    const gone = await listen(createTcpServer());
    await gone.close();
    expect(await fail([`ws://127.0.0.1:${gone.port}/`])).toContain('refused');
  });

  test('the name has no address', async () => {
    expect(await fail(['ws://nowhere.invalid/'])).toContain('nowhere.invalid');
  });

  test.each([
    [401, 'Authorization'],
    [403, '--origin'],
    [404, 'path'],
    [302, '--max-redirects'],
  ])('the server answers %d', async (status, hint) => {
    const url = await answer((socket) => {
      socket.end(`HTTP/1.1 ${status} Nope\r\nLocation: /x\r\nContent-Length: 12\r\n\r\nits \u001b[2Jwhy`);
    });
    const line = await fail([url]);
    for (const part of [String(status), hint, 'its \\x1b[2J']) expect(line).toContain(part);
  });

  test('the server is busy and says until when', async () => {
    const url = await answer((socket) => {
      socket.end('HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n');
    });
    expect(await fail([url])).toContain('after 7 s');
  });

  test('the server does not speak HTTP', async () => {
    const server = createTcpServer((socket) => socket.end('SSH-2.0-nothing\r\n'));
    const listener = await listen(server);
    listeners.push(listener);
    await fail([`ws://127.0.0.1:${listener.port}/`]);
  });

  test('the server does not answer in time', async () => {
    const url = await answer(() => {});
    expect(await fail([url, '--timeout', '0.2'])).toContain('--timeout');
  });

  test('the server does not speak TLS', async () => {
    const url = await answer(() => {});
    expect(await fail([url.replace('ws:', 'wss:')])).toContain('ws://');
  });

  test('a password in the URL is not repeated', async () => {
    const url = await answer((socket) => socket.end('HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n'));
    expect(await fail([url.replace('//', '//user:secret@')])).not.toContain('secret');
  });

  test('with --json it is an event too', async () => {
    const url = await answer((socket) => socket.end('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'));
    const { status, stdout, stderr } = await runCommand(['connect', url, '--json']);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ event: 'error', message: expect.stringContaining('404') });
    expect(stderr).toContain('404');
  });
});

describe('TLS of ieum connect', () => {
  let certificates: Certificates;
  let folder: string;
  const file = (name: string): string => join(folder, name);

  beforeAll(async () => {
    certificates = await createCertificates();
    folder = await mkdtemp(join(tmpdir(), 'ieum-connect-'));
    await writeFile(file('ca.pem'), certificates.authority.cert);
    await writeFile(file('cert.pem'), certificates.client.cert);
    await writeFile(file('key.pem'), certificates.client.key);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function secure(keyPair = certificates.server): Promise<ObservedServer> {
    const server = await startObservedServer({ keyPair });
    listeners.push(server);
    return server;
  }

  const talk = (...args: string[]) => runCommand(['connect', ...args, '--wait', '0.1'], { input: 'hello\n' });

  test('a certificate of nobody we trust is refused, with what to do', async () => {
    const { status, stdout, stderr } = await talk((await secure()).url);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*--ca[^\n]*--insecure[^\n]*\n$/);
  });

  test('--ca trusts an authority', async () => {
    expect(await talk((await secure()).url, '--ca', file('ca.pem'))).toMatchObject({
      status: 0,
      stdout: 'hello\n',
    });
  });

  test('a certificate for another name is refused', async () => {
    const server = await secure(certificates.wrongHost);
    const { status, stderr } = await talk(server.url, '--ca', file('ca.pem'));
    expect(status).toBe(1);
    expect(stderr).toContain('not for 127.0.0.1');
  });

  test('--insecure goes on, with a warning', async () => {
    const { status, stdout, stderr } = await talk((await secure(certificates.wrongHost)).url, '--insecure');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hello\n' });
    expect(stderr).toContain('not verified');
  });

  test('--cert and --key show a client certificate', async () => {
    const names: (string | undefined)[] = [];
    const server = await startObservedServer({
      keyPair: certificates.server,
      clientAuthority: certificates.authority.cert,
      connected: (socket, request) => {
        names.push(clientNameOf(request));
        socket.close();
      },
    });
    listeners.push(server);
    await talk(server.url, '--ca', file('ca.pem'), '--cert', file('cert.pem'), '--key', file('key.pem'));
    expect(names).toEqual(['client']);
  });

  test('a file that cannot be read is named', async () => {
    const { status, stderr } = await talk('wss://127.0.0.1/', '--ca', file('missing.pem'));
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: --ca: [^\n]*missing\.pem[^\n]*\n$/);
  });
});
