import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PerMessageDeflateOptions } from 'ws';

import { bench, type PrintedReport, runBench } from '../support/bench.js';
import { echo, startEchoServer } from '../support/echo-server.js';
import { type Served, startServe } from '../support/served.js';

let served: Served;
let pid: string;

beforeAll(async () => {
  served = await startServe();
  pid = String(served.command.child.pid);
});
afterAll(() => served.command.kill());

describe('ieum bench echoes', () => {
  test('and reports by the contract', async () => {
    const report = await bench(`${served.wsUrl}/echo`, ['--server-pid', pid]);
    const number = expect.any(Number);
    expect(report).toEqual({
      url: `${served.wsUrl}/echo`,
      scenario: 'echo',
      connections: 10,
      payloadBytes: 20,
      payloadType: 'text',
      compressed: false,
      inFlight: 1,
      rate: null,
      seconds: number,
      messages: number,
      messagesPerSecond: number,
      latencyUs: { p50: number, p90: number, p99: number, p999: number, max: number },
      load: { cpuSeconds: number, processes: 1, messagesPerRead: 1 },
      server: {
        pid: Number(pid),
        cpuSeconds: number,
        messagesPerCpuSecond: number,
        residentBytes: { before: number, after: number },
        residentBytesPerConnection: number,
      },
    });
    const { messages, seconds, messagesPerSecond, latencyUs, load, server } = report;
    expect(seconds).toBeGreaterThan(0.29);
    expect(messages).toBeGreaterThan(100);
    expect(messagesPerSecond).toBeCloseTo(messages / seconds, 3);
    const { p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0 } = latencyUs ?? {};
    const quantiles = [p50, p90, p99, p999, max];
    expect(quantiles).toEqual(quantiles.toSorted((a, b) => a - b));
    expect(p50).toBeGreaterThan(0);
    expect(load.cpuSeconds).toBeGreaterThan(0);
    expect(server?.residentBytes.before).toBeGreaterThan(10 * 1024 * 1024);
  });

  test.each([
    ['many in flight', ['--in-flight', '32'], { inFlight: 32 }],
    ['binary', ['--binary', '--payload', '1KiB'], { payloadType: 'binary', payloadBytes: 1024 }],
    ['empty messages', ['--payload', '0'], { payloadBytes: 0 }],
    ['large messages', ['--payload', '300KiB', '--in-flight', '4', '-c', '2'], { payloadBytes: 307_200 }],
    ['several processes', ['--processes', '3'], { load: expect.objectContaining({ processes: 3 }) }],
    ['a single connection', ['-c', '1'], { connections: 1 }],
  ])('%s', async (_, args, part) => {
    const report = await bench(`${served.wsUrl}/echo`, args);
    expect(report).toMatchObject(part);
    expect(report.server).toBeNull();
    expect(report.messages).toBeGreaterThan(0);
  });

  test('of a server of npm ws', async () => {
    const server = await startEchoServer();
    const report = await bench(server.url, ['--in-flight', '8', '--payload', '200']);
    expect(report.messages).toBeGreaterThan(100);
    expect(server.received).toBeGreaterThan(report.messages);
  });

  test('of one that answers in fragments, pings, and has a greeting', async () => {
    let pongs = 0;
    const server = await startEchoServer({
      greet(socket) {
        socket.on('pong', (payload) => {
          if (String(payload) === 'there?') pongs++;
        });
        socket.send('welcome');
        socket.send(Buffer.from([1, 2, 3]));
      },
      answer(socket, data, isBinary) {
        socket.send(data.subarray(0, 7), { binary: isBinary, fin: false });
        socket.ping('there?');
        socket.send(data.subarray(7), { binary: isBinary, fin: true });
      },
    });
    const report = await bench(server.url, ['--in-flight', '4']);
    expect(report.messages).toBeGreaterThan(100);
    expect(pongs).toBeGreaterThanOrEqual(report.messages);
  });

  test('and tells people in a table, with progress on standard error', async () => {
    const { status, stdout, stderr } = await runBench(`${served.wsUrl}/echo`, ['--server-pid', pid]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^echo +ws:\/\/127\.0\.0\.1:\d+\/echo\n/);
    for (const row of ['replies', 'latency', 'load', 'server', 'memory']) {
      expect(stdout).toMatch(new RegExp(`^${row} +\\S`, 'm'));
    }
    expect(stderr).toMatch(/^opening 10 connections\nwarming up for 0.05 s\nmeasuring for 0.3 s\n/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with it
    expect(stdout + stderr).not.toMatch(/\u001b/);
  });
});

describe('ieum bench --compress', () => {
  const compressed = ['--compress', '--payload', '512', '--in-flight', '4'];

  test.each<[string, PerMessageDeflateOptions, readonly string[]]>([
    ['goes on from message to message', { threshold: 0 }, []],
    ['has each message by itself', { threshold: 0, serverNoContextTakeover: true }, []],
    ['has a small window', { threshold: 0, serverMaxWindowBits: 9 }, ['--payload', '3000', '-c', '2']],
    ['gets binary messages', { threshold: 0 }, ['--binary']],
  ])('echoes where the compression of the server %s', async (_, deflate, args) => {
    const server = await startEchoServer({ deflate });
    const { status, stdout, stderr } = await runBench(server.url, [...compressed, '--json', ...args]);
    expect(status, stderr).toBe(0);
    const report: PrintedReport = JSON.parse(stdout);
    expect(report.compressed).toBe(true);
    expect(report.messages).toBeGreaterThan(20);
    expect(stderr).not.toContain('without compressing');
  });

  test('notes replies that were not compressed', async () => {
    const server = await startEchoServer({ deflate: { threshold: 1024, serverNoContextTakeover: true } });
    const { status, stderr } = await runBench(server.url, compressed);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^note: the server sent \d+ replies without compressing them$/m);
  });
});

