import { CommandFailure, ExitStatus } from '../command-failure.js';
import type { ServeFlags } from '../serve-options.js';

/**
 * The flags of each worker: limits on connections are divided, so that all workers together keep them.
 *
 * @throws CommandFailure for a limit that leaves a worker without a single connection
 */
export function sharedOut(flags: ServeFlags): readonly ServeFlags[] {
  for (const [flag, limit] of [
    ['--max-connections', flags.maxConnections],
    ['--max-connections-per-address', flags.maxConnectionsPerAddress],
  ] as const) {
    if (limit === undefined || limit >= flags.workers) continue;
    throw new CommandFailure(
      `${flag} ${limit} cannot be shared by ${flags.workers} workers: raise it, or lower --workers`,
      ExitStatus.Usage,
    );
  }
  return Array.from({ length: flags.workers }, (_, index) => ({
    ...flags,
    ...share('maxConnections', flags, index),
    ...share('maxConnectionsPerAddress', flags, index),
  }));
}

type LimitName = 'maxConnections' | 'maxConnectionsPerAddress';

function share(name: LimitName, flags: ServeFlags, index: number): Pick<ServeFlags, LimitName> {
  const limit = flags[name];
  if (limit === undefined) return {};
  return { [name]: Math.floor(limit / flags.workers) + (index < limit % flags.workers ? 1 : 0) };
}
