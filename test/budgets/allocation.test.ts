import { describe, expect, test } from 'vitest';

import { expectWithin } from './budget.js';
import { type Access, accesses, MeasuredServer } from './measured-server.js';
import { broadcast, echo, type OpenWorkload, openAndClose, type Workload } from './workloads.js';

interface Case {
  readonly what: string;
  readonly open: OpenWorkload;
  /** Half as much again as the middle one of Node 20, 22 and 24 needs; at least a fifth more than any of them. */
  readonly budget: Readonly<Record<Access, number>>;
}

const cases: readonly Case[] = [
  {
    what: 'bytes for each text of 20 bytes that is sent back, one in flight',
    open: echo({ connections: 8, messages: 200 }),
    budget: { direct: 740, public: 2_200 },
  },
  {
    what: 'bytes for each text of 20 bytes that is sent back, 32 in flight',
    open: echo({ connections: 8, inFlight: 32, messages: 1_024 }),
    budget: { direct: 510, public: 595 },
  },
  {
    what: 'bytes for each delivery of a prepared message to 200 peers',
    open: broadcast({ peers: 200, messages: 10 }),
    budget: { direct: 135, public: 470 },
  },
  {
    what: 'bytes for each message of 16 KiB that is sent back, with those outside the heap',
    open: echo({ connections: 4, messages: 25, payload: new Uint8Array(16 * 1024) }),
    budget: { direct: 28_000, public: 50_000 },
  },
  {
    what: 'bytes for each connection that is opened and closed',
    open: openAndClose({ connections: 80 }),
    budget: { direct: 19_500, public: 34_500 },
  },
];

describe.each(accesses)('with socketAccess %s, what is allocated stays within the budget:', (access) => {
  test.each(cases.map((each) => [each.what, each] as const))('%s', async (what, { open, budget }) => {
    const measured = await MeasuredServer.use(access, async (server) => {
      const workload = await open(server.port);
      const bytes = await allocatedBytes(server, workload, budget[access]);
      workload.end();
      return bytes;
    });
    expect(measured, 'the measurement works').toBeGreaterThan(minBytes);
    expectWithin({ what: `${what}, socketAccess ${access}`, measured, budget: budget[access], hint });
  });
});

/**
 * For each message, in the middle one of the last runs in which nothing was collected, nor in the run before: memory may
 * be given back late. Code becomes optimized while it runs, so it runs until it is within the budget, or for long enough
 * to be sure.
 */
async function allocatedBytes(server: MeasuredServer, workload: Workload, budget: number): Promise<number> {
  const runs: number[] = [];
  let hadCollected = false;
  for (let run = 0; run < maxRuns; run++) {
    const { heapBytes, bufferBytes, hasCollected } = await server.during(() => workload.run());
    if (!hasCollected && !hadCollected) runs.push((heapBytes + bufferBytes) / workload.count);
    hadCollected = hasCollected;
    if (runs.length >= decidingRuns && middleOf(runs.slice(-decidingRuns)) <= budget) break;
  }
  if (runs.length < decidingRuns) throw new Error(`Garbage was collected in most of ${maxRuns} runs`);
  return middleOf(runs.slice(-decidingRuns));
}

function middleOf(figures: readonly number[]): number {
  const sorted = figures.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

const decidingRuns = 5;
const maxRuns = 40;
/** Nobody sends anything for less. */
const minBytes = 10;

const hint = `Nothing here depends on time: a run on the commit before shows the difference, with a budget of 0 if it passes.
MEASURED_FLAGS='--heap-prof --heap-prof-interval=4096 --heap-prof-dir=<folder>' has the server's process write, for each
case, what allocated what: open it in Chrome's DevTools (Memory, Load). MEASURED_FLAGS=--trace-deopt tells what does not
stay optimized.`;
