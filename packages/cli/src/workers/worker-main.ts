import { createLog } from '../log.js';

import { ServeWorker } from './serve-worker.js';
import type { WorkerOrder } from './worker-message.js';

// Signals for the whole group of processes are the primary's to act on. When that is gone, cluster ends this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.stderr.on('error', () => {});

const worker = new ServeWorker((options) => createLog(process.stderr, options), {
  tell: (report, told) => process.send?.(report, undefined, undefined, told),
  end: (exitStatus) => process.exit(exitStatus),
});
process.on('message', (order: WorkerOrder) => void worker.handleOrder(order));
process.prependListener('disconnect', () => worker.abandon());
// What is sent to a process before it listens for it may be lost.
worker.start();
