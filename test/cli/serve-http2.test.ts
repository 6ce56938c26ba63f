import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { close, text } from '../support/client-frames.js';
import { Http2Client } from '../support/http2-client.js';
import { type Served, startServe } from '../support/served.js';

let certificates: Certificates;
let folder: string;

beforeAll(async () => {
  certificates = await createCertificates();
  folder = await mkdtemp(join(tmpdir(), 'ieum-http2-'));
  await writeFile(join(folder, 'cert.pem'), certificates.server.cert);
  await writeFile(join(folder, 'key.pem'), certificates.server.key);
});

afterAll(() => rm(folder, { recursive: true }));

async function serve(...args: readonly string[]): Promise<Served> {
  const served = await startServe(args);
  onTestFinished(async () => {
    await served.command.kill();
  });
  return served;
}

const tlsFlags = () => ['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem')];

describe.each([
  ['with TLS', true, '1'],
  ['with TLS and workers', true, '2'],
  ['by prior knowledge', false, '1'],
  ['by prior knowledge and workers', false, '2'],
])('ieum serve over HTTP/2 %s', (_name, isSecure, workers) => {
  test('echoes, broadcasts and answers requests on one connection, and drains', async () => {
    const served = await serve('--workers', workers, ...(isSecure ? tlsFlags() : []));
    const { port, command } = served;
    const client = await Http2Client.connect(isSecure ? { port, ca: certificates.authority.cert } : port);
    const [echo, first, second] = await Promise.all(
      ['/echo', '/broadcast', '/broadcast'].map((path) => client.open({ ':path': path })),
    );
    echo?.send(text('hello'));
    first?.send(text('everyone'));
    expect(await Promise.all([echo?.frame(), first?.frame(), second?.frame()])).toEqual([
      'text hello',
      'text everyone',
      'text everyone',
    ]);

    const page = await client.get('/');
    expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    expect((await client.get('/healthz')).body).toMatch(/^ok/);
    expect((await client.get('/nothing')).status).toBe(404);
    const { status, headers } = await client.get('/healthz', { ':method': 'DELETE' });
    expect([status, headers['allow']]).toEqual([405, 'GET, HEAD']);
    expect((await client.get('/echo')).status).toBe(405);

    command.child.kill('SIGTERM');
    for (const peer of [echo, first, second]) {
      expect(await peer?.frame()).toBe('close 1001');
      peer?.send(close(1001));
      await peer?.end();
      peer?.stream.end();
    }
    const { status: exitStatus, stderr } = await command.ended;
    expect([exitStatus, stderr.match(/warning|error/i)]).toEqual([0, null]);
  });
});

test('--http2 off serves HTTP/1.1 alone', async () => {
  const { port } = await serve('--http2', 'off', ...tlsFlags());
  const socket = connect({
    port,
    host: '127.0.0.1',
    ca: certificates.authority.cert,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  await new Promise((resolve) => socket.once('secureConnect', resolve));
  expect(socket.alpnProtocol).toBe('http/1.1');
  socket.destroy();
});
