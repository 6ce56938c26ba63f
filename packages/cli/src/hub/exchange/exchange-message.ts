import type { MetricsSnapshot } from '../../metrics/metrics.js';

/** What the primary process tells the process of the exchange. */
export type ExchangeOrder =
  /** Listen there; once. */
  | { readonly type: 'listen'; readonly path: string }
  /** Are you there? */
  | { readonly type: 'ask' }
  /** What has it counted? */
  | { readonly type: 'count-metrics' };

/** What the process of the exchange tells the primary process. */
export type ExchangeReport =
  /** It hears orders from now on. */
  | { readonly type: 'ready' }
  | { readonly type: 'listening' }
  /** It cannot listen, and ends. */
  | { readonly type: 'failed'; readonly reason: string }
  /** The answer to `ask`. */
  | { readonly type: 'here' }
  /** The answer to `count-metrics`. */
  | { readonly type: 'counted'; readonly snapshot: MetricsSnapshot };
