import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { OtherWork } from './other-work.mjs';

test('is what the machine did less what this process and its children did, per second', () => {
  const machine = { nowMs: 1000, busy: [100, 10, 200, 5000, 70, 1, 2, 3], own: [50, 20, 300, 100] };
  const sources = {
    nowMs: () => machine.nowMs,
    read: (/** @type {string} */ path) =>
      path === '/proc/stat'
        ? `cpu  ${machine.busy.join(' ')} 0 0\ncpu0 1 2 3\n`
        : `77 (a name) with ) S ${Array(10).fill(9).join(' ')} ${machine.own.join(' ')} 20 0`,
  };
  const others = new OtherWork(sources);
  expect(others.cpus).toBe(0);
  machine.nowMs += 4000;
  // User, nice, system, idle, waiting, interrupts twice, stolen: 500 ticks, idle and waiting not counted.
  machine.busy = [250, 60, 400, 5900, 170, 21, 32, 53];
  // Own time, then that of children: 100 ticks.
  machine.own = [70, 30, 350, 120];
  expect(others.cpus).toBeCloseTo(1, 10);
});

test('is read from this machine', () => {
  const others = new OtherWork();
  const busy = 'const end = Date.now() + 150; while (Date.now() < end);';
  spawnSync(process.execPath, ['-e', busy]);
  expect(others.cpus).toBeGreaterThanOrEqual(0);
  expect(others.cpus).toBeLessThan(1000);
});
