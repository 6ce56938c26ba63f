import { afterEach, describe, expect, test, vi } from 'vitest';

import type { CommandOptions } from '../support/command.js';
import { openingRequest, RawClient } from '../support/raw-client.js';
import { isRunning, ServedWorkers } from '../support/served-workers.js';
import { WebSocketClient } from '../support/web-socket-client.js';

let running: ServedWorkers[] = [];

async function serve(args?: readonly string[], options?: CommandOptions): Promise<ServedWorkers> {
  const workers = await ServedWorkers.start(args, options);
  running.push(workers);
  return workers;
}

afterEach(async () => {
  await Promise.all(running.map(({ served }) => served.command.kill()));
  running = [];
});

async function join({ served }: ServedWorkers, count: number): Promise<WebSocketClient[]> {
  const clients: WebSocketClient[] = [];
  // One after the other: they are handed out in turn.
  while (clients.length < count) clients.push(await WebSocketClient.connect(`${served.wsUrl}/broadcast`));
  return clients;
}

async function takeTexts(client: WebSocketClient, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) texts.push((await client.take()).data.toString());
  return texts;
}

/** Those whose connection ended without a Close frame, and those that are open, once all of a worker are gone. */
async function afterDeath(clients: readonly WebSocketClient[], lost: number) {
  const isGone = (client: WebSocketClient) => client.socket.readyState === client.socket.CLOSED;
  await vi.waitUntil(() => clients.filter(isGone).length === lost, { timeout: 10_000 });
  return clients.filter((client) => !isGone(client));
}

/** The sender's number and the message's, of each sender in the order of arrival. */
function bySender(texts: readonly string[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const text of texts) {
    const [sender = '', number] = text.split(' ');
    const sent = numbers.get(sender) ?? [];
    sent.push(Number(number));
    numbers.set(sender, sent);
  }
  return numbers;
}

describe('ieum serve --workers', () => {
  test('says which workers listen, that all do, and then where, in one line on standard output', async () => {
    const { served, pids } = await serve();
    expect([...pids.keys()].sort()).toEqual([1, 2]);
    expect(new Set([...pids.values()].flat()).size).toBe(2);
    expect(served.command.stderr).toMatch(/listens\n[^\n]+listens\n[^\n]+all 2 workers listen[^\n]+\n/);
    expect(served.command.stdout).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\n$/);
    for (const path of ['/healthz', '/readyz']) {
      expect(await (await fetch(served.url + path)).text()).toContain('2 of 2 workers');
    }
  });

  test('one worker is no worker: one process, as without the flag', async () => {
    const { served } = await serve(['--workers', '1']);
    expect(served.command.stderr).not.toContain('worker');
    expect(await (await fetch(`${served.url}/healthz`)).text()).toBe('ok');
  });

  test('auto and the variable are understood', async () => {
    const { served } = await serve(['--workers', 'auto']);
    const answer = await (await fetch(`${served.url}/healthz`)).text();
    expect(answer).toMatch(/^ok(: (\d+) of \2 workers listen\n)?$/);
  });

  test('/broadcast reaches all connections of all workers once, in the order of each sender', async () => {
    const workers = await serve();
    const clients = await join(workers, 20);
    const senders = clients.slice(0, 5);
    const perSender = 400;
    const received = clients.map((client) => takeTexts(client, senders.length * perSender));
    for (let number = 0; number < perSender; number++) {
      for (const [index, sender] of senders.entries()) sender.socket.send(`${index} ${number}`);
    }
    const expected = Array.from({ length: perSender }, (_, number) => number);
    for (const texts of await Promise.all(received)) {
      const numbers = bySender(texts);
      expect(numbers.size).toBe(senders.length);
      for (const order of numbers.values()) expect(order).toEqual(expected);
    }
    // Nothing came twice: the next is what is sent next.
    senders[0]?.socket.send(Buffer.alloc(300_000, 7));
    for (const client of clients) {
      const { data, isBinary } = await client.take();
      expect([isBinary, data.equals(Buffer.alloc(300_000, 7))]).toEqual([true, true]);
    }
  });

  test('connections are spread; one worker dies, the connections of the other do not notice, and it is replaced', async () => {
    const workers = await serve();
    const { command } = workers.served;
    const clients = await join(workers, 20);
    process.kill(workers.pid(1), 'SIGKILL');
    const left = await afterDeath(clients, 10);
    left[0]?.socket.send('still here');
    for (const client of left) expect((await client.take()).data.toString()).toBe('still here');
    expect(command.stderr).toMatch(
      /warn +worker 1 \(pid \d+\) was ended by SIGKILL: another [^\n]+ in 0\.1 s\n/,
    );

    await workers.untilTaken(1, 2);
    expect(isRunning(workers.pid(1))).toBe(true);
    const health = await (await fetch(`${workers.served.url}/healthz`)).text();
    expect(health).toContain('2 of 2 workers');
    const all = [...left, ...(await join(workers, 10))];
    all.at(-1)?.socket.send('from the new');
    left[0]?.socket.send('from the old');
    for (const client of all) {
      expect((await takeTexts(client, 2)).sort()).toEqual(['from the new', 'from the old']);
    }
    process.kill(workers.pid(2), 'SIGKILL');
    expect((await afterDeath(left, 10)).length).toBe(0);
  });

  test('a place where workers die again and again is filled later and later', async () => {
    const workers = await serve();
    for (const times of [1, 2, 3]) {
      process.kill(workers.pid(2), 'SIGKILL');
      await workers.untilTaken(2, times + 1);
    }
    const delays = [...workers.served.command.stderr.matchAll(/takes its place in ([\d.]+) s/g)];
    expect(delays.map(([, seconds]) => seconds)).toEqual(['0.1', '0.2', '0.4']);
    expect(workers.pids.get(1)?.length).toBe(1);
  });

  test('when all have died at once, those that replace them have the same port', async () => {
    const workers = await serve();
    for (const number of [1, 2]) process.kill(workers.pid(number), 'SIGKILL');
    await Promise.all([workers.untilTaken(1, 2), workers.untilTaken(2, 2)]);
    const clients = await join(workers, 4);
    clients[0]?.socket.send('again');
    for (const client of clients) expect((await client.take()).data.toString()).toBe('again');
    process.kill(workers.pid(1), 'SIGKILL');
    await workers.untilTaken(1, 3);
    expect((await fetch(`${workers.served.url}/healthz`)).status).toBe(200);
  });

  test('limits on connections hold for all together', async () => {
    for (const flag of ['--max-connections', '--max-connections-per-address']) {
      const workers = await serve([flag, '4']);
      const attempts = await Promise.allSettled(Array.from({ length: 10 }, () => join(workers, 1)));
      expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
      for (const attempt of attempts) {
        if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ status: 503 });
      }
    }
  });

  test('PROXY headers are read in every worker', async () => {
    const { served } = await serve(['--proxy-protocol', '--trusted-proxies', 'loopback']);
    for (let round = 0; round < 4; round++) {
      const client = await RawClient.connect(served.port);
      client.send('PROXY TCP4 192.0.2.7 192.0.2.8 40000 80\r\n', openingRequest({ target: '/echo' }));
      expect((await client.response()).status).toBe(101);
      await expect(fetch(`${served.url}/healthz`)).rejects.toThrow();
    }
  });

  test('origins and other limits reach every worker', async () => {
    const { served } = await serve(['--max-message-bytes', '1KiB', '--allow-origin', 'https://a.example']);
    for (let round = 0; round < 4; round++) {
      const client = await WebSocketClient.connect(`${served.wsUrl}/echo`, { origin: 'https://a.example' });
      client.socket.send(Buffer.alloc(1025));
      expect(await client.closed).toBe(1009);
      const attempt = WebSocketClient.connect(`${served.wsUrl}/echo`, { origin: 'https://b.example' });
      await expect(attempt).rejects.toMatchObject({ status: 403 });
    }
  });
});

