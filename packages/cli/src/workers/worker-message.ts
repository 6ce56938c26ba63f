import type { ServerTlsOptions } from 'ieum';

import type { AuthSettings } from '../auth/auth-settings.js';
import type { WorkerCount } from '../health.js';
import type { MetricsSnapshot } from '../metrics/metrics.js';
import type { ServeFlags } from '../serve-options.js';
import type { DrainCounts } from '../shutdown.js';

/** What the primary process tells a worker. */
export type WorkerOrder =
  /** The answer to `ready`: what to be. */
  | { readonly type: 'prepare'; readonly setup: WorkerSetup }
  /** Link with these workers: all that were told so before. */
  | { readonly type: 'join'; readonly paths: readonly string[] }
  | { readonly type: 'listen'; readonly port: number }
  /** How many there are, now and whenever that changes. */
  | ({ readonly type: 'count' } & WorkerCount)
  /** Are you there? */
  | { readonly type: 'ask' }
  /** What has it counted? */
  | { readonly type: 'count-metrics' }
  /** The answer to `want-metrics`: what all have counted. */
  | { readonly type: 'metrics'; readonly snapshots: readonly MetricsSnapshot[] }
  | { readonly type: 'drain'; readonly timeoutMs: number };

/** What a worker tells the primary process. */
export type WorkerReport =
  /** It hears orders from now on. */
  | { readonly type: 'ready' }
  /** Others can join it. */
  | { readonly type: 'prepared' }
  | { readonly type: 'joined' }
  | { readonly type: 'listening'; readonly url: string; readonly port: number }
  /** It cannot do what it was told, and ends. */
  | { readonly type: 'failed'; readonly reason: string; readonly exitStatus: number }
  /** Messages no longer reach that worker. */
  | { readonly type: 'link-lost'; readonly id: number }
  /** The answer to `ask`. */
  | { readonly type: 'here' }
  /** The answer to `count-metrics`. */
  | { readonly type: 'counted'; readonly snapshot: MetricsSnapshot }
  /** What have all workers counted? */
  | { readonly type: 'want-metrics' }
  | { readonly type: 'draining'; readonly connections: number }
  | ({ readonly type: 'drained' } & DrainCounts);

/** Everything a worker needs to know: it reads no flags, no variables and no files of its user. */
export interface WorkerSetup {
  /** No two workers ever have the same. */
  readonly id: number;
  /** Its place, from 1 on: the one that replaces it has the same. */
  readonly number: number;
  readonly flags: ServeFlags;
  readonly tls: ServerTlsOptions | undefined;
  readonly auth: AuthSettings;
  /** Of this package. */
  readonly version: string;
  /** The folder where workers find each other. */
  readonly folder: string;
  /** Where it reaches the exchange of all workers, if there is one. */
  readonly exchange: string | null;
  /** Where others reach it, in that folder. */
  readonly path: string;
}
