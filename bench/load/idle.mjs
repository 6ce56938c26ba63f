import { setTimeout as sleep } from 'node:timers/promises';
import { readResidentBytes } from '../process-usage.mjs';
import { Reel } from '../reel.mjs';
import { Connection, openAll } from './connection.mjs';
import { ReplyCounter } from './reply-counter.mjs';
import { Target } from './target.mjs';

/**
 * @typedef {object} MemoryResult
 * @property {'memory'} type
 * @property {number} connections
 * @property {number} residentBytesBefore
 * @property {number} residentBytesAfter
 */

/**
 * Opens all connections, then echoes one message on each, and weighs the server before and after.
 *
 * @param {import('../workloads.mjs').Workload} workload
 * @param {import('./measuring.mjs').Job} job
 * @returns {Promise<MemoryResult>}
 */
export async function loadIdle(workload, job) {
  const target = new Target(job.port, workload.path);
  const sent = new Reel(workload, { masked: true, maxRun: 1 });
  const expected = new Reel(workload, { masked: false, maxRun: 1 });
  const residentBytesBefore = await settledResidentBytes(job.serverPid);
  /** @type {Connection[]} */
  const connections = [];
  let echoed = 0;
  await openAll(workload.connections, (index, opened) => {
    const replies = new ReplyCounter(expected, target.readBuffer);
    connections[index] = new Connection(target, {
      opened,
      bytes: (byteCount) => {
        echoed += replies.take(byteCount);
      },
      closed: () => {
        throw new Error('the server closed an idle connection');
      },
    });
  });
  for (const connection of connections) connection.write(sent.run(0, 1));
  const residentBytesAfter = await settledResidentBytes(job.serverPid);
  if (echoed !== connections.length) throw new Error('not every connection got its echo');
  for (const connection of connections) connection.destroy();
  return { type: 'memory', connections: workload.connections, residentBytesBefore, residentBytesAfter };
}

/**
 * Waits until the memory of a process stays the same, and returns it.
 *
 * @param {number} pid
 */
async function settledResidentBytes(pid) {
  /** @type {number[]} */
  const samples = [];
  while (samples.length < MAX_SAMPLES) {
    await sleep(SAMPLE_INTERVAL_MS);
    samples.push(readResidentBytes(pid));
    const last = samples.slice(-STEADY_SAMPLES);
    const isSteady = Math.max(...last) <= Math.min(...last) * STEADY_RATIO;
    if (samples.length >= MIN_SAMPLES && isSteady) break;
  }
  return samples[samples.length - 1];
}

const SAMPLE_INTERVAL_MS = 500;
const MIN_SAMPLES = 6;
const MAX_SAMPLES = 30;
const STEADY_SAMPLES = 4;
const STEADY_RATIO = 1.01;