describe('a worker that does not read what others send', () => {
  const block = (number: number): Buffer => Buffer.alloc(256 * 1024, number);

  /** The numbers of blocks in the order of arrival. Whatever else comes between them is left out. */
  async function takeBlocks(
    client: WebSocketClient,
    count: number,
    handleBlock = (): void => {},
  ): Promise<number[]> {
    const numbers: number[] = [];
    while (numbers.length < count) {
      const { data, isBinary } = await client.take();
      if (!isBinary) continue;
      numbers.push(data[0] as number);
      handleBlock();
    }
    return numbers;
  }

  /** Stops worker 2 and tells which of two clients is served still. */
  async function halt(workers: ServedWorkers): Promise<{ served: WebSocketClient; halted: WebSocketClient }> {
    const [first, second] = (await join(workers, 2)) as [WebSocketClient, WebSocketClient];
    process.kill(workers.pid(2), 'SIGSTOP');
    first.socket.send('probe');
    second.socket.send('probe');
    const isFirst = await Promise.race([first.take().then(() => true), second.take().then(() => false)]);
    return isFirst ? { served: first, halted: second } : { served: second, halted: first };
  }

  test('holds senders back; when it reads on, everything arrives', async () => {
    const workers = await serve();
    const { served, halted } = await halt(workers);
    const rounds = 200;
    let taken = 0;
    const all = [served, halted].map((client) =>
      takeBlocks(client, rounds, () => {
        if (client === served) taken++;
      }),
    );
    for (let number = 0; number < rounds; number++) served.socket.send(block(number));
    let before = -1;
    await vi.waitUntil(
      () => {
        const isStill = taken > 0 && taken === before;
        before = taken;
        return isStill;
      },
      { timeout: 10_000, interval: 500 },
    );
    expect(taken).toBeLessThan(60);
    process.kill(workers.pid(2), 'SIGCONT');
    const expected = Array.from({ length: rounds }, (_, number) => number);
    expect(await Promise.all(all)).toEqual([expected, expected]);
  });

  test('and does not for ten seconds is ended and replaced: its connections are lost, not messages', async () => {
    const workers = await serve();
    const { served, halted } = await halt(workers);
    const rounds = 100;
    for (let number = 0; number < rounds; number++) served.socket.send(block(number));
    for (let number = 0; number < rounds; number++) expect((await served.take()).data[0]).toBe(number);
    expect(await halted.closed).toBe(1006);
    expect(workers.served.command.stderr).toMatch(
      /warn +worker 2 \(pid \d+\) did not answer for 10 s and is killed\n/,
    );
    await workers.untilTaken(2, 2);
  }, 40_000);
});
