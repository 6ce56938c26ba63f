import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';

import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { type CommandOptions, type CommandResult, runCommand, startCommand } from '../support/command.js';
import { isRunning, ServedWorkers } from '../support/served-workers.js';
import { WebSocketClient } from '../support/web-socket-client.js';

let running: ServedWorkers[] = [];
let folder: string;
let certificates: Certificates;

async function serve(args?: readonly string[], options?: CommandOptions): Promise<ServedWorkers> {
  const workers = await ServedWorkers.start(args, options);
  running.push(workers);
  return workers;
}

beforeAll(async () => {
  certificates = await createCertificates();
  folder = await mkdtemp(join(tmpdir(), 'workers-'));
  await writeFile(join(folder, 'cert.pem'), certificates.server.cert);
  await writeFile(join(folder, 'key.pem'), certificates.server.key);
  await writeFile(join(folder, 'nothing.pem'), 'nothing');
});
afterEach(async () => {
  await Promise.all(running.map(({ served }) => served.command.kill()));
  running = [];
});
afterAll(() => rm(folder, { recursive: true }));

async function connectAll({ served }: ServedWorkers, count: number): Promise<WebSocketClient[]> {
  const paths = Array.from({ length: count }, (_, index) => (index % 2 === 0 ? '/echo' : '/broadcast'));
  return await Promise.all(paths.map((path) => WebSocketClient.connect(served.wsUrl + path)));
}

/** A connection to `/echo` that answers no Close frame. */
async function connectStubborn({ served }: ServedWorkers): Promise<Socket> {
  const socket = connectTcp(served.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET /echo HTTP/1.1\r\nHost: localhost:${served.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'data');
  return socket;
}

async function stop({ served }: ServedWorkers, signal: NodeJS.Signals): Promise<void> {
  served.command.child.kill(signal);
  await served.command.until(({ stderr }) => stderr.includes('draining'));
}

function pidsOf(workers: ServedWorkers): number[] {
  return [...workers.pids.values()].flat();
}

describe('ieum serve --workers is stopped', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s closes the connections of all workers with 1001, counts them, and exits with 0',
    async (signal) => {
      const workers = await serve([], { environment: { TMPDIR: folder } });
      const clients = await connectAll(workers, 10);
      // A terminal sends it to all processes.
      for (const pid of pidsOf(workers)) process.kill(pid, signal);
      await stop(workers, signal);
      expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual(clients.map(() => 1001));
      const { status, stdout, stderr } = await workers.served.command.ended;
      expect(status).toBe(0);
      expect(stdout).toMatch(/^listening on \S+\n$/);
      expect(stderr).toContain('draining: 10 connections');
      expect(stderr).toContain('drained: 10 closed, 0 terminated');
      expect(stderr).not.toContain('warn');
      expect(pidsOf(workers).filter(isRunning)).toEqual([]);
      expect((await readdir(folder)).filter((name) => name.startsWith('ieum-'))).toEqual([]);
    },
  );

  test('while it drains every worker is healthy, not ready, and refuses connections with Retry-After', async () => {
    const workers = await serve();
    const stubborn = [await connectStubborn(workers), await connectStubborn(workers)];
    await stop(workers, 'SIGTERM');
    const { url, wsUrl } = workers.served;
    for (let round = 0; round < 4; round++) {
      expect((await fetch(`${url}/healthz`, { headers: { Connection: 'close' } })).status).toBe(200);
      expect((await fetch(`${url}/readyz`, { headers: { Connection: 'close' } })).status).toBe(503);
      await expect(WebSocketClient.connect(`${wsUrl}/echo`)).rejects.toMatchObject({
        status: 503,
        headers: { 'retry-after': expect.stringMatching(/^\d+$/) },
      });
    }
    for (const socket of stubborn) socket.destroy();
    const { status, stderr } = await workers.served.command.ended;
    expect(status).toBe(0);
    expect(stderr).toContain('drained: 0 closed, 2 terminated');
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('a second %s ends all workers at once with %d', async (signal, status) => {
    const workers = await serve();
    const stubborn = await connectStubborn(workers);
    await stop(workers, signal);
    const again = setInterval(() => workers.served.command.child.kill(signal), 50);
    const ended = await workers.served.command.ended;
    clearInterval(again);
    expect(ended.status).toBe(status);
    await vi.waitUntil(() => !pidsOf(workers).some(isRunning), { timeout: 5_000 });
    stubborn.destroy();
  });

  test('--drain-timeout bounds it, for a worker that does not answer too', async () => {
    const workers = await serve(['--drain-timeout', '200ms']);
    const stubborn = [await connectStubborn(workers), await connectStubborn(workers)];
    process.kill(workers.pid(2), 'SIGSTOP');
    workers.served.command.child.kill('SIGTERM');
    const { status, stderr } = await workers.served.command.ended;
    expect(status).toBe(0);
    expect(stderr).toContain('drained: 0 closed, 1 terminated');
    expect(stderr).toMatch(/warn +worker 2 \(pid \d+\) did not end in time/);
    expect(pidsOf(workers).filter(isRunning)).toEqual([]);
    for (const socket of stubborn) socket.destroy();
  });

  test('a signal before it listens ends it too', async () => {
    const command = startCommand(['serve', '--port', '0', '--workers', '2'], {
      environment: { TMPDIR: folder },
    });
    await command.until(({ stderr }) => stderr.includes('listens'));
    command.child.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ status: 0, signal: null });
    expect((await readdir(folder)).filter((name) => name.startsWith('ieum-'))).toEqual([]);
  });

  test('when the primary process is killed, the workers end and leave nothing behind', async () => {
    const workers = await serve([], { environment: { TMPDIR: folder } });
    const clients = await connectAll(workers, 4);
    const pids = pidsOf(workers);
    workers.served.command.child.kill('SIGKILL');
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1006, 1006, 1006, 1006]);
    await vi.waitUntil(() => !pids.some(isRunning), { timeout: 5_000 });
    expect((await readdir(folder)).filter((name) => name.startsWith('ieum-'))).toEqual([]);
  });
});

