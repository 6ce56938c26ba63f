import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** @typedef {import('node:child_process').ChildProcessWithoutNullStreams} ChildProcess */

/** Whether processes can be kept on one CPU each: there is `taskset`, and CPUs 0 and 1 are ours. */
export function canPin() {
  return availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;
}

/**
 * Starts a process that ends when we do.
 *
 * @param {string[]} command
 * @param {{ cpu: number | null, environment?: Record<string, string> }} options `cpu` is where to keep it, if anywhere; `environment` is added to ours
 * @returns {ChildProcess}
 */
export function startChild(command, { cpu, environment = {} }) {
  // taskset becomes the program it starts, so the child's id is the program's.
  const pinned = cpu === null ? command : ['taskset', '-c', String(cpu), ...command];
  const [file = '', ...args] = pinned;
  const child = spawn(file, args, { cwd: BENCH_FOLDER, env: { ...process.env, ...environment } });
  const endWithUs = () => child.kill('SIGKILL');
  process.on('exit', endWithUs);
  child.on('exit', () => process.off('exit', endWithUs));
  return child;
}

/**
 * Ends a process, if it has not ended by itself.
 *
 * @param {ChildProcess} child
 */
export async function endChild(child) {
  if (hasExited(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await exit;
  clearTimeout(timer);
}

/** @param {ChildProcess} child */
export function hasExited(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/**
 * Collects what a process prints, and returns a function that says what it was so far.
 *
 * @param {import('node:stream').Readable} stream
 */
export function collectText(stream) {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk) => {
    text = `${text}${chunk}`.slice(-MAX_OUTPUT_CHARACTERS);
  });
  return () => text;
}

/**
 * The line of an error report that names the error.
 *
 * @param {string} text
 */
export function errorLine(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^\S*Error\b/.test(line)) ?? lines[lines.length - 1] ?? '';
}

const BENCH_FOLDER = fileURLToPath(new URL('.', import.meta.url));
const GRACE_MS = 3000;
const MAX_OUTPUT_CHARACTERS = 1024 * 1024;
