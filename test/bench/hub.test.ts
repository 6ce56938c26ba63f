import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { type CommandResult, RunningCommand } from '../support/command.js';

const program = fileURLToPath(new URL('../../bench/hub/run.mjs', import.meta.url));
const patienceMs = 120_000;

/** What is checked of the JSON that `bench/hub/run.mjs --json` prints. */
interface Printed {
  readonly summaries: readonly {
    readonly workload: string;
    readonly stacks: readonly { readonly stack: string; readonly figure: number; readonly ratio?: number }[];
  }[];
  readonly runs: readonly { readonly type: string; readonly result: RunResult }[];
}

interface RunResult {
  readonly publications: number;
  readonly deliveries: number;
  readonly nodeCpuSeconds: number;
  readonly latencyUs: { readonly p50: number; readonly p99: number };
}

describe('a short run of all stacks', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ieum-bench-'));
  const page = join(folder, 'RESULTS.md');
  let ended: CommandResult;
  let printed: Printed;

  beforeAll(async () => {
    const quick = ['--rounds', '1', '--seconds', '0.5', '--warmup', '0.1', '--max-subscribers', '7'];
    ended = await run(['--workloads', 'fan1kp16', ...quick, '--json', '--results', page]);
    printed = JSON.parse(ended.stdout);
  }, patienceMs);

  afterAll(() => rmSync(folder, { recursive: true }));

  test('delivers every publication to every subscriber of both nodes', () => {
    expect(ended.stderr).not.toContain('failed');
    expect(ended.status).toBe(0);
    expect(printed.runs).toHaveLength(5);
    for (const { type, result } of printed.runs) {
      expect(type).toBe('done');
      expect(result.publications).toBeGreaterThan(0);
      // Some are on their way when the window begins, and others when it ends.
      expect(Math.abs(result.deliveries - 7 * result.publications)).toBeLessThan(16 * 7);
      expect(result.nodeCpuSeconds).toBeGreaterThan(0);
      expect(result.latencyUs.p99).toBeGreaterThanOrEqual(result.latencyUs.p50);
      expect(result.latencyUs.p50).toBeGreaterThan(0);
    }
  });

  test('compares all with Socket.IO and its Redis adapter', () => {
    const stacks = printed.summaries[0]?.stacks ?? [];
    const base = stacks.find(({ stack }) => stack === 'socket.io')?.figure ?? 0;
    expect(stacks.map(({ stack }) => stack)).toEqual([
      'ieum',
      'ieum-light',
      'socket.io',
      'socket.io-sharded',
      'ieum-nats',
    ]);
    for (const { figure, ratio } of stacks) expect(ratio).toBe(figure / base);
  });

  test('writes a page with the machine, the ratios and what makes it no result', () => {
    const text = readFileSync(page, 'utf8');
    expect(text).toContain('| kernel | Linux ');
    expect(text).toMatch(/^\| versions \| .*socket\.io \d.*redis-server \d.*nats-server \d/m);
    expect(text).toContain('at most 7 subscribers');
    expect(text).toMatch(/^\| ieum \| [\d,]+ \| .* \| [\d.]+ [✓✗] \|/m);
    expect(text).toMatch(/^\| socket\.io \| [\d,]+ \| .* \| 1\.00 \|/m);
  });
});

test('an option that is wrong ends it with 2 and a hint', async () => {
  const { status, stdout, stderr } = await run(['--stack', 'ieum']);
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toContain('unknown option --stack, did you mean --stacks?');
});

function run(args: readonly string[]): Promise<CommandResult> {
  return new RunningCommand(process.execPath, [program, ...args], { input: '' }).ended;
}
