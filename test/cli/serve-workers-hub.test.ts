import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { SignJWT } from 'jose';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { NativeClient, type NativeClientOptions } from '../support/native-client.js';
import { RedisServer } from '../support/redis-server.js';
import { isRunning, ServedWorkers } from '../support/served-workers.js';

let running: ServedWorkers[] = [];
let clients: NativeClient[] = [];

async function serve(...args: readonly string[]): Promise<ServedWorkers> {
  const workers = await ServedWorkers.start(args);
  running.push(workers);
  return workers;
}

async function open({ served }: ServedWorkers, options: NativeClientOptions = {}): Promise<NativeClient> {
  const client = await NativeClient.open(`${served.wsUrl}/hub`, options);
  clients.push(client);
  return client;
}

/** Two clients on two workers: connections are handed out in turn. */
async function openTwo(workers: ServedWorkers, options: NativeClientOptions = {}) {
  return [await open(workers, options), await open(workers, options)] as const;
}

afterEach(async () => {
  for (const client of clients) client.drop();
  await Promise.all(clients.map((client) => client.close()));
  await Promise.all(running.map(({ served }) => served.command.kill()));
  [clients, running] = [[], []];
});

const secret = 'a secret of thirty-two bytes, or more';

function tokenFor(sub: string): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 600;
  return new SignJWT({ sub, exp }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret));
}

