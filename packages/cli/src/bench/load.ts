import { setTimeout as pause } from 'node:timers/promises';

import type { KnownReplies } from './known-replies.js';
import type { BroadcastNews, LoadJob } from './load-job.js';
import type { Tally } from './tally.js';
import type { Target } from './target.js';

/** What a load works with. */
export interface LoadContext {
  readonly job: LoadJob;
  readonly target: Target;
  readonly tally: Tally;
  /** Of compressed replies. */
  readonly knownReplies: KnownReplies;
  /** Ends the run. */
  readonly fail: (reason: string) => void;
  /** Tells the other processes. */
  readonly tell: (news: BroadcastNews) => void;
}

/** One kind of traffic, in one process. */
export interface Load {
  /** Connections that are open. */
  readonly opened: number;
  /** What was sent and is not back: the window is over, and nothing new is sent. */
  readonly outstanding: number;
  /** What `outstanding` counts, for people. */
  readonly outstandingNoun: string;
  /** Opens the connections and resolves when all are open. */
  open(): Promise<void>;
  /** The warm-up begins. */
  begin(atMs: number): void;
  /** Sends what can be sent now. */
  turn(nowMs: number): void;
  /** Sends nothing new from now on. Returns how many messages were due and not sent. */
  stop(nowMs: number): number;
  /** Hears from another process. */
  hear(news: BroadcastNews): void;
  /** See `LoadResult`. */
  readonly intervalUs: number | null;
  /** Closes the connections and resolves when they are closed, or it takes too long. */
  close(): Promise<void>;
}

/** Opens connections, a limited number at a time; resolves when all are. */
export function openAll(
  context: LoadContext,
  open: (index: number, handleOpened: () => void) => void,
): Promise<void> {
  const { connections } = context.job;
  return new Promise((resolve) => {
    let started = 0;
    let finished = 0;
    let finishedBefore = -1;
    const watch = setInterval(() => {
      if (finished === finishedBefore)
        context.fail(`no opening handshake was answered within ${answerPatienceMs / 1000} s`);
      finishedBefore = finished;
    }, answerPatienceMs);
    const startNext = (): void => open(started++, handleOpened);
    const handleOpened = (): void => {
      finished++;
      if (started < connections) startNext();
      if (finished < connections) return;
      clearInterval(watch);
      resolve();
    };
    while (started < Math.min(connections, maxOpening)) startNext();
  });
}

/** Resolves when `isDone` holds, or after a second. */
export async function patiently(isDone: () => boolean): Promise<void> {
  for (let waitedMs = 0; waitedMs < maxClosingMs && !isDone(); waitedMs += 20) await pause(20);
}

/** How long nothing at all may come of what a server was sent. */
export const answerPatienceMs = 10_000;
/** A masked Close frame with 1000. */
export const closeFrame: Uint8Array = Uint8Array.of(0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8);
const maxOpening = 128;
const maxClosingMs = 1_000;
