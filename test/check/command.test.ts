import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { parseReport } from '@ieum/check';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { createCertificates } from '../support/certificates.js';
import { driveIeum } from '../support/client-drivers.js';
import { type CommandResult, runCommand, startCommand } from '../support/command.js';
import { acceptance, type ServerScript, startScriptedServer } from '../support/scripted-server.js';
import { type Served, startServe } from '../support/served.js';
import { Terminal } from '../support/terminal.js';
import { createFolder } from './folder.js';

/** Three cases that judge servers and clients, and that our own pass. */
let ids: readonly string[];
let served: Served;

beforeAll(async () => {
  served = await startServe();
  const { stdout } = await runCommand(['check', 'cases', '--json']);
  const all = JSON.parse(stdout) as { id: string; judges: string; start?: string; over?: string[] }[];
  const fitting = all.filter(
    ({ judges, start, over = ['http1'] }) =>
      judges === 'both' && start !== 'connected' && over.includes('http1'),
  );
  ids = fitting.slice(0, 3).map(({ id }) => id);
  expect(ids.length).toBe(3);
});

afterAll(() => served?.command.kill());

/** Judges a server by these three cases. */
function check(url: string, args: readonly string[] = []): Promise<CommandResult> {
  return runCommand(['check', 'server', url, '--only', ids.join(','), '--timeout', '300ms', ...args]);
}

async function serveScript(script: ServerScript): Promise<string> {
  const server = await startScriptedServer(script);
  onTestFinished(() => server.close());
  return server.url;
}

/** Opens, and says nothing. */
const serveMute = () => serveScript((socket, request) => void socket.write(acceptance(request)));

describe('ieum check server', () => {
  test('exits with 0 when no case failed, and tells so', async () => {
    const { status, stdout } = await check(`${served.wsUrl}/echo`, ['--agent', 'ieum']);
    expect(stdout).toMatch(/^ieum /);
    expect(stdout).toMatch(/\nall +3 +0 +0 +0\n/);
    expect(status).toBe(0);
  });

  test('exits with 1 when one failed, and tells which', async () => {
    const { status, stdout } = await check(await serveMute());
    expect(stdout).toMatch(/\nall +0 +0 +0 +3\n/);
    for (const id of ids) expect(stdout).toContain(id);
    expect(status).toBe(1);
  });

  test('prints a report as JSON', async () => {
    const { status, stdout } = await check(await serveMute(), ['--json', '--agent', 'mute']);
    const report = parseReport(stdout);
    expect(report.cases.map(({ id, verdict }) => [id, verdict])).toEqual(ids.map((id) => [id, 'fail']));
    expect(report.cases.every(({ log }) => log.length > 0)).toBe(true);
    expect({ agent: report.agent, status }).toEqual({ agent: 'mute', status: 1 });
  });

  test('writes pages, JUnit XML and what is to be expected', async () => {
    const folder = await createFolder();
    const [html, junit, expected] = ['a.html', 'a.xml', 'a.json'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await check(await serveMute(), ['--html', html, '--junit', junit, '--write-expected', expected]);
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/);
    expect(await readFile(junit, 'utf8')).toContain('<testsuites');
    expect(JSON.parse(await readFile(expected, 'utf8'))).toMatchObject({
      verdicts: Object.fromEntries(ids.map((id) => [id, 'fail'])),
    });
  });

  test('exits by what differs from what is expected', async () => {
    const path = join(await createFolder(), 'known.json');
    const mute = await serveMute();
    expect(await check(mute, ['--write-expected', path])).toMatchObject({ status: 1 });
    expect(await check(mute, ['--expected', path])).toMatchObject({ status: 0 });
    const better = await check(`${served.wsUrl}/echo`, ['--expected', path]);
    expect(better.status).toBe(1);
    expect(better.stderr.match(/^different: .*$/gm)?.length).toBe(3);

    const known = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...known, verdicts: { 'no/such/case': 'fail' } }));
    const gone = await check(`${served.wsUrl}/echo`, ['--expected', path]);
    expect(gone).toMatchObject({ status: 1, stderr: expect.stringContaining('no/such/case') });
  });

  test('leaves cases out', async () => {
    const { stdout } = await check(`${served.wsUrl}/echo`, ['--json', '--exclude', ids[1] as string]);
    expect(parseReport(stdout).cases.map(({ id }) => id)).toEqual([ids[0], ids[2]]);
  });

  test('judges over TLS when it may, and not when it may not', async () => {
    const folder = await createFolder();
    const { server, authority } = await createCertificates();
    const [cert, key, ca] = ['cert', 'key', 'ca'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await Promise.all([
      writeFile(cert, server.cert),
      writeFile(key, server.key),
      writeFile(ca, authority.cert),
    ]);
    const secure = await startServe(['--tls-cert', cert, '--tls-key', key]);
    onTestFinished(() => secure.command.kill());
    const url = `wss://localhost:${secure.port}/echo`;
    expect(await check(url, ['--timeout', '5', '--insecure'])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('--insecure'),
    });
    expect(await check(url, ['--timeout', '5', '--ca', ca])).toMatchObject({ status: 0 });
    expect(await check(url, ['--timeout', '5'])).toMatchObject({ status: 3, stdout: '' });
  });

  test.each<[string, ServerScript]>([
    ['refuses', (socket) => void socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')],
    ['resets', (socket) => void socket.resetAndDestroy()],
    ['never answers', () => {}],
  ])('exits with 3 and one line when the server %s', async (_what, script) => {
    const { status, stdout, stderr } = await check(await serveScript(script));
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
  });

  test('exits with 3 when nobody listens', async () => {
    const server = await startScriptedServer(() => {});
    await server.close();
    expect(await check(server.url)).toMatchObject({ status: 3, stdout: '' });
  });

  test('shows no escape sequences of a server to the terminal', async () => {
    const url = await serveScript((socket) => void socket.end('HTTP/1.1 \u001b[31mred\r\n\r\n'));
    const { stdout, stderr } = await check(url);
    expect(stdout + stderr).not.toContain('\u001b');
  });

  test('shows in a terminal how far it is, and what went wrong so far', async () => {
    const args = ['check', 'server', await serveMute(), '--only', ids.join(','), '--concurrency', '1'];
    const terminal = new Terminal([...args, '--timeout', '1', '--agent', 'mute'], {});
    onTestFinished(() => terminal.command.kill());
    await terminal.shows(/^[█░]+ +33 % {2}judging by 3 cases {2}1 fail/);
    await terminal.command.ended;
    expect(terminal.lines.join('\n')).not.toMatch(/[█░]/);
    expect(terminal.lines[0]).toMatch(/^mute /);
  });

  test('ends with what it knows on the first signal', async () => {
    const url = await serveMute();
    const command = startCommand(['check', 'server', url, '--json', '--timeout', '1', '--concurrency', '1']);
    await command.until(({ stderr }) => stderr.includes('cases'));
    command.child.kill('SIGINT');
    const { status, stdout } = await command.ended;
    expect(parseReport(stdout).cases.length).toBeLessThan(5);
    expect(status).toBe(130);
  });
});

