import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { OtherWork } from './other-work.mjs';

test('work of this process and of its children that ended is not that of others', () => {
  const others = new OtherWork();
  const busy = 'const end = Date.now() + 400; while (Date.now() < end);';
  spawnSync(process.execPath, ['-e', busy]);
  const alone = others.cpus;
  expect(alone).toBeGreaterThanOrEqual(0);
  expect(alone).toBeLessThan(64);
});
