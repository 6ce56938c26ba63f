import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { type Listener, listen } from '../../../../test/support/listener.js';
import { RecordedLog } from '../../../../test/support/recorded-log.js';
import { CommandFailure, ExitStatus } from '../command-failure.js';

import { type AuthFlags, readAuthSettings } from './auth-settings.js';
import { type Authentication, createAuthentication } from './authentication.js';

const secret = 'a secret of thirty-two bytes, or more';
const now = (): number => Math.floor(Date.now() / 1_000);
const soon = (): number => now() + 600;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ieum-auth-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function authentication(flags: AuthFlags, log = new RecordedLog()): Promise<Authentication> {
  return createAuthentication(await readAuthSettings(flags), log);
}

function sign(claims: JWTPayload, { key = secret, alg = 'HS256' } = {}): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(Buffer.from(key));
}

describe('without a secret or keys', () => {
  test('everybody comes in without a name, and may do everything', async () => {
    const { isRequired, authenticate, authorize } = await authentication({});
    const identity = await authenticate(null);
    expect([isRequired, identity?.name]).toEqual([false, null]);
    expect(identity && authorize('publish', 'a/b', identity.user)).toBe(true);
  });

  test('or what --access says', async () => {
    const { authenticate, authorize } = await authentication({ access: { subscribe: ['a/*'] } });
    const user = (await authenticate('any token'))?.user ?? { access: {} };
    expect(['a/b', 'b'].map((topic) => authorize('subscribe', topic, user))).toEqual([true, false]);
    expect(authorize('publish', 'a/b', user)).toBe(false);
  });
});

describe('with a secret', () => {
  test('sub is the name, info what others learn, exp when it ends', async () => {
    const { isRequired, authenticate } = await authentication({ authJwtSecret: secret });
    const exp = soon();
    const token = await sign({ sub: 'ann', exp, info: { color: 'red' } });
    expect(isRequired).toBe(true);
    expect(await authenticate(token)).toEqual({
      name: 'ann',
      info: { color: 'red' },
      user: { access: {} },
      // The tolerance of clocks is in it.
      expiresAtMs: (exp + 5) * 1_000,
    });
  });

  test.each(['HS256', 'HS384', 'HS512'])('%s is accepted', async (alg) => {
    const { authenticate } = await authentication({ authJwtSecret: secret });
    expect(await authenticate(await sign({ sub: 'ann', exp: soon() }, { alg }))).toMatchObject({
      name: 'ann',
    });
  });

  test('the claim topics decides what they may do', async () => {
    const { authenticate, authorize } = await authentication({ authJwtSecret: secret, access: 'all' });
    const topics = { subscribe: ['chat/*'], publish: ['chat/1'] };
    const user = (await authenticate(await sign({ exp: soon(), topics })))?.user ?? { access: {} };
    expect(authorize('subscribe', 'chat/2', user)).toBe(true);
    expect(authorize('subscribe-pattern', 'chat/**', user)).toBe(false);
    expect(authorize('publish', 'chat/2', user)).toBe(false);
    expect(authorize('presence', 'chat/1', user)).toBe(false);
  });

  test.each([
    ['all', true],
    ['none', false],
    [undefined, false],
  ] as const)('without that claim --access %s decides', async (access, expected) => {
    const flags = { authJwtSecret: secret, ...(access === undefined ? {} : { access }) };
    const { authenticate, authorize } = await authentication(flags);
    const user = (await authenticate(await sign({ exp: soon() })))?.user;
    expect(user && authorize('subscribe', 'a', user)).toBe(expected);
  });

  test.each<[string, () => Promise<string> | string | null]>([
    ['missing', () => null],
    ['empty', () => ''],
    ['no token', () => 'a.b.c'],
    ['longer than anybody needs', () => sign({ exp: soon(), info: 'x'.repeat(9_000) })],
    ['signed with another secret', () => sign({ exp: soon() }, { key: secret.toUpperCase() })],
    ['not signed', () => new UnsecuredJWT({ exp: soon() }).encode()],
    ['without an end', () => sign({ sub: 'ann' })],
    ['expired for longer than clocks differ', () => sign({ exp: now() - 7 })],
    ['not valid yet', () => sign({ exp: soon(), nbf: now() + 60 })],
    ['with an end that is no number', () => sign({ exp: 'tomorrow' } as unknown as JWTPayload)],
    ['with a name that is none', () => sign({ exp: soon(), sub: 7 } as unknown as JWTPayload)],
    ['with an empty name', () => sign({ exp: soon(), sub: '' })],
    ['with a name without end', () => sign({ exp: soon(), sub: 'x'.repeat(256) })],
    ['with topics that are none', () => sign({ exp: soon(), topics: 'all' })],
    ['with topics that nobody knows', () => sign({ exp: soon(), topics: { everything: ['**'] } })],
  ])('a token is refused that is %s', async (_what, make) => {
    const { authenticate } = await authentication({ authJwtSecret: secret, access: 'all' });
    expect(await authenticate(await make())).toBeNull();
  });

  test('a token that expired just now is accepted, as clocks differ', async () => {
    const { authenticate } = await authentication({ authJwtSecret: secret });
    expect(await authenticate(await sign({ exp: now() - 2 }))).not.toBeNull();
  });

  test('tokens without an end can be allowed', async () => {
    const { authenticate } = await authentication({ authJwtSecret: secret, authRequireExp: false });
    const identity = await authenticate(await sign({ sub: 'ann' }));
    expect(identity).toEqual({ name: 'ann', user: { access: {} } });
  });

  test.each([
    [{ iss: 'https://a.example', aud: 'ieum' }, true],
    [{ iss: 'https://a.example', aud: ['other', 'also'] }, true],
    [{ iss: 'https://b.example', aud: 'ieum' }, false],
    [{ aud: 'ieum' }, false],
    [{ iss: 'https://a.example', aud: 'elsewhere' }, false],
    [{ iss: 'https://a.example' }, false],
  ])('issuer and audience: %j', async (claims, isAccepted) => {
    const { authenticate } = await authentication({
      authJwtSecret: secret,
      authIssuer: 'https://a.example',
      authAudience: ['ieum', 'also'],
    });
    expect((await authenticate(await sign({ ...claims, exp: soon() }))) !== null).toBe(isAccepted);
  });

  test('it can be in a file, less the line end', async () => {
    const file = join(folder, 'secret');
    await writeFile(file, `${secret}\n`);
    const { authenticate } = await authentication({ authJwtSecretFile: file });
    expect(await authenticate(await sign({ exp: soon() }))).not.toBeNull();
  });

  test.each<[claims: object, reason: string]>([
    [{ exp: undefined }, 'it has no exp'],
    [{ iss: undefined }, 'it has no iss'],
    [{ iss: 'https://b.example' }, 'its iss is not what --auth-issuer says'],
    [{ aud: 'elsewhere' }, 'its aud is not what --auth-audience says'],
    [{ nbf: now() + 300 }, 'it is not valid yet: its nbf is in the future'],
    [{ nbf: 'soon' }, 'its nbf cannot be'],
  ])('the reason in the log names the claim: %j', async (claims, reason) => {
    const log = new RecordedLog();
    const flags = { authJwtSecret: secret, authIssuer: 'https://a.example', authAudience: ['ieum'] };
    const { authenticate } = await authentication(flags, log);
    const token = await sign({ iss: 'https://a.example', aud: 'ieum', exp: soon(), ...claims });
    expect(await authenticate(token)).toBeNull();
    expect(log.entries).toMatchObject([{ fields: { event: 'auth.refused', reason } }]);
  });

  test('the log says why, and has nothing of the token', async () => {
    const log = new RecordedLog();
    const { authenticate } = await authentication({ authJwtSecret: secret }, log);
    const token = await sign({ sub: 'ann', exp: now() - 60 });
    await authenticate(token, { address: '192.0.2.1' });
    expect(log.entries).toMatchObject([
      { level: 'info', fields: { event: 'auth.refused', reason: 'it has expired', address: '192.0.2.1' } },
    ]);
    const written = JSON.stringify(log.entries);
    for (const part of [...token.split('.'), secret, 'ann']) expect(written).not.toContain(part);
  });
});

