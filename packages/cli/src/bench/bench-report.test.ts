import { describe, expect, test } from 'vitest';

import { createReport } from './bench-report.js';
import { Histogram } from './histogram.js';
import type { BenchPlan, LoadResult } from './load-job.js';

const plan: BenchPlan = {
  url: 'ws://127.0.0.1:1/echo',
  scenario: 'echo',
  connections: 10,
  payloadBytes: 20,
  payloadType: 'text',
  compressed: false,
  inFlight: 1,
  idleMessages: 1,
  rate: null,
  durationMs: 1_000,
  warmupMs: 0,
  processes: 2,
  serverPid: 7,
};

function result(milliseconds: readonly number[], changes: Partial<LoadResult> = {}): LoadResult {
  const latencies = new Histogram();
  for (const ms of milliseconds) latencies.record(ms);
  return {
    seconds: 1,
    messages: 100,
    reads: 50,
    plainReplies: 0,
    loadCpuSeconds: 0.25,
    serverCpuSeconds: 0.5,
    latencyCounts: latencies.counts,
    maxLatencyUs: latencies.maxUs,
    intervalUs: null,
    unsent: 0,
    ...changes,
  };
}

describe('a report', () => {
  test('puts the results of processes together', () => {
    const results = [result([1, 1, 1]), result([3], { messages: 300, seconds: 2, serverCpuSeconds: 0.7 })];
    const report = createReport(plan, results, { before: 1_000, after: 21_000 });
    expect(report).toEqual({
      url: plan.url,
      scenario: 'echo',
      connections: 10,
      payloadBytes: 20,
      payloadType: 'text',
      compressed: false,
      inFlight: 1,
      rate: null,
      seconds: 1.5,
      messages: 400,
      messagesPerSecond: 250,
      latencyUs: expect.objectContaining({ max: 3_000 }),
      load: { cpuSeconds: 0.5, processes: 2, messagesPerRead: 4 },
      server: {
        pid: 7,
        cpuSeconds: 0.6,
        messagesPerCpuSecond: 400 / 0.6,
        residentBytes: { before: 1_000, after: 21_000 },
        residentBytesPerConnection: 2_000,
      },
    });
  });

  test('has no server and no latency where there was none', () => {
    const report = createReport(plan, [result([], { messages: 0, reads: 0 })], null);
    expect(report).toMatchObject({ server: null, latencyUs: null, messagesPerSecond: 0 });
    expect(report.load.messagesPerRead).toBe(0);
  });

  const withStall = [...new Array<number>(1_000).fill(1), 500];

  test('corrects the latencies of a closed loop, by their median', () => {
    const { latencyUs } = createReport(plan, [result(withStall)], null);
    expect(latencyUs?.p50).toBeLessThan(1_100);
    expect(latencyUs?.p90).toBeGreaterThan(100_000);
    expect(latencyUs?.max).toBe(500_000);
  });

  test('corrects them by an interval that the load names', () => {
    const { latencyUs } = createReport(plan, [result(withStall, { intervalUs: 250_000 })], null);
    expect(latencyUs?.p90).toBeLessThan(1_100);
  });

  test('leaves the latencies of an open loop as they are: they run from the schedule', () => {
    const { latencyUs } = createReport({ ...plan, rate: 1_000 }, [result(withStall)], null);
    expect(latencyUs?.p99).toBeLessThan(1_100);
    expect(latencyUs?.max).toBe(500_000);
  });
});
