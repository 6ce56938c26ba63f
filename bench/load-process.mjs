import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { collectText, endChild, errorLine, startChild } from './children.mjs';

/**
 * @typedef {object} Load what `ieum bench` is asked to do
 * @property {import('./workloads.mjs').Workload} workload
 * @property {number | null} rate messages per second in all; null for as many as the server takes
 * @property {number} seconds
 * @property {number} warmupSeconds
 *
 * @typedef {object} LoadResult what `ieum bench --json` prints
 * @property {number} connections
 * @property {number | null} rate
 * @property {number} seconds
 * @property {number} messages replies, deliveries, cycles, or connections held
 * @property {number} messagesPerSecond
 * @property {{ p50: number, p90: number, p99: number, p999: number, max: number } | null} latencyUs
 * @property {{ cpuSeconds: number, messagesPerRead: number }} load
 * @property {ServerUse} server
 *
 * @typedef {object} ServerUse
 * @property {number} cpuSeconds
 * @property {number} messagesPerCpuSecond
 * @property {{ before: number, after: number }} residentBytes
 * @property {number} residentBytesPerConnection
 */

/**
 * Loads a server by `ieum bench` and returns what it measured.
 *
 * @param {{ port: number, pid: number }} server
 * @param {Load} load
 * @param {number | null} cpu where to keep the load, if anywhere
 * @returns {Promise<LoadResult>}
 */
export async function runLoad(server, load, cpu) {
  const child = startChild([process.execPath, COMMAND, ...loadArguments(server, load)], { cpu });
  const stdout = collectText(child.stdout);
  const stderr = collectText(child.stderr);
  const limitMs = (load.warmupSeconds + load.seconds + extraSeconds(load.workload)) * 1000;
  const timer = setTimeout(() => endChild(child), limitMs);
  const [code, signal] = await once(child, 'close');
  clearTimeout(timer);
  if (signal) throw new Error(`the load was ended by ${signal} after ${limitMs / 1000} s at most`);
  if (code !== 0) throw new Error(reasonIn(stderr()) || `the load exited with ${code}`);
  const result = JSON.parse(stdout());
  if (result.server === null) throw new Error('the load could not read what the server used');
  return result;
}

/**
 * What a run may take beside its window.
 *
 * @param {import('./workloads.mjs').Workload} workload
 */
function extraSeconds({ connections, idleMessages }) {
  return MAX_EXTRA_SECONDS + (connections * idleMessages) / SLOWEST_PER_SECOND;
}

/** @param {string} stderr */
function reasonIn(stderr) {
  return errorLine(stderr).replace(/^error: /i, '');
}

/**
 * @param {{ port: number, pid: number }} server
 * @param {Load} load
 */
function loadArguments({ port, pid }, { workload, rate, seconds, warmupSeconds }) {
  const { scenario, path, connections, payloadBytes, payloadType, inFlight, compressed, idleMessages } =
    workload;
  const flags = {
    scenario,
    connections,
    payload: payloadBytes,
    'in-flight': inFlight,
    duration: `${seconds}s`,
    warmup: `${warmupSeconds}s`,
    processes: 1,
    'server-pid': pid,
    ...(rate === null ? {} : { rate }),
    ...(scenario === 'idle' ? { messages: idleMessages } : {}),
  };
  return [
    'bench',
    `ws://127.0.0.1:${port}${path}`,
    ...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...(payloadType === 'binary' ? ['--binary'] : []),
    ...(compressed ? ['--compress'] : []),
    '--json',
  ];
}

const COMMAND = fileURLToPath(new URL('../packages/cli/bin/ieum.js', import.meta.url));
const MAX_EXTRA_SECONDS = 90;
const SLOWEST_PER_SECOND = 2_000;
