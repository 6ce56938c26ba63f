import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/**
 * Tells how many CPUs worked for others than this process and its children since it was made, hypervisor included. Children
 * count once they have ended.
 */
export class OtherWork {
  #before = readClocks();

  get cpus() {
    const now = readClocks();
    const before = this.#before;
    const otherSeconds = now.busySeconds - before.busySeconds - (now.ownSeconds - before.ownSeconds);
    return Math.max(0, otherSeconds / Math.max(now.wallSeconds - before.wallSeconds, SHORTEST_SECONDS));
  }
}

function readClocks() {
  const [total = ''] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = total
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // The name in parentheses may contain anything; what follows it is the third field, see proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const own = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0);
  return {
    wallSeconds: performance.now() / 1000,
    busySeconds: (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND,
    ownSeconds: own / TICKS_PER_SECOND,
  };
}

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const SHORTEST_SECONDS = 0.1;
