import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import { createNatsBroker, type NatsBrokerOptions } from '../../packages/ieum/src/brokers/nats/index.js';
import type { Broker } from '../../packages/ieum/src/hub/broker.js';
import { type Certificates, createCertificates } from '../support/certificates.js';
import { freePort, NatsServer, type NatsServerOptions } from '../support/nats-server.js';
import { draftOf, kept } from './broker-stage.js';
import { RecordingSink } from './recording-sink.js';

const ending: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

describe('a server that asks who comes', () => {
  const config = 'authorization { users: [{ user: "ann", password: "p@ss/word" }] }';

  test.each<[string, (port: number) => NatsBrokerOptions]>([
    ['in options', (port) => ({ servers: at(port), user: 'ann', password: 'p@ss/word' })],
    ['in the address', (port) => ({ servers: `nats://ann:p%40ss%2Fword@127.0.0.1:${port}` })],
  ])('lets in who has name and password %s', async (_name, options) => {
    const server = await serve({ config });
    const broker = create(options(server.port));
    await broker.open(new RecordingSink());
    expect(broker.isReady).toBe(true);
  });

  test.each<[string, Partial<NatsBrokerOptions>]>([
    ['nothing', {}],
    ['a wrong password', { user: 'ann', password: 'wrong' }],
    ['a token', { token: 'token' }],
  ])('refuses at once who has %s', async (_name, options) => {
    const server = await serve({ config });
    const broker = create({ servers: server.url, ...options });
    await expect(broker.open(new RecordingSink())).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_OPTION' });
    expect(broker.isReady).toBe(false);
  });

  test('lets in who has the token', async () => {
    const server = await serve({ config: 'authorization { token: "secret" }' });
    const [first, second] = [
      create({ servers: `nats://secret@127.0.0.1:${server.port}` }),
      create({ servers: server.url, token: 'secret' }),
    ];
    await Promise.all([first.open(new RecordingSink()), second.open(new RecordingSink())]);
    expect([first.isReady, second.isReady]).toEqual([true, true]);
  });
});

describe('over TLS', () => {
  let certificates: Certificates;
  beforeAll(async () => {
    certificates = await createCertificates();
  });

  test('whose certificate is trusted is talked to', async () => {
    const port = await serveTls(certificates);
    const broker = create({ servers: `tls://127.0.0.1:${port}`, tls: { ca: certificates.authority.cert } });
    const sink = new RecordingSink();
    await broker.open(sink);
    await broker.follow('secret', kept);
    await broker.publish(draftOf('secret', 'a'), kept);
    await sink.untilText('secret', 'a');
  });

  test.each([
    ['a certificate that nobody vouches for', (port: number) => `tls://127.0.0.1:${port}`],
    ['no TLS', async () => (await serve({})).url.replace('nats:', 'tls:')],
  ])('a server with %s is an error', async (_name, address) => {
    const port = await serveTls(certificates);
    const broker = create({ servers: await address(port) });
    await expect(broker.open(new RecordingSink())).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_OPTION' });
  });
});

test('a server without JetStream is an error', async () => {
  const server = await serve({ jetstream: false });
  const broker = create({ servers: server.url });
  await expect(broker.open(new RecordingSink())).rejects.toMatchObject({ code: 'ERR_HUB_INVALID_OPTION' });
});

test('a broker that waits for its server can be closed', async () => {
  const broker = create({ servers: at(await freePort()) });
  const opening = broker.open(new RecordingSink());
  await broker.close();
  await expect(opening).rejects.toMatchObject({ code: 'ERR_HUB_CLOSED' });
});

test('of several servers one is enough', async () => {
  const server = await serve({});
  const broker = create({ servers: [at(await freePort()), server.url, at(await freePort())] });
  await broker.open(new RecordingSink());
  expect(broker.isReady).toBe(true);
});

