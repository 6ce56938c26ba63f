import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test } from 'vitest';

import { bench, runBench } from '../support/bench.js';
import { createCertificates } from '../support/certificates.js';
import { type RunningCommand, runCommand, startCommand } from '../support/command.js';
import { type EchoServer, startEchoServer } from '../support/echo-server.js';
import { acceptance, startScriptedServer } from '../support/scripted-server.js';
import { startServe } from '../support/served.js';
import { Terminal } from '../support/terminal.js';

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the window early, and what was measured is printed', async (signal, status) => {
    const server = await startEchoServer();
    const command = startCommand(['bench', server.url, '--duration', '60', '--json'], { input: '' });
    await untilMeasuring(command, server);
    command.child.kill(signal);
    const result = await command.ended;
    expect(result.status).toBe(status);
    const { seconds, messages } = JSON.parse(result.stdout);
    expect(messages).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(30);
  });

  test('before anything was measured ends the run', async () => {
    const server = await startEchoServer();
    const command = startCommand(['bench', server.url, '--warmup', '60'], { input: '' });
    await command.until(({ stderr }) => stderr.includes('warming up'));
    command.child.kill('SIGINT');
    const { status, stdout, stderr } = await command.ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: '' });
    expect(stderr).toMatch(/^error: interrupted/m);
  });

  test('while memory is weighed ends the wait', async () => {
    const server = await startEchoServer();
    const args = ['--scenario', 'idle', '--duration', '60', '--connections', '3', '--json'];
    const command = startCommand(['bench', server.url, ...args], { input: '' });
    await command.until(({ stderr }) => stderr.split('settled').length > 2);
    command.child.kill('SIGINT');
    const { status, stdout } = await command.ended;
    expect(status).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ messages: 3 });
  });

  test('that kills the command takes the load along', async () => {
    const server = await startEchoServer();
    const command = startCommand(['bench', server.url, '--duration', '60'], { input: '' });
    await untilMeasuring(command, server);
    await command.kill();
    await stopsReceiving(server);
  });
});

test('in a terminal there is a bar while it runs, and the table at the end', async () => {
  const server = await startEchoServer();
  const terminal = new Terminal(['bench', server.url, '--duration', '1', '--connections', '5'], {});
  onTestFinished(() => terminal.command.kill());
  await terminal.shows(/^[█░]+ +\d+ % {2}measuring for 1 s/);
  await terminal.command.ended;
  expect(terminal.lines[0]).toMatch(/^echo +ws:/);
  expect(terminal.lines.join('\n')).not.toMatch(/[█░]/);
});

test('header fields, subprotocol and Origin are sent on every connection', async () => {
  const server = await startScriptedServer((socket, request) => {
    socket.write(acceptance(request, { 'Sec-WebSocket-Protocol': 'v1.bench' }));
    socket.on('data', () => socket.end(Buffer.from([0x88, 2, 0x03, 0xe8])));
  });
  onTestFinished(() => server.close());
  const args = ['-H', 'X-Token: s3cret', '-s', 'v1.bench', '-o', 'https://example.com'];
  await bench(`${server.url}/path?query`, ['--scenario', 'connect', ...args]);
  expect(server.requests.length).toBeGreaterThan(5);
  for (const request of server.requests) {
    expect(request.target).toBe('/path?query');
    expect(request.field('x-token')).toBe('s3cret');
    expect(request.field('sec-websocket-protocol')).toBe('v1.bench');
    expect(request.field('origin')).toBe('https://example.com');
  }
});

describe('over TLS', () => {
  test('it measures too, with the certificate verified, or not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ieum-bench-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const { authority, server } = await createCertificates();
    const path = (name: string) => join(folder, name);
    await writeFile(path('ca.pem'), authority.cert);
    await writeFile(path('cert.pem'), server.cert);
    await writeFile(path('key.pem'), server.key);
    const served = await startServe(['--tls-cert', path('cert.pem'), '--tls-key', path('key.pem')]);
    onTestFinished(() => served.command.kill());
    const url = `wss://localhost:${served.port}/echo`;

    const verified = await bench(url, ['--ca', path('ca.pem'), '--in-flight', '4']);
    expect(verified.messages).toBeGreaterThan(100);
    const unverified = await runBench(url, ['--insecure', '--scenario', 'connect', '--json']);
    expect(unverified.stderr).toMatch(/^warning: .*--insecure/m);
    expect(JSON.parse(unverified.stdout).messages).toBeGreaterThan(0);
    const refused = await runBench(url);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('--insecure');
  });
});

test('--help tells about scenarios, latency and exit status, with examples', async () => {
  const { status, stdout, stderr } = await runCommand(['bench', '--help']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  for (const part of ['--rate', 'coordinated omission', 'broadcast', 'Exit status', 'Examples:']) {
    expect(stdout).toContain(part);
  }
});

/** Resolves when messages go to and fro in the measured window. */
async function untilMeasuring(command: RunningCommand, server: EchoServer): Promise<void> {
  await command.until(({ stderr }) => stderr.includes('measuring'));
  const before = server.received;
  while (server.received < before + 2_000) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Resolves when nothing arrives any more. */
async function stopsReceiving(server: EchoServer): Promise<void> {
  for (let before = -1; server.received !== before; ) {
    before = server.received;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
