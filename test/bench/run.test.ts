import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type CommandResult, RunningCommand } from '../support/command.js';

const program = fileURLToPath(new URL('../../bench/run.mjs', import.meta.url));
/** It takes some seconds on a machine that has nothing else to do. */
const patienceMs = 60_000;
const quick = ['--servers', 'ieum,ws', '--rounds', '1', '--seconds', '0.3', '--warmup', '0'];

/** What is checked of the JSON that `bench/run.mjs --json` prints. */
interface Printed {
  readonly machine: { readonly versions: { readonly ws: string }; readonly commit: string };
  readonly summaries: readonly {
    readonly workload: string;
    readonly servers: readonly { readonly server: string; readonly figure: number; readonly ratio: number }[];
    readonly verdict: { readonly target: { readonly ratio: number }; readonly ratio: number };
  }[];
  readonly runs: readonly { readonly server: string; readonly type: string; readonly result: RunResult }[];
}

interface RunResult {
  readonly connections: number;
  readonly compressed: boolean;
  readonly rate: number | null;
  readonly messages: number;
}

describe('a short run of ieum beside ws', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ieum-bench-'));
  const page = join(folder, 'RESULTS.md');
  let ended: CommandResult;
  let printed: Printed;

  beforeAll(async () => {
    const workloads = ['--workloads', 'broadcast1k,latency', '--max-connections', '3'];
    ended = await runBench([...quick, ...workloads, '--json', '--write', '--results', page]);
    printed = JSON.parse(ended.stdout);
  }, patienceMs);

  afterAll(() => rmSync(folder, { recursive: true }));

  test('measures every workload on every server', () => {
    expect(ended).toMatchObject({ status: 0 });
    expect(printed.summaries.map(({ workload }) => workload)).toEqual(['broadcast1k', 'latency']);
    for (const { servers } of printed.summaries) {
      expect(servers.map(({ server }) => server)).toEqual(['ieum', 'ws']);
      for (const { figure } of servers) expect(figure).toBeGreaterThan(0);
    }
    for (const { type, result } of printed.runs) {
      expect(type).toBe('done');
      expect(result.connections).toBe(3);
      expect(result.messages).toBeGreaterThan(0);
    }
  });

  test('compares with ws and with what is to be reached', () => {
    const [broadcast, latency] = printed.summaries;
    expect(broadcast?.verdict.target).toEqual({ type: 'atLeast', ratio: 1.3 });
    expect(latency?.verdict.target).toEqual({ type: 'atMost', ratio: 1 });
    for (const summary of printed.summaries) {
      const [ieum, ws] = summary.servers;
      expect(ws?.ratio).toBe(1);
      expect(summary.verdict.ratio).toBe((ieum?.figure ?? 0) / (ws?.figure ?? 0));
    }
  });

  test('asks all servers for the same rate where latency is compared', () => {
    const rates = printed.runs.map(({ result }) => result.rate);
    expect(rates.slice(0, 2)).toEqual([null, null]);
    expect(rates[2]).toBeGreaterThan(0);
    expect(rates[3]).toBe(rates[2]);
  });

  test('writes a page with the machine, the ratios, the verdicts and the notes', () => {
    const text = readFileSync(page, 'utf8');
    expect(text).toContain('| kernel | Linux ');
    expect(text).toContain(`Node ${process.versions.node}, ws ${printed.machine.versions.ws}`);
    expect(text).toContain(`| commit | ${printed.machine.commit} |`);
    expect(text).toContain('at most 3 connections');
    expect(text).toMatch(
      /^\| broadcast1k \| msgs\/CPU-s \| [\d,]+ \| \*\*[\d.]+\*\* \| at least 1\.3 \| .*[✓✗].* \|$/m,
    );
    expect(text).toMatch(/^\| ieum \| .* \| at most 1 \| .*[✓✗].*\|$/m);
    expect(text).toMatch(/^\| ws \| /m);
    const notes = readFileSync(new URL('../../bench/NOTES.md', import.meta.url), 'utf8');
    expect(text.endsWith(notes)).toBe(true);
  });

  test('tells how far it is', () => {
    expect(ended.stderr).toMatch(
      /^\[1\/5, 0:00 gone, \d:\d\d to go\] broadcast1k 1\/1 ieum … [\d,]+ msgs\/CPU-s$/m,
    );
    expect(ended.stderr).toMatch(/^\[3\/5, .* latency 1\/1, what ws can take … [\d,]+ msgs\/s$/m);
  });
});

test(
  'a run that fails is in the table, the others too, and the status is 1',
  async () => {
    const limited = `ulimit -n 110 && exec "$0" "$@"`;
    const args = [program, '--workloads', 'echo20', ...quick];
    const command = new RunningCommand('/bin/sh', ['-c', limited, process.execPath, ...args], { input: '' });
    const { status, stdout, stderr } = await command.ended;
    expect(status).toBe(1);
    expect(stdout).toMatch(/^\| ieum \| – \| .* \| 1: .*open files.* \|$/m);
    expect(stdout).toMatch(/^\| ws \| – \| .* \| 1: .*open files.* \|$/m);
    expect(stderr).toMatch(/echo20 1\/1 ws … failed: .*open files/);
  },
  patienceMs,
);

test(
  'servers compress where the workload says so, and net takes no part in it',
  async () => {
    const args = ['--workloads', 'deflate,deflate-memory', '--max-connections', '2', '--json'];
    const { status, stdout } = await runBench([...args, ...quick, '--servers', 'ieum,net']);
    expect(status).toBe(0);
    const { runs }: Printed = JSON.parse(stdout);
    expect(runs.map(({ server, result }) => [server, result.compressed])).toEqual([
      ['ieum', true],
      ['ieum', true],
    ]);
  },
  patienceMs,
);

test('an option that is wrong ends it with 2 and a hint', async () => {
  const { status, stdout, stderr } = await runBench(['--workload', 'echo20']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('unknown option --workload, did you mean --workloads?');
});

function runBench(args: readonly string[]): Promise<CommandResult> {
  return new RunningCommand(process.execPath, [program, ...args], { input: '' }).ended;
}