describe('ieum check client', () => {
  test('judges the client that comes', async () => {
    const args = ['check', 'client', '--port', '0', '--only', ids.join(','), '--json'];
    const command = startCommand(args, { input: '' });
    await command.until(({ stderr }) => /listening on \S+\n/.test(stderr));
    const base = /listening on (\S+)\n/.exec(command.stderr)?.[1] as string;
    await driveIeum(base);
    const { status, stdout } = await command.ended;
    const report = parseReport(stdout);
    expect(report).toMatchObject({ agent: 'ieum', peer: 'client' });
    expect(report.cases.map(({ id, verdict }) => [id, verdict])).toEqual(ids.map((id) => [id, 'pass']));
    expect(status).toBe(0);
  });

  test('ends when it is told to before one has come', async () => {
    const command = startCommand(['check', 'client', '--port', '0']);
    await command.until(({ stderr }) => stderr.includes('listening'));
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ status: 143, stdout: '' });
  });

  test('says so when the port is taken', async () => {
    const { status, stderr } = await runCommand(['check', 'client', '--port', `${served.port}`]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${served.port}`);
  });
});

describe('ieum check report', () => {
  test('puts reports side by side', async () => {
    const folder = await createFolder();
    const [a, b, page] = ['a.json', 'b.json', 'page.html'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(a, (await check(`${served.wsUrl}/echo`, ['--json', '--agent', 'the good'])).stdout);
    await writeFile(b, (await check(await serveMute(), ['--json', '--agent', 'the bad'])).stdout);
    expect(await runCommand(['check', 'report', a, b, '-o', page])).toMatchObject({ status: 0, stderr: '' });
    const html = await readFile(page, 'utf8');
    for (const text of ['the good', 'the bad', ...ids]) expect(html).toContain(text);
  });

  test('wants reports', async () => {
    const path = join(await createFolder(), 'no.json');
    await writeFile(path, '{}');
    const { status, stderr } = await runCommand(['check', 'report', path, '-o', `${path}.html`]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining(path) });
  });
});

describe('ieum check cases', () => {
  test('lists ids, titles and clauses', async () => {
    const { status, stdout } = await runCommand(['check', 'cases', '--only', ids[0] as string]);
    expect(status).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^\S+\t[^\t]+\tRFC \d+/);
    expect(stdout.startsWith(`${ids[0]}\t`)).toBe(true);
  });
});

test.each([
  [['server'], 'url'],
  [['server', 'localhost:8080'], 'ws://localhost:8080'],
  [['server', 'ws://localhost', '--timeout', '0'], '--timeout'],
  [['server', 'ws://localhost', '--concurrency', '0'], '--concurrency'],
  [['server', 'ws://localhost', '--only', 'no-such-case'], 'no-such-case'],
  [['server', 'ws://localhost', '--only', ','], '--only'],
  [['server', 'ws://localhost', '--expected', '/no/such/file'], '--expected'],
  [['server', 'ws://localhost', '--subprotocol', 'x'], '--subprotocol'],
  [['server', 'ws://localhost', '--cert', 'x'], '--key'],
  [['client', '--port', '65536'], '--port'],
  [['client', '--tls-cert', 'x'], '--tls-key'],
  [['report', 'x.json'], '--output'],
  [['report', '-o', 'x.html'], 'files'],
  [['report', '/no/such/file', '-o', 'x.html'], '/no/such/file'],
  [['servr'], 'Did you mean server?'],
])('ieum check %j is one line about it, and status 2', async (args, part) => {
  const { status, stdout, stderr } = await runCommand(['check', ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  expect(stderr).toContain(part);
});

test.each([
  [['--help'], ['server', 'client', 'report', 'Exit status', 'Examples:']],
  [
    ['server', '--help'],
    ['--only', '--expected', '--http2', 'Exit status', 'Examples:'],
  ],
  [
    ['client', '--help'],
    ['--port', '/cases', '/done', 'Exit status', 'Examples:'],
  ],
])('ieum check %j tells what there is', async (args, parts) => {
  const { status, stdout } = await runCommand(['check', ...args]);
  expect(status).toBe(0);
  for (const part of parts) expect(stdout).toContain(part);
});
