import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** @typedef {import('node:child_process').ChildProcessWithoutNullStreams} ChildProcess */

export const serverNames = ['ieum', 'ws', 'net'];

/** A server in a process of its own, listening on a free port of 127.0.0.1. */
export class ServerProcess {
  /** @type {ChildProcess} */
  #child;
  /** @type {number} */
  port;
  /** @type {number} */
  pid;

  /**
   * Starts a server and waits until it accepts connections.
   *
   * @param {string} serverName one of `serverNames`
   * @param {string} workloadName
   */
  static async start(serverName, workloadName) {
    const port = await findFreePort();
    const child = spawnPinned(0, [`./servers/${serverName}.mjs`], {
      PORT: String(port),
      WORKLOAD: workloadName,
    });
    const server = new ServerProcess(child, port);
    try {
      await server.#listening();
    } catch (error) {
      await server.end();
      throw error;
    }
    return server;
  }

  /**
   * @param {ChildProcess} child
   * @param {number} port
   */
  constructor(child, port) {
    if (child.pid === undefined) throw new Error('the server process did not start');
    this.#child = child;
    this.port = port;
    this.pid = child.pid;
  }

  /** Ends the process, if it has not ended by itself. */
  async end() {
    await endProcess(this.#child);
  }

  async #listening() {
    const stderr = collectText(this.#child.stderr);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (hasExited(this.#child)) throw new Error(`the server ended: ${errorLine(stderr())}`);
      if (await isListening(this.port)) return;
      await sleep(ATTEMPT_INTERVAL_MS);
    }
    throw new Error('the server did not listen');
  }
}

/**
 * Runs the load process and returns what it measured.
 *
 * @param {import('./load/measuring.mjs').Job} job
 * @returns {Promise<import('./load/measuring.mjs').ThroughputResult | import('./load/idle.mjs').MemoryResult>}
 */
export async function runLoad(job) {
  const child = spawnPinned(1, ['./load.mjs', JSON.stringify(job)], {});
  const stdout = collectText(child.stdout);
  const stderr = collectText(child.stderr);
  const limitMs = (job.warmupSeconds + job.seconds + MAX_EXTRA_SECONDS) * 1000;
  const timer = setTimeout(() => endProcess(child), limitMs);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (signal) throw new Error(`the load process was ended by ${signal} after ${limitMs / 1000} s at most`);
  if (code !== 0) throw new Error(errorLine(stderr()) || `the load process exited with ${code}`);
  return JSON.parse(stdout());
}

/** Whether processes can be kept on one CPU each: there is `taskset`, and there are two CPUs. */
export function canPin() {
  return availableParallelism() >= 2 && spawnSync('taskset', ['-c', '0,1', 'true']).status === 0;
}

/**
 * @param {number} cpu
 * @param {string[]} nodeArguments the program first
 * @param {Record<string, string>} environment added to ours
 * @returns {ChildProcess}
 */
function spawnPinned(cpu, nodeArguments, environment) {
  const command = [process.execPath, ...nodeArguments];
  // taskset becomes the program it starts, so the child's id is the program's.
  if (canPin()) command.unshift('taskset', '-c', String(cpu));
  const [file = '', ...rest] = command;
  const child = spawn(file, rest, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    env: { ...process.env, ...environment },
  });
  const endWithUs = () => child.kill('SIGKILL');
  process.on('exit', endWithUs);
  child.on('exit', () => process.off('exit', endWithUs));
  return child;
}

/** @param {ChildProcess} child */
async function endProcess(child) {
  if (hasExited(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await exit;
  clearTimeout(timer);
}

/** @param {ChildProcess} child */
function hasExited(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

/** @returns {Promise<number>} */
async function findFreePort() {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/**
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function isListening(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

/** @param {import('node:stream').Readable} stream */
function collectText(stream) {
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
function errorLine(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.find((line) => /^\S*Error\b/.test(line)) ?? lines[lines.length - 1] ?? '';
}

const ATTEMPT_INTERVAL_MS = 50;
const MAX_ATTEMPTS = 200;
const MAX_EXTRA_SECONDS = 90;
const GRACE_MS = 3000;
const MAX_OUTPUT_CHARACTERS = 64 * 1024;
