import { performance } from 'node:perf_hooks';
import { median } from '../statistics.mjs';

/**
 * @typedef {object} Cost of one operation
 * @property {number} nanoseconds of CPU time, that of the garbage collector's threads included
 * @property {number} allocatedBytes on the heap of JavaScript and in array buffers
 */

/**
 * Warms a case up, then measures batches of it for some time, then a few more for what they allocate.
 *
 * @param {import('./case.mjs').Case} tested
 * @param {{ seconds: number, collectGarbage: () => void }} options
 * @returns {Promise<Cost>}
 */
export async function measureCase({ repeat }, { seconds, collectGarbage }) {
  const count = await warmUp(repeat, seconds);
  const end = performance.now() + seconds * 1000;
  const batches = [];
  do batches.push(((await time(repeat, count)) * 1e6) / count);
  while (performance.now() < end);
  return {
    nanoseconds: median(batches) ?? 0,
    allocatedBytes: await measureAllocation(repeat, count, collectGarbage),
  };
}

/**
 * Repeats the operation ever more often until the time is over and a batch takes long enough to be measured.
 *
 * @param {import('./case.mjs').Case['repeat']} repeat
 * @param {number} seconds
 */
async function warmUp(repeat, seconds) {
  const end = performance.now() + seconds * 1000;
  let count = 1;
  for (;;) {
    const elapsedMs = await time(repeat, count);
    if (elapsedMs >= BATCH_MS && performance.now() >= end) return count;
    if (elapsedMs < BATCH_MS) count *= 2;
  }
}

/**
 * CPU time rather than that of the clock: it holds up while the machine does other things.
 *
 * @param {import('./case.mjs').Case['repeat']} repeat
 * @param {number} count
 */
async function time(repeat, count) {
  const before = process.cpuUsage();
  await repeat(count);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/**
 * Few enough operations that nothing is collected between the two readings; a batch where something was is left out.
 *
 * @param {import('./case.mjs').Case['repeat']} repeat
 * @param {number} maxCount
 * @param {() => void} collectGarbage
 */
async function measureAllocation(repeat, maxCount, collectGarbage) {
  const guess = Math.max(1, (await allocatedBy(repeat, GUESSING_COUNT, collectGarbage)) / GUESSING_COUNT);
  const count = Math.max(1, Math.min(maxCount, Math.floor(MAX_ALLOCATED_BYTES / guess)));
  const samples = [];
  for (let batch = 0; batch < ALLOCATION_BATCHES; batch++) {
    const bytes = await allocatedBy(repeat, count, collectGarbage);
    if (bytes >= 0) samples.push(bytes);
  }
  const own = await allocatedBy(() => {}, 1, collectGarbage);
  return Math.max(0, ((median(samples) ?? 0) - own) / count);
}

/**
 * @param {import('./case.mjs').Case['repeat']} repeat
 * @param {number} count
 * @param {() => void} collectGarbage
 */
async function allocatedBy(repeat, count, collectGarbage) {
  collectGarbage();
  const before = process.memoryUsage();
  await repeat(count);
  const after = process.memoryUsage();
  return after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
}

const BATCH_MS = 10;
const MAX_ALLOCATED_BYTES = 8 * 1024 * 1024;
const GUESSING_COUNT = 8;
const ALLOCATION_BATCHES = 5;