/** Clients have names, and it is known who is there. */
async function serveNamed(): Promise<ServedWorkers> {
  const folder = await mkdtemp(join(tmpdir(), 'ieum-workers-hub-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'ieum.json');
  await writeFile(
    file,
    JSON.stringify({ topics: { '**': { presence: true } }, access: 'all', authJwtSecret: secret }),
  );
  return await serve('--config', file);
}

/** Where the exchange has been so far. */
function exchangePids({ served }: ServedWorkers): number[] {
  const told = served.command.stderr.matchAll(/the exchange of the workers \(pid (\d+)\) is there\n/g);
  return [...told].map(([, pid]) => Number(pid));
}

async function readinessOf({ served }: ServedWorkers): Promise<number[]> {
  const answers = Array.from({ length: 4 }, async () => {
    const response = await fetch(`${served.url}/readyz`, { headers: { Connection: 'close' } });
    await response.text();
    return response.status;
  });
  return [...new Set(await Promise.all(answers))];
}

async function metricOf({ served }: ServedWorkers, name: string): Promise<number> {
  const text = await (await fetch(`${served.url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

describe('/hub of several workers without a broker elsewhere', () => {
  test('clients of different workers share topics: all comes to all, once, in one order', async () => {
    const workers = await serve();
    const [ann, bob] = await openTwo(workers);
    for (const client of [ann, bob]) {
      await client.subscribe('chat');
      await client.subscribe('news/*');
    }
    const publishing = range(200).flatMap((n) => [
      ann.publish('chat', `a${n}`),
      bob.publish('chat', `b${n}`),
    ]);
    const results = await Promise.all(publishing);
    await ann.publish('news/today', 'news');
    for (const client of [ann, bob]) {
      await client.until(() => client.dataOf('chat').length >= 400 && client.dataOf('news/today').length > 0);
    }
    expect(ann.dataOf('chat')).toEqual(bob.dataOf('chat'));
    for (const sender of ['a', 'b']) {
      const sent = ann.dataOf('chat').filter((data) => String(data).startsWith(sender));
      expect(sent).toEqual(range(200).map((n) => `${sender}${n}`));
    }
    expect(new Set(results.map(({ offset }) => offset)).size).toBe(400);
    expect(await metricOf(workers, 'ieum_exchange_nodes')).toBe(2);
    expect(await metricOf(workers, 'ieum_exchange_topics')).toBeGreaterThanOrEqual(1);
    expect(await metricOf(workers, 'ieum_broker_ready')).toBe(1);
    // They were clients of different workers.
    process.kill(workers.pid(1), 'SIGKILL');
    await vi.waitUntil(() => !ann.isConnected || !bob.isConnected, { timeout: 5_000 });
    expect([ann.isConnected, bob.isConnected].filter(Boolean)).toHaveLength(1);
  });

  test('a key of a user is one for all workers, and so is what history holds', async () => {
    const workers = await serveNamed();
    const [here, there] = await openTwo(workers, { token: await tokenFor('ann') });
    const { offset, epoch } = await here.publish('chat', 'once', { key: 'k' });
    expect(await there.publish('chat', 'twice', { key: 'k' })).toMatchObject({
      ...{ offset, epoch },
      isDuplicate: true,
    });
    expect(await there.history('chat', { limit: 10 })).toMatchObject({ data: ['once'], isContinuous: true });
  });

  test('who comes back on another worker gets what was missed, once', async () => {
    const workers = await serve();
    const [ann, bob] = await openTwo(workers);
    await ann.subscribe('chat');
    for (const n of range(20)) {
      await bob.publish('chat', `before ${n}`);
      ann.drop();
      await bob.publish('chat', `missed ${n}`);
      // Of two connections in a row the second is on the worker where the first was not.
      await ann.reconnect();
      await bob.publish('chat', `after ${n}`);
    }
    await ann.until(() => ann.dataOf('chat').length >= 60);
    const expected = range(20).flatMap((n) => [`before ${n}`, `missed ${n}`, `after ${n}`]);
    expect([ann.dataOf('chat'), ann.gapsOf('chat')]).toEqual([expected, []]);
  }, 40_000);

  test('when a worker dies, all that its clients missed comes when they are back', async () => {
    const workers = await serveNamed();
    const [ann, bob] = await openTwo(workers, { resumeAfterMs: 20, token: await tokenFor('ann') });
    for (const client of [ann, bob]) await client.subscribe('chat');
    let sent = 0;
    const publish = async (): Promise<void> => {
      const sender = [ann, bob].find(({ isConnected }) => isConnected);
      const key = `key-${sent}`;
      // Sent again until it is answered: the key makes it one.
      if (sender !== undefined && (await sender.publish('chat', sent, { key }).catch(() => null))) sent++;
      else await new Promise(setImmediate);
    };
    while (sent < 50) await publish();
    process.kill(workers.pid(1), 'SIGKILL');
    while (sent < 100) await publish();
    await workers.untilTaken(1, 2);
    process.kill(workers.pid(2), 'SIGKILL');
    while (sent < 150) await publish();
    await workers.untilTaken(2, 2);
    for (const client of [ann, bob]) {
      await client.until(() => client.dataOf('chat').length >= 150);
      expect([client.dataOf('chat'), client.gapsOf('chat')]).toEqual([range(150), []]);
    }
  }, 40_000);
});

describe('presence over several workers', () => {
  test('everybody is there, whichever worker they are on; those of a worker that dies are gone', async () => {
    const workers = await serveNamed();
    const [ann, bob] = [
      await open(workers, { token: await tokenFor('ann') }),
      await open(workers, { token: await tokenFor('bob') }),
    ];
    for (const client of [ann, bob]) await client.subscribe('room', { presence: true });
    for (const client of [ann, bob]) {
      await vi.waitUntil(async () => (await client.members('room')).length === 2, { timeout: 5_000 });
    }
    await ann.until(({ journal }) => journal.some(({ type }) => type === 'presence-changed'));
    process.kill(workers.pid(1), 'SIGKILL');
    await vi.waitUntil(() => !ann.isConnected || !bob.isConnected, { timeout: 5_000 });
    const [left, name] = ann.isConnected ? [ann, 'ann'] : [bob, 'bob'];
    await vi.waitUntil(async () => (await left.members('room')).length === 1, { timeout: 5_000 });
    expect((await left.members('room')).map(({ user }) => user)).toEqual([name]);
    await left.until(({ journal }) =>
      journal.some((message) => message.type === 'presence-changed' && message.left.length === 1),
    );
  });
});

describe('the process in which workers meet', () => {
  test('dies: nobody is ready, who follows is told of a gap, and all goes on with the next one', async () => {
    const workers = await serve();
    const [ann, bob] = await openTwo(workers);
    for (const client of [ann, bob]) await client.subscribe('chat');
    const before = await ann.publish('chat', 'before');
    await bob.until(() => bob.dataOf('chat').length === 1);
    process.kill(exchangePids(workers)[0] as number, 'SIGKILL');
    const codes = new Set<string>();
    await vi.waitUntil(
      async () => {
        const outcome = await ann.publish('chat', 'later').catch(({ code }: { code: string }) => code);
        if (typeof outcome !== 'string') return true;
        codes.add(outcome);
        return false;
      },
      { timeout: 10_000, interval: 10 },
    );
    expect([...codes].filter((code) => code !== 'ERR_HUB_UNAVAILABLE')).toEqual([]);
    await vi.waitUntil(async () => (await readinessOf(workers)).join() === '200', { timeout: 10_000 });
    expect(exchangePids(workers)).toHaveLength(2);
    const after = await bob.publish('chat', 'after');
    expect([typeof after.epoch, after.epoch === before.epoch]).toEqual(['string', false]);
    for (const client of [ann, bob]) {
      await client.until(() => client.dataOf('chat').at(-1) === 'after');
      expect(client.gapsOf('chat')).toMatchObject([{ reason: 'epoch' }]);
      expect(client.isConnected).toBe(true);
    }
    expect(workers.served.command.stderr).toMatch(
      /warn +the exchange of the workers \(pid \d+\) was ended by SIGKILL: another takes its place in 0\.1 s\n/,
    );
    expect(workers.served.command.stderr).toMatch(/warn +worker \d: the broker is there again\n/);
  });

  test('is away: no worker is ready, and clients are told to publish again', async () => {
    const workers = await serve();
    const [ann] = await openTwo(workers);
    // Each time it is away for longer.
    for (const times of [1, 2, 3]) {
      process.kill(exchangePids(workers).at(-1) as number, 'SIGKILL');
      if (times < 3) await workers.served.command.until(() => exchangePids(workers).length > times);
    }
    await vi.waitUntil(async () => (await readinessOf(workers)).join() === '503', {
      timeout: 5_000,
      interval: 5,
    });
    await expect(ann.publish('chat', 'now')).rejects.toMatchObject({ code: 'ERR_HUB_UNAVAILABLE' });
    await vi.waitUntil(async () => (await readinessOf(workers)).join() === '200', { timeout: 10_000 });
    await ann.publish('chat', 'again');
  });

  test('is replaced when it stands still', async () => {
    const workers = await serve();
    const [ann] = await openTwo(workers);
    await ann.publish('chat', 'before');
    const [pid] = exchangePids(workers) as [number];
    process.kill(pid, 'SIGSTOP');
    await workers.served.command.until(() => exchangePids(workers).length === 2);
    expect(isRunning(pid)).toBe(false);
    await vi.waitUntil(async () => (await readinessOf(workers)).join() === '200', { timeout: 10_000 });
    await ann.publish('chat', 'after');
    expect((await ann.history('chat', { limit: 10 })).data).toEqual(['after']);
  }, 40_000);

  test('ends with the others, when they are told to and when the primary process is killed', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const workers = await serve();
      const [pid] = exchangePids(workers) as [number];
      expect(isRunning(pid)).toBe(true);
      workers.served.command.child.kill(signal);
      const { status } = await workers.served.command.ended;
      expect(status).toBe(signal === 'SIGTERM' ? 0 : null);
      await vi.waitUntil(() => !isRunning(pid), { timeout: 5_000 });
    }
  });

  test('is none for one worker, and none with a broker elsewhere', async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.stop());
    for (const args of [
      ['--workers', '1'],
      ['--broker', redis.url],
    ]) {
      const workers = await serve(...args);
      await (await open(workers)).publish('chat', 'a');
      expect(workers.served.command.stderr).not.toContain('exchange');
    }
  });
});
