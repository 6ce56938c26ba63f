import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

/** An empty folder, gone when the test is. */
export async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ieum-check-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
