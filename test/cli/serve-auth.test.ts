import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

import { runCommand } from '../support/command.js';
import { HubClient } from '../support/hub-client.js';
import { listen } from '../support/listener.js';
import { type Served, startServe } from '../support/served.js';
import { WebSocketClient } from '../support/web-socket-client.js';

const secret = 'a secret of thirty-two bytes, or more';
const soon = (seconds = 600): number => Math.floor(Date.now() / 1_000) + seconds;

function sign(claims: JWTPayload, key = secret): Promise<string> {
  return new SignJWT({ exp: soon(), ...claims }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(key));
}

async function attempt(url: string, headers: Record<string, string> = {}): Promise<number> {
  try {
    (await WebSocketClient.connect(url, { headers })).socket.terminate();
    return 101;
  } catch (error) {
    return (error as { status: number }).status;
  }
}

describe('ieum serve with a secret', () => {
  let served: Served;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ieum-serve-auth-'));
    const file = join(folder, 'secret');
    await writeFile(file, `${secret}\n`);
    const config = join(folder, 'ieum.json');
    const topics = { 'chat/**': { presence: true }, news: {} };
    await writeFile(
      config,
      JSON.stringify({ authJwtSecretFile: 'secret', topics, access: { subscribe: ['news'] } }),
    );
    served = await startServe(['--config', config, '--log-level', 'debug']);
  });
  afterAll(async () => {
    await served.command.kill();
    await rm(folder, { recursive: true });
  });

  test.each(['/echo', '/broadcast'])('%s is for those who have a token', async (path) => {
    const url = served.wsUrl + path;
    const token = await sign({ sub: 'ann' });
    expect(await attempt(url)).toBe(401);
    expect(await attempt(url, { Authorization: 'Bearer x.y.z' })).toBe(401);
    expect(await attempt(`${url}?access_token=${await sign({}, secret.toUpperCase())}`)).toBe(401);
    expect(await attempt(url, { Authorization: `Bearer ${token}` })).toBe(101);
    expect(await attempt(`${url}?access_token=${token}`)).toBe(101);
  });

  test('/hub takes the token with the first message, and knows the name', async () => {
    const client = await HubClient.open(served.wsUrl);
    expect(await client.introduce(await sign({ sub: 'ann' }))).toMatchObject({
      type: 'connected',
      name: 'ann',
    });
    client.peer.terminate();
  });

  test('/hub takes the token of the handshake, too', async () => {
    const headers = { Authorization: `Bearer ${await sign({ sub: 'bea' })}` };
    const client = await HubClient.open(served.wsUrl, { headers });
    expect(await client.introduce()).toMatchObject({ type: 'connected', name: 'bea' });
    client.peer.terminate();
  });

  test.each<[string, () => Promise<string | undefined>]>([
    ['no token', async () => undefined],
    ['a token with another signature', () => sign({}, secret.toUpperCase())],
    ['a token that has expired', () => sign({ exp: soon(-60) })],
  ])('/hub lets nobody in with %s', async (_what, make) => {
    const client = await HubClient.open(served.wsUrl);
    const token = await make();
    const outcome = await Promise.race([client.introduce(token), client.peer.closed]);
    expect(outcome).not.toMatchObject({ type: 'connected' });
    expect((await client.peer.closed).code).toBeGreaterThanOrEqual(4000);
  });

  test('the claim topics says what they may do', async () => {
    const topics = { subscribe: ['chat/*'], publish: ['chat/1'], presence: ['chat/1'] };
    const client = await HubClient.connect(served.wsUrl, await sign({ sub: 'ann', topics }));
    const forbidden = { type: 'error', code: 'ERR_HUB_FORBIDDEN' };
    expect(await client.subscribe('chat/2')).toMatchObject({ type: 'subscribed' });
    expect(await client.subscribe('chat/*')).toMatchObject({ type: 'subscribed' });
    expect(await client.subscribe('chat/**')).toMatchObject(forbidden);
    expect(await client.subscribe('news')).toMatchObject(forbidden);
    expect(await client.publish('chat/1', 1)).toMatchObject({ type: 'published' });
    expect(await client.publish('chat/2', 1)).toMatchObject(forbidden);
    expect(await client.ask({ type: 'presence', topic: 'chat/1' })).not.toMatchObject({ type: 'error' });
    expect(await client.ask({ type: 'presence', topic: 'chat/2' })).toMatchObject(forbidden);
    expect(await client.ask({ type: 'history', topic: 'chat/2', limit: 1 })).not.toMatchObject({
      type: 'error',
    });
    expect(await client.ask({ type: 'history', topic: 'news', limit: 1 })).toMatchObject(forbidden);
    client.peer.terminate();
  });

  test('without that claim the file says it', async () => {
    const client = await HubClient.connect(served.wsUrl, await sign({ sub: 'ann' }));
    expect(await client.subscribe('news')).toMatchObject({ type: 'subscribed' });
    expect(await client.publish('news', 1)).toMatchObject({ code: 'ERR_HUB_FORBIDDEN' });
    client.peer.terminate();
  });

  test('whose token ends is out', async () => {
    // Five seconds longer than it says, as clocks differ.
    const client = await HubClient.connect(served.wsUrl, await sign({ exp: soon(-3) }));
    expect((await client.peer.closed).code).toBeGreaterThanOrEqual(4000);
  });

  test('the log says who was refused and why, and has no token', async () => {
    const token = await sign({ sub: 'a-name-that-is-nobodys' }, secret.toUpperCase());
    await attempt(`${served.wsUrl}/echo?access_token=${token}`);
    const { stderr } = served.command;
    expect(stderr).toContain('a token is not accepted: its signature is wrong');
    expect(stderr).toMatch(/refused 127\.0\.0\.1 on \/echo: 401 /);
    for (const part of [...token.split('.'), 'access_token', 'thirty-two'])
      expect(stderr).not.toContain(part);
  });
});

