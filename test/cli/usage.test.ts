import { existsSync, readFileSync } from 'node:fs';

import { beforeAll, describe, expect, test } from 'vitest';

import { commandPath, runCommand } from '../support/command.js';

beforeAll(() => {
  if (!existsSync(commandPath)) throw new Error('The command is not built: npm run build');
});

describe('the command line', () => {
  test('the built command can be executed by itself', () => {
    expect(readFileSync(commandPath, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  test('--version prints the version of the package', async () => {
    const manifest = new URL('../../packages/cli/package.json', import.meta.url);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
    expect(await runCommand(['--version'])).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test.each([
    [['--help'], ['serve', 'connect', 'Examples:']],
    [
      ['serve', '--help'],
      ['--drain-timeout', 'IEUM_PORT', '/broadcast', 'Examples:'],
    ],
    [
      ['connect', '--help'],
      ['--subprotocol', 'Exit status', '/ping', 'Examples:'],
    ],
  ])('%j', async (args, parts) => {
    const { status, stdout, stderr } = await runCommand(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const part of parts) expect(stdout).toContain(part);
  });

  test('without a command it shows the help and fails', async () => {
    const { status, stdout, stderr } = await runCommand([]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('Usage: ieum');
  });

  test.each([
    [['serv'], 'Did you mean serve?'],
    [['nothing-like-it'], '--help'],
    [['serve', '--prot', '1'], 'Did you mean --port?'],
    [['serve', '--broker', 'amqp://localhost'], '--broker'],
    [['serve', '--workers', '0'], '--workers'],
    [['serve', '--workers', 'many'], '--workers'],
    [['serve', '--workers', '2', '--max-connections', '1'], '--max-connections'],
    [['serve', '--workers', '2', '--proxy-protocol'], '--trusted-proxies'],
    [['serve', '--compression'], '--help'],
    [['serve', 'extra'], 'too many arguments'],
    [['serve', '--port'], '--port'],
    [['serve', '--port', 'eighty'], '--port'],
    [['serve', '--port', '65536'], '--port'],
    [['serve', '--max-message-bytes', '1XB'], '--max-message-bytes'],
    [['serve', '--max-fragments', '0'], '--max-fragments'],
    [['serve', '--permessage-deflate', 'often'], '--permessage-deflate'],
    [['serve', '--max-connections', '-1'], '--max-connections'],
    [['serve', '--drain-timeout', 'soon'], '--drain-timeout'],
    [['serve', '--proxy-protocol', 'perhaps'], '--proxy-protocol'],
    [['serve', '--proxy-protocol'], '--trusted-proxies'],
    [['serve', '--trusted-proxies', 'everyone'], 'everyone'],
    [['serve', '--allow-origin', 'example.com'], 'example.com'],
    [['serve', '--allow-host', 'a/b'], 'a/b'],
    [['serve', '--tls-cert', 'only.pem'], '--tls-key'],
    [['connect'], 'url'],
    [['connect', 'localhost:8080/echo'], 'ws://localhost:8080/echo'],
    [['connect', 'ftp://localhost/'], 'ws://'],
    [['connect', 'ws://localhost', '--header', 'no colon'], '--header'],
    [['connect', 'ws://localhost', '--header', 'Host: elsewhere'], 'ost'],
    [['connect', 'ws://localhost', '--subprotocol', 'two words'], 'ubprotocol'],
    [['connect', 'ws://localhost', '--proxy', 'ftp://proxy'], 'proxy'],
    [['connect', 'ws://localhost', '--timeout', '0'], '--timeout'],
    [['connect', 'ws://localhost', '--wait', 'long'], '--wait'],
    [['connect', 'ws://localhost', '--cert', 'only.pem'], '--key'],
  ])('%j is one line about it, and status 2', async (args, part) => {
    const { status, stdout, stderr } = await runCommand(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error: [^\n]+\n$/);
    expect(stderr).toContain(part);
  });

  test('a bad value from the environment names its variable', async () => {
    const { status, stderr } = await runCommand(['serve'], { environment: { IEUM_PORT: 'eighty' } });
    expect(status).toBe(2);
    expect(stderr).toContain('IEUM_PORT');
  });
});
