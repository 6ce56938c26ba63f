/**
 * The load process. Its argument is a job as JSON; it prints the result as one line of JSON and exits with 0, or says what went
 * wrong in one line on stderr and exits with 1.
 */
import { loadBroadcast } from './load/broadcast.mjs';
import { loadConnect } from './load/connect.mjs';
import { loadEcho } from './load/echo.mjs';
import { loadIdle } from './load/idle.mjs';
import { findWorkload } from './workloads.mjs';

const loads = { echo: loadEcho, broadcast: loadBroadcast, connect: loadConnect, idle: loadIdle };

process.on('uncaughtException', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});

/** @type {import('./load/measuring.mjs').Job} */
const job = JSON.parse(process.argv[2] ?? '');
const workload = findWorkload(job.workloadName);
const result = await loads[workload.kind](workload, job);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