test('without a topics claim and without --access a token allows nothing, and that is told at the start', async () => {
  const served = await startServe([], { environment: { IEUM_AUTH_JWT_SECRET: secret } });
  onTestFinished(() => served.command.kill());
  expect(served.command.stderr).toContain('tokens without the claim "topics" may do nothing');
  const client = await HubClient.connect(served.wsUrl, await sign({ sub: 'ann' }));
  expect(await client.subscribe('news')).toMatchObject({ code: 'ERR_HUB_FORBIDDEN' });
});

test('keys at an address that is away: nobody gets in until it is there', async () => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), alg: 'EdDSA' }];
  let isAway = true;
  const listener = await listen(
    createServer((_request, response) => {
      if (isAway) response.writeHead(503).end();
      else response.end(JSON.stringify({ keys }));
    }),
  );
  onTestFinished(() => listener.close());
  const served = await startServe(['--auth-jwks', `http://127.0.0.1:${listener.port}/`]);
  onTestFinished(() => served.command.kill());
  const token = await new SignJWT({ exp: soon() }).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey);
  const url = `${served.wsUrl}/echo?access_token=${token}`;
  expect(await attempt(url)).toBe(401);
  expect(served.command.stderr).toMatch(/warn +the keys [^\n]+ cannot be fetched: the answer is 503/);
  isAway = false;
  await expect.poll(() => attempt(url), { timeout: 10_000, interval: 500 }).toBe(101);
  expect(served.command.stderr).toContain('are there again');
});

test.each([
  [['--auth-jwt-secret', 'short'], '--auth-jwt-secret is too short'],
  [['--auth-jwt-secret', secret, '--auth-jwks', 'https://a.example'], 'only one of'],
  [['--auth-jwks', 'http://a.example/keys'], '--auth-jwks'],
  [['--auth-issuer', 'a'], '--auth-issuer needs'],
  [['--access', 'some'], '--access'],
])('ieum serve %j is one line about it, and status 2', async (args, part) => {
  const { status, stdout, stderr } = await runCommand(['serve', '--port', '0', ...args]);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  expect(stderr).toContain(part);
  expect(stderr).not.toContain('thirty-two');
});
