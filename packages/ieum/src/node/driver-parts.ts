import type { SendQueueOptions } from '../channel/send-queue.js';
import type { Connection } from '../core/connection.js';

import type { ReceiveBudget } from './inbox.js';
import type { Scheduler } from './scheduler.js';
import type { Traffic } from './server-observer.js';
import type { Transport } from './transport/transport.js';

/** What a connection's driver brings together. */
export interface DriverParts {
  readonly transport: Transport;
  readonly connection: Connection;
  readonly scheduler: Scheduler;
  readonly sendQueueOptions: SendQueueOptions;
  readonly receiveBudget: ReceiveBudget;
  /** Shared with other connections. */
  readonly traffic: Traffic;
}
