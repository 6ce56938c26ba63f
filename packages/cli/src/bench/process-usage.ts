import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether this machine tells what processes use. */
export function hasProcFilesystem(): boolean {
  return existsSync('/proc/self/stat');
}

/** Whether a process is there. */
export function isRunning(pid: number): boolean {
  return readStat(pid) !== null;
}

/**
 * A process and all that descend from it, as far as they run now.
 *
 * @param except a process that is left out with its descendants: the one that measures
 */
export function processTree(pid: number, except: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const child = Number(name);
    const stat = Number.isInteger(child) && child !== except ? readStat(child) : null;
    if (stat === null) continue;
    const parent = Number(stat[field.parent]);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  const tree = [pid];
  for (const member of tree) tree.push(...(children.get(member) ?? []));
  return tree;
}

/**
 * CPU time that processes have used since they began, with all their threads, in seconds. It is counted in ticks of the
 * kernel, 10 ms. Processes that are gone count for nothing.
 */
export function readCpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readStat(pid);
    if (stat !== null) ticks += Number(stat[field.userTicks]) + Number(stat[field.systemTicks]);
  }
  return ticks / ticksPerSecond;
}

/** Physical memory that processes occupy now, in bytes. Processes that are gone count for nothing. */
export function readResidentBytes(pids: readonly number[]): number {
  let kibibytes = 0;
  for (const pid of pids) {
    const status = readProcFile(pid, 'status') ?? '';
    kibibytes += Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0);
  }
  return kibibytes * 1024;
}

/** The fields that follow the name, which is in parentheses and may contain anything; null when there is no such process. */
function readStat(pid: number): readonly string[] | null {
  const stat = readProcFile(pid, 'stat');
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function readProcFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return null;
  }
}

/** Places after the name, see proc(5). */
const field = { parent: 1, userTicks: 11, systemTicks: 12 } as const;
/** USER_HZ, which is 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;