test('a server that stands still is waited for so long and no longer, and then noticed', async () => {
  const server = await serve({});
  const broker = create({ servers: server.url, timeoutMs: 500 });
  const sink = new RecordingSink();
  await broker.open(sink);
  await broker.follow('topic', kept);
  await server.freeze(true);
  const startedAt = performance.now();
  await expect(broker.publish(draftOf('topic', 'a'), kept)).rejects.toMatchObject({
    code: 'ERR_HUB_UNAVAILABLE',
  });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  await sink.untilReadiness(false);
  await server.freeze(false);
  await sink.untilReadiness(true);
  await broker.publish(draftOf('topic', 'b'), kept);
  await sink.untilText('topic', 'b');
  expect(sink.gaps('topic')).toEqual([]);
}, 20_000);

test('what is larger than the server takes is refused as too large', async () => {
  const server = await serve({ config: 'max_payload: 65536' });
  const broker = create({ servers: server.url });
  await broker.open(new RecordingSink());
  const draft = { ...draftOf('topic', ''), payload: new Uint8Array(70_000) };
  await expect(broker.publish(draft, kept)).rejects.toMatchObject({ code: 'ERR_HUB_MESSAGE_TOO_LARGE' });
});

test('members are told in parts that the server takes, and one that is too large is refused', async () => {
  const server = await serve({ config: 'max_payload: 8192' });
  const [broker, other] = [create({ servers: server.url }), create({ servers: server.url })];
  await Promise.all([broker.open(new RecordingSink()), other.open(new RecordingSink())]);
  const crowd = Array.from({ length: 500 }, (_, at) => `user ${at} ${'한'.repeat(20)}`);
  await other.followMembers('topic');
  await broker.changeMembers(
    'topic',
    crowd.map((user) => ({ type: 'present', user, info: null })),
  );
  const large = { type: 'present', user: 'large', info: 'x'.repeat(5_000) } as const;
  const small = { type: 'present', user: 'small', info: null } as const;
  await expect(broker.changeMembers('topic', [small, large])).rejects.toMatchObject({
    code: 'ERR_HUB_MESSAGE_TOO_LARGE',
  });
  const members = await other.members('topic');
  expect(members.map(({ user }) => user).sort()).toEqual([...crowd].sort());
  expect(other.isReady).toBe(true);
});

test('members that change while the server is away are told when it is back', async () => {
  const server = await serve({});
  const [broker, other] = [create({ servers: server.url }), create({ servers: server.url })];
  const sinks = [new RecordingSink(), new RecordingSink()];
  await Promise.all([broker.open(sinks[0] as RecordingSink), other.open(sinks[1] as RecordingSink)]);
  await other.followMembers('topic');
  await server.kill();
  for (const sink of sinks) await sink.untilReadiness(false);
  const change = { type: 'present', user: 'alice', info: 1 } as const;
  await expect(broker.changeMembers('topic', [change])).rejects.toMatchObject({
    code: 'ERR_HUB_UNAVAILABLE',
  });
  await server.restart();
  const isTold = () => sinks[1]?.events.some((event) => event.type === 'members') ?? false;
  await sinks[1]?.until('members', isTold);
  expect(await other.members('topic')).toMatchObject([{ user: 'alice', info: 1 }]);
}, 20_000);

async function serve(options: NatsServerOptions): Promise<NatsServer> {
  const server = await NatsServer.start(options);
  ending.push(() => server.stop());
  return server;
}

function create(options: NatsBrokerOptions): Broker {
  const broker = createNatsBroker(options);
  ending.push(() => broker.close());
  return broker;
}

async function serveTls({ server: { cert, key } }: Certificates): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'ieum-nats-tls-'));
  ending.push(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'cert.pem'), cert);
  await writeFile(join(folder, 'key.pem'), key);
  const config = `tls { cert_file: "${join(folder, 'cert.pem')}", key_file: "${join(folder, 'key.pem')}" }`;
  return (await serve({ config })).port;
}

function at(port: number): string {
  return `nats://127.0.0.1:${port}`;
}