describe('with a key set', () => {
  async function keySet(alg: string, kid = 'one') {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const key = { ...(await exportJWK(publicKey)), kid, alg };
    const signed = (claims: JWTPayload, header: object = {}) =>
      new SignJWT(claims).setProtectedHeader({ alg, kid, ...header }).sign(privateKey);
    return { keys: [key], signed, publicKey };
  }

  async function fileOf(keys: unknown): Promise<string> {
    const file = join(folder, `keys-${Math.random()}.json`);
    await writeFile(file, JSON.stringify({ keys }));
    return file;
  }

  test.each(['RS256', 'PS384', 'ES256', 'EdDSA'])('in a file: %s is accepted', async (alg) => {
    const { keys, signed } = await keySet(alg);
    const { authenticate } = await authentication({ authJwks: await fileOf(keys) });
    expect(await authenticate(await signed({ sub: 'ann', exp: soon() }))).toMatchObject({ name: 'ann' });
  });

  test('a secret that is made of what is public is no key', async () => {
    const { keys } = await keySet('RS256');
    const { authenticate } = await authentication({ authJwks: await fileOf(keys) });
    const forged = new SignJWT({ exp: soon() }).setProtectedHeader({ alg: 'HS256', kid: 'one' });
    expect(await authenticate(await forged.sign(Buffer.from(JSON.stringify(keys[0]))))).toBeNull();
  });

  test('keys that a token brings with itself are not looked at', async () => {
    const [known, own] = [await keySet('ES256'), await keySet('ES256')];
    const { authenticate } = await authentication({ authJwks: await fileOf(known.keys) });
    const [jwk] = own.keys;
    expect(await authenticate(await own.signed({ exp: soon() }, { jwk }))).toBeNull();
  });

  async function serveKeys(handler: RequestListener): Promise<Listener & { readonly url: string }> {
    const listener = await listen(createServer(handler));
    onTestFinished(() => listener.close());
    return Object.assign(listener, { url: `http://127.0.0.1:${listener.port}/keys` });
  }

  test('at an address: fetched when needed, then kept, and a key that nobody knows does not make it fetch', async () => {
    const { keys, signed } = await keySet('ES256');
    const stranger = await keySet('ES256', 'two');
    let asked = 0;
    const { url } = await serveKeys((_request, response) => {
      asked++;
      response.end(JSON.stringify({ keys }));
    });
    const { authenticate } = await authentication({ authJwks: url });
    expect(asked).toBe(0);
    const token = await signed({ sub: 'ann', exp: soon() });
    const identities = await Promise.all([1, 2, 3].map(() => authenticate(token)));
    expect(identities.map((identity) => identity?.name)).toEqual(['ann', 'ann', 'ann']);
    for (let round = 0; round < 5; round++) {
      expect(await authenticate(await stranger.signed({ exp: soon() }))).toBeNull();
    }
    expect(asked).toBe(1);
  });

  test.each<[string, RequestListener]>([
    ['an error', (_request, response) => response.writeHead(500).end()],
    ['elsewhere', (_request, response) => response.writeHead(302, { Location: '/other' }).end()],
    ['no JSON', (_request, response) => response.end('<html>')],
    ['no key set', (_request, response) => response.end('{"keys": 1}')],
    ['more than a key set is long', (_request, response) => response.end(Buffer.alloc(1024 * 1024 + 1, 32))],
  ])(
    'when the answer is %s, no token is accepted, it is logged, and not asked for again at once',
    async (_what, handler) => {
      const { signed } = await keySet('ES256');
      let asked = 0;
      const { url } = await serveKeys((request, response) => {
        asked++;
        handler(request, response);
      });
      const log = new RecordedLog();
      const { authenticate } = await authentication({ authJwks: url }, log);
      const token = await signed({ exp: soon() });
      for (let round = 0; round < 3; round++) expect(await authenticate(token)).toBeNull();
      expect(asked).toBe(1);
      expect(log.events).toEqual(['auth.keys-unavailable', 'auth.refused', 'auth.refused', 'auth.refused']);
      expect(log.entries[0]?.level).toBe('warn');
    },
  );

  test('when nobody listens there, no token is accepted', async () => {
    const { url, close } = await serveKeys(() => {});
    await close();
    const { signed } = await keySet('ES256');
    const { authenticate } = await authentication({ authJwks: url });
    expect(await authenticate(await signed({ exp: soon() }))).toBeNull();
  });
});

