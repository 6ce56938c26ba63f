import { CommanderError } from 'commander';
import { UsageError } from 'ieum';

import { CommandFailure, ExitStatus } from './command-failure.js';
import { forgetEmptySettings } from './environment.js';
import { createProgram } from './program.js';
import { visible } from './visible-text.js';

// Whoever reads us may leave before us.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
process.exitCode = await run();
process.stdout.write('', () => process.exit());

/** Runs the command of this process. What it does not do for a reason that was foreseen becomes one line and a status. */
async function run(): Promise<number> {
  forgetEmptySettings(process.env);
  const program = createProgram();
  try {
    await program.parseAsync(process.argv);
    return Number(process.exitCode ?? ExitStatus.Ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitStatus.Ok : ExitStatus.Usage;
    if (error instanceof CommandFailure) return fail(error.message, error.exitStatus);
    if (error instanceof UsageError) return fail(error.message, ExitStatus.Usage);
    throw error;
  }
}

function fail(message: string, exitStatus: number): number {
  process.stderr.write(`error: ${visible(message)}\n`);
  return exitStatus;
}
