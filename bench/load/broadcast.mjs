import { performance } from 'node:perf_hooks';
import { Reel } from '../reel.mjs';
import { Connection, openAll } from './connection.mjs';
import { drain, measure, Tally } from './measuring.mjs';
import { ReplyCounter } from './reply-counter.mjs';
import { Target } from './target.mjs';

/**
 * The first connection publishes to all, itself included; the next publish waits until everyone has the last one.
 *
 * @param {import('../workloads.mjs').Workload} workload
 * @param {import('./measuring.mjs').Job} job
 */
export async function loadBroadcast(workload, job) {
  const target = new Target(job.port, workload.path);
  const tally = new Tally();
  const sent = new Reel(workload, { masked: true, maxRun: 1 });
  const expected = new Reel(workload, { masked: false, maxRun: 1 });
  const round = { published: 0, missing: 0, publishedAt: 0 };
  /** @param {number} count */
  const take = (count) => {
    tally.reads++;
    tally.messages += count;
    round.missing -= count;
    if (round.missing < 0) throw new Error('more deliveries than connections');
    if (count > 0 && round.missing === 0) tally.latencies.record(performance.now() - round.publishedAt);
  };
  /** @type {Connection[]} */
  const connections = [];
  await openAll(workload.connections, (_, opened) => {
    connections.push(subscribe(target, expected, { opened, take }));
  });

  const result = await measure(job, tally, () => {
    if (round.missing > 0) return;
    round.missing = connections.length;
    round.publishedAt = performance.now();
    connections[0].write(sent.run(round.published++, 1));
  });
  await drain(tally, () => round.missing);
  for (const connection of connections) connection.destroy();
  return result;
}

/**
 * @param {Target} target
 * @param {Reel} expected
 * @param {{ opened: () => void, take: (count: number) => void }} events
 */
function subscribe(target, expected, { opened, take }) {
  const deliveries = new ReplyCounter(expected, target.readBuffer);
  return new Connection(target, {
    opened,
    bytes: (byteCount) => take(deliveries.take(byteCount)),
    closed: () => {
      throw new Error('the server closed a connection');
    },
  });
}