describe('flags that do not fit', () => {
  test.each<[AuthFlags, string]>([
    [{ authJwtSecret: 'too short' }, '--auth-jwt-secret is too short'],
    [{ authJwtSecret: secret, authJwks: 'https://a.example/' }, 'only one of'],
    [{ authJwtSecret: secret, authJwtSecretFile: 'x' }, 'only one of'],
    [{ authJwks: 'http://a.example/keys' }, '--auth-jwks takes an https: URL'],
    [{ authJwks: 'http://127.0.0.1.a.example/keys' }, '--auth-jwks takes an https: URL'],
    [{ authJwks: 'ftp://127.0.0.1/keys' }, '--auth-jwks takes an https: URL'],
    [{ authJwks: 'https://me:pw@a.example/keys' }, '--auth-jwks takes no name and password'],
    [{ authJwks: 'https://' }, '--auth-jwks is no URL'],
    [{ authIssuer: 'https://a.example' }, '--auth-issuer needs'],
    [{ authAudience: ['a'] }, '--auth-audience needs'],
    [{ authRequireExp: false }, '--auth-require-exp needs'],
  ])('%j', async (flags, part) => {
    const failure = await readAuthSettings(flags).catch((error: unknown) => error);
    expect(failure).toMatchObject({ exitStatus: ExitStatus.Usage });
    expect((failure as Error).message).toContain(part);
    expect((failure as Error).message).not.toMatch(/a secret of|too short'|pw@/);
  });

  test.each([
    'https://keys.example/set',
    'http://localhost:1/set',
    'http://[::1]/set',
    'http://127.0.0.1/set',
  ])('keys may be at %s', async (authJwks) => {
    expect((await readAuthSettings({ authJwks })).keys).toMatchObject({ type: 'key-set-url', url: authJwks });
  });

  test.each(['{', '[]', '{"keys": 1}', '{"keys": ["x"]}'])('a key file with %s', async (content) => {
    const file = join(folder, 'bad.json');
    await writeFile(file, content);
    await expect(readAuthSettings({ authJwks: file })).rejects.toBeInstanceOf(CommandFailure);
  });

  test('a secret file that is not there', async () => {
    const failure = readAuthSettings({ authJwtSecretFile: join(folder, 'missing') });
    await expect(failure).rejects.toMatchObject({ exitStatus: ExitStatus.Failure });
  });
});
