import { type CommandResult, runCommand } from './command.js';

/** What `ieum bench --json` prints. */
export interface PrintedReport {
  readonly url: string;
  readonly scenario: string;
  readonly connections: number;
  readonly payloadBytes: number;
  readonly payloadType: string;
  readonly compressed: boolean;
  readonly inFlight: number;
  readonly rate: number | null;
  readonly seconds: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly latencyUs: Readonly<Record<'p50' | 'p90' | 'p99' | 'p999' | 'max', number>> | null;
  readonly load: Readonly<Record<'cpuSeconds' | 'processes' | 'messagesPerRead', number>>;
  readonly server: {
    readonly pid: number;
    readonly cpuSeconds: number;
    readonly messagesPerCpuSecond: number;
    readonly residentBytes: { readonly before: number; readonly after: number };
    readonly residentBytesPerConnection: number;
  } | null;
}

/** Runs `ieum bench` for a moment. Later arguments win. */
export function runBench(url: string, args: readonly string[] = []): Promise<CommandResult> {
  const short = ['--duration', '300ms', '--warmup', '50ms', '--connections', '10'];
  return runCommand(['bench', url, ...short, ...args]);
}

/** Runs `ieum bench --json`, which must succeed. */
export async function bench(url: string, args: readonly string[] = []): Promise<PrintedReport> {
  const { status, stdout, stderr } = await runBench(url, ['--json', ...args]);
  if (status !== 0) throw new Error(`ieum bench ended with ${status}: ${stderr}`);
  return JSON.parse(stdout);
}
