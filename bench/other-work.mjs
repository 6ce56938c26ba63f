import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/**
 * Tells how many CPUs worked for others than this process and its children since it was made, hypervisor included. Children
 * count once they have ended.
 */
export class OtherWork {
  /** @type {Sources} */
  #sources;
  /** @type {Clocks} */
  #before;

  /** @param {Sources} [sources] */
  constructor(sources = { read: (path) => readFileSync(path, 'utf8'), nowMs: () => performance.now() }) {
    this.#sources = sources;
    this.#before = readClocks(sources);
  }

  get cpus() {
    const now = readClocks(this.#sources);
    const before = this.#before;
    const otherSeconds = now.busySeconds - before.busySeconds - (now.ownSeconds - before.ownSeconds);
    return Math.max(0, otherSeconds / Math.max(now.wallSeconds - before.wallSeconds, SHORTEST_SECONDS));
  }
}

/**
 * @typedef {{ read: (path: string) => string, nowMs: () => number }} Sources of files in `/proc`, and of time
 * @typedef {{ wallSeconds: number, busySeconds: number, ownSeconds: number }} Clocks
 *
 * @param {Sources} sources
 * @returns {Clocks}
 */
function readClocks({ read, nowMs }) {
  const [total = ''] = read('/proc/stat').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = total
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const stat = read('/proc/self/stat');
  // The name in parentheses may contain anything; what follows it is the third field, see proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ownTicks = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return {
    wallSeconds: nowMs() / 1000,
    busySeconds: (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND,
    ownSeconds: ownTicks / TICKS_PER_SECOND,
  };
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SHORTEST_SECONDS = 0.1;
