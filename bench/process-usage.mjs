import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time that a process, all its threads and the threads that ended have used, in seconds. The resolution is the kernel's tick,
 * 10 ms.
 *
 * @param {number} pid
 */
export function readCpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may contain anything; what follows it is the third field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER_TICKS_FIELD - 3]) + Number(fields[SYSTEM_TICKS_FIELD - 3]);
  return ticks / TICKS_PER_SECOND;
}

/**
 * Physical memory that a process occupies at the moment, in bytes.
 *
 * @param {number} pid
 */
export function readResidentBytes(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`no VmRSS for process ${pid}`);
  return Number(kibibytes) * 1024;
}

/** Whether this machine has what the readings above need. */
export function hasProcFilesystem() {
  try {
    return readdirSync('/proc/self').includes('stat');
  } catch {
    return false;
  }
}

const USER_TICKS_FIELD = 14;
const SYSTEM_TICKS_FIELD = 15;
/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
