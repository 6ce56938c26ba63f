import { formatByteSize } from '../byte-size.js';
import type { Colors } from '../colors.js';

import type { BenchReport, LatencyQuantiles, ServerUsage } from './bench-report.js';

/** A report for people. */
export function formatReport(report: BenchReport, colors: Colors): string {
  const rows = [
    [report.scenario, colors.bold(report.url)],
    ['', describeTraffic(report)],
    [nouns[report.scenario], describeMessages(report, colors)],
    ...(report.latencyUs === null ? [] : [['latency', describeLatency(report.latencyUs)]]),
    ['load', describeLoad(report)],
    ...(report.server === null ? [] : describeServer(report.server, report, colors)),
  ];
  const width = Math.max(...rows.map(([name = '']) => name.length));
  return rows.map(([name = '', text]) => `${colors.dim(name.padEnd(width))}  ${text}\n`).join('');
}

function describeTraffic(report: BenchReport): string {
  const { scenario, connections, inFlight, rate, seconds } = report;
  const compressed = report.compressed ? ', compressed' : '';
  const payload = `${formatByteSize(report.payloadBytes)} ${report.payloadType}${compressed}`;
  const pace = rate === null ? [] : [`${whole(rate)} / s asked`];
  const flight: Record<BenchReport['scenario'], readonly string[]> = {
    echo: [`${inFlight} in flight on each`, payload, ...pace],
    broadcast: [`${inFlight} published at a time`, payload, ...pace],
    connect: ['opened and closed', ...pace],
    idle: [`held after their echoes${compressed}`],
  };
  return [`${whole(connections)} connections`, ...flight[scenario], `${seconds.toFixed(1)} s`].join(', ');
}

function describeMessages({ messages, messagesPerSecond, scenario }: BenchReport, colors: Colors): string {
  if (scenario === 'idle') return whole(messages);
  return `${whole(messages)}, ${colors.bold(whole(messagesPerSecond))} / s`;
}

function describeLatency({ p50, p90, p99, p999, max }: LatencyQuantiles): string {
  const named = Object.entries({ p50, p90, p99, 'p99.9': p999, max });
  return named.map(([name, us]) => `${name} ${formatLatency(us)}`).join('   ');
}

function describeLoad({ load, seconds }: BenchReport): string {
  const share = seconds === 0 ? 0 : load.cpuSeconds / seconds / load.processes;
  const processes = load.processes === 1 ? '1 process' : `${load.processes} processes`;
  const parts = [`${processes}, ${(share * 100).toFixed(0)} % of a CPU each`];
  if (load.messagesPerRead > 0) parts.push(`${load.messagesPerRead.toFixed(1)} messages per read`);
  return parts.join(', ');
}

function describeServer(server: ServerUsage, { scenario }: BenchReport, colors: Colors): string[][] {
  const { before, after } = server.residentBytes;
  const each = `${formatByteSize(Math.max(0, Math.round(server.residentBytesPerConnection)))} per connection`;
  const cpu = `process ${server.pid}, ${server.cpuSeconds.toFixed(2)} CPU s`;
  const perCpuSecond = colors.bold(`${whole(server.messagesPerCpuSecond)} / CPU s`);
  const isIdle = scenario === 'idle';
  return [
    ['server', isIdle ? cpu : `${cpu}, ${perCpuSecond}`],
    [
      'memory',
      `${formatByteSize(before)} to ${formatByteSize(after)} resident, ${isIdle ? colors.bold(each) : each}`,
    ],
  ];
}

function formatLatency(us: number): string {
  if (us < 999.5) return `${us.toFixed(0)} us`;
  return us < 1_000_000 ? `${(us / 1_000).toPrecision(3)} ms` : `${(us / 1e6).toPrecision(3)} s`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

const nouns = {
  echo: 'replies',
  broadcast: 'deliveries',
  connect: 'cycles',
  idle: 'connections',
} as const;
