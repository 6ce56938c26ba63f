import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';

import { MemoryExchange } from 'ieum/hub';

import { ExitStatus } from '../../command-failure.js';
import { describeSystemError } from '../../system-error.js';

import type { ExchangeOrder, ExchangeReport } from './exchange-message.js';
import { ExchangeMetrics } from './exchange-metrics.js';
import { ExchangeServer } from './exchange-server.js';

// Signals for the whole group of processes are the primary's to act on.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
process.stderr.on('error', () => {});
process.on('disconnect', () => process.exit(ExitStatus.Ok));

const exchange = new MemoryExchange({
  now: Date.now,
  createEpoch: randomUUID,
  clock: {
    now: () => performance.now(),
    setTimer: (callback, delayMs) => {
      const timer = setTimeout(callback, delayMs).unref();
      return () => clearTimeout(timer);
    },
  },
});
const server = new ExchangeServer(exchange);
const metrics = new ExchangeMetrics({
  get topicCount() {
    return exchange.topicCount;
  },
  get nodeCount() {
    return server.nodeCount;
  },
  get cutOffCount() {
    return server.cutOffCount;
  },
});

process.on('message', (order: ExchangeOrder) => void obey(order));
// What is sent to a process before it listens for it may be lost.
tell({ type: 'ready' });

async function obey(order: ExchangeOrder): Promise<void> {
  if (order.type === 'listen') await listen(order.path);
  else if (order.type === 'ask') tell({ type: 'here' });
  else tell({ type: 'counted', snapshot: await metrics.snapshot() });
}

async function listen(path: string): Promise<void> {
  try {
    // One that was killed has left its socket behind.
    if (process.platform !== 'win32') rmSync(path, { force: true });
    await server.listen(path);
    tell({ type: 'listening' });
  } catch (error) {
    tell({ type: 'failed', reason: describeSystemError(error) }, () => process.exit(ExitStatus.Failure));
  }
}

function tell(report: ExchangeReport, told?: () => void): void {
  process.send?.(report, undefined, undefined, told);
}
