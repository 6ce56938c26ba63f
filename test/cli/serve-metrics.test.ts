import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import type { CommandOptions } from '../support/command.js';
import { HubClient } from '../support/hub-client.js';
import { RedisServer } from '../support/redis-server.js';
import { type Served, startServe } from '../support/served.js';
import { ServedWorkers } from '../support/served-workers.js';
import { WebSocketClient } from '../support/web-socket-client.js';

let running: Served[] = [];

async function serve(args: readonly string[] = [], options?: CommandOptions): Promise<Served> {
  const served = await startServe(args, options);
  running.push(served);
  return served;
}

afterEach(async () => {
  await Promise.all(running.map(({ command }) => command.kill()));
  running = [];
});

/** What is counted, by name and labels as they are written. */
async function metricsOf({ url }: Served): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`${url}/metrics`);
  expect([response.status, response.headers.get('content-type')]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  const lines = (await response.text()).split('\n').filter((line) => /^\w/.test(line));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), Number(line.slice(space + 1))];
    }),
  );
}

const echo = 'path="/echo",dialect="raw",transport="websocket"';

describe('/metrics', () => {
  test('counts connections, messages, bytes and how connections ended', async () => {
    const served = await serve();
    const clients = [1, 2, 3].map(() => WebSocketClient.connect(`${served.wsUrl}/echo`));
    const [first, second, third] = await Promise.all(clients);
    first?.socket.send('12345');
    await first?.take();
    expect(Object.fromEntries(await metricsOf(served))).toMatchObject({
      [`ieum_connections{${echo}}`]: 3,
      [`ieum_connections_opened_total{${echo},http="1.1"}`]: 3,
      [`ieum_messages_received_total{${echo}}`]: 1,
      [`ieum_messages_sent_total{${echo}}`]: 1,
      [`ieum_received_bytes_total{${echo}}`]: 11,
      [`ieum_sent_bytes_total{${echo}}`]: 7,
      [`ieum_send_queue_bytes{${echo}}`]: 0,
      ieum_broker_ready: 1,
      ieum_draining: 0,
    });
    first?.socket.close();
    second?.socket.terminate();
    await Promise.all([first?.closed, second?.closed]);
    await vi.waitUntil(async () => (await metricsOf(served)).get(`ieum_connections{${echo}}`) === 1);
    expect(Object.fromEntries(await metricsOf(served))).toMatchObject({
      [`ieum_connections_closed_total{${echo},cause="closed-by-peer"}`]: 1,
      [`ieum_connections_closed_total{${echo},cause="end-of-stream"}`]: 1,
    });
    third?.socket.terminate();
  });

  test('counts refusals, by status and reason', async () => {
    const served = await serve();
    const refused = WebSocketClient.connect(`${served.wsUrl}/echo`, { origin: 'http://evil.example' });
    await expect(refused).rejects.toMatchObject({ status: 403 });
    const name = 'ieum_handshakes_refused_total{status="403",reason="this origin may not connect"}';
    expect((await metricsOf(served)).get(name)).toBe(1);
  });

  test('counts what the hub does', async () => {
    const served = await serve();
    const clients = await Promise.all([1, 2].map(() => HubClient.connect(served.wsUrl)));
    const [one, two] = clients as [HubClient, HubClient];
    const { position } = await one.subscribe('chat');
    await two.subscribe('chat');
    await one.publish('chat', 'x'.repeat(98));
    await two.ask({ type: 'unsubscribe', topic: 'chat' });
    await two.ask({ type: 'subscribe', topic: 'chat', since: position });
    expect(Object.fromEntries(await metricsOf(served))).toMatchObject({
      'ieum_connections{path="/hub",dialect="native",transport="websocket"}': 2,
      ieum_hub_publications_total: 1,
      ieum_hub_publication_bytes_total: 100,
      'ieum_hub_deliveries_total{outcome="delivered"}': 2,
      'ieum_hub_recoveries_total{outcome="recovered"}': 1,
      ieum_hub_recovered_publications_total: 1,
    });
    for (const { peer } of clients) peer.terminate();
  });

  test('has the process, and how late the event loop is', async () => {
    const served = await serve();
    await metricsOf(served);
    await vi.waitUntil(
      async () => ((await metricsOf(served)).get('ieum_event_loop_delay_seconds_count') ?? 0) > 5,
    );
    const metrics = await metricsOf(served);
    expect(metrics.get('process_resident_memory_bytes')).toBeGreaterThan(10e6);
    expect(metrics.get('process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(Math.abs((metrics.get('process_start_time_seconds') ?? 0) - Date.now() / 1_000)).toBeLessThan(60);
    expect(metrics.get('ieum_event_loop_delay_seconds_bucket{le="+Inf"}')).toBe(
      metrics.get('ieum_event_loop_delay_seconds_count'),
    );
  });

  test.each<[readonly string[], number]>([
    [[], 200],
    [['--metrics', 'off'], 404],
    [['--host', '0.0.0.0'], 404],
    [['--host', '0.0.0.0', '--metrics'], 200],
    [['--trusted-proxies', 'loopback'], 404],
    [['--metrics-allow', 'loopback'], 200],
    [['--metrics-allow', '192.0.2.0/24'], 403],
  ])('with %j it is answered with %d', async (args, status) => {
    const { port } = await serve(args);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(status);
  });

  test('is not for those who come by a proxy that nobody spoke of', async () => {
    const { url } = await serve();
    expect((await fetch(`${url}/metrics`, { headers: { 'X-Forwarded-For': '192.0.2.1' } })).status).toBe(403);
  });

  test('of several workers is the sum of all, whoever answers, also when one has died', async () => {
    const workers = await ServedWorkers.start();
    running.push(workers.served);
    const clients: WebSocketClient[] = [];
    while (clients.length < 6) clients.push(await WebSocketClient.connect(`${workers.served.wsUrl}/echo`));
    for (let round = 0; round < 4; round++) {
      const metrics = await metricsOf(workers.served);
      expect(metrics.get(`ieum_connections{${echo}}`)).toBe(6);
      expect(metrics.get('ieum_workers{state="listening"}')).toBe(2);
    }
    process.kill(workers.pid(1), 'SIGKILL');
    await workers.untilTaken(1, 2);
    const metrics = await metricsOf(workers.served);
    expect(metrics.get(`ieum_connections{${echo}}`)).toBe(3);
    for (const client of clients) client.socket.terminate();
  });
});

describe('/readyz', () => {
  test('is 503 while the broker is away, and 200 when it is there again', async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.stop());
    const served = await serve(['--broker', redis.url]);
    const ready = async () => (await fetch(`${served.url}/readyz`)).status;
    expect(await ready()).toBe(200);
    expect((await metricsOf(served)).get('ieum_broker_ready')).toBe(1);
    await redis.kill();
    await vi.waitUntil(async () => (await ready()) === 503, { timeout: 10_000 });
    expect(await (await fetch(`${served.url}/readyz`)).text()).toContain('broker');
    expect((await metricsOf(served)).get('ieum_broker_ready')).toBe(0);
    expect((await fetch(`${served.url}/healthz`)).status).toBe(200);
    await redis.restart();
    await vi.waitUntil(async () => (await ready()) === 200, { timeout: 15_000 });
    expect(served.command.stderr).toMatch(
      /warn +the broker cannot be reached: [^\n]+\n[\s\S]*warn +the broker is there again\n/,
    );
  }, 40_000);

  test('the server starts without its broker, and waits for it', async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.stop());
    await redis.kill();
    const served = await serve(['--broker', redis.url.replace('://', '://me:very-secret@')]);
    expect((await fetch(`${served.url}/readyz`)).status).toBe(503);
    expect(served.command.stderr).toContain('the broker is not there yet');
    expect(served.command.stderr).not.toContain('very-secret');
  });
});

test('the hubs of several workers are one, with a broker elsewhere', async () => {
  const redis = await RedisServer.start();
  onTestFinished(() => redis.stop());
  const workers = await ServedWorkers.start(['--broker', redis.url]);
  running.push(workers.served);
  const clients: HubClient[] = [];
  while (clients.length < 4) clients.push(await HubClient.connect(workers.served.wsUrl));
  for (const client of clients) await client.subscribe('chat');
  await clients[0]?.publish('chat', { a: 1 });
  await vi.waitUntil(() => clients.every(({ messages }) => messages.length === 1), { timeout: 5_000 });
  for (const { messages, peer } of clients) {
    expect(messages[0]).toMatchObject({ type: 'message', topic: 'chat', data: { a: 1 } });
    peer.terminate();
  }
}, 40_000);
