import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ClientOptions } from 'ws';

import { type Certificates, createCertificates } from '../support/certificates.js';
import { type CommandOptions, runCommand } from '../support/command.js';
import { type Served, startServe } from '../support/served.js';
import { WebSocketClient } from '../support/web-socket-client.js';

let running: Served[] = [];

async function serve(args: readonly string[], options?: CommandOptions): Promise<Served> {
  const served = await startServe(args, options);
  running.push(served);
  return served;
}

afterEach(async () => {
  await Promise.all(running.map(({ command }) => command.kill()));
  running = [];
});

/** What becomes of an attempt to connect to `/echo`: `open`, or the status of the refusal. */
async function attempt(served: Served, options: ClientOptions = {}): Promise<'open' | number> {
  try {
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo`, options);
    client.socket.terminate();
    return 'open';
  } catch (error) {
    return (error as { status: number }).status;
  }
}

async function closeCodeAfter(served: Served, bytes: number): Promise<number | 'echoed'> {
  const client = await WebSocketClient.connect(`${served.wsUrl}/echo`);
  client.socket.send(Buffer.alloc(bytes));
  const outcome = await Promise.race([client.closed, client.take().then(() => 'echoed' as const)]);
  client.socket.terminate();
  return outcome;
}

describe('flags of ieum serve', () => {
  test.each([
    ['a flag', ['--max-message-bytes', '1KiB'], {}],
    ['a variable', [], { IEUM_MAX_MESSAGE_BYTES: '1024' }],
    ['a flag before a variable', ['--max-message-bytes', '1KiB'], { IEUM_MAX_MESSAGE_BYTES: '1MiB' }],
  ])('--max-message-bytes by %s', async (_name, args, environment) => {
    const served = await serve(args, { environment });
    expect(await closeCodeAfter(served, 1024)).toBe('echoed');
    expect(await closeCodeAfter(served, 1025)).toBe(1009);
  });

  test('a variable that is set to nothing is not set', async () => {
    const served = await serve([], { environment: { IEUM_MAX_MESSAGE_BYTES: '', IEUM_HOST: '' } });
    expect(await closeCodeAfter(served, 4096)).toBe('echoed');
  });

  test.each<[readonly string[], Record<string, string>, string]>([
    [[], {}, ''],
    [['--permessage-deflate'], {}, 'permessage-deflate'],
    [[], { IEUM_PERMESSAGE_DEFLATE: 'on' }, 'permessage-deflate'],
    [['--permessage-deflate', 'off'], { IEUM_PERMESSAGE_DEFLATE: 'on' }, ''],
    [['--permessage-deflate', '--workers', '2'], {}, 'permessage-deflate'],
  ])('--permessage-deflate by %j and %j', async (args, environment, extensions) => {
    const served = await serve(args, { environment });
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo`);
    expect(client.socket.extensions).toBe(extensions);
    const text = 'over and over '.repeat(1_000);
    client.socket.send(text);
    expect(String((await client.take()).data)).toBe(text);
    client.socket.terminate();
  });

  test('--max-fragments', async () => {
    const served = await serve(['--max-fragments', '2']);
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo`);
    client.socket.send('a', { fin: false });
    client.socket.send('b', { fin: true });
    expect((await client.take()).data.toString()).toBe('ab');
    for (const fin of [false, false, true]) client.socket.send('c', { fin });
    expect(await client.closed).toBe(1008);
  });

  test('--max-connections and --max-connections-per-address', async () => {
    for (const flag of ['--max-connections', '--max-connections-per-address']) {
      const served = await serve([flag, '1']);
      const first = await WebSocketClient.connect(`${served.wsUrl}/echo`);
      expect(await attempt(served)).toBe(503);
      first.socket.terminate();
    }
  });

  test.each([
    ['flags', ['--allow-origin', 'https://a.example', '--allow-origin', 'https://*.b.example'], {}],
    ['a list in a flag', ['--allow-origin', 'https://a.example, https://*.b.example'], {}],
    ['a variable', [], { IEUM_ALLOW_ORIGIN: 'https://a.example,https://*.b.example' }],
  ])('--allow-origin by %s allows those and its own', async (_name, args, environment) => {
    const served = await serve(args, { environment });
    expect(await attempt(served, { origin: 'https://a.example' })).toBe('open');
    expect(await attempt(served, { origin: 'https://x.b.example' })).toBe('open');
    expect(await attempt(served, { origin: served.url })).toBe('open');
    expect(await attempt(served)).toBe('open');
    expect(await attempt(served, { origin: 'https://c.example' })).toBe(403);
  });

  test('--allow-origin any', async () => {
    const served = await serve(['--allow-origin', 'any']);
    expect(await attempt(served, { origin: 'https://c.example' })).toBe('open');
  });

  test('--allow-host adds a name to those of the loopback address', async () => {
    const served = await serve(['--allow-host', 'realtime.example']);
    expect(await attempt(served, { headers: { Host: 'realtime.example' } })).toBe('open');
    expect(await attempt(served, { headers: { Host: 'localhost' } })).toBe('open');
    expect(await attempt(served, { headers: { Host: 'other.example' } })).toBe(403);
  });

  test('on another address every name is served, unless --allow-host says which', async () => {
    const open = await serve(['--host', '0.0.0.0']);
    expect(await attempt(open, { headers: { Host: 'other.example' } })).toBe('open');
    const listed = await serve(['--host', '0.0.0.0', '--allow-host', 'realtime.example']);
    expect(await attempt(listed, { headers: { Host: 'other.example' } })).toBe(403);
  });

  test('--trusted-proxies: their word about the host counts for the origin', async () => {
    const forwarded = {
      origin: 'https://realtime.example',
      headers: { 'X-Forwarded-Host': 'realtime.example', 'X-Forwarded-Proto': 'https' },
    };
    const args = ['--allow-host', 'realtime.example'];
    expect(await attempt(await serve(args), forwarded)).toBe(403);
    expect(await attempt(await serve([...args, '--trusted-proxies', 'loopback']), forwarded)).toBe('open');
  });

  test.each([
    ['a flag', ['--proxy-protocol', '--trusted-proxies', 'loopback'], {}],
    ['a variable', ['--trusted-proxies', 'loopback'], { IEUM_PROXY_PROTOCOL: 'true' }],
  ])(
    '--proxy-protocol by %s: connections without a PROXY header are not served',
    async (_name, args, environment) => {
      const served = await serve(args, { environment });
      await expect(fetch(`${served.url}/healthz`)).rejects.toThrow();
    },
  );

  test('--proxy-protocol can be off', async () => {
    const served = await serve(['--trusted-proxies', 'loopback'], {
      environment: { IEUM_PROXY_PROTOCOL: 'false' },
    });
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
  });

  test('a port that is in use is one line, and status 1', async () => {
    const served = await serve([]);
    const { status, stdout, stderr } = await runCommand(['serve', '--port', String(served.port)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: port \d+ of 127\.0\.0\.1 is in use[^\n]+\n$/);
  });

  test('an address of another machine is one line, and status 1', async () => {
    const { status, stderr } = await runCommand(['serve', '--host', '192.0.2.1', '--port', '0']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: [^\n]+--host[^\n]+\n$/);
  });
});

describe('TLS', () => {
  let folder: string;
  let certificates: Certificates;

  beforeAll(async () => {
    certificates = await createCertificates();
    folder = await mkdtemp(join(tmpdir(), 'ieum-serve-'));
    await writeFile(join(folder, 'cert.pem'), certificates.server.cert);
    await writeFile(join(folder, 'key.pem'), certificates.server.key);
    await writeFile(join(folder, 'other.pem'), certificates.wrongHost.key);
    await writeFile(join(folder, 'nothing.pem'), 'nothing');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const flags = (cert: string, key: string): string[] => [
    ...['--tls-cert', join(folder, cert)],
    ...['--tls-key', join(folder, key)],
  ];

  test('serves https: and wss:', async () => {
    const served = await serve(flags('cert.pem', 'key.pem'));
    expect(served.command.stdout).toMatch(/^listening on https:\/\/127\.0\.0\.1:\d+\n$/);
    const client = await WebSocketClient.connect(`${served.wsUrl}/echo`, {
      ca: certificates.authority.cert,
      origin: served.url,
    });
    client.socket.send('over TLS');
    expect((await client.take()).data.toString()).toBe('over TLS');
    client.socket.terminate();
  });

  test.each([
    ['missing.pem', 'key.pem'],
    ['cert.pem', 'missing.pem'],
    ['nothing.pem', 'key.pem'],
    ['cert.pem', 'nothing.pem'],
    ['cert.pem', 'other.pem'],
  ])('with %s and %s it does not start: one line, and status 1', async (cert, key) => {
    const { status, stdout, stderr } = await runCommand(['serve', '--port', '0', ...flags(cert, key)]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]*--tls-[^\n]+\n$/);
  });
});
