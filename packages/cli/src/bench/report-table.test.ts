import picocolors from 'picocolors';
import { describe, expect, test } from 'vitest';

import type { BenchReport } from './bench-report.js';
import { formatReport } from './report-table.js';

const plain = picocolors.createColors(false);
const report: BenchReport = {
  url: 'ws://127.0.0.1:8080/echo',
  scenario: 'echo',
  connections: 1_000,
  payloadBytes: 20,
  payloadType: 'text',
  compressed: false,
  inFlight: 32,
  rate: null,
  seconds: 5,
  messages: 1_234_567,
  messagesPerSecond: 246_913.4,
  latencyUs: { p50: 412, p90: 999.6, p99: 1_234, p999: 45_678, max: 1_234_567 },
  load: { cpuSeconds: 4.5, processes: 2, messagesPerRead: 12.34 },
  server: {
    pid: 4_711,
    cpuSeconds: 4.9,
    messagesPerCpuSecond: 251_952,
    residentBytes: { before: 50 * 1024 * 1024, after: 60 * 1024 * 1024 },
    residentBytesPerConnection: 10_486,
  },
};

describe('the table', () => {
  test('tells everything in a few aligned lines', () => {
    expect(formatReport(report, plain)).toMatchInlineSnapshot(`
      "echo     ws://127.0.0.1:8080/echo
               1,000 connections, 32 in flight on each, 20 B text, 5.0 s
      replies  1,234,567, 246,913 / s
      latency  p50 412 us   p90 1.00 ms   p99 1.23 ms   p99.9 45.7 ms   max 1.23 s
      load     2 processes, 45 % of a CPU each, 12.3 messages per read
      server   process 4711, 4.90 CPU s, 251,952 / CPU s
      memory   50 MiB to 60 MiB resident, 10.2 KiB per connection
      "
    `);
  });

  test('names what was counted in each scenario', () => {
    const noun = (scenario: BenchReport['scenario']) =>
      formatReport({ ...report, scenario }, plain).split('\n')[2];
    expect(noun('broadcast')).toMatch(/^deliveries {2}/);
    expect(noun('connect')).toMatch(/^cycles {2}/);
    expect(noun('idle')).toMatch(/^connections {2}/);
  });

  test('tells the rate that was asked for', () => {
    expect(formatReport({ ...report, rate: 20_000 }, plain)).toContain('20,000 / s asked');
  });

  test('tells that messages were compressed', () => {
    expect(formatReport({ ...report, compressed: true }, plain)).toContain('20 B text, compressed, 5.0 s');
  });

  test('leaves out what was not measured', () => {
    const lines = formatReport({ ...report, server: null, latencyUs: null }, plain);
    expect(lines).not.toMatch(/server|memory|latency/);
  });
});
