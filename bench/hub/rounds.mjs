import { OtherWork } from '../other-work.mjs';
import { Progress } from '../progress.mjs';
import { formatNumber } from '../statistics.mjs';
import { measure } from './measuring.mjs';
import { figureOf } from './report.mjs';
import { findWorkload } from './workloads.mjs';

/**
 * Has every stack carry every workload in turn, round by round. A run that fails is part of what it returns.
 *
 * @param {import('./options.mjs').HubOptions} options
 * @param {boolean} isPinned
 * @returns {Promise<import('./report.mjs').HubRun[]>}
 */
export async function measureAll(options, isPinned) {
  const turns = turnsOf(options);
  const runSeconds = options.seconds + options.warmupSeconds + EXTRA_SECONDS;
  const progress = new Progress({ count: turns.length, seconds: turns.length * runSeconds });
  /** @type {import('./report.mjs').HubRun[]} */
  const runs = [];
  for (const { workload, stack, round } of turns) {
    progress.begin(`${workload} ${round}/${options.rounds} ${stack}`);
    try {
      const others = new OtherWork();
      const result = await measure(stack, findWorkload(workload), { ...options, isPinned });
      if (result.deliveries === 0) throw new Error('nothing was delivered in the measured window');
      runs.push({ workload, stack, round, type: 'done', result, otherCpus: others.cpus });
      progress.end(`${formatNumber(figureOf(result))} deliveries/CPU-s`, runSeconds);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      runs.push({ workload, stack, round, type: 'failed', reason });
      progress.end(`failed: ${reason}`, runSeconds);
    }
  }
  return runs;
}

/** @param {import('./options.mjs').HubOptions} options */
function turnsOf({ workloadNames, stackNames, rounds }) {
  return workloadNames.flatMap((workload) =>
    Array.from({ length: rounds }, (_, i) => i + 1).flatMap((round) =>
      stackNames.map((stack) => ({ workload, stack, round })),
    ),
  );
}

/** A guess what it takes to start everything and to open connections. */
const EXTRA_SECONDS = 3;
