import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ExitStatus } from '../command-failure.js';
import { serveSettings } from '../serve-flags.js';
import { readConfigFile } from './config-file.js';
import { configSchema } from './config-schema.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ieum-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(config: unknown): Promise<Record<string, unknown>> {
  const path = join(folder, 'ieum.json');
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config));
  return Object.fromEntries(await readConfigFile(path, serveSettings()));
}

describe('a file of settings', () => {
  test('gives what flags would give', async () => {
    expect(
      await read({
        $schema: './config.schema.json',
        host: '0.0.0.0',
        port: 9000,
        workers: 'auto',
        maxMessageBytes: '64KiB',
        maxFragments: 7,
        drainTimeout: '2m',
        http2: false,
        proxyProtocol: true,
        allowOrigin: ['https://a.example', 'https://b.example, null'],
        allowHost: 'a.example',
        forwarding: 'either',
        logLevel: 'warn',
        metrics: true,
      }),
    ).toEqual({
      host: '0.0.0.0',
      port: 9000,
      workers: expect.any(Number),
      maxMessageBytes: 65_536,
      maxFragments: 7,
      drainTimeout: 120_000,
      http2: false,
      proxyProtocol: true,
      allowOrigin: ['https://a.example', 'https://b.example', 'null'],
      allowHost: ['a.example'],
      forwarding: 'either',
      logLevel: 'warn',
      metrics: true,
    });
  });

  test('may begin with a byte order mark', async () => {
    expect(await read('\ufeff{ "port": 1 }')).toEqual({ port: 1 });
  });

  test('names files from its own folder on, and leaves addresses alone', async () => {
    const config = { tlsCert: 'tls/cert.pem', tlsKey: '/etc/key.pem', authJwks: 'https://keys.example/set' };
    expect(await read(config)).toEqual({ ...config, tlsCert: join(folder, 'tls/cert.pem') });
    expect(await read({ authJwks: 'keys.json' })).toEqual({ authJwks: join(folder, 'keys.json') });
  });

  test('has namespaces, as a hub takes them', async () => {
    const topics = {
      'chat/**': { history: { maxMessages: 10, maxAgeMs: '5m' }, presence: true, slowReader: 'close' },
      'ticks/*': { history: false, maxQueuedBytes: '1MiB', maxPayloadBytes: 512, idempotencyMs: '90s' },
      status: {},
    };
    expect(await read({ topics })).toEqual({
      topics: {
        'chat/**': { history: { maxMessages: 10, maxAgeMs: 300_000 }, presence: true, slowReader: 'close' },
        'ticks/*': { history: false, maxQueuedBytes: 1_048_576, maxPayloadBytes: 512, idempotencyMs: 90_000 },
        status: {},
      },
    });
  });

  test('says what those may do whose token does not', async () => {
    expect(await read({ access: 'none' })).toEqual({ access: 'none' });
    const access = { subscribe: ['news/**', 'chat/*'], publish: [] };
    expect(await read({ access })).toEqual({ access });
  });
});

describe('what is wrong with a file is told with its path', () => {
  test.each<[unknown, string]>([
    [{ hots: 'x' }, 'hots is not known (did you mean "host"?)'],
    [{ 'max-fragments': 3 }, '["max-fragments"] is not known (did you mean "maxFragments"?)'],
    [{ config: 'other.json' }, 'config is not known'],
    [{ printConfig: true }, 'printConfig is not known'],
    [JSON.parse('{ "__proto__": { "port": 1 } }'), '["__proto__"] is not known'],
    [{ port: '80' }, 'port must be a number, not a string'],
    [{ port: 65_536 }, 'port is not usable'],
    [{ port: 1.5 }, 'port is not usable'],
    [{ port: null }, 'port must be a number, not null'],
    [{ host: '' }, 'host must be a string'],
    [{ http2: 'yes' }, 'http2 must be true or false'],
    [{ maxMessageBytes: '1 parsec' }, 'maxMessageBytes is not usable'],
    [{ drainTimeout: 0 }, 'drainTimeout is not usable: nothing can be done within 0 seconds'],
    [{ allowOrigin: [] }, 'allowOrigin must be a list of strings'],
    [{ allowOrigin: [1] }, 'allowOrigin must be a list of strings'],
    [{ forwarding: 'all' }, 'forwarding is not usable'],
    [{ access: 'some' }, 'access is not usable'],
    [{ access: { subscribe: 'a' } }, 'access.subscribe must be a list of patterns'],
    [{ access: { read: [] } }, 'access.read is not known'],
    [{ access: { publish: ['a//b'] } }, 'access.publish has an entry'],
    [{ access: [] }, 'access must be an object'],
    [{ topics: [] }, 'topics must be an object, not a list'],
    [{ topics: { chat: true } }, 'topics.chat must be an object'],
    [{ topics: { 'a/**/b': {} } }, 'topics["a/**/b"] is no pattern'],
    [{ topics: { 'a/b*': {} } }, 'topics["a/b*"] is no pattern'],
    [{ topics: { a: { presense: true } } }, 'topics.a.presense is not known (did you mean "presence"?)'],
    [{ topics: { a: { presence: 1 } } }, 'topics.a.presence must be true or false'],
    [{ topics: { a: { history: true } } }, 'topics.a.history must be an object, not a boolean'],
    [
      { topics: { a: { history: { maxMessages: 0 } } } },
      'topics.a.history.maxMessages must be a whole number',
    ],
    [{ topics: { a: { history: { maxAgeMs: '5' } } } }, 'topics.a.history.maxAgeMs must be'],
    [{ topics: { a: { history: { maxAge: 1 } } } }, '(did you mean "maxAgeMs"?)'],
    [{ topics: { a: { slowReader: 'drop' } } }, 'topics.a.slowReader must be one of'],
    [{ topics: { a: { maxQueuedBytes: -1 } } }, 'topics.a.maxQueuedBytes must be'],
    [[], 'must be an object, not a list'],
    ['{\n  "port": 1,\n}', 'is no JSON from line 3, column 1 on'],
    ['', 'is no JSON from line 1, column 1 on'],
  ])('%j', async (config, part) => {
    const failure = await read(config).catch((error: unknown) => error);
    expect(failure).toMatchObject({ exitStatus: ExitStatus.Usage });
    expect((failure as Error).message).toContain(part);
  });

  test('several at once, but not without end', async () => {
    const config = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`unknown${i}`, i]));
    await expect(read(config)).rejects.toThrow(/unknown0 .*unknown4 .*and 4 more$/);
  });

  test('and never with a value that may be a secret', async () => {
    for (const config of [
      { authJwtSecret: ['very-secret'] },
      { authJwtSecret: { value: 'very-secret' } },
      '{ "authJwtSecret": "very-secret" "port": 1 }',
    ]) {
      const failure = await read(config).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Error);
      expect(String(failure)).not.toContain('very-secret');
    }
  });

  test('a file that is not there', async () => {
    await expect(readConfigFile(join(folder, 'missing.json'), [])).rejects.toMatchObject({
      exitStatus: ExitStatus.Failure,
    });
  });
});

test('the schema that ships is that of the settings: ieum serve --config-schema shows it', () => {
  const shipped = readFileSync(new URL('../../config.schema.json', import.meta.url), 'utf8');
  expect(JSON.parse(shipped)).toEqual(JSON.parse(JSON.stringify(configSchema())));
});
