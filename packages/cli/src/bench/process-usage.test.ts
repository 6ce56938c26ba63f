import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

import { describe, expect, onTestFinished, test } from 'vitest';

import { isRunning, processTree, readCpuSeconds, readResidentBytes } from './process-usage.js';

/** A process that waits until the test is over. */
function startSleeper(): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log()']);
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

describe('what processes use', () => {
  test('CPU time goes up while something is done', () => {
    const before = readCpuSeconds([process.pid]);
    const end = performance.now() + 60_000;
    let used = 0;
    while (used < 0.05 && performance.now() < end) used = readCpuSeconds([process.pid]) - before;
    expect(used).toBeGreaterThanOrEqual(0.05);
    expect(used).toBeLessThan(1);
  });

  test('resident memory is what the platform says', () => {
    const ratio = readResidentBytes([process.pid]) / process.memoryUsage.rss();
    expect(ratio).toBeGreaterThan(0.9);
    expect(ratio).toBeLessThan(1.1);
  });

  test('a tree has the children, less the one that measures', async () => {
    const [child, measuring] = [startSleeper(), startSleeper()];
    await Promise.all([child, measuring].map((started) => once(started.stdout ?? started, 'data')));
    const tree = processTree(process.pid, measuring.pid ?? 0);
    expect(tree).toContain(process.pid);
    expect(tree).toContain(child.pid);
    expect(tree).not.toContain(measuring.pid);
    expect(readResidentBytes(tree)).toBeGreaterThan(readResidentBytes([process.pid]));
  });

  test('one that is gone uses nothing', async () => {
    const child = startSleeper();
    const pid = child.pid ?? 0;
    expect(isRunning(pid)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect([isRunning(pid), readCpuSeconds([pid]), readResidentBytes([pid])]).toEqual([false, 0, 0]);
  });
});