describe('an open loop', () => {
  test.each([['1'], ['2']])('holds its rate, with %s processes', async (processes) => {
    const args = ['--rate', '2000', '--duration', '1', '--processes', processes];
    const report = await bench(`${served.wsUrl}/echo`, args);
    expect(report.rate).toBe(2_000);
    expect(report.messagesPerSecond).toBeGreaterThan(1_900);
    expect(report.messagesPerSecond).toBeLessThan(2_100);
  });

  test('of publishes and of connections too', async () => {
    const asked = ['--rate', '100', '--duration', '1'];
    const published = await bench(`${served.wsUrl}/broadcast`, ['--scenario', 'broadcast', ...asked]);
    expect(published.messages / 10).toBeGreaterThanOrEqual(95);
    expect(published.messages / 10).toBeLessThanOrEqual(105);
    const connected = await bench(`${served.wsUrl}/echo`, ['--scenario', 'connect', ...asked]);
    expect(connected.messages).toBeGreaterThanOrEqual(95);
    expect(connected.messages).toBeLessThanOrEqual(105);
  });

  test('that a server cannot follow is told, and the wait is counted', async () => {
    const server = await startEchoServer({
      answer: (...message) => void setTimeout(() => echo(...message), 50),
    });
    const { status, stdout, stderr } = await runBench(server.url, ['--rate', '1000', '--json']);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^note: \d+ messages were due/m);
    const { messagesPerSecond, latencyUs } = JSON.parse(stdout);
    expect(messagesPerSecond).toBeLessThan(500);
    expect(latencyUs.p90).toBeGreaterThan(150_000);
  });
});

describe('a stall of 200 ms shows in the latencies', () => {
  test.each([
    ['a closed loop', []],
    ['an open loop', ['--rate', '1000']],
  ])('of %s', async (_, args) => {
    let stallsAtMs = Number.POSITIVE_INFINITY;
    const server = await startEchoServer({
      answer(...message) {
        const nowMs = performance.now();
        if (stallsAtMs === Number.POSITIVE_INFINITY) stallsAtMs = nowMs + 500;
        if (nowMs >= stallsAtMs) {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
          stallsAtMs = Number.MAX_VALUE;
        }
        echo(...message);
      },
    });
    const { latencyUs } = await bench(server.url, ['--warmup', '100ms', '--duration', '1', ...args]);
    expect(latencyUs?.max).toBeGreaterThan(190_000);
    expect(latencyUs?.p99).toBeGreaterThan(100_000);
    expect(latencyUs?.p50).toBeLessThan(100_000);
  });
});

describe('ieum bench publishes', () => {
  test.each([
    ['one at a time', []],
    ['several at a time', ['--in-flight', '4', '--payload', '64']],
    ['from one process to several', ['--in-flight', '2', '--processes', '3']],
  ])('%s', async (_, args) => {
    const report = await bench(`${served.wsUrl}/broadcast`, ['--scenario', 'broadcast', ...args]);
    expect(report.messages).toBeGreaterThan(100);
    expect(report.latencyUs?.p50).toBeGreaterThan(0);
  });
});

describe('ieum bench connects', () => {
  test('and closes, again and again', async () => {
    const args = ['--scenario', 'connect', '--server-pid', pid];
    const report = await bench(`${served.wsUrl}/echo`, args);
    expect(report).toMatchObject({ scenario: 'connect', connections: 10, inFlight: 1 });
    expect(report.messages).toBeGreaterThan(20);
    expect(report.latencyUs?.p50).toBeGreaterThan(0);
  });

  test('to a server of npm ws', async () => {
    const server = await startEchoServer({ greet: (socket) => socket.send('welcome') });
    const report = await bench(server.url, ['--scenario', 'connect', '--processes', '2']);
    expect(report.messages).toBeGreaterThan(3);
  });
});

describe('ieum bench holds idle connections', () => {
  test('and tells what the memory of the server grew by', async () => {
    const args = ['--scenario', 'idle', '--connections', '500', '--server-pid', pid, '--processes', '2'];
    const { messages, latencyUs, server, seconds } = await bench(`${served.wsUrl}/echo`, args);
    expect({ messages, latencyUs }).toEqual({ messages: 500, latencyUs: null });
    expect(seconds).toBeGreaterThan(0.29);
    const { before = 0, after = 0 } = server?.residentBytes ?? {};
    expect(server?.residentBytesPerConnection).toBe((after - before) / 500);
  });

  test.each([[[]], [['--compress']]])('that have echoed many messages before: %j', async (args) => {
    const server = await startEchoServer({ deflate: { threshold: 0 } });
    const asked = ['--scenario', 'idle', '--messages', '30', '--processes', '2', ...args];
    expect((await bench(server.url, asked)).messages).toBe(10);
    // The command itself has tried the server with a connection that sends nothing.
    expect(server.received).toBe(300);
  });
});
