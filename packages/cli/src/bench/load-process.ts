import { BroadcastLoad } from './broadcast-load.js';
import { ConnectLoad } from './connect-load.js';
import { EchoLoad } from './echo-load.js';
import { IdleLoad } from './idle-load.js';
import { KnownReplies } from './known-replies.js';
import type { Load, LoadContext } from './load.js';
import { LoadFailure } from './load-failure.js';
import type { LoadJob, LoadOrder, LoadReport } from './load-job.js';
import { LoadRun } from './load-run.js';
import { Tally } from './tally.js';
import { Target } from './target.js';

// A process that generates load. It is told what to do, and tells what happened, over the channel that `fork` makes.
process.on('message', handleFirstOrder);
process.on('disconnect', () => process.exit(1));

function handleFirstOrder(order: LoadOrder): void {
  if (order.type !== 'job') return;
  process.off('message', handleFirstOrder);
  work(order.job).catch(fail);
}

async function work(job: LoadJob): Promise<void> {
  const tally = new Tally();
  const spreadAddresses = job.plan.scenario === 'connect' || job.plan.connections > 20_000;
  const target = new Target(job.plan.url, job.opening, {
    spreadAddresses,
    compressed: job.plan.compressed,
  });
  const context: LoadContext = {
    job,
    target,
    tally,
    knownReplies: new KnownReplies(),
    fail: (reason) => fail(new LoadFailure(reason)),
    tell: report,
  };
  const load = createLoad(context);
  const run = new LoadRun(context, load);
  const begun = new Promise<number>((resolve) => {
    process.on('message', (order: LoadOrder) => {
      if (order.type === 'begin') resolve(order.atMs);
      else if (order.type === 'stop') run.stop();
      else if (order.type === 'leave') load.close().then(() => process.exit(0), fail);
      else if (order.type !== 'job') load.hear(order);
    });
  });
  const progress = setInterval(() => {
    report({ type: 'progress', opened: load.opened, messages: tally.messages });
  }, progressIntervalMs);
  await load.open();
  report({ type: 'opened' });
  const beginMs = await begun;
  const result = job.plan.scenario === 'idle' ? await run.hold() : await run.run(beginMs);
  clearInterval(progress);
  report({ type: 'result', result });
}

function createLoad(context: LoadContext): Load {
  switch (context.job.plan.scenario) {
    case 'echo':
      return new EchoLoad(context);
    case 'broadcast':
      return new BroadcastLoad(context);
    case 'connect':
      return new ConnectLoad(context);
    case 'idle':
      return new IdleLoad(context);
  }
}

function report(message: LoadReport): void {
  process.send?.(message);
}

/** Tells why, and exits once that was told. */
function fail(error: unknown): void {
  const reason = error instanceof LoadFailure ? error.message : `the load failed: ${String(error)}`;
  const message: LoadReport = { type: 'failed', reason };
  if (process.connected) process.send?.(message, () => process.exit(1));
}

const progressIntervalMs = 200;
