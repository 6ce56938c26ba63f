import type { OpeningSide } from '../opening/opening-side.js';
import type { Findings } from '../verdict.js';

import type { Arrivals } from './arrivals.js';
import type { ByteTransport } from './byte-transport.js';
import type { Sender } from './sender.js';
import type { WireLog } from './wire-log.js';
import type { WaitOptions } from './wire-options.js';

/** What a wire is made of. */
export interface WireParts {
  readonly transport: ByteTransport;
  readonly arrivals: Arrivals;
  readonly sender: Sender;
  readonly opening: OpeningSide;
  readonly findings: Findings;
  readonly log: WireLog;
  /** When the case is over, in the time of `Date.now()`. */
  readonly deadline: number;
}

/** How long a wait may take. */
export function patienceOf({ deadline }: WireParts, options: WaitOptions): number {
  const { timeoutMs = Number.POSITIVE_INFINITY } = options;
  return Math.max(1, Math.min(timeoutMs, deadline - Date.now()));
}
