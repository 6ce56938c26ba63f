import type { CommandOptions } from './command.js';
import { type Served, startServe } from './served.js';

/** Where `ieum serve --workers` says that a worker listens. */
const listening = /worker (\d+) \(pid (\d+)\) listens\n/g;

/** `ieum serve --workers 2`, ready. */
export class ServedWorkers {
  readonly served: Served;

  private constructor(served: Served) {
    this.served = served;
  }

  static async start(args: readonly string[] = [], options?: CommandOptions): Promise<ServedWorkers> {
    return new ServedWorkers(await startServe(['--workers', '2', ...args], options));
  }

  /** Process ids of all that listened so far, by the number of their place. */
  get pids(): ReadonlyMap<number, readonly number[]> {
    const pids = new Map<number, number[]>();
    for (const [, number, pid] of this.served.command.stderr.matchAll(listening)) {
      pids.set(Number(number), [...(pids.get(Number(number)) ?? []), Number(pid)]);
    }
    return pids;
  }

  /** The process that has this place now. */
  pid(number: number): number {
    return this.pids.get(number)?.at(-1) as number;
  }

  /** Resolves when a place was taken so many times. */
  untilTaken(number: number, times: number): Promise<void> {
    return this.served.command.until(() => (this.pids.get(number)?.length ?? 0) >= times);
  }
}

export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