describe('ieum serve --workers cannot start', () => {
  /** The command's end, with one worker and with four. */
  async function bothEnds(args: readonly string[]): Promise<readonly [CommandResult, CommandResult]> {
    return [
      await runCommand(['serve', ...args]),
      await runCommand(['serve', '--workers', '4', ...args], { environment: { TMPDIR: folder } }),
    ];
  }

  test('a port in use, an address of another machine and wrong files are said once, as with one process', async () => {
    const { served } = await serve();
    for (const args of [
      ['--port', String(served.port)],
      ['--host', '192.0.2.1', '--port', '0'],
      ['--host', 'no-such-host.invalid', '--port', '0'],
      ['--port', '0', '--tls-cert', join(folder, 'none.pem'), '--tls-key', join(folder, 'key.pem')],
      ['--port', '0', '--tls-cert', join(folder, 'nothing.pem'), '--tls-key', join(folder, 'key.pem')],
      ['--port', '0', '--allow-host', 'a/b'],
    ]) {
      const [alone, crew] = await bothEnds(args);
      expect(alone.stderr).toMatch(/^error: [^\n]+\n$/);
      expect(crew).toEqual(alone);
    }
    expect((await readdir(folder)).filter((name) => name.startsWith('ieum-'))).toEqual([]);
  }, 60_000);
});

describe('ieum serve --workers with TLS', () => {
  test('a session that one worker began is resumed by every one', async () => {
    const workers = await serve([
      ...['--tls-cert', join(folder, 'cert.pem')],
      ...['--tls-key', join(folder, 'key.pem')],
    ]);
    const { wsUrl, port } = workers.served;
    const ca = certificates.authority.cert;
    const client = await WebSocketClient.connect(`${wsUrl}/echo`, { ca });
    client.socket.send('over TLS');
    expect((await client.take()).data.toString()).toBe('over TLS');
    client.socket.terminate();

    const dial = (session?: Buffer): TLSSocket =>
      connectTls({ port, host: '127.0.0.1', ca, ...(session === undefined ? {} : { session }) });
    const first = dial();
    const [session] = (await once(first, 'session')) as [Buffer];
    first.destroy();
    for (let round = 0; round < 4; round++) {
      const socket = dial(session);
      await once(socket, 'secureConnect');
      expect(socket.isSessionReused()).toBe(true);
      socket.destroy();
    }
  });
});
