import { performance } from 'node:perf_hooks';
import { readCpuSeconds } from '../process-usage.mjs';
import { Histogram } from './histogram.mjs';

/**
 * @typedef {object} ThroughputResult
 * @property {'throughput'} type
 * @property {number} messages replies, deliveries or cycles in the window
 * @property {number} seconds
 * @property {number} serverCpuSeconds
 * @property {number} loadCpuSeconds
 * @property {number} p50Us
 * @property {number} p99Us
 * @property {number} messagesPerRead how many arrived at once, on average
 */

/**
 * @typedef {object} Job what the load process is told to do
 * @property {string} workloadName
 * @property {number} port
 * @property {number} serverPid
 * @property {number} warmupSeconds
 * @property {number} seconds
 */

/** What a load counts while it runs. */
export class Tally {
  messages = 0;
  reads = 0;
  latencies = new Histogram();

  clear() {
    this.messages = 0;
    this.reads = 0;
    this.latencies.clear();
  }
}

/**
 * Keeps the load up through the warm-up and the window, and says what happened in the window.
 *
 * @param {Job} job
 * @param {Tally} tally
 * @param {() => void} turn see `spin`
 * @returns {Promise<ThroughputResult>}
 */
export async function measure(job, tally, turn) {
  await spin(tally, turn, until(job.warmupSeconds));
  tally.clear();
  const before = readClocks(job.serverPid);
  await spin(tally, turn, until(job.seconds));
  const after = readClocks(job.serverPid);
  return {
    type: 'throughput',
    messages: tally.messages,
    seconds: after.wallSeconds - before.wallSeconds,
    serverCpuSeconds: after.serverCpuSeconds - before.serverCpuSeconds,
    loadCpuSeconds: after.loadCpuSeconds - before.loadCpuSeconds,
    p50Us: tally.latencies.quantileUs(0.5),
    p99Us: tally.latencies.quantileUs(0.99),
    messagesPerRead: tally.reads === 0 ? 0 : tally.messages / tally.reads,
  };
}

/**
 * Calls `turn` once per turn of the event loop, after everything that arrived in it was read, and never lets the loop block: when nothing
 * arrived the process naps, so that the server need not pay for waking it.
 *
 * @param {Tally} tally
 * @param {() => void} turn
 * @param {() => boolean} isOver
 * @returns {Promise<void>}
 */
export function spin(tally, turn, isOver) {
  return new Promise((resolve) => {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    let readsBefore = tally.reads;
    const next = () => {
      if (isOver()) return resolve();
      turn();
      if (tally.reads === readsBefore) Atomics.wait(sleeper, 0, 0, NAP_MS);
      readsBefore = tally.reads;
      setImmediate(next);
    };
    next();
  });
}

/**
 * Waits until a load that sends nothing more has nothing in flight.
 *
 * @param {Tally} tally
 * @param {() => number} inFlight
 */
export async function drain(tally, inFlight) {
  const isLate = until(DRAIN_SECONDS);
  await spin(
    tally,
    () => {},
    () => inFlight() === 0 || isLate(),
  );
  if (inFlight() !== 0) throw new Error(`${inFlight()} messages were not answered`);
}

/** @param {number} seconds */
export function until(seconds) {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() >= end;
}

/** @param {number} serverPid */
function readClocks(serverPid) {
  const { user, system } = process.cpuUsage();
  return {
    wallSeconds: performance.now() / 1000,
    serverCpuSeconds: readCpuSeconds(serverPid),
    loadCpuSeconds: (user + system) / 1e6,
  };
}

const NAP_MS = 0.05;
const DRAIN_SECONDS = 5;
