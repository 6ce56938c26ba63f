import type { HeaderField } from 'ieum';

import type { MessageShape } from './reel.js';

export type Scenario = 'echo' | 'broadcast' | 'connect' | 'idle';

/** What is to be measured. */
export interface BenchPlan extends MessageShape {
  readonly url: string;
  readonly scenario: Scenario;
  readonly connections: number;
  /** Messages on their way on each connection; publishes on their way in a broadcast. */
  readonly inFlight: number;
  /** Messages that each idle connection has echoed first. */
  readonly idleMessages: number;
  /** Messages, publishes or connections per second of all processes; null for a closed loop. */
  readonly rate: number | null;
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly processes: number;
  readonly serverPid: number | null;
}

/** How every connection is opened. */
export interface OpeningPlan {
  /** The address that the host of the URL was found to have. */
  readonly address: string;
  readonly headers: readonly HeaderField[];
  readonly subprotocols: readonly string[];
  readonly origin: string | null;
  readonly tls: TlsPlan;
}

export interface TlsPlan {
  readonly ca?: Uint8Array;
  readonly cert?: Uint8Array;
  readonly key?: Uint8Array;
  readonly rejectUnauthorized?: boolean;
}

/** What one load process is told at first. */
export interface LoadJob {
  readonly plan: BenchPlan;
  readonly opening: OpeningPlan;
  /** Which of the processes this is, from 0. */
  readonly process: number;
  /** How many connections are its own. */
  readonly connections: number;
  /** The server's processes. */
  readonly serverPids: readonly number[];
}

/** What a load process is told later. */
export type LoadOrder =
  | { readonly type: 'job'; readonly job: LoadJob }
  /** Connections are open everywhere: begin the warm-up at a time of `monotonicMs`. */
  | { readonly type: 'begin'; readonly atMs: number }
  /** The window ends now. */
  | { readonly type: 'stop' }
  /** The result was read: close the connections and exit. */
  | { readonly type: 'leave' }
  | BroadcastNews;

/** What the processes of a broadcast tell each other. */
export type BroadcastNews =
  /** All connections of a process have this many publishes. */
  | { readonly type: 'reached'; readonly process: number; readonly count: number; readonly atMs: number }
  /** The publisher sent this many in all. */
  | { readonly type: 'published'; readonly count: number };

/** What a load process tells. */
export type LoadReport =
  | { readonly type: 'progress'; readonly opened: number; readonly messages: number }
  | { readonly type: 'opened' }
  | { readonly type: 'result'; readonly result: LoadResult }
  | { readonly type: 'failed'; readonly reason: string }
  | BroadcastNews;

/** What happened in the window of one process. */
export interface LoadResult {
  readonly seconds: number;
  readonly messages: number;
  readonly reads: number;
  /** Replies of all time that were not compressed where they might be. */
  readonly plainReplies: number;
  readonly loadCpuSeconds: number;
  readonly serverCpuSeconds: number;
  /** Buckets of `Histogram`, as measured. */
  readonly latencyCounts: Float64Array;
  readonly maxLatencyUs: number;
  /** How often a closed loop sends in each place for a message in flight; null where that is as often as one is answered. */
  readonly intervalUs: number | null;
  /** Messages that were due and not sent when the window ended. */
  readonly unsent: number;
}
