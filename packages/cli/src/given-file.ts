import { readFile } from 'node:fs/promises';

import { CommandFailure } from './command-failure.js';
import { describeSystemError } from './system-error.js';

/** Reads a file that a flag names. @throws CommandFailure that names both when it cannot be read */
export async function readGivenFile(flag: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new CommandFailure(`${flag}: ${path} cannot be read: ${describeSystemError(cause)}`, undefined, {
      cause,
    });
  }
}
